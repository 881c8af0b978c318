#!/usr/bin/python3
"""Writes the pixels that torchvision's transforms give on Pillow's images into transforms.safetensors, for the tests to compare with.

    /usr/bin/python3 tests/reference/make_transforms_reference.py

Made with torchvision 0.14 and Pillow 9.4 (Debian's python3-torchvision and python3-pil). Each transform is made certain by giving it a
range of one value. The file holds the images color, grey and even, and IMAGE/TRANSFORM: what becomes of it, where TRANSFORM is the item that
declares the transform in a config, or "FUNCTION VALUE" for what trivial_augment_wide chooses among. An image of an even height and an odd
width, even, is turned alone: a quarter turn moves its pixels' centres onto borders.
"""
import json
import pathlib
import struct

import numpy
import torchvision.transforms as T
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode

HERE = pathlib.Path(__file__).parent
BILINEAR, BICUBIC, NEAREST = InterpolationMode.BILINEAR, InterpolationMode.BICUBIC, InterpolationMode.NEAREST


def write_safetensors(path, arrays):
    """Format: https://github.com/huggingface/safetensors."""
    header, data = {}, b""
    for key, array in sorted(arrays.items()):
        content = array.astype("u1").tobytes()
        header[key] = {"dtype": "U8", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def smooth_image(height, width, channels):
    """Slopes, edges and noise."""
    random = numpy.random.RandomState(7)
    y, x = numpy.mgrid[:height, :width].astype(float)
    planes = []
    for c in range(channels):
        plane = 120 + 70 * numpy.sin(x / (4 + 3 * c) + c) + 50 * numpy.cos(y / (6 - c)) + 40 * ((x + y * (c + 1)) % 23 > 11)
        planes.append(plane + random.normal(0, 12, plane.shape))
    return numpy.clip(numpy.stack(planes, axis=2), 8, 247).round().astype("u1")


def planar(image):
    array = numpy.asarray(image)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def pad_mode(mode):
    return T.RandomCrop((37 + 6, 53 + 14), padding=(7, 3), padding_mode=mode)


CASES = {
    "resize: {size: 20}": T.Resize(20),
    "resize: {size: [61, 80]}": T.Resize((61, 80)),
    "resize: {size: [37, 11]}": T.Resize((37, 11)),
    "resize: {size: [9, 70], interpolation: bicubic}": T.Resize((9, 70), BICUBIC),
    "resize: {size: 16, interpolation: nearest}": T.Resize(16, NEAREST),
    **{f"resize: {{size: [{h}, {w}], interpolation: nearest}}": T.Resize((h, w), NEAREST)
       for h, w in ((1, 1), (5, 37), (22, 90), (36, 52), (74, 46), (111, 20))},
    "center_crop: {size: [20, 31]}": T.CenterCrop((20, 31)),
    "center_crop: {size: [40, 60]}": T.CenterCrop((40, 60)),
    "random_crop: {size: [43, 67], padding: [3, 7], padding_mode: reflect}": pad_mode("reflect"),
    "random_crop: {size: [43, 67], padding: [3, 7], padding_mode: symmetric}": pad_mode("symmetric"),
    "random_crop: {size: [43, 67], padding: [3, 7], padding_mode: edge}": pad_mode("edge"),
    "random_crop: {size: [43, 67], padding: [3, 7], fill: 9}": T.RandomCrop((43, 67), padding=(7, 3), fill=9),
    "random_resized_crop: {size: [24, 30], scale: [1, 1], ratio: [1.4324324, 1.4324325]}":
        T.RandomResizedCrop((24, 30), (1, 1), (53 / 37, 53 / 37)),
    "horizontal_flip: {p: 1}": T.RandomHorizontalFlip(1),
    "vertical_flip: {p: 1}": T.RandomVerticalFlip(1),
    "rotation: {degrees: [25, 25]}": T.RandomRotation((25, 25)),
    "rotation: {degrees: [-100, -100], interpolation: bilinear, fill: 77}": T.RandomRotation((-100, -100), BILINEAR, fill=77),
    **{f"rotation: {{degrees: [{d}, {d}]{more}}}": T.RandomRotation((d, d), mode)
       for d in (0, 90, -90, 180, 270, 360) for more, mode in (("", NEAREST), (", interpolation: bilinear", BILINEAR))},
    "affine: {degrees: [10, 10], scale: [1.3, 1.3], shear: [8, 8, -5, -5]}":
        lambda image: F.affine(image, 10, [0, 0], 1.3, [8, -5], NEAREST),
    "affine: {degrees: [-40, -40], scale: 0.7, shear: [12, 12], interpolation: bilinear}":
        lambda image: F.affine(image, -40, [0, 0], 0.7, [12, 0], BILINEAR),
    "color_jitter: {brightness: [1.4, 1.4]}": T.ColorJitter(brightness=(1.4, 1.4)),
    "color_jitter: {brightness: [0.3, 0.3]}": T.ColorJitter(brightness=(0.3, 0.3)),
    "color_jitter: {contrast: [1.7, 1.7]}": T.ColorJitter(contrast=(1.7, 1.7)),
    "color_jitter: {contrast: [0.4, 0.4]}": T.ColorJitter(contrast=(0.4, 0.4)),
    "color_jitter: {saturation: [1.9, 1.9]}": T.ColorJitter(saturation=(1.9, 1.9)),
    "color_jitter: {saturation: [0.2, 0.2]}": T.ColorJitter(saturation=(0.2, 0.2)),
    "color_jitter: {hue: [0.21, 0.21]}": T.ColorJitter(hue=(0.21, 0.21)),
    "color_jitter: {hue: [-0.4, -0.4]}": T.ColorJitter(hue=(-0.4, -0.4)),
    "grayscale": T.Grayscale(),
    "grayscale: {num_output_channels: 3}": T.Grayscale(3),
    "sharpness 1.8": lambda image: F.adjust_sharpness(image, 1.8),
    "sharpness 0.1": lambda image: F.adjust_sharpness(image, 0.1),
    "posterize 3": lambda image: F.posterize(image, 3),
    "solarize 127.5": lambda image: F.solarize(image, 127.5),
    "stretch_contrast 0": F.autocontrast,
    "equalize 0": F.equalize,
}


def main():
    images = {"color": Image.fromarray(smooth_image(37, 53, 3)), "grey": Image.fromarray(smooth_image(37, 53, 1)[:, :, 0]),
              "even": Image.fromarray(smooth_image(18, 25, 1)[:, :, 0])}
    arrays = {name: planar(image) for name, image in images.items()}
    for name, image in images.items():
        for case, transform in CASES.items():
            if name == "even" and not case.startswith("rotation"):
                continue
            arrays[f"{name}/{case}"] = planar(transform(image))
    write_safetensors(HERE / "transforms.safetensors", arrays)


if __name__ == "__main__":
    main()
