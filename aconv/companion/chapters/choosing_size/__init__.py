"""The chapter on choosing the size: what it computes and shows."""
