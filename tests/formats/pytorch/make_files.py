#!/usr/bin/env python3
"""Writes the files beside it in files/, which the tests of the .pth reader read.

    python3 -B make_files.py        (PyTorch 1.13, as Debian 12's python3-torch has it; others write the same but for details)

What should be read was written by torch.save; what should be refused, too, or by hand where PyTorch writes no such thing.
"""
import collections
import os
import pickle
import zipfile

import torch

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")


def path(name):
    return os.path.join(FOLDER, name)


def counted(*shape):
    """A tensor that holds 0, 1, 2 ... in C order."""
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape)


def network():
    """A linear layer and a batch norm, with numbers that a test can state."""
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        network[0].weight.copy_(counted(2, 3))
        network[0].bias.copy_(torch.tensor([0.5, -0.5]))
    return network


def rewrite(name, source, compression=zipfile.ZIP_STORED, **entries):
    """Copies an archive, with other contents for the entries that end in these names (_ stands for a dot)."""
    with zipfile.ZipFile(path(source)) as old, zipfile.ZipFile(path(name), "w", compression) as new:
        for info in old.infolist():
            key = info.filename.split("/")[-1].replace(".", "_")
            new.writestr(zipfile.ZipInfo(info.filename), entries.get(key, old.read(info)), compression)


class System:
    def __reduce__(self):
        return os.system, ("echo this must never run",)


def readable():
    net = network()
    torch.save(net.state_dict(), path("state_dict.pth"))
    torch.save(net.state_dict(), path("protocol4.pth"), pickle_protocol=4)

    optimizer = torch.optim.Adam(net.parameters())
    net(counted(4, 3)).sum().backward()
    optimizer.step()
    net.load_state_dict(network().state_dict())
    checkpoint = {"epoch": 3, "best": torch.tensor(0.75), "seed": 2**64 - 1}
    torch.save({**checkpoint, "state_dict": net.state_dict(), "optimizer": optimizer.state_dict()}, path("checkpoint.pth"))
    torch.save({"lr": 0.1, "ema": dict(net.state_dict())}, path("other_name.pth"))

    numbers = [0, 1, 2, -3]
    types = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8"]
    tensors = {name: torch.tensor(numbers, dtype=getattr(torch, name)) for name in types}
    tensors["uint8"] = torch.tensor([0, 1, 2, 253], dtype=torch.uint8)
    tensors["bool"] = torch.tensor([False, True, True, False])
    torch.save(tensors, path("types.pth"))

    flat = counted(24)
    square = counted(3, 4)
    views = {
        "whole": flat,
        "middle": flat[5:8],
        "every_third": flat[1::3],
        "transposed": square.t(),
        "permuted": flat.reshape(2, 3, 4).permute(2, 0, 1),
        "channels_last": flat.reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
        "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
        "scalar": torch.tensor(7.0),
        "empty": torch.empty(0, 3),
        "parameter": torch.nn.Parameter(counted(2)),
    }
    views["tied"] = views["parameter"]
    torch.save(views, path("views.pth"))
    torch.save(collections.OrderedDict(), path("nothing.pth"))


def refused():
    net = network()
    torch.save(net.state_dict(), path("old_form.pth"), _use_new_zipfile_serialization=False)
    torch.save(net, path("whole_module.pth"))
    torch.save(counted(2), path("one_tensor.pth"))
    torch.save({"epoch": 3, "lr": 0.1}, path("no_tensors.pth"))
    torch.save({"student": net.state_dict(), "teacher": net.state_dict()}, path("several.pth"))
    torch.save({"w": torch.zeros(2, dtype=torch.complex64)}, path("complex.pth"))
    torch.save({"w": counted(2).to_sparse()}, path("sparse.pth"))
    recursive = {"w": counted(2)}
    recursive["state_dict"] = recursive
    torch.save(recursive, path("recursive.pth"))

    rewrite("compressed.pth", "state_dict.pth", zipfile.ZIP_DEFLATED)
    rewrite("big_endian.pth", "state_dict.pth")
    with zipfile.ZipFile(path("big_endian.pth"), "a") as archive:
        archive.writestr(zipfile.ZipInfo("state_dict/byteorder"), "big")
    rewrite("system.pth", "state_dict.pth", data_pkl=pickle.dumps(System(), protocol=2))
    rewrite("system_protocol4.pth", "state_dict.pth", data_pkl=pickle.dumps({"w": System()}, protocol=4))


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    readable()
    refused()
