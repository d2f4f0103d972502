"""The chapter on the U-Net: what it shows and judges."""

from aconv.companion.chapters.unet import judges

__all__ = ["judges"]
