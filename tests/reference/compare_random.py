#!/usr/bin/python3
"""Holds random networks against PyTorch: the same weights, images and steps of training in both.

    apt-get install python3-torchvision
    /usr/bin/python3 -B tests/reference/compare_random.py build/release/cnnctl [--seeds 0 200] [--updates 2]

A seed gives a network of odd sizes (convolutions of all kinds, norms, activations, poolings, residual blocks, branches, one channel, maps of one
pixel, batches of two images) and how it is trained: clipping, recomputation, the number of threads. `cnnctl train` runs it for some updates of SGD,
the last one perhaps on a smaller batch, and every parameter and running statistic is compared with PyTorch's in double precision.

A relu's kink makes a small error large, in PyTorch as here, so PyTorch also trains the network in float from weights that are off by a few times
a float's precision, again and again: what is off by more than that gives is out of bounds. Padding that is not zero, a buffer that is
overwritten too early or a wrong gradient is off by far more. Prints the seeds that are out of bounds, then a summary; exits with 1 where there are any.
"""
import argparse
import copy
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy
import torch
from torch import nn

from compare_torchvision import read_safetensors

BOUND, PERTURBATION, MOST_RUNS, MARGIN = 3e-4, 3e-7, 400, 3
LEARNING_RATE, MOST_ELEMENTS, CLASSES = 0.1, 20000, 5
ACTIVATIONS = {"relu": nn.ReLU, "relu6": nn.ReLU6, "hardswish": nn.Hardswish, "silu": nn.SiLU, "gelu": nn.GELU, "mish": nn.Mish,
               "softplus": nn.Softplus, "elu": nn.ELU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "hardsigmoid": nn.Hardsigmoid}


class Residual(nn.Sequential):
    """Its body's items are its children, as cnnctl names them."""

    def forward(self, x):
        return x + super().forward(x)


class Branches(nn.Sequential):
    """All branches' items are its children, one after another; `lengths` says how many each branch has."""

    def __init__(self, branches, join):
        super().__init__(*[module for branch in branches for module in branch])
        self.lengths, self.join = [len(branch) for branch in branches], join

    def forward(self, x):
        modules, results = iter(self.children()), []
        for length in self.lengths:
            y = x
            for _ in range(length):
                y = next(modules)(y)
            results.append(y)
        return self.join(results)


class Network:
    """Items of a config beside PyTorch's modules, and the shape so far."""

    def __init__(self, rng, shape):
        self.rng, self.shape, self.items, self.modules = rng, shape, [], []
        self.input_shape = shape

    def inner(self):
        """An empty one that goes on from here: a body or a branch."""
        return Network(self.rng, self.shape)

    def add(self, item, module, shape=None):
        self.items.append(item)
        self.modules.append(module)
        self.shape = shape or self.shape

    def conv(self, out=None, keeps=False, pointwise=False):
        """A random convolution; `keeps`: of the same height and width."""
        rng, (channels, height, width) = self.rng, self.shape
        for _ in range(100):
            kernel = (1, 1) if pointwise else (rng.choice([1, 2, 3, 3, 5, 7]), rng.choice([1, 3, 3, 4, 5]))
            dilation = (1, 1) if rng.random() < 0.8 else (rng.randint(1, 2), rng.randint(1, 3))
            span = [d * (k - 1) for d, k in zip(dilation, kernel)]
            if keeps and (span[0] % 2 or span[1] % 2):
                continue
            stride = (1, 1) if keeps or rng.random() < 0.6 else (rng.randint(1, 2), rng.randint(1, 3))
            padding = (span[0] // 2, span[1] // 2) if keeps else (rng.randint(0, kernel[0]), rng.randint(0, kernel[1]))
            groups = rng.choice([1, 1, 1, channels] + [g for g in range(2, channels) if channels % g == 0])
            filters = out or (groups * rng.randint(1, 2) if groups > 1 else rng.choice([1, 2, 3, 5, 7, 8, 9, 12, 16, 20, 32, 33]))
            size = [(n + 2 * p - s - 1) // t + 1 for n, p, s, t in zip((height, width), padding, span, stride)]
            if filters % groups or min(n + 2 * p - s for n, p, s in zip((height, width), padding, span)) < 1 or max(size) > 40:
                continue
            bias = rng.random() < 0.5
            self.add({"conv": {"out_channels": filters, "kernel_size": list(kernel), "stride": list(stride), "padding": list(padding),
                               "dilation": list(dilation), "groups": groups, "bias": bias}},
                     nn.Conv2d(channels, filters, kernel, stride, padding, dilation, groups, bias), (filters, *size))
            return self
        self.add({"conv": {"out_channels": out or channels, "kernel_size": 1}}, nn.Conv2d(channels, out or channels, 1),
                 (out or channels, height, width))
        return self

    def norm(self):
        channels = self.shape[0]
        affine, divisors = self.rng.random() < 0.8, [g for g in range(1, channels + 1) if channels % g == 0]
        if self.rng.random() < 0.85:
            self.add({"batch_norm": {"affine": affine}}, nn.BatchNorm2d(channels, affine=affine))
        elif self.shape[1] * self.shape[2] > 1:
            groups = self.rng.choice(divisors)
            self.add({"group_norm": {"num_groups": groups, "affine": affine}}, nn.GroupNorm(groups, channels, affine=affine))
        return self

    def activation(self):
        name = self.rng.choice(["relu"] * 6 + list(ACTIVATIONS))
        self.add(name, ACTIVATIONS[name]())
        return self

    def prelu(self):
        self.add("prelu", nn.PReLU())
        return self

    def pool(self):
        rng, (channels, height, width) = self.rng, self.shape
        if min(height, width) < 3 or rng.random() < 0.3:
            size = (rng.randint(1, height), rng.randint(1, width))
            kind = rng.choice(["avg", "max"])
            module = nn.AdaptiveAvgPool2d(size) if kind == "avg" else nn.AdaptiveMaxPool2d(size)
            self.add({f"adaptive_{kind}_pool": {"output_size": list(size)}}, module, (channels, *size))
            return self
        kernel, stride = rng.randint(2, 3), rng.randint(1, 3)
        padding = rng.randint(0, kernel // 2)
        size = [(n + 2 * padding - kernel) // stride + 1 for n in (height, width)]
        kind, module = rng.choice([("max_pool", nn.MaxPool2d), ("avg_pool", nn.AvgPool2d)])
        self.add({kind: {"kernel_size": kernel, "stride": stride, "padding": padding}}, module(kernel, stride, padding), (channels, *size))
        return self

    def unit(self, out=None, keeps=False, pointwise=False):
        """Convolution, norm and activation."""
        return self.conv(out, keeps, pointwise).norm().activation()

    def residual(self):
        """Two or three blocks in a row: basic ones, bottlenecks, or inverted ones."""
        channels, rng = self.shape[0], self.rng
        inside = rng.choice([channels, max(channels // 4, 1), 4 * channels])
        for _ in range(rng.randint(1, 3)):
            body = self.inner().unit(inside, keeps=True, pointwise=rng.random() < 0.6)
            if rng.random() < 0.5:
                body.unit(inside, keeps=True)
            body.conv(channels, keeps=True, pointwise=rng.random() < 0.6).norm()
            self.add({"residual": {"body": body.items}}, Residual(*body.modules))
            if rng.random() < 0.85:
                self.activation()
        return self

    def concat(self):
        branches = [self.inner() for _ in range(self.rng.randint(2, 3))]
        for branch in branches[self.rng.randint(0, 1):]:
            branch.unit(keeps=True)
        self.add({"concat": {"branches": [branch.items for branch in branches]}},
                 Branches([branch.modules for branch in branches], lambda results: torch.cat(results, 1)),
                 (sum(branch.shape[0] for branch in branches), *self.shape[1:]))
        return self

    def gate(self):
        """Squeeze and excitation."""
        channels, squeezed = self.shape[0], max(self.shape[0] // 2, 1)
        gate = self.inner()
        gate.add({"adaptive_avg_pool": {"output_size": 1}}, nn.AdaptiveAvgPool2d(1), (channels, 1, 1))
        for count, name in ((squeezed, "relu"), (channels, "sigmoid")):
            gate.add({"conv": {"out_channels": count, "kernel_size": 1}}, nn.Conv2d(gate.shape[0], count, 1), (count, 1, 1))
            gate.add(name, ACTIVATIONS[name]())
        self.add({"multiply": {"branches": [[], gate.items]}}, Branches([[], gate.modules], lambda results: results[0] * results[1]))
        return self

    def classifier(self):
        if self.rng.random() < 0.5:
            self.add({"adaptive_avg_pool": {"output_size": 1}}, nn.AdaptiveAvgPool2d(1), (self.shape[0], 1, 1))
        features = int(numpy.prod(self.shape))
        self.add("flatten", nn.Flatten())
        self.add({"linear": {"out_features": CLASSES}}, nn.Linear(features, CLASSES))


def make_network(rng):
    """A random one, or nothing where its maps grow too large for a quick comparison."""
    network = Network(rng, (rng.choice([1, 1, 2, 3, 3, 4, 8, 16]), rng.randint(4, 14), rng.randint(4, 14)))
    for _ in range(rng.randint(1, 6)):
        kinds = [network.unit] * 6 + [network.conv, network.pool, network.residual, network.residual, network.concat, network.gate, network.prelu]
        rng.choice(kinds)()
        if numpy.prod(network.shape) > MOST_ELEMENTS:
            return None
    network.classifier()
    return network


def train_in_torch(model, images, labels, recipe):
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    dtype = next(model.parameters()).dtype
    for begin in range(0, len(images), recipe["batch_size"]):
        batch = slice(begin, begin + recipe["batch_size"])
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[batch].to(dtype)), labels[batch]).backward()
        if "clip_grad_norm" in recipe:
            nn.utils.clip_grad_norm_(model.parameters(), recipe["clip_grad_norm"])
        optimizer.step()
    return {name: value.double().numpy() for name, value in model.state_dict().items() if value.is_floating_point()}


def train_in_cnnctl(binary, network, model, data, recipe, threads, folder):
    images, labels = data
    numpy.save(folder / "x.npy", images.numpy())
    numpy.save(folder / "y.npy", labels.numpy())
    torch.save(model.state_dict(), folder / "w.pth")
    dataset = {"numpy": {"train": {"images": str(folder / "x.npy"), "labels": str(folder / "y.npy")}}}
    config = {"name": "random", "input": list(images.shape[1:]), "model": network.items, "data": {"dataset": dataset, "shuffle": False},
              "train": {"epochs": 1, "optimizer": {"sgd": {"lr": LEARNING_RATE}}, **recipe}}
    (folder / "config.yaml").write_text(json.dumps(config))
    subprocess.run([binary, "train", folder / "config.yaml", "--init", folder / "w.pth", "--out", folder / "run", "--threads", str(threads),
                    "--quiet"], check=True, capture_output=True, text=True)
    return {name: tensor.numpy() for name, tensor in read_safetensors(folder / "run" / "last.safetensors").items()}


def distance(got, expected):
    """The largest of any tensor's largest difference over its largest number, and the tensor's name; what is not finite is infinitely far."""
    differences = {}
    for name, value in expected.items():
        difference = float(numpy.abs(got[name] - value).max() / (numpy.abs(value).max() + 1e-3))
        differences[name] = difference if numpy.isfinite(difference) else float("inf")
    worst = max(differences, key=differences.get)
    return differences[worst], worst


def bound_by_torch(model, images, labels, recipe, expected, off):
    """What PyTorch's own float runs allow, from weights that differ by rounding; it ends with the first that allows `off`."""
    bound = BOUND
    for run in range(MOST_RUNS):
        if off <= bound:
            break
        generator = torch.Generator().manual_seed(run)
        perturbed = copy.deepcopy(model).float()
        with torch.no_grad():
            for parameter in perturbed.parameters():
                parameter.mul_(1 + PERTURBATION * torch.randn(parameter.shape, generator=generator))
        bound = max(bound, MARGIN * distance(train_in_torch(perturbed, images, labels, recipe), expected)[0])
    return bound


def compare(binary, seed, updates, folder):
    """The distance to PyTorch, the bound, the tensor; nothing where the seed gives no network."""
    rng = random.Random(seed)
    torch.manual_seed(seed)
    network = make_network(rng)
    if network is None:
        return None
    recipe = {"batch_size": rng.choice([2, 3, 4, 5, 8]), "recompute": rng.random() < 0.3}
    if rng.random() < 0.3:
        recipe["clip_grad_norm"] = 0.5
    model = nn.Sequential(*network.modules)
    count = updates * recipe["batch_size"] - rng.choice([0, 0, recipe["batch_size"] - 2])
    images, labels = torch.randn(count, *network.input_shape), torch.randint(0, CLASSES, (count,))
    got = train_in_cnnctl(binary, network, model, (images, labels), recipe, rng.choice([1, 2, 3]), folder)
    expected = train_in_torch(copy.deepcopy(model).double(), images, labels, recipe)
    off, tensor = distance(got, expected)
    return off, bound_by_torch(model, images, labels, recipe, expected, off), tensor


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cnnctl", type=pathlib.Path)
    parser.add_argument("--seeds", nargs=2, type=int, default=(0, 200), metavar=("FIRST", "END"))
    parser.add_argument("--updates", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    compared, failed, largest = 0, 0, 0
    for seed in range(*arguments.seeds):
        with tempfile.TemporaryDirectory() as folder:
            try:
                result = compare(arguments.cnnctl.resolve(), seed, arguments.updates, pathlib.Path(folder))
            except subprocess.CalledProcessError as error:
                print(f"seed {seed}: cnnctl ended with {error.returncode}\n{error.stderr}")
                failed += 1
                continue
        if result is None:
            continue
        off, bound, tensor = result
        compared += 1
        largest = max(largest, off if off <= BOUND else 0)
        if off > bound:
            failed += 1
            print(f"seed {seed}: {tensor} is off by {off:.2g}, where {bound:.2g} is allowed")
    print(f"{compared} networks compared, {failed} out of bounds; the others' largest difference without kinks {largest:.1g}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
