#!/usr/bin/python3
"""Writes small JPEG and PNG files into the folder images beside this script, and their pixels as Pillow reads them into images.safetensors.

    /usr/bin/python3 tests/reference/make_image_files.py

Made with Pillow 9.4 (Debian's python3-pil). FILE: 3 x height x width, turned as Exif says. FILE/resize: the image decoded at half
its size, in the size that torchvision's Resize(20) or (of odd.jpg) Resize(18) gives the whole one.
"""
import pathlib
import struct
import zlib

import numpy
from PIL import Image, ImageOps

from make_transforms_reference import HERE, planar, smooth_image, write_safetensors

FOLDER = HERE / "images"


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def write_png(name, width, height, depth, color_type, rows, extra=b""):
    """For what Pillow does not write. `rows` are bytes without filters."""
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    (FOLDER / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def main():
    FOLDER.mkdir(exist_ok=True)
    color = Image.fromarray(smooth_image(24, 36, 3))
    grey = color.convert("L")
    color.save(FOLDER / "color.jpg", quality=90)
    color.save(FOLDER / "progressive.jpg", quality=80, progressive=True, subsampling=0)
    grey.save(FOLDER / "grey.jpg", quality=90)
    color.convert("CMYK").save(FOLDER / "inks.jpg", quality=90)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        color.crop((0, 0, 13, 9)).save(FOLDER / f"orientation_{orientation}.jpg", quality=90, exif=exif)
    Image.fromarray(smooth_image(120, 160, 3)).save(FOLDER / "large.jpg", quality=85)
    Image.fromarray(smooth_image(75, 100, 3)).save(FOLDER / "odd.jpg", quality=85)
    color.save(FOLDER / "color.png")
    grey.save(FOLDER / "grey.png")
    color.quantize(40).save(FOLDER / "palette.png")
    grey.convert("1").save(FOLDER / "one_bit.png")
    alpha = numpy.dstack([numpy.asarray(color), numpy.asarray(grey)])
    Image.fromarray(alpha, "RGBA").save(FOLDER / "alpha.png")
    Image.fromarray(alpha[:, :, 2:], "LA").save(FOLDER / "grey_alpha.png")

    wide = numpy.random.RandomState(3).randint(0, 1 << 16, (6, 5, 3)).astype(">u2")
    write_png("color_16_bit.png", 5, 6, 16, 2, [row.tobytes() for row in wide])
    write_png("grey_16_bit.png", 5, 6, 16, 0, [row.tobytes() for row in wide[:, :, 0].copy()])
    write_png("huge.png", 100_000, 100_000, 8, 2, [b"abc"])
    write_png("hollow.png", 9_000, 9_000, 8, 2, [b"abc"])

    arrays = {}
    for path in sorted(FOLDER.iterdir()):
        if path.stem in ("huge", "hollow", "inks") or "16_bit" in path.stem:
            continue
        arrays[path.name] = planar(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    inks = numpy.asarray(Image.open(FOLDER / "inks.jpg")).astype(int)  # Pillow has turned them from Adobe's inverted ones
    arrays["inks.jpg"] = planar(((255 - inks[:, :, :3]) * (255 - inks[:, :, 3:]) + 127) // 255)
    arrays["color_16_bit.png"] = planar(wide >> 8)
    arrays["grey_16_bit.png"] = planar(numpy.repeat(wide[:, :, :1], 3, axis=2) >> 8)
    half = Image.open(FOLDER / "large.jpg")
    half.draft("RGB", (80, 60))
    arrays["large.jpg/resize"] = planar(half.convert("RGB").resize((26, 20), Image.BILINEAR))
    half = Image.open(FOLDER / "odd.jpg")
    half.draft("RGB", (48, 36))
    arrays["odd.jpg/resize"] = planar(half.convert("RGB").resize((24, 18), Image.BILINEAR))
    write_safetensors(HERE / "images.safetensors", arrays)


if __name__ == "__main__":
    main()
