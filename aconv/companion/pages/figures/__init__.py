"""The figures of the book, from plain arrays and data frames.

Every function returns the matplotlib figure that it drew. Images are 8-bit pixels of
shape ``(n, height, width, channels)``; heatmaps, tri-maps and predicted classes have
the shape ``(n, height, width)``; kernels and envelopes of a layer
``(height, width, filters)``. Apertures are in grid units, one per filter and, of
several runs, a row for each; effective sizes are in pixels.
"""

from aconv.companion.pages.figures.claims import (
    allowed_ranges,
    results,
    steps_below_print,
    verdict_counts,
)
from aconv.companion.pages.figures.comparisons import (
    accuracy_curves,
    aperture_changes,
    difference_intervals,
    differences,
    effective_sizes,
    sizes_by_start,
)
from aconv.companion.pages.figures.costs import (
    accuracy_against_cost,
    envelope_times,
    extra_times,
    method_times,
    time_ratios,
)
from aconv.companion.pages.figures.filters import (
    aperture_paths,
    image_rows,
    loss_curves,
    single_image,
)
from aconv.companion.pages.figures.heatmaps import flipping_curves, heatmap_rows
from aconv.companion.pages.figures.images import image_sheet, trimap_sheet
from aconv.companion.pages.figures.kernels import (
    envelope_slopes,
    kernel_sheet,
    matrices,
    mean_variance,
    size_against_aperture,
)
from aconv.companion.pages.figures.segmentation import (
    aperture_shift,
    arm_curves,
    segmentations,
)
from aconv.companion.pages.figures.theme import DIVERGING, SEQUENTIAL, note, set_theme
