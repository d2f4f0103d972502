"""What of the simple network and the ResNet no setting changes."""

SIMPLE_CONVOLUTIONS = 2
SIMPLE_FILTERS = 32
SIMPLE_POOL_SIZE = 2
SIMPLE_UNITS = 256
"""Of the dense layer."""
SIMPLE_DROPOUTS = 2

RESNET_FILTERS = (16, 32, 64)
"""Of the convolutions of each level."""
