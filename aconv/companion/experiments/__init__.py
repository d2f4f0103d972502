"""Experiments that a chapter does live."""
