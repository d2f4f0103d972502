"""What makes the companion of the paper; it needs the extra ``book``."""
