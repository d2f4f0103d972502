"""What each profile makes of the studies of Section 4.

The numbers of the profile ``paper`` are those of the authors' run scripts; where the
paper prints others (Table 1), the book says so. Those of ``reduced`` come from measured
step times, and from the accuracy that trial runs reached: on two CPU cores all runs of
a study take hours (simple 5, resnet 4, unet 1), with PyTorch for the first two, whose
convolutions are faster there, and TensorFlow for the U-Net.
"""

from typing import Any, Literal, get_args

from aconv.companion.runs.spec import Settings
from aconv.companion.training.recipe import Recipe

Profile = Literal["quick", "reduced", "paper"]
PROFILES: tuple[Profile, ...] = get_args(Profile)

# The rate of the apertures over that of the weights: a choice of this book's. The paper
# and every version of its authors' code train both at the same rate.
_APERTURE_SHARE = 0.2


def simple(dataset: str, profile: Profile) -> Settings:
    """Settings of the simple network, Section 4.2.

    Args:
        dataset: One of the paper's data sets.
        profile: One of ``PROFILES``.

    Returns:
        The ``Settings`` of its runs.
    """
    epochs, batch_size, rate = {
        "mnist": (100, 128, 0.1),
        "mnist_cluttered": (100, 128, 0.01),
        "cifar10": (120, 64, 0.01),
        "fashion_mnist": (100, 256, 0.01),
        "lfw_faces": (100, 8, 0.001),
    }[dataset]
    augment = dataset == "lfw_faces"
    if profile == "paper":
        return Settings(
            Recipe(epochs, batch_size, rate, _APERTURE_SHARE * rate), augment=augment
        )
    if profile == "quick":
        return Settings(
            Recipe(4, 32, 0.05, _APERTURE_SHARE * 0.05),
            train_images=480,
            test_images=450,
        )
    # Few images per step and a higher rate than in the paper: a hundredth of its
    # updates has to do.
    epochs, batch_size, rate, train_images, test_images = {
        "mnist": (6, 64, 0.1, 3000, 2500),
        "mnist_cluttered": (5, 32, 0.01, 8000, 1000),
        "cifar10": (8, 64, 0.05, 3000, 2500),
        "fashion_mnist": (7, 64, 0.05, 4000, 2500),
        "lfw_faces": (8, 32, 0.02, None, None),
    }[dataset]
    # On the large frames of cluttered digits the moving averages of batch normalisation
    # never catch up at a constant rate (the network is at chance on test images while
    # it learns the training ones), and with the paper's dropout it learns nothing yet.
    schedule, dropout = {"mnist_cluttered": ("one_cycle", 0.1)}.get(
        dataset, ("plateau", None)
    )
    return Settings(
        Recipe(epochs, batch_size, rate, _APERTURE_SHARE * rate, schedule=schedule),
        train_images=train_images,
        test_images=test_images,
        augment=augment,
        dropout=dropout,
    )


def simple_printed(dataset: str) -> dict[str, Any]:
    """What Table 1 prints otherwise than the authors' scripts have it.

    Args:
        dataset: One of the paper's data sets.

    Returns:
        Values by field of ``Recipe`` or ``Settings``; empty where none differs.
    """
    # Table 1 has the multipliers of these two sets the other way round.
    rates = {"mnist": 0.01, "mnist_cluttered": 0.1}
    if dataset not in rates:
        return {}
    rate = rates[dataset]
    return {"learning_rate": rate, "aperture_rate": _APERTURE_SHARE * rate}


def resnet(dataset: str, profile: Profile) -> Settings:
    """Settings of the ResNet, Section 4.3, with the arguments of ``simple``."""
    epochs, batch_size, multiplier, blocks = {
        "mnist": (50, 128, 1.0, 1),
        "mnist_cluttered": (50, 128, 1.0, 1),
        "cifar10": (200, 128, 0.1, 3),
        "fashion_mnist": (100, 128, 0.1, 2),
        "lfw_faces": (150, 8, 0.1, 2),
    }[dataset]
    dropout = 0.25 if dataset == "mnist" else 0.0
    augment = dataset in ("cifar10", "fashion_mnist", "lfw_faces")
    peak = 0.5 * multiplier
    train_images = test_images = None
    if profile != "paper":
        # One block per level, and no dropout or augmentation: so few updates underfit.
        blocks, dropout, augment = 1, 0.0, False
        epochs, batch_size, peak = 4, 32, 0.1
        train_images, test_images = 480, 450
    if profile == "reduced":
        epochs, train_images, test_images = {
            "mnist": (6, 3000, 2500),
            "mnist_cluttered": (5, 4000, 1000),
            "cifar10": (7, 3000, 2500),
            "fashion_mnist": (6, 3000, 2500),
            "lfw_faces": (8, None, None),
        }[dataset]
    recipe = Recipe(
        epochs, batch_size, peak, _APERTURE_SHARE * peak, schedule="one_cycle"
    )
    return Settings(recipe, train_images, test_images, augment, blocks, dropout)


def resnet_printed(dataset: str) -> dict[str, Any]:
    """What Section 4.3 prints otherwise, as ``simple_printed`` gives it."""
    return {"dropout": 0.5} if dataset == "mnist" else {}


def unet(dataset: str, profile: Profile) -> Settings:
    """Settings of the U-Net, Section 4.4, with the arguments of ``simple``."""
    # With few images, batches of two and a low rate: batch normalisation predicts by
    # moving averages, which reach back a hundred updates. With batches of 8 at 0.003
    # they lag behind the weights, and all pixels are called background until epoch 8.
    epochs, batch_size, rate = {
        "quick": (4, 16, 0.01),
        "reduced": (14, 2, 0.001),
        "paper": (75, 32, 0.01),
    }[profile]
    # The published U-Net runs had one rate for all weights.
    recipe = Recipe(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=rate,
        aperture_rate=rate,
        optimizer="adam",
        plateau_factor=0.2,
        plateau_patience=10,
        plateau_cooldown=0,
    )
    # 22 batches of 32: the authors scored a fifth of the test split.
    test_images = 704 if profile == "paper" else None
    return Settings(recipe, test_images=test_images, augment=profile != "quick")


def unet_printed(dataset: str) -> dict[str, Any]:
    """What Section 4.4 prints otherwise, as ``simple_printed`` gives it."""
    return {"batch_size": 64, "schedule": "constant"}
