"""Folded networks as PyTorch modules, for zennit."""

import keras
import numpy as np
import torch

from aconv.layers import graph


def _same(size, kernel, stride):
    """Zeros before and after that ``same`` padding adds to an axis."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class FoldedNetwork(torch.nn.Module):
    """From images with the channels last to the logits of a folded Keras network.

    Sums and means are convolutions with constant kernels.
    """

    def __init__(self, model):
        super().__init__()
        self.nodes = graph.calls(model)
        self.model = model
        self.layers = torch.nn.ModuleDict(
            {node.operation.name: self._module(node) for node in self.nodes}
        )

    def _module(self, node):
        layer = node.operation
        shape = node.input_tensors[0].shape
        match type(layer):
            case keras.layers.Conv2D:
                kernel, *bias = layer.get_weights()
                padding = [
                    _same(side, extent, stride) if layer.padding == "same" else (0, 0)
                    for side, extent, stride in zip(
                        shape[1:3], layer.kernel_size, layer.strides, strict=True
                    )
                ]
                (top, bottom), (left, right) = padding
                # zennit's rule for bounded inputs needs padding inside the layer.
                even = top == bottom and left == right
                convolution = _convolution(
                    kernel, bias, layer.strides, (top, left) if even else 0
                )
                modules = (
                    [] if even else [torch.nn.ZeroPad2d((left, right, top, bottom))]
                )
                modules.append(convolution)
                if layer.activation is keras.activations.relu:
                    modules.append(torch.nn.ReLU())
                return torch.nn.Sequential(*modules)
            case keras.layers.Dense:
                kernel, *bias = layer.get_weights()
                dense = torch.nn.Linear(*kernel.shape, bias=bool(bias))
                _assign(dense, kernel.T, bias)
                return dense
            case keras.layers.Add:
                identity = np.eye(shape[-1], dtype="float32")
                kernel = np.tile(identity, (len(node.input_tensors), 1))
                return _convolution(kernel[np.newaxis, np.newaxis], [], 1, 0)
            case keras.layers.GlobalAveragePooling2D:
                kernel = np.zeros((*shape[1:], shape[-1]), "float32")
                kernel[:] = np.eye(shape[-1]) / (shape[1] * shape[2])
                return torch.nn.Sequential(
                    _convolution(kernel, [], 1, 0), torch.nn.Flatten()
                )
            case keras.layers.ReLU | keras.layers.Activation:
                return torch.nn.ReLU()
            case keras.layers.MaxPooling2D:
                return torch.nn.MaxPool2d(layer.pool_size, layer.strides)
            case _:
                return torch.nn.Identity()

    def forward(self, images):
        tensors = {id(self.model.inputs[0]): images.permute(0, 3, 1, 2)}
        for node in self.nodes:
            layer = node.operation
            sources = [tensors[id(tensor)] for tensor in node.input_tensors]
            module = self.layers[layer.name]
            match type(layer):
                case keras.layers.Concatenate:
                    result = torch.cat(sources, 1)
                case keras.layers.Add:
                    result = module(torch.cat(sources, 1))
                case keras.layers.Rescaling:
                    result = layer.scale * sources[0] + layer.offset
                case keras.layers.Flatten:
                    # In the order of Keras, channels last.
                    result = sources[0].permute(0, 2, 3, 1).flatten(1)
                case _:
                    result = module(sources[0])
            tensors[id(node.outputs[0])] = result
        return result


def _convolution(kernel, bias, strides, padding):
    height, width, channels, filters = kernel.shape
    convolution = torch.nn.Conv2d(
        channels, filters, (height, width), strides, padding, bias=bool(bias)
    )
    _assign(convolution, kernel.transpose(3, 2, 0, 1), bias)
    return convolution


def _assign(module, weight, bias):
    module.weight.data = torch.tensor(np.ascontiguousarray(weight))
    if bias:
        module.bias.data = torch.tensor(bias[0])


def deep_taylor(network, images, classes, low, high):
    """Deep Taylor heatmaps by zennit, shape ``(n, height, width)``.

    The rule for bounded inputs at the first convolution, z+ without biases at the
    others and at dense layers.
    """
    from zennit.attribution import Gradient
    from zennit.core import Composite
    from zennit.rules import Pass, ZBox, ZPlus

    kernels = (torch.nn.Conv2d, torch.nn.Linear)
    first = next(m for m in network.modules() if isinstance(m, kernels))
    images = torch.tensor(images)
    channels_first = images.permute(0, 3, 1, 2)

    def rule(context, name, module):
        if module is first:
            return ZBox(
                torch.full_like(channels_first, low),
                torch.full_like(channels_first, high),
                zero_params=["bias"],
            )
        if isinstance(module, kernels):
            return ZPlus(zero_params=["bias"])
        return Pass() if isinstance(module, torch.nn.ReLU) else None

    one_hot = torch.eye(network.model.output_shape[-1])[torch.tensor(classes)]
    with Gradient(network, Composite(module_map=rule)) as attributor:
        _, found = attributor(images, lambda logits: one_hot * logits.clamp(min=0))
    return found.sum(-1).numpy()
