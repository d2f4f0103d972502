"""What training through Keras costs on PyTorch, beside the same network without Keras.

Trains the simple network (Section 4.2) on random images, one thread, in three ways: in
plain PyTorch; by ``keras.Model.fit``, as runs were done before; and by recorded steps,
as they are done now (``training.algorithm.train``). The ways take turns, and the table
gives medians: milliseconds per step, and the ratio to plain PyTorch. Needs PyTorch.

    OMP_NUM_THREADS=1 KERAS_BACKEND=torch .venv/bin/python benchmarks/sweep_step.py
"""

import argparse
import time

import attrs
import keras
import numpy as np
import pandas as pd
import torch

from aconv.companion.runs.provenance import device
from aconv.companion.studies.catalog import make_spec
from aconv.companion.training.algorithm import Engine, train
from aconv.companion.training.networks import build_network
from aconv.companion.training.settings import KINDS, Kind

# Images and batches of the MNIST family, and of the faces.
CASES = (((28, 28, 1), 128), ((50, 37, 1), 8))
CLASSES = 7
# Of a round. The first builds and records and is not counted.
EPOCHS = 3


def main() -> None:
    """Time the three ways and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 9])
    parser.add_argument("--steps", type=int, default=12, help="of an epoch")
    parser.add_argument("--rounds", type=int, default=4, help="of two epochs each way")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for shape, batch in CASES:
        for size in arguments.sizes:
            for kind in KINDS:
                times = measure(shape, batch, size, kind, arguments)
                row = {
                    "images": f"{shape[0]}x{shape[1]}",
                    "batch": batch,
                    "kernel": f"{size}x{size}",
                    "kind": kind,
                }
                rows.append(row | times)
                for way in ("fit", "recorded"):
                    rows[-1][f"{way} / plain"] = times[way] / times["plain"]
    print(f"Milliseconds per step, Keras {keras.__version__}, {device()}, one thread")
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.2f}".format))


def measure(
    shape: tuple[int, int, int],
    batch: int,
    size: int,
    kind: Kind,
    arguments: argparse.Namespace,
) -> dict[str, float]:
    """Return the median time per step of each way, in milliseconds."""
    random = np.random.default_rng(31)
    images = random.normal(size=(batch * arguments.steps, *shape)).astype("float32")
    labels = random.integers(CLASSES, size=len(images))
    seconds: dict[str, list[float]] = {"plain": [], "fit": [], "recorded": []}
    for _ in range(arguments.rounds):
        seconds["plain"] += plain_epochs(images, labels, batch, size, kind)
        for engine in ("fit", "recorded"):
            seconds[engine] += keras_epochs(images, labels, batch, size, kind, engine)
    return {
        way: 1e3 * float(np.median(values)) / arguments.steps
        for way, values in seconds.items()
    }


class Enveloped(torch.nn.Conv2d):
    """A convolution with the envelope of Eqs. (3) and (12), as one would write it."""

    def __init__(self, channels: int, filters: int, size: int) -> None:
        super().__init__(channels, filters, size, padding="same", bias=False)
        self.aperture = torch.nn.Parameter(torch.linspace(0.1, 0.5, filters))
        at = torch.linspace(-0.5, 0.5, size)
        self.register_buffer("squares", at[:, None] ** 2 + at**2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Convolve with the product kernels."""
        aperture = self.aperture[:, None, None]
        envelope = torch.exp(-self.squares / (2 * aperture**2))
        energy = (envelope**2).mean((1, 2), keepdim=True)
        kernel = self.weight * (envelope / energy.sqrt())[:, None]
        return self._conv_forward(images, kernel, None)


def plain_epochs(
    images: np.ndarray, labels: np.ndarray, batch: int, size: int, kind: Kind
) -> list[float]:
    """Train the network in plain PyTorch; return seconds of epochs but the first."""
    nn = torch.nn

    def convolution(channels: int) -> nn.Module:
        if kind == "adaptive":
            return Enveloped(channels, 32, size)
        return nn.Conv2d(channels, 32, size, padding="same", bias=False)

    network = nn.Sequential(
        convolution(images.shape[-1]),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        convolution(32),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.LazyLinear(256),
        nn.BatchNorm1d(256),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(256, CLASSES),
    )
    inputs = torch.from_numpy(images).movedim(-1, 1).contiguous()
    targets = torch.from_numpy(labels)
    network(inputs[:batch])
    named = list(network.named_parameters())
    apertures = [value for name, value in named if name.endswith("aperture")]
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    loss_of = nn.CrossEntropyLoss()
    seconds = []
    for _ in range(EPOCHS):
        began = time.perf_counter()
        order = torch.randperm(len(inputs))
        for at in range(0, len(inputs), batch):
            chosen = order[at : at + batch]
            optimizer.zero_grad()
            outputs = network(inputs[chosen])
            loss = loss_of(outputs, targets[chosen])
            loss.backward()
            nn.utils.clip_grad_value_(network.parameters(), 1.0)
            optimizer.step()
            for aperture in apertures:
                aperture.data.clamp_(1 / size, size)
            float(loss), int((outputs.argmax(-1) == targets[chosen]).sum())
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def keras_epochs(
    images: np.ndarray,
    labels: np.ndarray,
    batch: int,
    size: int,
    kind: Kind,
    engine: Engine,
) -> list[float]:
    """Train the network by an engine of ``train``; return seconds as above."""
    keras.utils.set_random_seed(31)
    spec = make_spec("simple", "mnist", kind, 3, 31, "full")
    settings = attrs.evolve(spec.settings, epochs=EPOCHS, batch_size=batch)
    history = train(
        build_network(settings, size, images.shape[1:], CLASSES),
        (images, labels),
        (images[:batch], labels[:batch]),
        settings,
        seed=31,
        engine=engine,
    )
    return list(history.train_seconds[1:])


if __name__ == "__main__":
    main()
