"""The chapter on time: what it computes, shows and judges."""

from aconv.companion.chapters.timing import judges

__all__ = ["judges"]
