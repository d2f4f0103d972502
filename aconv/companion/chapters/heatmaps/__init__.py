"""The chapter on heatmaps: what it computes, shows and judges."""
