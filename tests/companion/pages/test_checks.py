"""A notebook's bad parameter is refused by name, with what came instead."""

import pytest

from aconv.companion.pages import checks


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (lambda v: checks.whole_number("p", v, 2, 5), [2, 5], [1, 6, True, 3.0, "3"]),
        (lambda v: checks.share("p", v, 0.5), [0.5, 0.95], [0.4, 1.0, 95, "x"]),
        (lambda v: checks.some_of("p", v, (3, 5)), [[3], [5, 3]], [[], 3, [4], (3,)]),
        (
            lambda v: checks.rising_numbers("p", v, 3, 9, count=2, odd=True),
            [[3, 5], [3, 5, 9]],
            [[], [3], [5, 3], [3, 3], [3, 4], [1, 3], [9, 11], (3, 5), 3, [3.0, 5]],
        ),
        (lambda v: checks.rising_numbers("p", v, 1, 9), [[1], [2, 4]], [[], [0]]),
        (
            lambda v: checks.rising_reals("p", v, 0, 9),
            [[0], [0.5, 2], [1.5]],
            [[], 1.0, [2, 1], [1, 1], [-0.1], [9.5], [True], ["1"], (1.0,)],
        ),
        (lambda v: checks.share("p", v), [0, 0.02, 0.99], [1, -0.1, "0", None, False]),
    ],
)
def test_only_good_values_pass(check, good, bad):
    for value in good:
        check(value)
    for value in bad:
        with pytest.raises(ValueError, match=r"`p` must be.*Received") as refusal:
            check(value)
        assert repr(value) in str(refusal.value)


def test_study_and_profile_decide_which_sets_can_be_taken():
    checks.data_set("dataset", "digits", "resnet", "demo")
    checks.data_set("dataset", "mnist", "resnet", "short")
    for value in ("mnist", "coins_trimap", None):
        with pytest.raises(ValueError, match=r"`dataset` must be one of .*Received"):
            checks.data_set("dataset", value, "resnet", "demo")
    with pytest.raises(ValueError, match=r"`dataset` must be one of .*'digits'"):
        checks.data_set("dataset", "digits", "resnet", "full")
