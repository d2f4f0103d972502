"""The arms that a study compares: kinds of kernels, and how they start and train."""

import dataclasses
from collections.abc import Iterator, Mapping

from aconv.companion.training.kinds import Kind
from aconv.companion.training.variant import AS_PUBLISHED, Variant


@dataclasses.dataclass(frozen=True)
class ArmInfo:
    """One arm, whatever its kernel size.

    Attributes:
        name: Name, also on the command line.
        kind: Kind of its convolutions.
        title: Name for people.
        variant: How its convolutions depart from the published ones of their kind.
        aperture_share: Rate of the apertures over that of the weights; that of the
            study if None.
        dropout: Rate of the dropout layers; that of the profile if None.
        rate_share: Rate of the weights over that of the profile, positive. The
            apertures keep their share of it.
        held_out: Whether it is scored on training images, see ``Settings.held_out``.
        as_printed: Whether the settings are those that the paper prints, where the
            authors' scripts have others, see ``Study.printed``.
    """

    name: str
    kind: Kind
    title: str
    variant: Variant = AS_PUBLISHED
    aperture_share: float | None = None
    dropout: float | None = None
    rate_share: float = 1
    held_out: bool = False
    as_printed: bool = False


_ADAPTIVE_START = "He uniform, no bias"
_ORDINARY_START = "the ordinary network's initializer, bias"

RATE_SHARES = (0.3, 1, 3, 10, 30)
"""What the rate of a profile is multiplied by to find the best one for each kind."""


def tuning_arm(kind: Kind, share: float) -> str:
    """Returns the arm that is scored on training images at a multiple of the rate.

    Args:
        kind: ``"adaptive"`` or ``"ordinary"``.
        share: One of ``RATE_SHARES``.

    Returns:
        Its name in ``ARMS``.
    """
    return f"{kind}-tuning-x{share:g}"


def rate_arm(kind: Kind, share: float) -> str:
    """Returns the published arm at a multiple of the profile's rate.

    Args:
        kind: ``"adaptive"`` or ``"ordinary"``.
        share: One of ``RATE_SHARES``.

    Returns:
        Its name in ``ARMS``; the published arm itself for 1.
    """
    return kind if share == 1 else f"{kind}-rate-x{share:g}"


def _rate_arms(kind: Kind) -> Iterator[ArmInfo]:
    for share in RATE_SHARES:
        title = f"{kind}, {share:g} times the rate"
        if share != 1:
            yield ArmInfo(rate_arm(kind, share), kind, title, rate_share=share)
        yield ArmInfo(
            tuning_arm(kind, share),
            kind,
            f"{title}, scored on training images",
            rate_share=share,
            held_out=True,
        )


ARMS: Mapping[str, ArmInfo] = {
    arm.name: arm
    for arm in (
        # As published.
        ArmInfo("ordinary", "ordinary", "ordinary"),
        ArmInfo("adaptive", "adaptive", "adaptive"),
        # Each kind with the initialisation of the other: with the published ones they
        # tell what the initialisation does from what the envelope does.
        ArmInfo(
            "ordinary-swapped",
            "ordinary",
            f"ordinary, {_ADAPTIVE_START}",
            Variant(initialization="adaptive"),
        ),
        ArmInfo(
            "adaptive-swapped",
            "adaptive",
            f"adaptive, {_ORDINARY_START}",
            Variant(initialization="ordinary"),
        ),
        # The envelope without the training of its apertures.
        ArmInfo(
            "fixed",
            "adaptive",
            "adaptive, apertures kept",
            Variant(train_apertures=False),
        ),
        # One choice at a time in which the paper, its code and this book may differ.
        ArmInfo(
            "restandardized",
            "adaptive",
            "adaptive, output re-standardised",
            Variant(restandardize=True),
        ),
        ArmInfo(
            "rate-0", "adaptive", "adaptive, aperture rate zero", aperture_share=0.0
        ),
        ArmInfo(
            "rate-1",
            "adaptive",
            "adaptive, aperture rate as weights'",
            aperture_share=1,
        ),
        ArmInfo(
            "equal-start",
            "adaptive",
            "adaptive, all apertures from 0.3",
            Variant(apertures=(0.3, 0.3)),
        ),
        ArmInfo(
            "wide-start",
            "adaptive",
            "adaptive, apertures from 0.1 to 1",
            Variant(apertures=(0.1, 1.0)),
        ),
        ArmInfo(
            "no-aperture-l2",
            "adaptive",
            "adaptive, no penalty on apertures",
            Variant(aperture_l2=0.0),
        ),
        # What the paper leaves out: the other convolutions of the U-Net.
        ArmInfo(
            "all-adaptive",
            "adaptive",
            "adaptive, all kernels",
            Variant(everywhere=True),
        ),
        ArmInfo("adaptive-no-dropout", "adaptive", "adaptive, no dropout", dropout=0.0),
        ArmInfo("ordinary-no-dropout", "ordinary", "ordinary, no dropout", dropout=0.0),
        ArmInfo(
            "adaptive-as-printed", "adaptive", "adaptive, as printed", as_printed=True
        ),
        ArmInfo(
            "ordinary-as-printed", "ordinary", "ordinary, as printed", as_printed=True
        ),
        *_rate_arms("ordinary"),
        *_rate_arms("adaptive"),
    )
}

PUBLISHED = ("adaptive", "ordinary")
"""The two arms that the paper compares."""

SPLIT = ("ordinary", "ordinary-swapped", "adaptive", "adaptive-swapped", "fixed")
"""The arms that tell the effects of initialisation, envelope and training apart."""
