"""The audit of what the paper prints, against itself and the authors' code."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from aconv.companion.analysis.accuracy import printed_results
from aconv.companion.analysis.findings import Context, Finding, NotTestedError, judge
from aconv.companion.analysis.parameters import compare_parameters
from aconv.companion.chapters.audit import settings as printed_settings
from aconv.companion.chapters.filters.settings import TARGET_FILTERS
from aconv.companion.datasets import info
from aconv.companion.paper import consistency
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.paper.numbers import number
from aconv.companion.runs import get_study
from aconv.companion.stats.verdicts import misprint_verdict, verdict_from_checks

_CALCULATION = "calculation"
# What the named graphics processor, an NVIDIA GeForce GTX 1650, does at most in single
# precision, in 10^12 operations per second; and how many times fewer operations than
# the definition of a convolution the fastest algorithms need, generously.
_FASTEST = 3
_SAVED = 10


@judge("settings")
def settings(claim: PaperClaim, context: Context) -> Finding:
    """Judge that printed settings are those of the authors' code."""
    compared = printed_settings.compare_settings(claim.numbers)
    if not compared:
        raise NotTestedError("the authors' code does not say")
    agree = {n: printed_settings.is_as_printed(*pair) for n, pair in compared.items()}
    others = [
        f"{printed_settings.setting_title(name)} {printed_settings.shown(ours)} for "
        f"the printed {number(name).printed}"
        for name, (_, ours) in compared.items()
        if not agree[name]
    ]
    text = f"{sum(agree.values())} of {len(agree)} settings as printed"
    return Finding(
        verdict_from_checks(agree.values()),
        "; ".join([text, *others]),
        " and ".join(dict.fromkeys(map(printed_settings.origin, compared))),
    )


@judge("layers")
def layers(claim: PaperClaim, context: Context) -> Finding:
    """Judge the numbers of layers that Table 1 prints of the ResNet."""
    compared = printed_settings.compare_settings(claim.numbers)
    wrong = [
        f"{info(name.split('.')[2]).title} {ours} for the printed {printed}"
        for name, (printed, ours) in compared.items()
        if printed != ours
    ]
    right = [printed == ours for printed, ours in compared.values()]
    text = f"with b blocks per level 6 b + 2: right for {sum(right)} of {len(right)}"
    return _calculated(right, text, *wrong)


@judge("parameters")
def parameters(claim: PaperClaim, context: Context) -> Finding:
    """Judge the printed numbers of parameters of a study's networks."""
    (study,) = claim.arguments
    table = compare_parameters(study)
    agrees = table["agrees"].ne("no").groupby(table["dataset"], sort=False).any()
    counts = table.groupby("dataset", sort=False)["parameters"].agg(["min", "max"])
    wrong = []
    for name, least, most in counts[~agrees].itertuples():
        printed = number(f"table1.{study}.{name}.parameters")
        bound = f"{least:,} or more" if least > printed.value else f"{most:,} or less"
        wrong.append(f"{info(name).title} {bound} for the printed {printed.printed}")
    text = f"right for {int(agrees.sum())} of {len(agrees)} data sets"
    return _calculated(agrees, text, *wrong)


@judge("same_number")
def same_number(claim: PaperClaim, context: Context) -> Finding:
    """Judge that the paper prints one number in two places."""
    numbers = [number(name) for name in claim.numbers]
    text = ", ".join(f"{found.printed} in {found.place}" for found in numbers)
    return _calculated([len({found.value for found in numbers}) == 1], text)


@judge("gaussian_labels")
def gaussian_labels(claim: PaperClaim, context: Context) -> Finding:
    """Judge the standard deviations in the labels of Figure 4."""
    names = "; ".join(TARGET_FILTERS) + ";"
    single = re.findall(r"Gauss ([\d.]+);", names)
    combined = list(dict.fromkeys(re.findall(r"Gauss ([\d.]+),", names)))
    pairs = zip(claim.arguments, [*single, *combined], strict=True)
    return Finding(
        verdict_from_checks(float(printed) == float(ours) for printed, ours in pairs),
        f"{', '.join(single)}; of the combinations {', '.join(combined)}",
        "published code",
    )


@judge("output_size")
def output_size(claim: PaperClaim, context: Context) -> Finding:
    """Judge the size of the output in Eq. (1)."""
    m, n = 28, number("simple.5x5.kernel_size").value
    sizes = consistency.output_sizes(m, n)
    return _calculated(
        [sizes["printed"] == sizes["valid"]],
        f"M = {m}, n = {n}: {sizes['printed']} as printed, {sizes['limits']} by the "
        f"printed index limits, {sizes['valid']} by counting (M − n + 1)",
    )


@judge("grid")
def grid(claim: PaperClaim, context: Context) -> Finding:
    """Judge the centre of the envelope's grid."""
    n = number("envelope.figure2.grid_size").value
    centres = consistency.grid_centres(n)
    printed, middle = centres["printed"], centres["k/n, k = 1..n"]
    return _calculated(
        [np.isclose(printed, middle)],
        f"n = {n}: the middle of k/n, k = 1..n, is {middle:.3f}, the printed centre "
        f"{printed:.1f}; 0.5 is the middle of k/(n − 1), k = 0..n − 1, the grid of the "
        "published code",
    )


@judge("printed_tests")
def printed_tests(claim: PaperClaim, context: Context) -> Finding:
    """Judge that printed t and p can come from printed means and deviations."""
    t = _at(consistency.check_t(), claim.arguments)
    p = _at(consistency.check_p(), claim.arguments)
    by_n = t[t["ddof"] == 0]
    possible = [*by_n["t_possible"], *by_n["p_possible"]]
    cut = int((p["is_cut"] & ~p["is_rounded"]).sum())
    less = int(t.loc[t["ddof"] == 1, "t_possible"].sum())
    return _calculated(
        possible,
        f"{int(by_n['t_possible'].sum())} of {len(by_n)} t and "
        f"{int(by_n['p_possible'].sum())} of {len(by_n)} p are possible if deviations "
        f"divide by n ({less} t if by n − 1); p with digits cut off: {cut}",
    )


@judge("printed_maxima")
def printed_maxima(claim: PaperClaim, context: Context) -> Finding:
    """Judge that printed maxima can come from five runs with means and deviations."""
    table = _at(consistency.check_maxima(), claim.arguments)
    wrong = [
        f"{info(row.dataset).title}, {row.kind}: {100 * row.maximum:.2f} %, at most "
        f"{100 * row.high:.2f} % possible"
        for row in table[~table["is_possible"]].itertuples()
    ]
    text = f"{int(table['is_possible'].sum())} of {len(table)} are possible"
    return _calculated(table["is_possible"], text, *wrong)


@judge("highest_mean")
def highest_mean(claim: PaperClaim, context: Context) -> Finding:
    """Judge that a mean in the text is above those of Table 3."""
    mean = number("resnet.lfw_faces.adaptive.5x5.mean").value
    row = printed_results("table3").set_index("dataset").loc["lfw_faces"]
    adaptive, ordinary = row[["mean_first", "mean_second"]]
    return Finding(
        verdict_from_checks([mean > max(adaptive, ordinary)]),
        f"{mean:.2f} % against {ordinary:.2f} % ordinary and {adaptive:.2f} % "
        "adaptive: the highest single run chose another size",
        _CALCULATION,
    )


@judge("printed_slowdown")
def slowdown(claim: PaperClaim, context: Context) -> Finding:
    """Judge the printed ratios of times by the printed times."""
    ratios = consistency.printed_steps(get_study("simple").kernel_sizes)["paper, ratio"]
    (low, high), words = consistency.printed_slowdown()
    inside = ratios.between(low, high)
    return Finding(
        verdict_from_checks(inside),
        f"{ratios.min():.2f} to {ratios.max():.2f}; {sum(inside)} of {len(inside)} "
        "within rounding",
        _CALCULATION,
        words,
    )


@judge("printed_speed")
def printed_speed(claim: PaperClaim, context: Context) -> Finding:
    """Judge that the printed times can be those of batches."""
    speed = operations_per_second(number("timing.batch").value)
    return _calculated(
        [speed <= _SAVED * _FASTEST],
        f"the second 9×9 convolution alone would do {speed:.0f} trillion "
        f"operations per second, and the named GPU does about {_FASTEST}; as times of "
        f"one image {operations_per_second(1):.1f}",
    )


def operations_per_second(images: int) -> float:
    """Return the speed, in 10^12 per second, if a printed time is of so many images.

    Of the second convolution of the simple network alone, at 9×9 on MNIST: a
    multiplication and an addition, forward once and backward twice.
    """
    height, width, _ = info("mnist").image_shape
    size = max(get_study("simple").kernel_sizes)
    _, filters = printed_settings.compare_settings(["simple.filters"])["simple.filters"]
    operations = 2 * 3 * height * width * size**2 * filters**2
    seconds = number(f"timing.mnist.ordinary.{size}x{size}.step").value * 1e-6
    return 1e-12 * images * operations / seconds


def _calculated(agrees: Iterable[bool], *texts: str) -> Finding:
    """What calculation finds of printed numbers: misprints, if they do not agree."""
    return Finding(misprint_verdict(agrees), "; ".join(texts), _CALCULATION)


def _at(table: pd.DataFrame, place: Iterable[str]) -> pd.DataFrame:
    """The rows of a place that is given in words."""
    return table[table["place"] == " ".join(place)]
