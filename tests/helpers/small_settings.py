"""Settings of small runs, and the networks that they are of."""

from aconv.companion.training.networks import build_network
from aconv.companion.training.settings import Settings

_OF_NETWORKS = {
    "simple": {"aperture_l2": 1e-5, "dropout": 0.5},
    "resnet": {
        "residual_blocks": 1,
        "shortcut": "zeros",
        "kernel_l2": 1e-4,
        "apertures": (0.1, 0.3),
    },
    "unet": {"block": "conv-bn-elu", "apertures": (0.1, 0.25), "optimizer": "adam"},
}


def small_settings(**changes):
    """Settings of a few short epochs with adaptive layers, but for ``changes``."""
    network = changes.get("network", "simple")
    values = {
        "network": network,
        "layer": "adaptive",
        "kernel_initializer": "he_uniform",
        "epochs": 4,
        "batch_size": 16,
        "learning_rate": 0.05,
    }
    return Settings(**values | _OF_NETWORKS.get(network, {}) | changes)


def small_network(network, image_shape, classes, kernel_size=3, **changes):
    """The network of such settings."""
    settings = small_settings(network=network, **changes)
    return build_network(settings, kernel_size, image_shape, classes)
