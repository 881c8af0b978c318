#!/usr/bin/python3
"""Writes the numbers that PyTorch gives into the files beside this script, for the tests to compare with.

    /usr/bin/python3 tests/reference/make_reference.py

Made with PyTorch 1.13 (Debian's python3-torch). The files are committed; run it again only to change or add cases.

layers.safetensors      one step of each layer: CASE/input, CASE/output, CASE/output_gradient (given), CASE/input_gradient,
                        CASE/parameter/NAME (before), CASE/gradient/NAME, CASE/after/NAME (running statistics after the step).
                        Metadata: CASE -> the item that declares the layer in a config.
optimizers.safetensors  20 steps with stored gradients: values (start), gradients (20 x count), CASE/values (after steps 1, 2 and 20),
                        CASE/state/NAME (after the last). Metadata: CASE -> the item that declares the optimizer.
schedules.safetensors   20 updates with stored gradients: values (start), gradients (20 x count), losses (of the 20 epochs of one update each),
                        CASE/rates (20 x 2: learning rate and momentum, or the first of betas, 0 where there is none), CASE/values (at the
                        end). Metadata: CASE -> the optimizer's item, a line break, and the schedule's, as a config declares them.
recipes.safetensors     the same for what else is done to gradients and weights: CASE/values (at the end), CASE/averages.
cross_entropy.safetensors  CASE/logits, CASE/labels (stored as floats), CASE/loss, CASE/gradient. Metadata: CASE -> the loss's item.
mixed_cross_entropy.safetensors  the same where each image is of two classes: CASE/labels to CASE/share, CASE/others for the rest.
"""
import json
import pathlib
import struct

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent


def write_safetensors(name, tensors, metadata=None):
    """Format: https://github.com/huggingface/safetensors."""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for key, tensor in sorted(tensors.items()):
        content = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
        header[key] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (HERE / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


# Where piecewise functions bend, and numbers for which others have reached their limits.
KINKS = [-30, -20, -8, -6, -4, -3, -2.9, -2, -1, -0.5, -0.1, -1e-3, 0, 1e-3, 0.1, 0.3, 0.5, 1, 2, 2.4, 2.6, 2.9, 3, 4, 5.9, 6, 8, 12, 20, 30]



class LayerNorm2d(nn.LayerNorm):
    """Over the channels of each pixel, as torchvision's ConvNeXt has it."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ChannelsLinear(nn.Linear):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ChannelShuffle(nn.Module):
    """torch.nn.ChannelShuffle, which has no gradient in PyTorch 1.13."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)


class Narrow(nn.Module):
    def __init__(self, begin, end):
        super().__init__()
        self.begin, self.end = begin, end

    def forward(self, x):
        return x.narrow(1, self.begin, self.end - self.begin)


# Case: the layer as a config declares it, PyTorch's layer, the shape of a batch, and the batch's numbers where they matter.
LAYERS = {
    "conv_stride": ("conv: {out_channels: 4, kernel_size: 3, stride: 2}", nn.Conv2d(3, 4, 3, stride=2), (2, 3, 7, 8)),
    "conv_padding": (
        "conv: {out_channels: 5, kernel_size: [3, 5], padding: [1, 2], bias: false}",
        nn.Conv2d(2, 5, (3, 5), padding=(1, 2), bias=False),
        (2, 2, 5, 6),
    ),
    "conv_dilation": (
        "conv: {out_channels: 3, kernel_size: 3, dilation: 2, padding: 2}",
        nn.Conv2d(4, 3, 3, dilation=2, padding=2),
        (2, 4, 6, 5),
    ),
    "conv_groups": (
        "conv: {out_channels: 6, kernel_size: 3, padding: 1, groups: 2}",
        nn.Conv2d(4, 6, 3, padding=1, groups=2),
        (2, 4, 5, 5),
    ),
    "conv_depthwise": (
        "conv: {out_channels: 5, kernel_size: 3, padding: 1, groups: 5}",
        nn.Conv2d(5, 5, 3, padding=1, groups=5),
        (2, 5, 4, 6),
    ),
    "conv_same_even": (
        "conv: {out_channels: 3, kernel_size: [4, 2], padding: same}",
        nn.Conv2d(2, 3, (4, 2), padding="same"),
        (2, 2, 6, 5),
    ),
    "conv_pointwise_17": ("conv: {out_channels: 17, kernel_size: 1}", nn.Conv2d(9, 17, 1), (2, 9, 3, 3)),
    "linear": ("linear: {out_features: 7}", nn.Linear(11, 7), (3, 11)),
    "linear_no_bias": ("linear: {out_features: 3, bias: false}", nn.Linear(5, 3, bias=False), (2, 5)),
    "batch_norm": ("batch_norm", nn.BatchNorm2d(5), (3, 5, 4, 4)),
    "batch_norm_two_values": ("batch_norm", nn.BatchNorm2d(3), (2, 3, 1, 1)),
    "batch_norm_plain": ("batch_norm: {affine: false, momentum: 0.3, eps: 0.001}", nn.BatchNorm2d(3, 1e-3, 0.3, False), (2, 3, 3, 2)),
    "relu": ("relu", nn.ReLU(), (2, 3, 4, 5)),
    "sigmoid": ("sigmoid", nn.Sigmoid(), (2, 3, 4, 5)),
    "tanh": ("tanh", nn.Tanh(), (2, 3, 4, 5)),
    "leaky_relu": ("leaky_relu: {negative_slope: 0.1}", nn.LeakyReLU(0.1), (2, 3, 4, 5)),
    "elu": ("elu: {alpha: 0.7}", nn.ELU(0.7), (2, 3, 4, 5)),
    "max_pool": ("max_pool: {kernel_size: 2, stride: 2}", nn.MaxPool2d(2, 2), (2, 3, 6, 7)),
    "max_pool_padding": ("max_pool: {kernel_size: 3, stride: 2, padding: 1}", nn.MaxPool2d(3, 2, 1), (2, 3, 6, 7)),
    "avg_pool": (
        "avg_pool: {kernel_size: 3, stride: 2, padding: 1, count_include_pad: true}",
        nn.AvgPool2d(3, 2, 1, count_include_pad=True),
        (2, 3, 6, 7),
    ),
    "avg_pool_inside": (
        "avg_pool: {kernel_size: 3, stride: 2, padding: 1, count_include_pad: false}",
        nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        (2, 3, 6, 7),
    ),
    "adaptive_avg_pool_uneven": ("adaptive_avg_pool: {output_size: [3, 2]}", nn.AdaptiveAvgPool2d((3, 2)), (2, 3, 7, 5)),
    "adaptive_avg_pool_global": ("adaptive_avg_pool: {output_size: 1}", nn.AdaptiveAvgPool2d(1), (2, 3, 4, 5)),
    "max_pool_ceil": ("max_pool: {kernel_size: 3, stride: 2, ceil_mode: true}", nn.MaxPool2d(3, 2, ceil_mode=True), (2, 3, 6, 7)),
    "max_pool_ceil_small": ("max_pool: {kernel_size: 3, stride: 2, ceil_mode: true}", nn.MaxPool2d(3, 2, ceil_mode=True), (2, 3, 2, 2)),
    "max_pool_ceil_outside": (
        "max_pool: {kernel_size: 2, stride: 3, padding: 1, ceil_mode: true}",
        nn.MaxPool2d(2, 3, 1, ceil_mode=True),
        (2, 3, 4, 5),
    ),
    "max_pool_dilation": (
        "max_pool: {kernel_size: 3, stride: 2, padding: 1, dilation: [2, 1], ceil_mode: true}",
        nn.MaxPool2d(3, 2, 1, dilation=(2, 1), ceil_mode=True),
        (2, 3, 8, 8),
    ),
    "avg_pool_ceil": (
        "avg_pool: {kernel_size: 3, stride: 2, padding: 1, ceil_mode: true}",
        nn.AvgPool2d(3, 2, 1, ceil_mode=True),
        (2, 3, 6, 7),
    ),
    "avg_pool_ceil_inside": (
        "avg_pool: {kernel_size: 3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: false}",
        nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False),
        (2, 3, 6, 7),
    ),
    "adaptive_max_pool_uneven": ("adaptive_max_pool: {output_size: [3, 2]}", nn.AdaptiveMaxPool2d((3, 2)), (2, 3, 7, 5)),
    "global_avg_pool": ("global_avg_pool", nn.AdaptiveAvgPool2d(1), (2, 3, 4, 5)),
    "global_max_pool": ("global_max_pool", nn.AdaptiveMaxPool2d(1), (2, 3, 4, 5)),
    "lrn": ("lrn: {size: 5, alpha: 0.5}", nn.LocalResponseNorm(5, 0.5), (2, 9, 3, 2)),
    "lrn_even": ("lrn: {size: 4, alpha: 0.5, beta: 0.6, k: 2}", nn.LocalResponseNorm(4, 0.5, 0.6, 2.0), (2, 9, 3, 2)),
    "layer_norm": ("layer_norm", nn.LayerNorm(11), (3, 11)),
    "layer_norm_map": ("layer_norm: {eps: 0.000001}", LayerNorm2d(6, eps=1e-6), (2, 6, 3, 4)),
    "group_norm": ("group_norm: {num_groups: 3}", nn.GroupNorm(3, 6), (2, 6, 3, 4)),
    "group_norm_plain": ("group_norm: {num_groups: 2, affine: false, eps: 0.001}", nn.GroupNorm(2, 6, 1e-3, False), (2, 6, 3, 4)),
    "group_norm_vector": ("group_norm: {num_groups: 5}", nn.GroupNorm(5, 10), (3, 10)),
    "pad": ("pad: {top: 1, left: 2, right: 1, value: 0.5}", nn.ConstantPad2d((2, 1, 1, 0), 0.5), (2, 3, 4, 5)),
    "pad_reflect": ("pad: {padding: [1, 2], bottom: 3, mode: reflect}", nn.ReflectionPad2d((2, 2, 1, 3)), (2, 3, 4, 5)),
    "pad_replicate": ("pad: {padding: 1, right: 3, mode: replicate}", nn.ReplicationPad2d((1, 3, 1, 1)), (2, 3, 4, 5)),
    "channel_shuffle": ("channel_shuffle: {groups: 3}", ChannelShuffle(3), (2, 6, 3, 2)),
    "slice": ("slice: {begin: 1, end: 4}", Narrow(1, 4), (2, 6, 3, 2)),
    "linear_channels": ("linear: {out_features: 7, over: channels}", ChannelsLinear(5, 7), (2, 5, 3, 4)),
    "softmax": ("softmax", nn.Softmax(dim=1), (3, 10)),
    "relu6": ("relu6", nn.ReLU6(), (2, 1, 3, 5), KINKS),
    "hardswish": ("hardswish", nn.Hardswish(), (2, 1, 3, 5), KINKS),
    "hardsigmoid": ("hardsigmoid", nn.Hardsigmoid(), (2, 1, 3, 5), KINKS),
    "silu": ("silu", nn.SiLU(), (2, 1, 3, 5), KINKS),
    "gelu": ("gelu", nn.GELU(), (2, 1, 3, 5), KINKS),
    "gelu_tanh": ("gelu: {approximate: tanh}", nn.GELU(approximate="tanh"), (2, 1, 3, 5), KINKS),
    "mish": ("mish", nn.Mish(), (2, 1, 3, 5), KINKS),
    "softplus": ("softplus", nn.Softplus(), (2, 1, 3, 5), KINKS),
    "softplus_threshold": ("softplus: {beta: 2, threshold: 5}", nn.Softplus(2, 5), (2, 1, 3, 5), KINKS),
    "prelu": ("prelu", nn.PReLU(), (2, 3, 4, 5)),
    "prelu_channels": ("prelu: {num_parameters: 3}", nn.PReLU(3), (2, 3, 4, 5)),
    "softmax_map": ("softmax", nn.Softmax(dim=1), (2, 4, 3, 3)),
}


def layer_case(case, layer, shape, values=None):
    """In double precision, so that the stored floats are the right numbers, not one implementation's rounding of them."""
    layer = layer.double().train()
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if isinstance(layer, (nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)):
                parameter.copy_(torch.rand_like(parameter) + (0.5 if name == "weight" else -0.5))
    for tensor in list(layer.parameters()) + list(layer.buffers()):
        if tensor.is_floating_point():
            tensor.data = tensor.data.float().double()
    tensors = {f"{case}/parameter/{name}": value.clone() for name, value in layer.state_dict().items() if value.dim() > 0}
    # Distinct values apart from 0 by more than a float's rounding: no ties in max_pool, no kinks in relu.
    count = torch.Size(shape).numel()
    if values is None:
        values = (torch.randperm(count).double() + 0.5 - count // 2) * 4 / count
    input = torch.as_tensor(values).float().double().reshape(shape).requires_grad_()
    output = layer(input)
    gradient = torch.randn_like(output).float().double()
    output.backward(gradient)
    tensors |= {
        f"{case}/input": input,
        f"{case}/output": output,
        f"{case}/output_gradient": gradient,
        f"{case}/input_gradient": input.grad,
    }
    tensors |= {f"{case}/gradient/{name}": parameter.grad for name, parameter in layer.named_parameters()}
    tensors |= {f"{case}/after/{name}": value for name, value in layer.named_buffers() if value.dim() > 0}
    return tensors


# Case: the optimizer as a config declares it, and PyTorch's.
OPTIMIZERS = {
    "sgd": ("sgd: {lr: 0.1}", lambda p: torch.optim.SGD(p, lr=0.1)),
    "sgd_momentum": (
        "sgd: {lr: 0.05, momentum: 0.9, dampening: 0.2}",
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.2),
    ),
    "sgd_nesterov": (
        "sgd: {lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.01}",
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "adam": ("adam", lambda p: torch.optim.Adam(p)),
    "adam_weight_decay": (
        "adam: {lr: 0.01, betas: [0.8, 0.99], eps: 0.001, weight_decay: 0.1}",
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-3, weight_decay=0.1),
    ),
    "adamw": ("adamw: {lr: 0.01}", lambda p: torch.optim.AdamW(p, lr=0.01)),
    "adamw_weight_decay": ("adamw: {weight_decay: 0.5}", lambda p: torch.optim.AdamW(p, weight_decay=0.5)),
    # foreach: 1.13's other way to compute it differs from the documented algorithm, which later versions follow in both.
    "nadam": ("nadam", lambda p: torch.optim.NAdam(p, foreach=True)),
    "nadam_weight_decay": (
        "nadam: {lr: 0.01, betas: [0.8, 0.99], eps: 0.001, weight_decay: 0.1, momentum_decay: 0.1}",
        lambda p: torch.optim.NAdam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-3, weight_decay=0.1, momentum_decay=0.1, foreach=True),
    ),
    "rmsprop": ("rmsprop", lambda p: torch.optim.RMSprop(p)),
    "rmsprop_momentum": (
        "rmsprop: {lr: 0.001, alpha: 0.9, eps: 0.0316, weight_decay: 0.01, momentum: 0.9}",
        lambda p: torch.optim.RMSprop(p, lr=0.001, alpha=0.9, eps=0.0316, weight_decay=0.01, momentum=0.9),
    ),
    "rmsprop_centered": (
        "rmsprop: {centered: true, momentum: 0.5}",
        lambda p: torch.optim.RMSprop(p, centered=True, momentum=0.5),
    ),
    "adagrad": ("adagrad", lambda p: torch.optim.Adagrad(p)),
    "adagrad_decay": (
        "adagrad: {lr: 0.1, lr_decay: 0.05, weight_decay: 0.01, initial_accumulator_value: 0.5, eps: 0.001}",
        lambda p: torch.optim.Adagrad(p, lr=0.1, lr_decay=0.05, weight_decay=0.01, initial_accumulator_value=0.5, eps=1e-3),
    ),
}


def optimizers():
    count, steps = 37, 20
    values = torch.randn(count)
    gradients = torch.randn(steps, count) * torch.logspace(-4, 1, count)
    tensors, metadata = {"values": values, "gradients": gradients}, {}
    for case, (item, make) in OPTIMIZERS.items():
        parameter = values.clone().requires_grad_()
        optimizer = make([parameter])
        after = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimizer.step()
            after.append(parameter.detach().clone())
        tensors[f"{case}/values"] = torch.stack([after[0], after[1], after[-1]])
        state = optimizer.state[parameter]
        tensors |= {f"{case}/state/{k}": v for k, v in state.items() if torch.is_tensor(v) and v.dim() > 0}
        metadata[case] = item
    write_safetensors("optimizers.safetensors", tensors, metadata)


SGD = ("sgd: {lr: 0.1}", lambda p: torch.optim.SGD(p, lr=0.1))
MOMENTUM = ("sgd: {lr: 0.1, momentum: 0.9}", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9))
ADAM = ("adam: {lr: 0.01}", lambda p: torch.optim.Adam(p, lr=0.01))
RMSPROP = ("rmsprop", lambda p: torch.optim.RMSprop(p))
L = torch.optim.lr_scheduler


def warmed_up(optimizer, start, updates, schedule):
    return L.SequentialLR(optimizer, [L.LinearLR(optimizer, start_factor=start, total_iters=updates), schedule], [updates])


# Case: the optimizer, the schedule as a config declares it (for a run of 20 epochs of one update), and PyTorch's.
SCHEDULES = {
    "constant": (SGD, "constant", lambda o: L.ConstantLR(o, factor=1)),
    "step": (SGD, "step: {step_size: 6, gamma: 0.3}", lambda o: L.StepLR(o, 6, gamma=0.3)),
    "multistep": (MOMENTUM, "multistep: {milestones: [3, 11, 12]}", lambda o: L.MultiStepLR(o, [3, 11, 12])),
    "exponential": (ADAM, "exponential: {gamma: 0.9}", lambda o: L.ExponentialLR(o, 0.9)),
    "cosine": (MOMENTUM, "cosine", lambda o: L.CosineAnnealingLR(o, 20)),
    "cosine_eta_min": (ADAM, "cosine: {T_max: 8, eta_min: 0.001}", lambda o: L.CosineAnnealingLR(o, 8, eta_min=0.001)),
    "polynomial": (SGD, "polynomial", lambda o: L.PolynomialLR(o, total_iters=20)),
    "polynomial_power": (SGD, "polynomial: {total_iters: 12, power: 2.5}", lambda o: L.PolynomialLR(o, total_iters=12, power=2.5)),
    "one_cycle": (MOMENTUM, "one_cycle", lambda o: L.OneCycleLR(o, 0.1, total_steps=20)),
    "one_cycle_without_momentum": (SGD, "one_cycle: {max_lr: 0.3}", lambda o: L.OneCycleLR(o, 0.3, total_steps=20)),
    "one_cycle_adam": (
        ADAM,
        "one_cycle: {max_lr: 0.05, pct_start: 0.4, anneal_strategy: linear, div_factor: 10, final_div_factor: 100, base_momentum: 0.8}",
        lambda o: L.OneCycleLR(o, 0.05, total_steps=20, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100,
                               base_momentum=0.8),
    ),
    "one_cycle_three_phases": (
        RMSPROP,
        "one_cycle: {max_lr: 0.02, three_phase: true, cycle_momentum: false}",
        lambda o: L.OneCycleLR(o, 0.02, total_steps=20, three_phase=True, cycle_momentum=False),
    ),
    "one_cycle_rmsprop": (RMSPROP, "one_cycle: {three_phase: true}", lambda o: L.OneCycleLR(o, 0.01, total_steps=20, three_phase=True)),
    "plateau": (SGD, "plateau: {patience: 1}", lambda o: L.ReduceLROnPlateau(o, patience=1)),
    "plateau_all": (
        SGD,
        "plateau: {mode: max, factor: 0.5, patience: 2, threshold: 0.01, threshold_mode: abs, cooldown: 1, min_lr: 0.02, eps: 0.001}",
        lambda o: L.ReduceLROnPlateau(o, mode="max", factor=0.5, patience=2, threshold=0.01, threshold_mode="abs", cooldown=1, min_lr=0.02,
                                      eps=0.001),
    ),
    "warmup": (SGD, "constant: {warmup: 5 epochs}", lambda o: warmed_up(o, 0.01, 5, L.ConstantLR(o, factor=1, total_iters=0))),
    "warmup_multistep": (
        SGD,
        "multistep: {milestones: [4, 9], warmup: 7 steps, warmup_start: 0.25}",
        lambda o: warmed_up(o, 0.25, 7, L.MultiStepLR(o, [4, 9])),
    ),
    "warmup_cosine": (MOMENTUM, "cosine: {warmup: 4 epochs}", lambda o: warmed_up(o, 0.01, 4, L.CosineAnnealingLR(o, 16))),
}


def schedules():
    count, steps = 13, 20
    values = torch.randn(count)
    gradients = torch.randn(steps, count)
    losses = 1 / (1 + torch.arange(steps) // 2 * 0.1) + 0.05 * torch.randn(steps)
    losses[12:] = losses[11]
    tensors, metadata = {"values": values, "gradients": gradients, "losses": losses}, {}
    for case, ((optimizer_item, make), item, make_schedule) in SCHEDULES.items():
        parameter = values.clone().requires_grad_()
        optimizer = make([parameter])
        schedule = make_schedule(optimizer)
        rates = []
        for gradient, loss in zip(gradients, losses):
            group = optimizer.param_groups[0]
            rates.append([group["lr"], group["betas"][0] if "betas" in group else group.get("momentum", 0)])
            parameter.grad = gradient.clone()
            optimizer.step()
            schedule.step(*([loss.item()] if isinstance(schedule, L.ReduceLROnPlateau) else []))
        tensors |= {f"{case}/rates": torch.tensor(rates), f"{case}/values": parameter}
        metadata[case] = f"{optimizer_item}\n{item}"
    write_safetensors("schedules.safetensors", tensors, metadata)


def recipes():
    """Two parameters: a weight of 8 elements and a bias of 4."""
    steps = 20
    values = torch.randn(12)
    gradients = torch.randn(steps, 12) * torch.logspace(-1, 1, 12)
    tensors = {"values": values, "gradients": gradients}

    def run(case, groups, before_step=lambda parameters, i: True, averaged=None):
        weight, bias = (nn.Parameter(part.clone()) for part in values.split([8, 4]))
        optimizer = torch.optim.SGD(groups(weight, bias), lr=0.1, momentum=0.9, weight_decay=0.05)
        module = nn.ParameterList([weight, bias])
        average = averaged(module) if averaged else None
        for i, gradient in enumerate(gradients):
            for parameter, part in zip((weight, bias), gradient.split([8, 4])):
                parameter.grad = part.clone() if parameter.grad is None else parameter.grad + part
            if not before_step([weight, bias], i):
                continue
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if average:
                average.update_parameters(module)
        tensors[f"{case}/values"] = torch.cat([weight, bias])
        if average:
            tensors[f"{case}/averages"] = torch.cat(list(average.module.parameters()))

    def all_of(*parameters):
        return list(parameters)

    def clip_norm(parameters, i):
        return nn.utils.clip_grad_norm_(parameters, 2.0) is not None

    def clip_value(parameters, i):
        nn.utils.clip_grad_value_(parameters, 0.5)
        return True

    def every_third(parameters, i):
        last = i == steps - 1
        if i % 3 == 2 or last:
            for parameter in parameters:
                parameter.grad /= 2 if last else 3
            return True

    run("plain", all_of)
    run("clip_grad_norm", all_of, clip_norm)
    run("clip_grad_value", all_of, clip_value)
    run("accumulate", all_of, every_third)
    run("no_decay", lambda w, b: [{"params": [w]}, {"params": [b], "weight_decay": 0}])
    run("groups", lambda w, b: [{"params": [w], "lr": 0.02}, {"params": [b], "weight_decay": 0.5}])
    run("freeze", lambda w, b: [w], lambda parameters, i: True)
    # As torchvision's references/classification/utils.py, ExponentialMovingAverage.
    decay = 0.8
    run("ema", all_of, averaged=lambda m: torch.optim.swa_utils.AveragedModel(m, avg_fn=lambda a, p, n: decay * a + (1 - decay) * p))
    write_safetensors("recipes.safetensors", tensors)


def cross_entropy():
    # Case: logits, the loss as a config declares it, and PyTorch's arguments.
    weight = torch.tensor([0.5, 2, 1, 1, 3, 0.25, 1, 4])
    cases = {
        "ordinary": (torch.randn(6, 10), "cross_entropy", {}),
        "large": (torch.randn(4, 5) * 200 + 1000, "cross_entropy", {}),
        "one_image": (torch.randn(1, 3), "cross_entropy", {}),
        "smoothed": (torch.randn(6, 10) * 3, "cross_entropy: {label_smoothing: 0.1}", {"label_smoothing": 0.1}),
        "weighted": (torch.randn(6, 8), f"cross_entropy: {{class_weights: {weight.tolist()}}}", {"weight": weight.double()}),
        "smoothed_and_weighted": (
            torch.randn(6, 8) * 3,
            f"cross_entropy: {{label_smoothing: 0.3, class_weights: {weight.tolist()}}}",
            {"label_smoothing": 0.3, "weight": weight.double()},
        ),
    }
    tensors = {}
    for case, (logits, _, arguments) in cases.items():
        exact = logits.double().requires_grad_()
        labels = torch.randint(0, logits.shape[1], (logits.shape[0],))
        loss = nn.functional.cross_entropy(exact, labels, **arguments)
        loss.backward()
        tensors |= {
            f"{case}/logits": logits,
            f"{case}/labels": labels,
            f"{case}/loss": loss.reshape(1),
            f"{case}/gradient": exact.grad,
        }
    write_safetensors("cross_entropy.safetensors", tensors, {case: item for case, (_, item, _) in cases.items()})


def mixed_cross_entropy():
    weight = torch.tensor([0.5, 2, 1, 1, 3, 0.25, 1, 4])
    weights = f"class_weights: {weight.tolist()}"
    # Case: the loss as a config declares it, PyTorch's arguments, and the share, exact as a float.
    cases = {
        "ordinary": ("cross_entropy", {}, 0.6875),
        "one_alone": ("cross_entropy", {}, 1.0),
        "smoothed": ("cross_entropy: {label_smoothing: 0.1}", {"label_smoothing": 0.1}, 0.25),
        "weighted": (f"cross_entropy: {{{weights}}}", {"weight": weight.double()}, 0.125),
        "smoothed_and_weighted": (
            f"cross_entropy: {{label_smoothing: 0.3, {weights}}}",
            {"label_smoothing": 0.3, "weight": weight.double()},
            0.75,
        ),
    }
    tensors = {}
    for case, (_, arguments, share) in cases.items():
        logits = torch.randn(6, 8) * 3
        exact = logits.double().requires_grad_()
        labels = torch.tensor([3, 1, 1, 7, 0, 5])  # the second and the third are alike
        others = labels.roll(1, 0)
        # As torchvision.transforms.v2.MixUp mixes one-hot labels.
        one_hot = nn.functional.one_hot(labels, 8).double()
        targets = one_hot.roll(1, 0).mul(1 - share).add(one_hot.mul(share))
        loss = nn.functional.cross_entropy(exact, targets, **arguments)
        loss.backward()
        tensors |= {
            f"{case}/logits": logits,
            f"{case}/labels": labels,
            f"{case}/others": others,
            f"{case}/share": torch.tensor([share]),
            f"{case}/loss": loss.reshape(1),
            f"{case}/gradient": exact.grad,
        }
    write_safetensors("mixed_cross_entropy.safetensors", tensors, {case: item for case, (item, *_) in cases.items()})


def main():
    torch.manual_seed(1)
    tensors = {}
    for case, (_, layer, *batch) in LAYERS.items():
        tensors |= layer_case(case, layer, *batch)
    write_safetensors("layers.safetensors", tensors, {case: item for case, (item, *_) in LAYERS.items()})
    optimizers()
    cross_entropy()
    schedules()
    recipes()
    mixed_cross_entropy()


if __name__ == "__main__":
    main()
