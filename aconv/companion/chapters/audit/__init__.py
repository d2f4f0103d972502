"""The audit of what the paper prints: what it compares, shows and judges."""

from aconv.companion.chapters.audit import judges

__all__ = ["judges"]
