"""``aconv show`` says what a run is: its settings, and its layers in order."""

import attrs
import keras
import pytest

from aconv.companion.cli import main
from aconv.companion.datasets import info
from aconv.companion.studies.catalog import STUDIES, make_spec
from aconv.companion.training.networks import build_network

EVERY = [(name, version) for name in STUDIES for version in ("paper", "code-2020-09")]


def shown(capsys, study, version, dataset, arm, *options):
    """The head, the settings and the layers that the command prints."""
    arguments = ["--version", version, "--dataset", dataset, "--arm", arm]
    assert main(["show", study, *arguments, "--kernel-size", "7", *options]) == 0
    settings, layers = capsys.readouterr().out.split("\n\n")
    return settings.splitlines(), layers.splitlines()


@pytest.mark.parametrize("arm", ["adaptive", "ordinary"])
@pytest.mark.parametrize(("study", "version"), EVERY)
def test_settings_and_layers_are_those_of_the_run(capsys, study, version, arm):
    dataset = STUDIES[study].datasets[-1]
    (head, *lines), layers = shown(capsys, study, version, dataset, arm)
    assert head == f"# {study}, version {version}, profile full"
    spec = make_spec(study, dataset, arm, 7, 31, "full", version)
    names = {"dataset": dataset, "arm": arm, "kernel_size": 7}
    expected = names | attrs.asdict(spec.settings)
    assert lines == [f"{name}: {value}" for name, value in expected.items()]
    facts = info(dataset)
    model = build_network(spec.settings, 7, facts.image_shape, facts.classes)
    _, *rows = layers
    for row, layer in zip(rows, model.layers, strict=True):
        _, kind, shape, *parts = row.split("  ")
        assert kind == type(layer).__name__
        assert shape == str(tuple(layer.output.shape[1:]))
        if isinstance(layer, keras.layers.Conv2D):
            assert parts[0] == ("bias" if layer.use_bias else "no bias")
            assert parts[1] == type(layer.kernel_initializer).__name__


def test_what_is_shown_is_read_by_people(capsys):
    # The paper, its length and its layer are the defaults.
    assert main(["show", "simple", "--dataset", "mnist", "--kernel-size", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# simple, version paper, profile full"
    assert {
        "arm: adaptive",
        "epochs: 100",
        "conv_1  AdaptiveConv2D  (28, 28, 32)  no bias  HeUniform  "
        "apertures in [0.1429, 7]  linear",
        "conv_1_norm  BatchNormalization  (28, 28, 32)  momentum 0.99, epsilon 0.001",
    } <= set(lines)
    assert any("  Dropout  (6272,)  rate 0.5" in line for line in lines)
    assert lines[-1].startswith("classes  Dense  ") and lines[-1].endswith("  softmax")


@pytest.mark.parametrize(
    ("arm", "layer"), [("adaptive", "AdaptiveConv2D"), ("ordinary", "FourierConv2D")]
)
def test_method_is_a_setting_of_both_kinds(capsys, arm, layer):
    names = ("simple", "paper", "digits", arm)
    lines, rows = shown(capsys, *names, "--method", "fft", "--profile", "demo")
    assert lines[0] == "# simple, version paper, profile demo"
    assert {"method: fft", "epochs: 4"} <= set(lines)
    classes = dict(row.split("  ")[:2] for row in rows[1:])
    assert classes["conv_1"] == classes["conv_2"] == layer
