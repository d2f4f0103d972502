"""Training steps recorded once and replayed without Keras's Python. Imports PyTorch.

A step of a small network passes through a few hundred lines of Keras's Python, which on
one thread takes up to a third of its time. Here the operations of one forward and
backward pass are recorded for each size of batch, and only they are done again, in the
same order, so that results are equal to the last bit; where the layout of images in
memory is changed too, and biases are added by convolutions, equal to rounding.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from aconv.companion.training.settings import Settings

_ATEN = torch.ops.aten
_POOLING_GRADIENT = _ATEN.max_pool2d_with_indices_backward.default
# Of a batch: mean loss and mean accuracy.
Means = tuple[torch.Tensor, torch.Tensor]


def fit_recorded(
    model: keras.Model,
    batches: Iterator[tuple[Any, Any]],
    test_data: tuple[np.ndarray, np.ndarray],
    settings: Settings,
    *,
    steps: int,
    test_batch: int,
    first_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Do what ``model.fit`` does in ``algorithm.train``, for batches without end."""
    engine = _Steps(model, settings.clip_value)
    called = keras.callbacks.CallbackList(callbacks, model=model)
    called.on_train_begin()
    _draw_as_fit()
    model.stop_training = False
    for epoch in range(first_epoch, settings.epochs):
        called.on_epoch_begin(epoch)
        model.train()
        sums = np.zeros(3)
        for batch in range(steps):
            images, labels = (torch.as_tensor(array) for array in next(batches))
            called.on_train_batch_begin(batch)
            sums += _sums(engine.train(images, labels), len(images))
        model.eval()
        logs = _means(sums, "")
        called.on_test_begin()
        _draw_as_fit()
        sums = np.zeros(3)
        for at in range(0, len(test_data[0]), test_batch):
            images, labels = (
                torch.as_tensor(array[at : at + test_batch]) for array in test_data
            )
            sums += _sums(engine.test(images, labels), len(images))
        called.on_epoch_end(epoch, logs | _means(sums, "val_"))
        if model.stop_training:
            break
    called.on_train_end()


def _draw_as_fit() -> None:
    # ``fit`` begins twice to go over the images, in training and in each test, and each
    # time its loader draws a number. Without that, dropout would drop other units.
    for _ in range(2):
        torch.empty((), dtype=torch.int64).random_()


def _sums(means: Means, count: int) -> np.ndarray:
    """Loss and accuracy of a batch, summed over its images, and their count."""
    return count * np.array([*map(float, means), 1])


def _means(sums: np.ndarray, prefix: str) -> dict[str, float]:
    loss, accuracy, count = sums.tolist()
    return {f"{prefix}loss": loss / count, f"{prefix}accuracy": accuracy / count}


class _Steps:
    """Training and test steps of a compiled model with a built optimiser."""

    def __init__(self, model: keras.Model, clip_value: float) -> None:
        self._model, self._clip_value = model, clip_value
        self._trainable = model.trainable_variables
        self._other = model.non_trainable_variables
        self._channels_first = _may_change_layout(model)
        self._recorded: dict[tuple[bool, tuple[int, ...]], Callable] = {}

    @torch.no_grad()
    def train(self, images: torch.Tensor, labels: torch.Tensor) -> Means:
        """Update the weights; return loss and accuracy before the update."""
        loss, accuracy, others, gradients = self._replay(True, images, labels)
        for variable, value in zip(self._other, others, strict=True):
            variable.value.copy_(value)
        # In place, where the optimiser would make a copy of all gradients.
        for gradient in gradients:
            gradient.clamp_(-self._clip_value, self._clip_value)
        optimizer = self._model.optimizer
        optimizer.clipvalue = None
        try:
            optimizer.apply(gradients, self._trainable)
        finally:
            optimizer.clipvalue = self._clip_value
        return loss, accuracy

    @torch.no_grad()
    def test(self, images: torch.Tensor, labels: torch.Tensor) -> Means:
        return self._replay(False, images, labels)

    def _replay(
        self, training: bool, images: torch.Tensor, labels: torch.Tensor
    ) -> Any:
        if self._channels_first:
            images = _channels_first(images.movedim(-1, 1)).movedim(1, -1)
        trainable = [variable.value for variable in self._trainable]
        others = [variable.value for variable in self._other]
        inputs = trainable, others, images, labels
        key = training, tuple(images.shape)
        if key not in self._recorded:
            self._recorded[key] = self._record(training, inputs)
        return self._recorded[key](*inputs)

    def _record(self, training: bool, inputs: tuple) -> Callable:
        trainable, others, images, labels = inputs
        leaves = [value.detach().clone().requires_grad_() for value in trainable]

        def step(trainable: list, others: list, images: Any, labels: Any) -> tuple:
            outputs, changed, penalties = self._model.stateless_call(
                trainable, others, images, training=training, return_losses=True
            )
            loss = self._model.loss(labels, outputs) + sum(penalties)
            matches = keras.metrics.sparse_categorical_accuracy(labels, outputs)
            results = loss.detach(), matches.mean()
            if not training:
                return results
            gradients = torch.autograd.grad(loss, trainable)
            return *results, [value.detach() for value in changed], list(gradients)

        # Recording does the operations, dropout's draws among them.
        state = torch.get_rng_state()
        with torch.enable_grad():
            recorded = make_fx(step)(
                leaves, [v.clone() for v in others], images, labels
            )
        torch.set_rng_state(state)
        if self._channels_first:
            _keep_channels_first(recorded)
        return recorded


def _may_change_layout(model: keras.Model) -> bool:
    # Dropout of feature maps takes its draws in the order in which they lie in memory.
    return not any(
        isinstance(layer, keras.layers.Dropout) and len(layer.input.shape) > 2
        for layer in model.layers
    )


def _channels_first(tensor: torch.Tensor) -> torch.Tensor:
    # With one channel, images that lie channels last count as contiguous, too, and
    # convolutions would go on in that order.
    if tensor.shape[1] == 1:
        return tensor.clone(memory_format=torch.contiguous_format)
    return tensor.contiguous()


def _keep_channels_first(recorded: torch.fx.GraphModule) -> None:
    """Let images stay as PyTorch has them, channels first.

    Keras rearranges inputs and kernels of every convolution for channels last, in which
    max-pooling and the gradient of ReLU take several times as long on a CPU. Where it
    then puts them back into order, they are in order already and need no copy.
    """
    for node in recorded.graph.nodes:
        order = node.kwargs.get("memory_format")
        if order == torch.channels_last:
            node.target = _channels_first
            node.kwargs = {}
        elif order == torch.contiguous_format:
            node.target = torch.Tensor.contiguous
            node.kwargs = {}
        elif node.target == _POOLING_GRADIENT:
            # It takes three times as long where what it gets is in another order.
            gradient, *others = node.args
            with recorded.graph.inserting_before(node):
                ordered = recorded.graph.call_function(
                    torch.Tensor.contiguous, (gradient,)
                )
            node.args = (ordered, *others)
    _add_biases_at_once(recorded.graph)
    recorded.graph.eliminate_dead_code()
    recorded.recompile()


def _add_biases_at_once(graph: torch.fx.Graph) -> None:
    """Let convolutions add their biases, which Keras adds to their outputs."""
    for node in graph.find_nodes(op="call_function", target=_ATEN.add.Tensor):
        turned, spread = node.args
        if not (
            _is_call(turned, _ATEN.permute.default)
            and _is_call(turned.args[0], _ATEN.convolution.default)
            and _is_call(spread, _ATEN.view.default)
            and len(turned.users) == len(turned.args[0].users) == 1
        ):
            continue
        convolution = turned.args[0]
        images, kernel, _, *others = convolution.args
        convolution.args = (images, kernel, spread.args[0], *others)
        # A bias is an input of the recorded step, so it comes before the convolution.
        node.replace_all_uses_with(turned)


def _is_call(node: Any, target: Any) -> bool:
    return isinstance(node, torch.fx.Node) and node.target == target
