"""Settings are put together from patches: none is lost, and no two meet in silence."""

import itertools
import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_sets import register

from aconv.companion.datasets import info
from aconv.companion.studies import profiles, versions
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
    merge,
)
from aconv.companion.studies.profiles import PROFILES, SetEntry
from aconv.companion.studies.spec import RunSpec
from aconv.companion.studies.versions import Version
from aconv.companion.training.settings import KINDS, LAYERS, PEERS, Settings

EVERY = [(study, version) for study in STUDIES for version in STUDIES[study].versions]


def settings_of(arm="adaptive", profile="short", version="paper", **changes):
    place = {"study": "simple", "dataset": "mnist", "kernel_size": 7, "seed": 31}
    return make_spec(
        arm=arm, profile=profile, version=version, **place | changes
    ).settings


# Merging.

fields = st.sampled_from("abcdefgh")
patches = st.dictionaries(fields, st.integers(), max_size=4)


@given(st.dictionaries(st.text(min_size=1), patches, max_size=4))
def test_merged_patches_have_every_field_of_every_patch_or_are_refused(named):
    names = [field for patch in named.values() for field in patch]
    if len(set(names)) == len(names):
        merged = merge(named)
        assert set(merged) == set(names)
        for patch in named.values():
            assert patch.items() <= merged.items()
    else:
        with pytest.raises(ValueError, match="must be set by one patch"):
            merge(named)


def arm_that(**departs):
    return Arm("made-up", "adaptive", "made up", departs)


def test_patches_that_set_one_field_are_named_with_what_they_set(monkeypatch):
    monkeypatch.setitem(ARMS, "made-up", arm_that(dropout=0.1))
    message = "`dropout` must be set by one patch. Received: 0.1 from arm 'made-up' and"
    with pytest.raises(ValueError, match=f"{message} 0.5 from profile 'full'"):
        settings_of("made-up", "full")
    version = attrs.evolve(versions.SIMPLE["paper"], full={"epochs": 3})
    monkeypatch.setitem(versions.SIMPLE, "made-up", version)
    with pytest.raises(ValueError, match="3 from version and 100 from data set"):
        settings_of(profile="full", version="made-up")


# Versions, data sets and arms are one entry each.


def test_a_version_is_one_entry(monkeypatch):
    version = Version(
        source="a test",
        design={"block": "conv-relu", "inputs": "symmetric"},
        starts={
            "ordinary": {"kernel_initializer": "he_normal", "use_bias": True},
            "adaptive": {"kernel_initializer": "he_normal"},
        },
        envelope={"apertures": (0.4, 0.6)},
        full={"schedule": "steps", "schedule_epochs": (2,), "dropout": 0.2},
        designs={name: {} for name in profiles.SIMPLE_DATASETS},
        exceptions={("mnist", 9, "ordinary"): {"epochs": 7}},
    )
    monkeypatch.setitem(versions.SIMPLE, "made-up", version)
    for profile in PROFILES:
        specs = grid("simple", profile, "made-up")
        assert {spec.version for spec in specs} == {"made-up"}
        assert {spec.settings.kernel_initializer for spec in specs} == {"he_normal"}
        assert {spec.settings.inputs for spec in specs} == {"symmetric"}
        for spec in specs:
            is_adaptive = spec.arm == "adaptive"
            assert spec.settings.use_bias is not is_adaptive
            start = (0.4, 0.6) if is_adaptive else (0.1, 0.5)
            assert spec.settings.apertures == start
    longest = settings_of("ordinary", "full", "made-up", kernel_size=9)
    assert (longest.epochs, longest.dropout) == (7, 0.2)
    assert settings_of("ordinary", "full", "made-up").epochs == 100
    # Nothing that was there has changed.
    assert settings_of("ordinary", "full", "paper", kernel_size=9).epochs == 100


def test_a_data_set_is_one_entry(monkeypatch, tmp_path):
    facts = register(monkeypatch, tmp_path)
    entry = SetEntry(
        common={"pixels": "stretched"},
        design={"inputs": "global-mean"},
        full={"epochs": 9, "batch_size": 2, "learning_rate": 0.3},
        short={"epochs": 1, "batch_size": 2, "learning_rate": 0.2},
    )
    monkeypatch.setitem(profiles.SIMPLE_DATASETS, facts.name, entry)
    study = STUDIES["simple"]
    assert study.datasets[-1] == facts.name
    for version in study.versions:
        for profile in PROFILES:
            place = {"datasets": [facts.name], "kernel_sizes": [3]}
            one = {"arms": ["adaptive"], "seeds": [31]}
            (spec,) = grid("simple", profile, version, **place, **one)
            settings = spec.settings
            assert (settings.pixels, settings.inputs) == ("stretched", "global-mean")
            if profile != "demo":
                wanted = entry.full if profile == "full" else entry.short
                assert {name: getattr(settings, name) for name in wanted} == wanted


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
    assert SEEDS == (31, 48, 65, 82, 99)
    assert ALL_SEEDS == (31, 48, 65, 82, 99, 116, 133, 150, 167, 184)
    assert {spec.kernels for spec in grid("unet", "short")} == {
        ("ordinary", 3),
        ("ordinary", 7),
        ("adaptive", 7),
    }


def test_demo_takes_embedded_data_only():
    for study in STUDIES:
        for spec in grid(study, "demo"):
            assert info(spec.dataset).kind == "embedded"
    assert {spec.dataset for spec in grid("unet", "short")} == {"oxford_pets_3breeds"}
    assert {spec.dataset for spec in grid("unet", "full")} == {"oxford_pets"}


def test_grid_completes_a_seed_before_the_next():
    seeds = [spec.seed for spec in grid("simple", "short", datasets=["mnist"])]
    assert seeds == sorted(seeds)
    assert len(seeds) == 4 * len(KINDS) * len(SEEDS)


def test_epochs_can_be_given():
    assert settings_of(epochs=2) == attrs.evolve(settings_of(), epochs=2)
    assert {spec.settings.epochs for spec in grid("unet", epochs=3)} == {3}


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
        # September's adaptive layers are re-standardised, so more changes with them.
        is_envelope_alone = version != "code-2020-09"
        assert found[1].is_matched_with(found[2]) == is_envelope_alone
        assert found[2].is_matched_with(found[3])
        assert not found[0].is_matched_with(found[3])


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


@pytest.mark.parametrize("study", ["resnet", "unet"])
def test_peers_are_of_the_simple_network_alone(study):
    with pytest.raises(ValueError, match=rf"`network` must be 'simple'.*'{study}'"):
        grid(study, arms=["ordinary", "FlexConv"])


@pytest.mark.parametrize(
    ("study", "arm"),
    [(study, arm) for study in NOT_OF for arm in sorted(NOT_OF[study])],
)
def test_an_arm_that_a_network_cannot_have_is_refused(study, arm):
    (setting,) = ARMS[arm].departs
    with pytest.raises(ValueError, match=rf"`{setting}` must be.*'{study}'"):
        grid(study, arms=[arm])


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


@pytest.mark.parametrize("study", STUDIES)
def test_parts_and_stand_ins_have_the_settings_of_the_papers_set(study):
    found = STUDIES[study]
    for profile in PROFILES:
        for name in found.allowed_datasets(profile):
            assert found.original(name) in found.entries
    for name in found.datasets:
        assert found.original(name) == name
    assert STUDIES["unet"].original("oxford_pets_3breeds") == "oxford_pets"
    assert STUDIES["simple"].original("digits_cluttered") == "mnist_cluttered"
