"""Networks that torchvision lacks, in plain PyTorch, for compare_torchvision.py. Parameter names are those of the configs."""
from collections import OrderedDict

import torch
import torchvision
from torch import nn


def named(*items):
    """nn.Sequential of items, each a module or a pair of its name and the module; an unnamed one gets its position with an underscore."""
    pairs = [item if isinstance(item, tuple) else (f"_{position}", item) for position, item in enumerate(items)]
    return nn.Sequential(OrderedDict(pairs))


def lenet5():
    return named(
        ("c1", nn.Conv2d(1, 6, 5, padding=2)), nn.Tanh(), nn.AvgPool2d(2),
        ("c3", nn.Conv2d(6, 16, 5)), nn.Tanh(), nn.AvgPool2d(2),
        ("c5", nn.Conv2d(16, 120, 5)), nn.Tanh(), nn.Flatten(),
        ("f6", nn.Linear(120, 84)), nn.Tanh(),
        ("output", nn.Linear(84, 10)),
    )  # fmt: skip


def zfnet():
    return named(
        ("conv1", nn.Conv2d(3, 96, 7, 2, 1)), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), nn.LocalResponseNorm(5, k=2),
        ("conv2", nn.Conv2d(96, 256, 5, 2)), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), nn.LocalResponseNorm(5, k=2),
        ("conv3", nn.Conv2d(256, 384, 3, padding=1)), nn.ReLU(),
        ("conv4", nn.Conv2d(384, 384, 3, padding=1)), nn.ReLU(),
        ("conv5", nn.Conv2d(384, 256, 3, padding=1)), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        ("fc6", nn.Linear(256 * 6 * 6, 4096)), nn.ReLU(), nn.Dropout(),
        ("fc7", nn.Linear(4096, 4096)), nn.ReLU(), nn.Dropout(),
        ("fc8", nn.Linear(4096, 1000)),
    )  # fmt: skip


def nin():
    def mlpconv(inputs, channels, kernel_size, hidden, outputs):
        return named(
            ("conv", nn.Conv2d(inputs, channels, kernel_size, padding=kernel_size // 2)), nn.ReLU(),
            ("cccp1", nn.Conv2d(channels, hidden, 1)), nn.ReLU(),
            ("cccp2", nn.Conv2d(hidden, outputs, 1)), nn.ReLU(),
        )  # fmt: skip

    return named(
        ("mlpconv1", mlpconv(3, 192, 5, 160, 96)), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Dropout(),
        ("mlpconv2", mlpconv(96, 192, 5, 192, 192)), nn.AvgPool2d(3, 2, ceil_mode=True), nn.Dropout(),
        ("mlpconv3", mlpconv(192, 192, 3, 192, 10)), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip


class CifarResNet(torchvision.models.ResNet):
    """torchvision's ResNet with a stem for images of 32 x 32 and three stages of 16, 32 and 64 channels."""

    def __init__(self, depth):
        count = (depth - 2) // 6
        super().__init__(torchvision.models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=10)
        self.inplanes = 16
        self.conv1, self.bn1, self.maxpool = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.Identity()
        block = torchvision.models.resnet.BasicBlock
        self.layer1 = self._make_layer(block, 16, count)
        self.layer2 = self._make_layer(block, 32, count, stride=2)
        self.layer3 = self._make_layer(block, 64, count, stride=2)
        self.layer4, self.fc = nn.Identity(), nn.Linear(64, 10)


class WideBlock(nn.Module):
    """Zagoruyko and Komodakis, 2016: batch_norm and relu come first, and a 1x1 shortcut starts behind them."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(width), nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.dropout = nn.Dropout(0.3)
        self.shortcut = nn.Conv2d(inputs, width, 1, stride, bias=False) if inputs != width or stride != 1 else None

    def forward(self, x):
        activated = self.bn1(x).relu()
        body = self.conv2(self.dropout(self.bn2(self.conv1(activated)).relu()))
        return body + (x if self.shortcut is None else self.shortcut(activated))


def wide_resnet28_10():
    def stage(inputs, width, stride):
        return nn.Sequential(WideBlock(inputs, width, stride), *(WideBlock(width, width, 1) for _ in range(3)))

    return named(
        ("conv1", nn.Conv2d(3, 16, 3, padding=1, bias=False)),
        ("conv2", stage(16, 160, 1)), ("conv3", stage(160, 320, 2)), ("conv4", stage(320, 640, 2)),
        ("bn", nn.BatchNorm2d(640)), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), ("fc", nn.Linear(640, 10)),
    )  # fmt: skip


def densenet_bc_cifar10():
    net = torchvision.models.DenseNet(12, (16, 16, 16), 24, num_classes=10)
    net.features.conv0 = nn.Conv2d(3, 24, 3, padding=1, bias=False)
    net.features.norm0 = net.features.pool0 = net.features.relu0 = nn.Identity()
    return net


SMALL = {  # name: what makes it, the shape of an image
    "lenet5": (lenet5, (1, 28, 28)),
    "zfnet": (zfnet, (3, 224, 224)),
    "nin": (nin, (3, 32, 32)),
    "resnet20_cifar10": (lambda: CifarResNet(20), (3, 32, 32)),
    "wide_resnet28_10": (wide_resnet28_10, (3, 32, 32)),
    "densenet_bc_cifar10": (densenet_bc_cifar10, (3, 32, 32)),
}
