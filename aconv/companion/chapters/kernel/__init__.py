"""The chapter on the adaptive kernel: what it computes and judges."""

from aconv.companion.chapters.kernel import judges

__all__ = ["judges"]
