"""Measures of what networks give: segmentations and heatmaps."""
