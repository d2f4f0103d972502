"""Interim analyses of runs that take long, without more false findings.

Few runs may decide where a difference is large; where they do not, more are run. Each
analysis spends a part of the chance of a false finding, fixed before the first one.
"""

# The level of each analysis by its number of seeds per arm. Together they reject true
# hypotheses in 5 % of all cases at most: 0.05 by the joint normal distribution of both
# (a group-sequential plan of the kind of O'Brien and Fleming).
LEVELS = {5: 0.005, 10: 0.048}
_LEVEL = 0.05


def share_of_level(seeds: int) -> float:
    """Return the part of the level of significance that an analysis may spend.

    It is that of the last one with at most so many seeds, or of the first.
    """
    reached = [planned for planned in LEVELS if planned <= seeds] or [min(LEVELS)]
    return LEVELS[max(reached)] / _LEVEL
