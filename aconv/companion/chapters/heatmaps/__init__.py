"""The chapter on heatmaps: what it computes, shows and judges."""

from aconv.companion.chapters.heatmaps import judges

__all__ = ["judges"]
