"""All comparisons of accuracy in one table: what the paper prints, and what runs say.

Differences are adaptive minus ordinary, in percentage points. The paper's have an
interval too, by its own test (Student) from its printed means and standard deviations.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aconv.companion.analysis import accuracy, segmentation
from aconv.companion.analysis.accuracy import (
    ADAPTIVE,
    ORDINARY,
    PRINTED_TABLES,
    SETTING,
)
from aconv.companion.analysis.evidence import evidence_of, judge_comparisons
from aconv.companion.analysis.frames import curves_frame, runs_frame
from aconv.companion.datasets import info
from aconv.companion.runs.record import RunRecord
from aconv.companion.stats import Claim, Summary, judge, t_test
from aconv.companion.studies.profiles import PROFILES

_NUMBERS = ("difference", "low", "high", "p", "p_holm")
_CORRECTED = ["p_holm", "low", "high"]
_OF_RUNS = ["n_first", "n_second", "mean_first", "mean_second", "error"]
NETWORKS = {"simple": "Simple network", "resnet": "ResNet", "unet": "U-Net"}


def shown_records(records: Sequence[RunRecord], study: str) -> list[RunRecord]:
    """Return the records that are compared: of the U-Net one data set, the longest."""
    if study != "unet":
        return list(records)
    groups: dict[tuple[int, str], list[RunRecord]] = {}
    for record in records:
        key = PROFILES.index(record.spec.profile), record.spec.dataset
        groups.setdefault(key, []).append(record)
    return max(groups.items(), key=lambda g: (g[0][0], len(g[1])), default=(0, []))[1]


def compared_runs(runs: pd.DataFrame, study: str) -> pd.DataFrame:
    """Return the runs that are compared: of a classification those at the best size."""
    return runs if study == "unet" else accuracy.at_best_sizes(runs)


def judged_comparisons(
    recorded: Mapping[str, Sequence[RunRecord]], confidence: float = 0.95
) -> pd.DataFrame:
    """Compare and judge what the paper prints comparisons of, and there are runs of."""
    tables, curves = [], {}
    for study in NETWORKS:
        records = shown_records(recorded.get(study, ()), study)
        versions: dict[str, set[str]] = {}
        for record in records:
            versions.setdefault(record.spec.dataset, set()).add(record.spec.version)
        for dataset, of_set in versions.items():
            if len(of_set) > 1:
                raise ValueError(
                    f"Records of study {study!r} on {dataset} must be of one version. "
                    f"Received: {sorted(of_set)}"
                )
        curves[study] = curves_frame(records)
        tables.append(_compared(study, runs_frame(records), confidence))
    family = accuracy.adjust_for_multiplicity(
        accuracy.concat_comparisons(tables), confidence=confidence
    )
    claims = printed_comparisons(confidence).set_index(["study", "name"])["claim"]
    judged = []
    for (study, name), rows in family.groupby(["study", "name"], sort=False):
        arms = ADAPTIVE, ORDINARY
        if study == "unet":  # networks whose first layers have different sizes
            rows = rows.drop(columns="kernel_size", errors="ignore")
            arms = segmentation.ADAPTIVE, segmentation.ORDINARY[name]
        found = judge_comparisons(rows, claims[study, name], curves[study], *arms)
        judged.append(found)
    if not judged:
        return family.assign(evidence=[], judgement=[])
    return accuracy.concat_comparisons(judged)


def in_family(table: pd.DataFrame, family: pd.DataFrame | None) -> pd.DataFrame:
    """Give comparisons the corrected numbers that they have in the overview.

    A comparison of adaptive with ordinary kernels has one corrected p and one deciding
    interval, wherever it is shown.
    """
    if family is None:
        return table
    table = table.reset_index(drop=True)
    for place, row in table.iterrows():
        same = (family[[*SETTING]] == row[[*SETTING]]).all(axis=1)
        if "kernel_size" in table:
            same &= family["size"] == row["kernel_size"]
        # The same runs of both arms.
        runs = family[_OF_RUNS].astype(float), row[_OF_RUNS].astype(float)
        same &= np.isclose(*runs).all(axis=1)
        for corrected in family.loc[same, _CORRECTED].head(1).to_numpy(dtype=float):
            table.loc[place, _CORRECTED] = corrected
    return table


def overview(
    recorded: Mapping[str, Sequence[RunRecord]], confidence: float = 0.95
) -> pd.DataFrame:
    """Set all printed comparisons of accuracy next to those of runs.

    ``seeds`` is the smaller number of the two arms, 0 where nothing is compared.
    """
    judged = judged_comparisons(recorded, confidence)
    ours = {(row["study"], row["name"]): row for row in judged.to_dict("records")}
    rows = []
    for line in printed_comparisons(confidence).to_dict("records"):
        study, name, claim = (line.pop(key) for key in ("study", "name", "claim"))
        row = ours.get((study, name))
        if row:
            line["size"] = f"{row['size']}×{row['size']}"
            line["seeds"] = min(row["n_first"], row["n_second"])
        else:
            runs = runs_frame(shown_records(recorded.get(study, ()), study))
            # All runs of the U-Net are on one set, and the name is a network's.
            of_set = runs if study == "unet" else runs[runs["dataset"] == name]
            evidence = evidence_of(of_set)
            judgement = judge(math.nan, math.nan, claim, evidence)
            row = dict.fromkeys(_NUMBERS, math.nan)
            row |= {"evidence": evidence, "judgement": judgement}
            line |= {"size": None, "seeds": 0}
        keys = (*_NUMBERS, "evidence", "judgement")
        rows.append(line | {key: row[key] for key in keys})
    return pd.DataFrame(rows)


def _compared(study: str, runs: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Comparisons of a study's runs, with ``name`` and ``size`` for people."""
    if study == "unet":
        table = segmentation.compare_networks(runs, "peak", confidence=confidence)
        size = segmentation.ADAPTIVE["kernel_size"]
        return table.assign(name=table["against"], size=size)
    at_best = compared_runs(runs, study)
    table = accuracy.compare(at_best, ADAPTIVE, ORDINARY, confidence=confidence)
    return table.assign(name=table["dataset"], size=table["kernel_size"])


def printed_comparisons(confidence: float = 0.95) -> pd.DataFrame:
    """Return all comparisons of accuracy that the paper prints, by study and name."""
    rows = []

    def add(study: str, name: str, title: str, claim: Claim, *arms: Summary) -> None:
        test = t_test(*arms, confidence=confidence)
        numbers = test.difference, test.low, test.high
        rows.append((study, name, NETWORKS[study], title, *numbers, claim))

    for study, table in PRINTED_TABLES.items():
        for row in accuracy.printed_results(table).itertuples():
            arms = [accuracy.printed_summary(row, arm) for arm in ("first", "second")]
            add(study, row.dataset, info(row.dataset).title, row.claim, *arms)
    adaptive = segmentation.printed_summary(segmentation.ADAPTIVE)
    for name, arm in segmentation.ORDINARY.items():
        arms = adaptive, segmentation.printed_summary(arm)
        add("unet", name, f"against {name}", segmentation.printed_claim(arm), *arms)
    columns = ["study", "name", "network", "comparison"]
    columns += ["paper", "paper_low", "paper_high", "claim"]
    return pd.DataFrame(rows, columns=columns)
