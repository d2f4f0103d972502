"""Settings are put together from patches: none is lost, and no two meet in silence."""

import itertools
import json

import attrs
import pytest

from aconv.companion.datasets import info
from aconv.companion.studies import versions
from aconv.companion.studies.arms import (
    ARMS,
    COMPARED,
    RATE_FACTORS,
    STEPS,
    Arm,
    rate_arm,
    tuning_arm,
)
from aconv.companion.studies.catalog import (
    ALL_SEEDS,
    SEEDS,
    STUDIES,
    grid,
    make_spec,
)
from aconv.companion.studies.profiles import PROFILES
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.settings import KINDS, LAYERS, PEERS, Settings

EVERY = [(study, version) for study in STUDIES for version in STUDIES[study].versions]


def settings_of(arm="adaptive", profile="short", version="paper", **changes):
    place = {"study": "simple", "dataset": "mnist", "kernel_size": 7, "seed": 31}
    return make_spec(
        arm=arm, profile=profile, version=version, **place | changes
    ).settings


def arm_that(**departs):
    return Arm("made-up", "adaptive", "made up", departs)


def test_what_two_patches_set_is_refused(monkeypatch):
    monkeypatch.setitem(ARMS, "made-up", arm_that(dropout=0.1))
    with pytest.raises(TypeError, match=r"multiple values .*'dropout'"):
        settings_of("made-up", "full")
    version = attrs.evolve(versions.SIMPLE["paper"], full={"epochs": 3})
    monkeypatch.setitem(versions.SIMPLE, "made-up", version)
    with pytest.raises(TypeError, match=r"multiple values .*'epochs'"):
        settings_of(profile="full", version="made-up")


# Versions, data sets and arms are one entry each.


@pytest.mark.parametrize(("study", "version"), EVERY)
def test_an_arm_is_one_entry_and_departs_from_its_version(monkeypatch, study, version):
    monkeypatch.setitem(ARMS, "made-up", arm_that(apertures=(0.3, 0.3), use_bias=True))
    for profile in PROFILES:
        specs = grid(study, profile, version, arms=["made-up", "adaptive"])
        departed, own = (
            [spec.settings for spec in specs if spec.arm == name]
            for name in ("made-up", "adaptive")
        )
        changes = {"apertures": (0.3, 0.3), "use_bias": True}
        assert departed
        assert departed == [attrs.evolve(settings, **changes) for settings in own]


# What there is.


# Arms that a network cannot have.
NOT_OF = {
    "simple": {"all-adaptive"},
    "resnet": {"all-adaptive", "no-batch-normalization"},
    "unet": {"no-batch-normalization"},
}
OF_PEERS = {name for name, arm in ARMS.items() if arm.layer in PEERS}


def test_every_run_is_one_of_its_names_and_survives_json_as_what_differs():
    # Also where two versions have the same settings on some set.
    specs = []
    for (study, version), profile in itertools.product(EVERY, PROFILES):
        none = NOT_OF[study] | (OF_PEERS if study != "simple" else set())
        arms = [arm for arm in ARMS if arm not in none]
        of_grid = grid(study, profile, version, arms=arms, seeds=[31])
        for spec in of_grid:
            assert (spec.study, spec.version, spec.profile) == (study, version, profile)
            assert spec.settings.network == study
            assert spec.kind == ARMS[spec.arm].layer == spec.settings.layer
            assert spec.kernels == (spec.arm, spec.kernel_size)
            kept = spec.to_dict()
            again = RunSpec.from_dict(json.loads(json.dumps(kept)))
            assert (again, again.digest) == (spec, spec.digest)
            assert hash(again.settings) == hash(spec.settings)
            for field in attrs.fields(Settings):
                value = getattr(spec.settings, field.name)
                is_kept = field.name in kept["settings"]
                assert is_kept == (value != field.default)
        specs += of_grid
    assert len({spec.digest for spec in specs}) == len(specs)


def test_grids_have_the_runs_of_the_paper():
    for study, count in (("simple", 200), ("resnet", 150), ("unet", 15)):
        for version in STUDIES[study].versions:
            assert len(grid(study, "full", version)) == count
        embedded = {info(spec.dataset).kind for spec in grid(study, "demo")}
        assert embedded == {"embedded"}
    assert SEEDS == (31, 48, 65, 82, 99)
    assert (*SEEDS, 116, 133, 150, 167, 184) == ALL_SEEDS
    short = grid("unet", "short", epochs=3)
    kernels = {("ordinary", 3), ("ordinary", 7), ("adaptive", 7)}
    assert {spec.kernels for spec in short} == kernels
    assert {spec.dataset for spec in short} == {"oxford_pets_3breeds"}
    assert {spec.settings.epochs for spec in short} == {3}


def test_grid_completes_a_seed_before_the_next():
    seeds = [spec.seed for spec in grid("simple", "short", datasets=["mnist"])]
    assert seeds == sorted(seeds)
    assert len(seeds) == 4 * len(KINDS) * len(SEEDS)


def test_steps_lead_from_ordinary_to_adaptive_one_change_at_a_time():
    assert COMPARED == ("adaptive", "ordinary")
    for version in STUDIES["simple"].versions:
        found = [settings_of(arm, version=version) for arm in STEPS]
        names = [field.name for field in attrs.fields(Settings)]
        changes = [
            {name for name in names if getattr(one, name) != getattr(other, name)}
            for one, other in itertools.pairwise(found)
        ]
        start, envelope, trained = changes
        assert start <= {"kernel_initializer", "use_bias"}
        assert "kernel_initializer" in start
        assert envelope >= {"layer", "train_apertures"}
        assert not envelope & {"kernel_initializer", "use_bias", "block", "inputs"}
        assert trained == {"train_apertures"}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("factor", RATE_FACTORS)
def test_arms_of_a_rate_differ_from_the_layers_own_in_it_alone(layer, factor):
    own = settings_of(layer)
    tuned, tuning = (settings_of(of(layer, factor)) for of in (rate_arm, tuning_arm))
    assert tuned.rate == pytest.approx(factor * own.rate)
    assert tuned == attrs.evolve(own, rate_factor=factor)
    assert tuning == attrs.evolve(tuned, held_out=True)
    assert (tuned == own) == (factor == 1)


@pytest.mark.parametrize("version", STUDIES["simple"].versions)
@pytest.mark.parametrize("peer", PEERS)
def test_peers_begin_as_adaptive_layers_do_and_have_no_envelope(peer, version):
    own = settings_of("ordinary-adaptive-start", version=version)
    assert settings_of(peer, version=version) == attrs.evolve(own, layer=peer)
    sizes = [3, 5, 7, 9]
    specs = grid("simple", "short", version, arms=[peer], datasets=["mnist"])
    assert [spec.kernels for spec in specs[:4]] == [(peer, size) for size in sizes]
    assert not OF_PEERS & {spec.arm for spec in grid("simple", "full", version)}


@pytest.mark.parametrize("study", STUDIES)
def test_an_arm_that_a_network_cannot_have_is_refused(study):
    settings = {arm: next(iter(ARMS[arm].departs)) for arm in NOT_OF[study]}
    if study != "simple":
        settings["FlexConv"] = "network"
    for arm, setting in settings.items():
        with pytest.raises(ValueError, match=rf"`{setting}` must be.*'{study}'"):
            grid(study, arms=["ordinary", arm])


# What is not known.


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("study", "vgg", "one of simple, resnet, unet"),
        ("version", "code-2021", f"one of {', '.join(versions.SIMPLE)} for study"),
        ("profile", "quick", "one of demo, short, full"),
        ("arm", "free", f"one of {', '.join(ARMS)}"),
        # One of another profile.
        ("dataset", "mnist", "one of digits, .* for study 'simple' and profile 'demo'"),
        ("kernel_size", 4, "one of 3, 5, 7, 9 for study 'simple'"),
        ("seed", -1, "an integer from 0"),
        ("seed", 2**32, "an integer from 0"),
        ("seed", 1.5, "an integer from 0"),
        ("epochs", 0, "an integer >= 1"),
    ],
)
def test_what_is_not_known_is_a_sentence_with_what_is(name, value, allowed):
    with pytest.raises(ValueError, match=rf"`{name}` must be {allowed}.*: {value!r}$"):
        settings_of(**{"profile": "demo", "dataset": "digits", name: value})
    if name not in ("study", "version", "profile", "epochs"):
        with pytest.raises(
            ValueError, match=rf"`{name}s?` must be {allowed}.*Received"
        ):
            grid("simple", "demo", **{f"{name}s": [value]})


def test_what_does_not_go_together_is_a_sentence():
    place = {"study": "unet", "dataset": "coins_trimap", "profile": "demo"}
    with pytest.raises(ValueError, match="paper, code-2020-09 for study 'unet'"):
        settings_of(**place, version="code-2020-06")
    kernels = r"\(\('ordinary', 3\), \('ordinary', 7\), \('adaptive', 7\)\)"
    sentence = f"Kind and `kernel_size` must be one of {kernels} for study 'unet'"
    with pytest.raises(ValueError, match=rf"{sentence}.*: \('adaptive', 3\)"):
        settings_of(**place, kernel_size=3)
    with pytest.raises(ValueError, match=r"No run of study 'simple'.*seeds=\(\)"):
        grid("simple", seeds=[])


def test_parts_and_stand_ins_have_the_settings_of_the_papers_set():
    for study, name, original in (
        ("simple", "lfw_faces", "lfw_faces"),
        ("simple", "digits_cluttered", "mnist_cluttered"),
        ("unet", "oxford_pets_3breeds", "oxford_pets"),
    ):
        assert STUDIES[study].original(name) == original
