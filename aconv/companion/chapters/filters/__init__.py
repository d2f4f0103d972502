"""The chapter on learning image filters: what it computes, shows and judges."""

from aconv.companion.chapters.filters import judges

__all__ = ["judges"]
