#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets into seeds/: small files of each format, good ones and some that lie.

    python3 -B make_seeds.py        (nothing beyond Python is needed)

Inputs that a fuzzer found and that reach other code lie in found/ beside them.
"""
import gzip
import io
import json
import pathlib
import struct
import tarfile
import zipfile

HERE = pathlib.Path(__file__).parent
PYTORCH_FILES = HERE.parent / "formats/pytorch/files"


def write(target, name, data):
    folder = HERE / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def idx(dims, data, kind=8):
    return struct.pack(">HBB", 0, kind, len(dims)) + b"".join(struct.pack(">I", size) for size in dims) + data


def npy(descr, shape, data, fortran=False, version=1):
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text) + 1)
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + b"\n" + data


def safetensors(header, data):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def idx_and_gzip():
    images = idx([2, 2, 3], bytes(range(12)))
    write("idx", "images", images)
    write("idx", "labels", idx([3], b"\x00\x01\x09"))
    write("idx", "floats", idx([1], b"\0\0\0\0", kind=0x0D))
    write("idx", "claims_much", idx([0xFFFFFFFF] * 4, b"\0"))
    packed = gzip.compress(images, mtime=0)
    write("gzip", "images.gz", packed)
    write("idx", "images.gz", packed)
    write("idx", "header_cut_off.gz", gzip.compress(images[:9], mtime=0))
    write("gzip", "nothing.gz", gzip.compress(b"", mtime=0))
    write("gzip", "claims_much.gz", packed[:-4] + b"\xff\xff\xff\xff")
    write("gzip", "two_parts.gz", packed + packed)


def npy_files():
    write("npy", "float32", npy("<f4", (1, 1, 2, 2), struct.pack("<4f", 0, 1, 2, 3)))
    write("npy", "uint8", npy("|u1", (4,), b"\x00\x01\x02\x03", version=2))
    write("npy", "scalar", npy("<i8", (), struct.pack("<q", 5)))
    write("npy", "fortran", npy("<f8", (1, 1), struct.pack("<d", 5), fortran=True))
    write("npy", "claims_much", npy("<f4", (1 << 40, 1 << 40), b""))


def safetensors_files():
    tensor = {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}
    write("safetensors", "one", safetensors({"__metadata__": {"format": "pt"}, "w": tensor}, struct.pack("<2f", 1, 2)))
    half = {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}
    flag = {"dtype": "BOOL", "shape": [], "data_offsets": [4, 5]}
    write("safetensors", "types", safetensors({"h": half, "b": flag}, bytes(5)))
    header, data = {}, b""
    for name, size in [("F64", 8), ("F32", 4), ("F16", 2), ("BF16", 2), ("I64", 8), ("I32", 4), ("I16", 2), ("I8", 1), ("U8", 1), ("BOOL", 1)]:
        header[name] = {"dtype": name, "shape": [2], "data_offsets": [len(data), len(data) + 2 * size]}
        data += b"\x01\x7c"[-size:].rjust(size, b"\0") * 2
    write("safetensors", "every_type", safetensors(header, data))
    write("safetensors", "hole", safetensors({"w": {**tensor, "data_offsets": [4, 12]}}, bytes(12)))
    write("safetensors", "nothing", safetensors({}, b""))
    write("safetensors", "claims_much", safetensors({"w": {**tensor, "shape": [1 << 62, 4]}}, bytes(8)))


def cifar():
    image = bytes(3072)
    write("cifar", "cifar10", b"\x09" + image)
    write("cifar", "cifar100", b"\x13\x63" + image)
    write("cifar", "label_too_large", b"\x00" + image + b"\x0a" + image)
    write("cifar", "cut_off", b"\x00" + image[:100])


def checkpoints():
    progress = {"epoch": 2, "step": 5, "total_steps": 25, "loss_sum": 0.25, "loss_weight": 40.0, "best_accuracy": 0.5, "seconds": 1.5, "images": 50,
                "log_bytes": 1234, "stopping_best": None, "epochs_since_best": 0}
    metadata = {"config": "input: [1, 2, 3]", "classes": '["a", "b"]', "choices": '{"origin": "fuzz", "choices": {"conv a": "direct"}}',
                "progress": json.dumps(progress), "dropout_step": "17", "optimizer_steps": "25", "optimizer_mu_product": "0.5",
                "schedule_state": "[0.25, 1.0]"}

    def lines(**changed):
        return "".join(f"{key} {value}\n" for key, value in {**metadata, **changed}.items()).encode()

    write("checkpoint", "run", lines())
    write("checkpoint", "averaged", lines(ema_updates="25", progress=json.dumps({**progress, "stopping_best": 0.5})))
    write("checkpoint", "counts_too_much", lines(progress=json.dumps({**progress, "step": (1 << 63) - 1})))
    write("checkpoint", "wrong_types", lines(progress=json.dumps([progress]), classes='{"a": 1}'))


def metrics():
    tested = b"epoch,step,train_loss,test_loss,test_accuracy,lr,images_per_second,seconds\n"
    rows = b"1,5,0.7,0.6,0.5,0.001,1000.0,0.1\n2,10,0.6,0.5,0.6,0.001,1000.0,0.2\n"
    write("metrics", "whole", b"\x04" + tested + rows)
    write("metrics", "cut_off", b"\x04" + tested + rows[:-9])
    write("metrics", "validated", b"\x05" + tested + rows.replace(b"\n", b",0.5,0.5\n"))


def choices():
    write("choices", "two", json.dumps({"origin": "oneDNN 2.6.3", "choices": {"conv a": "direct", "conv b": "winograd"}}).encode())
    write("choices", "wrong_types", json.dumps({"origin": 1, "choices": {"conv a": [1, {}]}}).encode())


def archives():
    files = {"set/a.bin": b"aaaa", "set/readme": b"x", "set/b.bin": bytes(2000), "../escaped": b"x"}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    write("archive", "set.zip", packed.getvalue())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data[:100])
    write("archive", "stored.zip", packed.getvalue())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    plain = packed.getvalue()
    write("archive", "set.tar.gz", gzip.compress(plain, mtime=0))
    write("archive", "set.tar", plain.rstrip(b"\0") + bytes(1536))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        link = tarfile.TarInfo("set/a.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    write("archive", "link.tar", packed.getvalue()[:1536])
    write("archive", "cut_off.tar.gz", gzip.compress(plain[:600], mtime=0))
    # A size of 8 GiB in octal, with the header's checksum made right again.
    lying = bytearray(plain[:1024])
    lying[124:136] = b"77777777777\0"
    lying[148:156] = b" " * 8
    lying[148:156] = b"%06o\0 " % sum(lying[:512])
    write("archive", "claims_much.tar.gz", gzip.compress(bytes(lying), mtime=0))


def pickles():
    for name in ["state_dict", "protocol4", "checkpoint", "views", "types", "recursive", "several", "system", "whole_module"]:
        with zipfile.ZipFile(PYTORCH_FILES / (name + ".pth")) as archive:
            entry = next(entry for entry in archive.namelist() if entry.endswith("/data.pkl"))
            write("pickle", name, archive.read(entry))
    write("pickle", "claims_much", b"\x80\x02X\xff\xff\xff\xff.")
    write("pickle", "far_memo", b"\x80\x02Nr\xff\xff\xff\xff.")


if __name__ == "__main__":
    idx_and_gzip()
    cifar()
    npy_files()
    checkpoints()
    metrics()
    safetensors_files()
    choices()
    archives()
    pickles()
