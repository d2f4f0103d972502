"""Weights in files, each by its name."""

import re
from collections.abc import Mapping, MutableMapping

import keras
import numpy as np
from keras import ops

# Names that Keras makes up, which count the variables of the process.
_AUTOMATIC = re.compile(r"variable(_\d+)?")


class SavedByName:
    """A mixin of convolution layers: a file has their own weights by name."""

    def _weights_by_name(self) -> dict[str, keras.Variable]:
        """The layer's own weights as a file has them: what LoRA adds is in the kernel.

        Those of layers in a subclass have their own place in a file. A weight without a
        name, or of a name that is taken, goes by its place.
        """
        lora = [getattr(self, f"lora_kernel_{part}", None) for part in "ab"]
        own = [
            weight
            for weight in self._own_weights()
            if not any(weight is other for other in lora)
        ]
        found: dict[str, keras.Variable] = {}
        for place, weight in enumerate(own):
            named = weight.name not in found and not _AUTOMATIC.fullmatch(weight.name)
            found[weight.name if named else f"weight_{place}"] = weight
        return found

    def _own_weights(self) -> list[keras.Variable]:
        """The layer's weights but those of layers inside it."""
        return [*self._trainable_variables, *self._non_trainable_variables]

    def save_own_variables(self, store: MutableMapping) -> None:
        """Put each weight into ``store`` by its name."""
        if not self.built:
            return
        for name, weight in self._weights_by_name().items():
            # With what LoRA added to it.
            store[name] = self.kernel if name == "kernel" else weight

    def load_own_variables(self, store: Mapping) -> None:
        """Take each weight from ``store`` by its name.

        Raises:
            ValueError: If there are other weights in ``store``, or such of another
                shape. The layer then keeps all of its own.
        """
        if not self.built:
            # Refused by Keras, with its reasons, unless there is nothing to take.
            super().load_own_variables(store)
            return
        weights = self._weights_by_name()
        if set(store.keys()) != set(weights):
            raise ValueError(
                f"A file must have the weights {sorted(weights)} of {self.name!r}. "
                f"Received: {sorted(store.keys())}"
            )
        # Of all before any is given: a refused file leaves the layer as it is.
        values = {name: store[name] for name in weights}
        for name, weight in weights.items():
            shape = np.shape(values[name])
            if tuple(shape) != tuple(weight.shape):
                raise ValueError(
                    f"A file must have the weight {name!r} of {self.name!r} with the "
                    f"shape {tuple(weight.shape)}. Received: {tuple(shape)}"
                )
        for name, weight in weights.items():
            weight.assign(values[name])
        if getattr(self, "lora_enabled", False):
            for weight in (self.lora_kernel_a, self.lora_kernel_b):
                weight.assign(ops.zeros(weight.shape))
