"""The audit of what the paper prints: what it compares, shows and judges."""
