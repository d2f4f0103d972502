"""The judges of all chapters, which are known once they are imported."""

import aconv.companion.chapters.audit.judges
import aconv.companion.chapters.classification.judges
import aconv.companion.chapters.filters.judges
import aconv.companion.chapters.heatmaps.judges
import aconv.companion.chapters.kernel.judges
import aconv.companion.chapters.timing.judges
import aconv.companion.chapters.unet.judges
import aconv.companion.chapters.variance  # noqa: F401
