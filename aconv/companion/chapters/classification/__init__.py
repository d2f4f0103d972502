"""The chapters on the simple network and the ResNet: what they show and judge."""

from aconv.companion.chapters.classification import judges

__all__ = ["judges"]
