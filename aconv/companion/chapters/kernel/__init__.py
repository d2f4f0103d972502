"""The chapter on the adaptive kernel: what it computes and judges."""
