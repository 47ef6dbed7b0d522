#!/usr/bin/env python3
"""Train, export and check the demo model in models/symbols.

The model is a small convolutional classifier of 20 pictograms (an airplane, an
anchor, ..., an umbrella). Its pictures are not collected but drawn: each glyph
is taken from a free font, turned, stretched, coloured, put on a busy
background, blurred, compressed and resized, so that the whole thing can be made
again from this file.

    # needs torch, numpy, pillow, onnx and onnxruntime; six minutes on one core
    python3 tools/train_demo.py train

    # needs numpy, pillow, onnx and onnxruntime only; prints the accuracy and the
    # answers for the pictures in models/symbols
    python3 tools/train_demo.py eval

Fonts, by Debian package: fonts-dejavu-core, fonts-freefont-ttf and fonts-symbola
draw the training pictures. fonts-noto-core is never trained on: it draws the
"unseen fonts" part of the evaluation and the pictures beside the model. Name
other font folders with --fonts.

Preprocessing (the usual ImageNet one): RGB, resize to 64x64 with bilinear
interpolation (the aspect ratio is not kept), divide by 255, subtract MEAN and
divide by STD for each channel, and lay out as NCHW. Half of the training
pictures are shrunk with an antialiasing filter and half without one, so that
either kind of bilinear resize suits the model.

Everything random is seeded by picture, and training runs on one thread with
deterministic kernels: the same versions of the packages, the fonts and the
machine's instruction set give the same file.
"""

import argparse
import io
import math
import os
import sys
import time

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIDE = 64
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)

# Each class with the characters that draw it. A font that lacks a character is
# passed over for that character.
CLASSES = [
    ("airplane", "\u2708"),
    ("anchor", "\u2693"),
    ("check mark", "\u2713\u2714"),
    ("chess knight", "\u265e\u2658"),
    ("cloud", "\u2601"),
    ("club", "\u2663\u2667"),
    ("cup", "\u2615"),
    ("diamond", "\u2666\u2662"),
    ("envelope", "\u2709"),
    ("heart", "\u2665\u2661\u2764"),
    ("lightning bolt", "\u26a1"),
    ("music note", "\u266a\u266b"),
    ("scissors", "\u2702"),
    ("skull", "\u2620"),
    ("snowflake", "\u2744"),
    ("spade", "\u2660\u2664"),
    ("star", "\u2605\u2606"),
    ("sun", "\u2600\u263c"),
    ("telephone", "\u260e\u260f"),
    ("umbrella", "\u2602\u2614"),
]

TRAIN_FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "FreeSerif.ttf",
               "Symbola_hint.ttf"]
UNSEEN_FONTS = ["NotoSansSymbols-Regular.ttf", "NotoSansSymbols2-Regular.ttf"]

# The pictures beside the model: file, class, character, size, glyph colour,
# colours of the background's two ends, degrees turned, share of the picture.
PICTURES = [
    ("knight.png", "chess knight", "\u265e", (200, 200),
     (38, 30, 62), ((245, 214, 140), (214, 142, 88)), -8, 0.74),
    ("umbrella.jpg", "umbrella", "\u2602", (256, 208),
     (250, 232, 96), ((36, 78, 128), (18, 40, 84)), 12, 0.72),
    ("cup.png", "cup", "\u2615", (180, 220),
     (120, 28, 40), ((206, 232, 214), (150, 198, 190)), 5, 0.70),
]

# Kinds of random stream, so that no two parts of this file share one.
STREAM_TRAIN, STREAM_SEEN, STREAM_UNSEEN, STREAM_PICTURE = range(4)


# --------------------------------------------------------------------- drawing

def find_fonts(names, folders):
    """The paths of the fonts called `names` somewhere under `folders`."""
    where = {}
    for folder in folders:
        for root, _, files in os.walk(folder):
            for file in files:
                where.setdefault(file, os.path.join(root, file))
    missing = [name for name in names if name not in where]
    if missing:
        sys.exit("train_demo: no such font under %s: %s (see the packages named "
                 "at the top of this file)" % (", ".join(folders), ", ".join(missing)))
    return [where[name] for name in names]


class Glyphs:
    """Masks of the characters of every class in the given fonts."""

    LEVELS = (256, 128, 64, 32)  # the longer side of a mask, largest first

    def __init__(self, paths):
        self.by_class = [[] for _ in CLASSES]
        self.by_char = {}
        for path in paths:
            font = ImageFont.truetype(path, 320)
            absent = self._bitmap(font, "\U0010fffd")
            for label, (_, chars) in enumerate(CLASSES):
                for char in chars:
                    mask = self._bitmap(font, char)
                    if mask is None or (absent is not None
                                        and mask.size == absent.size
                                        and mask.tobytes() == absent.tobytes()):
                        continue
                    levels = []
                    for level in self.LEVELS:
                        factor = level / max(mask.size)
                        size = [max(1, round(side * factor)) for side in mask.size]
                        levels.append(mask.resize(size, Image.LANCZOS))
                    self.by_class[label].append(levels)
                    self.by_char.setdefault(char, levels)
        for (name, _), found in zip(CLASSES, self.by_class):
            if not found:
                sys.exit("train_demo: none of the fonts draws the class %r" % name)

    @staticmethod
    def _bitmap(font, char):
        box = font.getbbox(char)
        if box[2] <= box[0] or box[3] <= box[1]:
            return None
        image = Image.new("L", (box[2] - box[0] + 8, box[3] - box[1] + 8))
        ImageDraw.Draw(image).text((4 - box[0], 4 - box[1]), char, 255, font=font)
        inner = image.getbbox()
        return image.crop(inner) if inner else None


def place(levels, width, height, centre, scale, angle, stretch=1.0, shear=0.0,
          flip=False, tilt=(0.0, 0.0)):
    """A width x height mask with the glyph at `centre`, `scale` pixels long."""
    mask = levels[0]
    for level in levels:
        if max(level.size) >= scale:
            mask = level
    pixels = scale / max(mask.size)
    sx, sy = pixels * math.sqrt(stretch), pixels / math.sqrt(stretch)
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    size = np.array([[-sx if flip else sx, shear * sy, 0], [0, sy, 0], [0, 0, 1]])
    to_canvas = (np.array([[1, 0, centre[0]], [0, 1, centre[1]], [0, 0, 1]])
                 @ np.array([[1, 0, 0], [0, 1, 0], [tilt[0] / scale, tilt[1] / scale, 1]])
                 @ turn @ size
                 @ np.array([[1, 0, -mask.width / 2], [0, 1, -mask.height / 2], [0, 0, 1]]))
    back = np.linalg.inv(to_canvas)
    back /= back[2, 2]
    return mask.transform((width, height), Image.PERSPECTIVE,
                          tuple(back.ravel()[:8]), Image.BILINEAR)


def luminance(colour):
    return float(np.dot(colour, (0.299, 0.587, 0.114)))


def random_background(rng, width, height, colour, room):
    """A background around `colour` which strays from it by up to about `room`."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = colour
    kind = rng.integers(5)
    tint = rng.uniform(-1, 1, 3).astype(np.float32)
    if kind == 1:  # a gradient
        angle = rng.uniform(0, 2 * math.pi)
        ramp = (x / width - 0.5) * math.cos(angle) + (y / height - 0.5) * math.sin(angle)
        canvas += ramp[..., None] * tint * room * 1.4
    elif kind == 2:  # stripes
        angle = rng.uniform(0, math.pi)
        period = rng.uniform(0.06, 0.4) * width
        wave = np.sin((x * math.cos(angle) + y * math.sin(angle)) * (2 * math.pi / period))
        if rng.random() < 0.5:
            wave = np.sign(wave)
        canvas += wave[..., None] * tint * room * 0.6
    elif kind == 3:  # clouds of noise
        coarse = int(rng.integers(3, 12))
        grid = rng.uniform(-1, 1, (coarse, coarse, 3)).astype(np.float32)
        for channel in range(3):
            noise = Image.fromarray(grid[..., channel]).resize((width, height), Image.BICUBIC)
            canvas[..., channel] += np.asarray(noise) * room * 0.8
    elif kind == 4:  # shapes
        image = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
        draw = ImageDraw.Draw(image)
        for _ in range(int(rng.integers(2, 8))):
            shade = np.clip(colour + rng.uniform(-1, 1, 3) * room * 0.7, 0, 255)
            fill = tuple(int(v) for v in shade)
            x0, x1 = sorted(rng.uniform(-0.2, 1.2, 2) * width)
            y0, y1 = sorted(rng.uniform(-0.2, 1.2, 2) * height)
            shape = rng.integers(3)
            if shape == 0:
                draw.rectangle((x0, y0, x1, y1), fill)
            elif shape == 1:
                draw.ellipse((x0, y0, x1, y1), fill)
            else:
                draw.line((x0, y0, x1, y1), fill, int(rng.integers(1, max(2, width // 16))))
        canvas = np.asarray(image).astype(np.float32)
    return canvas


def draw_sample(rng, glyphs, label):
    """One random picture of a class, as 64x64x3 bytes."""
    width = int(rng.integers(72, 225))
    height = max(64, int(width * rng.uniform(0.8, 1.25)))
    side = min(width, height)
    choices = glyphs.by_class[label]
    scale = side * rng.uniform(0.48, 0.92)
    room = 0.5 * (side - scale) + 0.06 * side
    mask = place(choices[rng.integers(len(choices))], width, height,
                 (width / 2 + rng.uniform(-1, 1) * room * 0.8,
                  height / 2 + rng.uniform(-1, 1) * room * 0.8),
                 scale, math.radians(rng.uniform(-28, 28)), rng.uniform(0.75, 1.33),
                 rng.uniform(-0.2, 0.2), rng.random() < 0.4, rng.uniform(-0.18, 0.18, 2))
    weight = rng.random()
    grow = 3 if side < 140 else 5
    if weight < 0.16:
        mask = mask.filter(ImageFilter.MaxFilter(grow))
    elif weight < 0.22 and side > 110:
        mask = mask.filter(ImageFilter.MinFilter(3))

    while True:
        paper = rng.uniform(0, 255, 3)
        ink = rng.uniform(0, 255, 3)
        contrast = abs(luminance(paper) - luminance(ink))
        if contrast > 55:
            break
    canvas = random_background(rng, width, height, paper.astype(np.float32),
                               min(90.0, contrast * 0.62))
    if rng.random() < 0.2:  # a soft shadow
        shift = [int(v) for v in rng.integers(-side // 24, side // 24 + 1, 2)]
        shade = Image.new("L", mask.size)
        shade.paste(mask, tuple(shift))
        shade = np.asarray(shade.filter(ImageFilter.GaussianBlur(side / 40)), np.float32)
        canvas *= 1 - shade[..., None] / 255 * rng.uniform(0.15, 0.4)
    alpha = np.asarray(mask, np.float32)[..., None] / 255
    inks = np.empty((height, 1, 3), np.float32)
    inks[:] = ink
    if rng.random() < 0.4:  # a glyph that is not of one colour
        inks += np.linspace(-1, 1, height, dtype=np.float32)[:, None, None] \
            * rng.uniform(-0.3, 0.3, 3).astype(np.float32) * contrast
    canvas = canvas * (1 - alpha) + inks * alpha

    if rng.random() < 0.5:
        canvas += rng.standard_normal(canvas.shape, np.float32) * rng.uniform(1, 16)
    image = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.013 * side)))
    if rng.random() < 0.2:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(rng.integers(35, 95)))
        image = Image.open(file)
    resize = resize_antialiased if rng.random() < 0.5 else resize_plain
    return resize(np.asarray(image))


def dataset(glyphs, stream, seed, count):
    """`count` pictures, the classes in turn, and their labels."""
    pictures = np.empty((count, SIDE, SIDE, 3), np.uint8)
    labels = np.arange(count) % len(CLASSES)
    for index in range(count):
        rng = np.random.default_rng([seed, stream, index])
        pictures[index] = draw_sample(rng, glyphs, labels[index])
    return pictures, labels


def draw_pictures(folder, glyphs, seed):
    """Write the pictures that lie beside the model."""
    for index, (file, _, char, size, ink, ends, turn, share) in enumerate(PICTURES):
        rng = np.random.default_rng([seed, STREAM_PICTURE, index])
        width, height = size
        factor = 4  # drawn large and shrunk, for smooth edges
        levels = glyphs.by_char[char]
        mask = place(levels, width * factor, height * factor,
                     (width * factor / 2, height * factor / 2),
                     min(size) * share * factor, math.radians(turn))
        alpha = np.asarray(mask.resize(size, Image.LANCZOS), np.float32)[..., None] / 255
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        ramp = ((x / width + y / height) / 2)[..., None]
        paper = np.array(ends[0]) * (1 - ramp) + np.array(ends[1]) * ramp
        paper += 7 * np.sin((x - y) * (2 * math.pi / 26))[..., None]
        canvas = paper * (1 - alpha) + np.array(ink) * alpha
        canvas += rng.normal(0, 2.0, (height, width, 1))
        image = Image.fromarray(np.clip(np.rint(canvas), 0, 255).astype(np.uint8))
        if file.endswith(".jpg"):
            image.save(os.path.join(folder, file), quality=88)
        else:
            image.save(os.path.join(folder, file), optimize=True)


# --------------------------------------------------------------- preprocessing

def resize_antialiased(pixels):
    """Bilinear as Pillow does it: the filter widens when it shrinks."""
    image = Image.fromarray(pixels).resize((SIDE, SIDE), Image.BILINEAR)
    return np.asarray(image)


def resize_plain(pixels):
    """Bilinear between the four nearest pixels, half-pixel centres."""
    def taps(length):
        at = np.clip((np.arange(SIDE) + 0.5) * (length / SIDE) - 0.5, 0, length - 1)
        low = np.floor(at).astype(int)
        return low, np.minimum(low + 1, length - 1), (at - low).astype(np.float32)

    y0, y1, fy = taps(pixels.shape[0])
    x0, x1, fx = taps(pixels.shape[1])
    fy, fx = fy[:, None, None], fx[None, :, None]
    top = pixels[y0][:, x0] * (1 - fx) + pixels[y0][:, x1] * fx
    bottom = pixels[y1][:, x0] * (1 - fx) + pixels[y1][:, x1] * fx
    return np.clip(np.rint(top * (1 - fy) + bottom * fy), 0, 255).astype(np.uint8)


def normalize(pictures):
    """Bytes N,H,W,C to the model's input, float32 N,C,H,W."""
    scaled = (pictures.astype(np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


# ------------------------------------------------------------------- the model

# (name, kind, input channels, output channels, stride). "conv" is a 3x3
# convolution; "separable" a depthwise 3x3 and a pointwise 1x1 convolution;
# "residual" two 3x3 convolutions with a skip connection; "separable_residual"
# the separable kind with one; "pool" a 2x2 maximum. Each convolution is followed
# by batch normalization and ReLU (in a residual block the last ReLU comes after
# the sum).
LAYERS = [
    ("stem", "conv", 3, 16, 2),
    ("block1", "separable", 16, 32, 1),
    ("pool", "pool", 32, 32, 2),
    ("block2", "residual", 32, 32, 1),
    ("block3", "separable", 32, 64, 2),
    ("block4", "separable_residual", 64, 64, 1),
    ("block5", "separable", 64, 112, 2),
    ("block6", "separable_residual", 112, 112, 1),
]
FEATURES = LAYERS[-1][3]


def convolutions(name, kind, cin, cout, stride):
    """The convolutions of a layer: (name, in, out, kernel, stride, groups)."""
    if kind == "conv":
        return [(name, cin, cout, 3, stride, 1)]
    if kind == "residual":
        return [(name + ".conv1", cin, cout, 3, stride, 1),
                (name + ".conv2", cout, cout, 3, 1, 1)]
    if kind.startswith("separable"):
        return [(name + ".depthwise", cin, cin, 3, stride, cin),
                (name + ".pointwise", cin, cout, 1, 1, 1)]
    return []


def build_network(torch):
    """The network in PyTorch; its parameters carry the names in LAYERS."""
    nn = torch.nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = nn.ModuleDict()
            self.norms = nn.ModuleDict()
            for layer in LAYERS:
                for name, cin, cout, kernel, stride, groups in convolutions(*layer):
                    key = name.replace(".", "_")
                    self.convs[key] = nn.Conv2d(cin, cout, kernel, stride, kernel // 2,
                                                groups=groups, bias=False)
                    nn.init.kaiming_normal_(self.convs[key].weight, mode="fan_out",
                                            nonlinearity="relu")
                    if groups > 1:
                        nn.init.normal_(self.convs[key].weight, 0, math.sqrt(2 / 9))
                    self.norms[key] = nn.BatchNorm2d(cout)
            self.head = nn.Linear(FEATURES, len(CLASSES))

        def forward(self, x):
            for layer in LAYERS:
                if layer[1] == "pool":
                    x = torch.nn.functional.max_pool2d(x, 2)
                    continue
                skip = x if layer[1].endswith("residual") else None
                steps = convolutions(*layer)
                for index, step in enumerate(steps):
                    key = step[0].replace(".", "_")
                    x = self.norms[key](self.convs[key](x))
                    if skip is not None and index == len(steps) - 1:
                        x = x + skip
                    x = torch.relu(x)
            return self.head(x.mean((2, 3)))

    return Network()


def train(args):
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)

    seen = Glyphs(find_fonts(TRAIN_FONTS, args.fonts))
    unseen = Glyphs(find_fonts(UNSEEN_FONTS, args.fonts))
    start = time.time()
    pictures, labels = dataset(seen, STREAM_TRAIN, args.seed, args.pictures)
    print("%d training pictures drawn in %.0f s" % (len(labels), time.time() - start), flush=True)

    network = build_network(torch).to(memory_format=torch.channels_last)
    print("%d parameters" % sum(p.numel() for p in network.parameters()))
    decay = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.02},
                                   {"params": plain, "weight_decay": 0.0}], lr=args.rate)
    batch = 64
    steps = len(labels) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, args.epochs * steps,
                                                   pct_start=0.15)
    data = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    target = torch.from_numpy(labels)
    mean = torch.from_numpy(MEAN).view(1, 3, 1, 1)
    std = torch.from_numpy(STD).view(1, 3, 1, 1)
    random = torch.Generator().manual_seed(args.seed + 1)
    for epoch in range(args.epochs):
        network.train()
        order = torch.randperm(len(labels), generator=random)
        total = right = 0
        for step in range(steps):
            pick = order[step * batch:(step + 1) * batch]
            x, y = data[pick].float() / 255, target[pick]
            # Colours in another order, some negatives, and a shift by some pixels.
            x = x[:, torch.randperm(3, generator=random)]
            negative = (torch.rand(batch, 1, 1, 1, generator=random) < 0.5).float()
            x = negative * (1 - x) + (1 - negative) * x
            x = torch.nn.functional.pad(x, (3, 3, 3, 3), mode="replicate")
            dy, dx = torch.randint(0, 7, (2,), generator=random).tolist()
            x = x[:, :, dy:dy + SIDE, dx:dx + SIDE]
            x = ((x - mean) / std).contiguous(memory_format=torch.channels_last)
            out = network(x)
            loss = torch.nn.functional.cross_entropy(out, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
            right += (out.argmax(1) == y).sum().item()
        print("epoch %2d  loss %.4f  training accuracy %.2f%%  %.0f s"
              % (epoch + 1, total / steps, 100 * right / (steps * batch), time.time() - start),
              flush=True)

    network.eval()
    os.makedirs(args.out, exist_ok=True)
    export(network, os.path.join(args.out, "model.onnx"))
    with open(os.path.join(args.out, "labels.txt"), "w", encoding="utf-8") as file:
        file.write("".join(name + "\n" for name, _ in CLASSES))
    draw_pictures(args.out, unseen, args.seed)

    # The exported file must say what the trained network says.
    import onnxruntime
    session = onnxruntime.InferenceSession(os.path.join(args.out, "model.onnx"))
    probe = normalize(pictures[:256])
    with torch.no_grad():
        expected = network(torch.from_numpy(probe)).numpy()
    got = session.run(["logits"], {"image": probe})[0]
    print("largest difference between PyTorch and the ONNX file: %.2g"
          % np.abs(expected - got).max())
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-3)


# ------------------------------------------------------------------ the export

def export(network, path):
    """Write the network as ONNX, one node for each operation, by hand."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights = [], []

    def weight(name, tensor):
        weights.append(numpy_helper.from_array(
            np.ascontiguousarray(tensor.detach().numpy(), np.float32), name))
        return name

    def node(op, inputs, name, doc="", **attributes):
        nodes.append(helper.make_node(op, inputs, [name + ".out"], name=name,
                                      doc_string=doc or None, **attributes))
        return name + ".out"

    x = "image"
    for layer in LAYERS:
        name, kind, _, _, stride = layer
        if kind == "pool":
            x = node("MaxPool", [x], name, kernel_shape=[2, 2], strides=[2, 2])
            continue
        skip = x if kind.endswith("residual") else None
        steps = convolutions(*layer)
        for index, (step, _, _, kernel, stride, groups) in enumerate(steps):
            key = step.replace(".", "_")
            conv, norm = network.convs[key], network.norms[key]
            pad = kernel // 2
            x = node("Conv", [x, weight(step + ".weight", conv.weight)], step,
                     "depthwise" if groups > 1 else "", kernel_shape=[kernel, kernel],
                     strides=[stride, stride], pads=[pad] * 4, dilations=[1, 1], group=groups)
            x = node("BatchNormalization",
                     [x, weight(step + ".bn.scale", norm.weight),
                      weight(step + ".bn.bias", norm.bias),
                      weight(step + ".bn.mean", norm.running_mean),
                      weight(step + ".bn.var", norm.running_var)],
                     step + ".bn", epsilon=float(norm.eps))
            if skip is not None and index == len(steps) - 1:
                x = node("Add", [x, skip], name + ".add", "the skip connection")
            x = node("Relu", [x], (name if index == len(steps) - 1 else step) + ".relu")
    x = node("GlobalAveragePool", [x], "head.pool")
    x = node("Flatten", [x], "head.flatten", axis=1)
    nodes.append(helper.make_node(
        "Gemm", [x, weight("head.weight", network.head.weight),
                 weight("head.bias", network.head.bias)],
        ["logits"], name="head.gemm", transB=1))

    graph = helper.make_graph(
        nodes, "symbols",
        [helper.make_tensor_value_info(
            "image", TensorProto.FLOAT, ["N", 3, SIDE, SIDE],
            "RGB, resized with bilinear interpolation, divided by 255, less the ImageNet "
            "mean (0.485, 0.456, 0.406), divided by its deviation (0.229, 0.224, 0.225)")],
        [helper.make_tensor_value_info(
            "logits", TensorProto.FLOAT, ["N", len(CLASSES)],
            "one score for each line of labels.txt, before softmax")],
        weights, doc_string="A small convolutional classifier of %d pictograms." % len(CLASSES))
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
        producer_name="hasten tools/train_demo.py", producer_version="1", domain="hasten.demo",
        model_version=1, doc_string="Classes: " + ", ".join(name for name, _ in CLASSES) + ".")
    onnx.checker.check_model(model, full_check=True)
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))
    print("%s: %d nodes, %d bytes" % (path, len(nodes), os.path.getsize(path)))


# -------------------------------------------------------------- the evaluation

def evaluate(args):
    import onnx
    import onnxruntime
    path = os.path.join(args.out, "model.onnx")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    with open(os.path.join(args.out, "labels.txt"), encoding="utf-8") as file:
        names = file.read().splitlines()
    assert names == [name for name, _ in CLASSES], "labels.txt is not this file's list"

    def run(pictures):
        return np.concatenate([session.run(["logits"], {"image": normalize(pictures[i:i + 100])})[0]
                               for i in range(0, len(pictures), 100)])

    good = True
    for title, fonts, stream in [("fonts of the training, new pictures", TRAIN_FONTS, STREAM_SEEN),
                                 ("fonts never trained on", UNSEEN_FONTS, STREAM_UNSEEN)]:
        glyphs = Glyphs(find_fonts(fonts, args.fonts))
        pictures, labels = dataset(glyphs, stream, args.seed, args.pictures)
        answer = run(pictures).argmax(1)
        right = answer == labels
        print("%-36s top-1 %.2f%% (%d of %d)" % (title + ":", 100 * right.mean(), right.sum(),
                                               len(labels)))
        if args.verbose:
            for label, name in enumerate(names):
                mine = labels == label
                wrong = answer[mine & ~right]
                print("    %-15s %6.2f%%  %s" % (name, 100 * right[mine].mean(), ", ".join(
                    "%s %d" % (names[k], (wrong == k).sum()) for k in np.unique(wrong))))
    for file, expected, *_ in PICTURES:
        pixels = np.asarray(Image.open(os.path.join(args.out, file)).convert("RGB"))
        for kind, resize in [("antialiased", resize_antialiased), ("plain", resize_plain)]:
            logits = run(resize(pixels)[None])[0].astype(np.float64)
            chance = np.exp(logits - logits.max())
            chance /= chance.sum()
            top = np.argsort(-chance)[:3]
            good = good and names[top[0]] == expected
            print("%-13s %-12s %s" % (file, kind, "  ".join(
                "%s %.4f" % (names[k], chance[k]) for k in top)))
    return 0 if good else 1


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("command", choices=["train", "eval"])
    parser.add_argument("--out", default=os.path.normpath(os.path.join(root, "models", "symbols")),
                        help="the model's folder")
    parser.add_argument("--fonts", action="append", metavar="DIR",
                        help="a folder of fonts; may be repeated (default: /usr/share/fonts)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pictures", type=int,
                        help="pictures to draw: to train on (default 24000), or for each "
                             "part of the evaluation (default 4000)")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.006, help="highest learning rate")
    parser.add_argument("--verbose", action="store_true", help="eval: each class too")
    args = parser.parse_args()
    args.fonts = args.fonts or ["/usr/share/fonts"]
    if args.command == "train":
        args.pictures = args.pictures or 24000
        train(args)
        return evaluate(argparse.Namespace(**dict(vars(args), pictures=4000)))
    args.pictures = args.pictures or 4000
    return evaluate(args)


if __name__ == "__main__":
    sys.exit(main())
