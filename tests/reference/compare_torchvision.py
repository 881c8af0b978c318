#!/usr/bin/python3
"""Holds the shipped networks against torchvision's: the same weights and images in both.

    apt-get install python3-torchvision
    /usr/bin/python3 -B tests/reference/compare_torchvision.py build/release/cnnctl [NETWORK ...] [--no-gradients]

A network of torchvision (or, where that has none, of networks.py) gets random weights, scaled so that every layer's output has a variance near 1,
with biases, affine terms and running statistics that are neither 0 nor 1. Compared are

- parameters and names: `cnnctl shape-check` counts as many, and `predict --init` finds every tensor and meets none that it does not know (but for
  the auxiliary heads of googlenet and inception_v3, which it must leave out with a warning);
- logits in evaluation, of 4 images: ||ours - theirs|| / ||theirs||, at most 1e-4. How much the logits differ from image to image is
  printed beside it: were that near 0, the comparison would mean little;
- gradients, for the networks in GRADIENTS: one step of SGD with learning rate 1, dropout and drop_path off, and the change of each tensor, running
  statistics included. Rounding is amplified by batch norm and by the kinks of relu, in PyTorch as here, so the bound is the larger of 1e-3 and five
  times what PyTorch's own two memory layouts differ by. A gradient that is missing or wrong is off by about 1.

Tensors that hardly move (by less than 1e-4 of their size) are left out: there the step shows the weights' rounding rather than the gradient.
Prints a line a comparison and exits with 1 where one is out of bounds.
"""
import argparse
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import torch
import torchvision
from torch import nn

from make_reference import write_safetensors
from networks import SMALL

CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"
LOGITS_BOUND, GRADIENT_BOUND, STILL = 1e-4, 1e-3, 1e-4
AUXILIARY = ("googlenet", "inception_v3")
TORCHVISION = """alexnet vgg11 vgg16 vgg16_bn vgg19 googlenet inception_v3 resnet18 resnet34 resnet50 resnet101 resnet152
    wide_resnet50_2 resnext50_32x4d densenet121 squeezenet1_0 squeezenet1_1 mobilenet_v2 mobilenet_v3_small mobilenet_v3_large
    shufflenet_v2_x1_0 mnasnet1_0 efficientnet_b0 regnet_y_400mf convnext_tiny""".split()
GRADIENTS = """googlenet densenet121 shufflenet_v2_x1_0 squeezenet1_1 efficientnet_b0 convnext_tiny
    lenet5 nin resnet20_cifar10 densenet_bc_cifar10""".split()
NORMS = (nn.BatchNorm2d, nn.LayerNorm)
LAST_NORM = {torchvision.models.resnet.BasicBlock: "bn2", torchvision.models.resnet.Bottleneck: "bn3"}


def make(name):
    """The network and the shape of an image."""
    if name in SMALL:
        build, shape = SMALL[name]
        return build(), shape
    arguments = {"aux_logits": True, "init_weights": True} if name in AUXILIARY else {}
    net = getattr(torchvision.models, name)(weights=None, **arguments)
    return net, (3, 299, 299) if name == "inception_v3" else (3, 224, 224)


def turn_off_dropout(net):
    for module in net.modules():
        if isinstance(module, (nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0


def scale_output(module, _, output):
    """Divides a layer's weights by the spread of what it gives (Mishkin and Matas, "All you need is a good init", 2016)."""
    spread = output.std().item()
    module.weight.data /= spread
    return output / spread


def randomize(net, images):
    """Random weights with which the images reach the logits neither vanishing nor exploding."""
    for module in net.modules():
        if isinstance(module, NORMS):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
        elif isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
            nn.init.normal_(module.bias, 0, 0.1)
    for module in net.modules():
        if type(module) in LAST_NORM:  # a small residual, as after training: at full size 152 layers amplify rounding beyond the bound
            getattr(module, LAST_NORM[type(module)]).weight.data *= 0.3
    for name, parameter in net.named_parameters():
        if name.endswith("layer_scale"):  # starts at 1e-6, which would hide the block
            nn.init.uniform_(parameter, 0.5, 1.5)
    turn_off_dropout(net)
    momenta = {module: module.momentum for module in net.modules() if isinstance(module, nn.BatchNorm2d)}
    for module in momenta:
        module.momentum = 1.0  # the running statistics become those of the images
    hooks = [m.register_forward_hook(scale_output) for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        net.train()(images)
        for module, momentum in momenta.items():
            module.momentum = momentum
            module.running_mean += 0.1 * module.running_var.sqrt() * torch.randn_like(module.running_mean)
            module.running_var *= torch.empty_like(module.running_var).uniform_(0.7, 1.4)
    for hook in hooks:
        hook.remove()


def random_images(count, shape):
    """Coarse patterns with noise, so that images differ in more than their noise."""
    coarse = nn.functional.interpolate(torch.randn(count, shape[0], 7, 7), shape[1:], mode="bilinear", align_corners=False)
    return (coarse + 0.5 * torch.randn(count, *shape)).contiguous()


def state(net):
    return {name: value.detach().clone() for name, value in net.state_dict().items() if not name.endswith("num_batches_tracked")}


def difference(ours, theirs):
    ours, theirs = ours.double().reshape(-1), theirs.double().reshape(-1)
    return ((ours - theirs).norm() / (theirs.norm() + 1e-30)).item()


def read_safetensors(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    data = memoryview(content)[8 + length :]
    tensors = {}
    for name, entry in json.loads(content[8 : 8 + length]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            tensors[name] = torch.from_numpy(numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy())
    return tensors


class Comparison:
    """One network, in a folder for the files that pass between the two programs."""

    def __init__(self, cnnctl, name, folder):
        self.cnnctl, self.name, self.folder, self.failures = cnnctl, name, folder, 0
        self.config = CONFIGS / f"{name}.yaml"
        self.net, self.shape = make(name)

    def run(self, *arguments):
        done = subprocess.run([self.cnnctl, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(done.args)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}\nexit status {done.returncode}")
        return done

    def report(self, what, value, bound, note=""):
        fine = value <= bound  # false for nan
        self.failures += not fine
        print(f"{self.name:20} {what:12} {value:9.2e}  {'ok  ' if fine else 'OVER'} {bound:.1e}  {note}", flush=True)

    def compare_parameters(self):
        summary = json.loads(self.run("shape-check", self.config, "--json").stdout)
        auxiliary = sum(p.numel() for name, p in self.net.named_parameters() if is_auxiliary(name))
        theirs = sum(p.numel() for p in self.net.parameters()) - auxiliary
        self.report("parameters", abs(theirs - summary["parameters"]), 0, f"{theirs:,}")

    def compare_logits(self):
        images = random_images(4, self.shape)
        randomize(self.net, images)
        theirs = state(self.net)
        write_safetensors(self.folder / "init.safetensors", theirs)
        numpy.save(self.folder / "images.npy", images.numpy())
        done = self.run("predict", self.config, "--init", self.folder / "init.safetensors", "--input", self.folder / "images.npy", "--logits",
                        self.folder / "logits.npy")  # fmt: skip
        warned = "warning" in done.stderr
        if warned != any(map(is_auxiliary, theirs)):
            self.report("names", 1, 0, f"predict {'warned: ' + done.stderr[:300] if warned else 'did not warn of the auxiliary heads'}")
        with torch.no_grad():
            want = self.net.eval()(images)
        got = torch.from_numpy(numpy.load(self.folder / "logits.npy"))
        apart = difference(want.mean(0).expand_as(want), want)
        self.report("logits", difference(got, want), LOGITS_BOUND, f"{len(theirs)} tensors; images differ by {apart:.1e}")

    def compare_gradients(self, batch_size=8):
        images = random_images(batch_size, self.shape)
        labels = torch.randint(0, 10, (batch_size,))
        before = {name: value for name, value in state(self.net).items() if not is_auxiliary(name)}
        want = self.step(before, images, labels, torch.contiguous_format)
        again = self.step(before, images, labels, torch.channels_last)
        got = self.step_ours(before, images, labels)

        change = {name: want[name] - before[name] for name in before}
        moving = [name for name in before if change[name].norm() > STILL * before[name].norm()]
        spread = max(difference(again[name] - before[name], change[name]) for name in moving)
        worst = max((difference(got[name] - before[name], change[name]), name) for name in moving)
        worst = max([worst] + [(math.inf, name) for name in before if name not in got])
        note = f"{len(moving)} of {len(before)} tensors; worst {worst[1]}; PyTorch's own layouts {spread:.1e}"
        self.report("gradients", worst[0], max(GRADIENT_BOUND, 5 * spread), note)

    def step(self, before, images, labels, layout):
        """The tensors after PyTorch's step."""
        self.net.load_state_dict(before, strict=False)
        if self.name in AUXILIARY:
            self.net.aux_logits = False
        net = self.net.to(memory_format=layout).train()
        optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
        optimizer.zero_grad()
        logits = net(images.contiguous(memory_format=layout))
        nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
        return state(net)

    def step_ours(self, before, images, labels):
        write_safetensors(self.folder / "init.safetensors", before)
        numpy.save(self.folder / "images.npy", images.numpy())
        numpy.save(self.folder / "labels.npy", labels.numpy())
        split = {"images": f"{self.folder}/images.npy", "labels": f"{self.folder}/labels.npy"}
        settings = {
            "data": json.dumps({"dataset": {"numpy": {"train": split, "test": split}}, "shuffle": False}),
            "train": json.dumps({"epochs": 1, "batch_size": len(images), "optimizer": {"sgd": {"lr": 1.0}}}),
        }
        text = self.config.read_text()
        settings |= {f"vars.{rate}": "0" for rate in ("dropout", "drop_path") if f"{rate}: 0" in text}
        out = self.folder / "run"
        self.run("train", self.config, "--init", self.folder / "init.safetensors", "--out", out, "--quiet",
                 *(word for key, value in settings.items() for word in ("--set", f"{key}={value}")))  # fmt: skip
        return read_safetensors(out / "last.safetensors")


def is_auxiliary(name):
    return name.lower().startswith("aux")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cnnctl")
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="default: all")
    parser.add_argument("--no-gradients", action="store_true")
    arguments = parser.parse_args()

    failures = 0
    for name in arguments.networks or [*TORCHVISION, *SMALL]:
        torch.manual_seed(1)
        with tempfile.TemporaryDirectory() as folder:
            comparison = Comparison(arguments.cnnctl, name, pathlib.Path(folder))
            comparison.compare_parameters()
            comparison.compare_logits()
            if name in GRADIENTS and not arguments.no_gradients:
                comparison.compare_gradients()
        failures += comparison.failures
    print(f"{failures} out of bounds")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
