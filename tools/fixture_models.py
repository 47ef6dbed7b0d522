"""Small PyTorch models of the kinds that people export: real structure, few and narrow layers.

Each is a function that returns (module, example inputs, names of the inputs, dynamic axes by input).
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

BATCH = {0: "batch"}
SEQUENCE = {0: "batch", 1: "sequence"}


def conv_norm(inputs, outputs, kernel, stride=1, groups=1, act=nn.ReLU):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([act()] if act else []))


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first, self.second = conv_norm(inputs, outputs, 3, stride), conv_norm(outputs, outputs, 3, act=None)
        self.skip = conv_norm(inputs, outputs, 1, stride, act=None) if stride > 1 or inputs != outputs else nn.Identity()

    def forward(self, x):
        return F.relu(self.second(self.first(x)) + self.skip(x))


def resnet():
    blocks = [Residual(a, b, s) for a, b, s in ((16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1))]
    model = nn.Sequential(conv_norm(3, 16, 7, 2), nn.MaxPool2d(3, 2, 1), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    return model, (torch.randn(1, 3, 64, 64),), ["image"], {"image": BATCH}


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, channels // 4, 1), nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1)))))


class Inverted(nn.Module):
    def __init__(self, inputs, wide, outputs, kernel, stride, act):
        super().__init__()
        self.adds = stride == 1 and inputs == outputs
        self.body = nn.Sequential(conv_norm(inputs, wide, 1, act=act), conv_norm(wide, wide, kernel, stride, wide, act),
                                  SqueezeExcite(wide), conv_norm(wide, outputs, 1, act=None))

    def forward(self, x):
        return x + self.body(x) if self.adds else self.body(x)


def mobilenet_v3():
    rows = ((16, 16, 16, 3, 1, nn.ReLU), (16, 48, 24, 3, 2, nn.ReLU), (24, 72, 24, 5, 1, nn.Hardswish), (24, 96, 40, 5, 2, nn.Hardswish),
            (40, 120, 40, 5, 1, nn.Hardswish))
    model = nn.Sequential(conv_norm(3, 16, 3, 2, act=nn.Hardswish), *(Inverted(*row) for row in rows), conv_norm(40, 96, 1, act=nn.Hardswish),
                          nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(96, 64), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(64, 10))
    return model, (torch.randn(1, 3, 64, 64),), ["image"], {"image": BATCH}


class Bottlenecks(nn.Module):
    """Two paths, one of them a chain whose every step is kept."""

    def __init__(self, inputs, outputs, steps):
        super().__init__()
        self.half = outputs // 2
        self.first, self.last = conv_norm(inputs, outputs, 1, act=nn.SiLU), conv_norm((2 + steps) * self.half, outputs, 1, act=nn.SiLU)
        self.steps = nn.ModuleList(nn.Sequential(conv_norm(self.half, self.half, 3, act=nn.SiLU), conv_norm(self.half, self.half, 3, act=nn.SiLU))
                                   for _ in range(steps))

    def forward(self, x):
        parts = list(self.first(x).split((self.half, self.half), 1))
        for step in self.steps:
            parts.append(parts[-1] + step(parts[-1]))
        return self.last(torch.cat(parts, 1))


class Detector(nn.Module):
    """Two scales; a box is the mean of a distribution over distances to its sides."""
    CLASSES, BINS = 4, 8

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv_norm(3, 16, 3, 2, act=nn.SiLU), conv_norm(16, 32, 3, 2, act=nn.SiLU), Bottlenecks(32, 32, 1))
        self.down = nn.Sequential(conv_norm(32, 64, 3, 2, act=nn.SiLU), Bottlenecks(64, 64, 1))
        self.pool_in, self.pool_out = conv_norm(64, 32, 1, act=nn.SiLU), conv_norm(128, 64, 1, act=nn.SiLU)
        self.up = Bottlenecks(96, 32, 1)
        self.boxes = nn.ModuleList(nn.Conv2d(c, 4 * self.BINS, 1) for c in (32, 64))
        self.classes = nn.ModuleList(nn.Conv2d(c, self.CLASSES, 1) for c in (32, 64))

    def forward(self, image):
        fine = self.stem(image)
        pools = [self.pool_in(self.down(fine))]
        for _ in range(3):
            pools.append(F.max_pool2d(pools[-1], 5, 1, 2))
        coarse = self.pool_out(torch.cat(pools, 1))
        fine = self.up(torch.cat((F.interpolate(coarse, scale_factor=2.0, mode="nearest"), fine), 1))
        outs = []
        for i, x in enumerate((fine, coarse)):
            both = torch.cat((self.boxes[i](x), self.classes[i](x)), 1)
            outs.append(both.view(x.shape[0], 4 * self.BINS + self.CLASSES, -1))
        boxes, classes = torch.cat(outs, 2).split((4 * self.BINS, self.CLASSES), 1)
        boxes = boxes.view(boxes.shape[0], 4, self.BINS, -1).transpose(2, 1).softmax(1)
        distances = (boxes * torch.arange(self.BINS, dtype=torch.float32).view(1, -1, 1, 1)).sum(1)
        low, high = distances.chunk(2, 1)
        return torch.cat(((high - low) / 2, low + high, classes.sigmoid()), 1)


def yolo():
    return Detector(), (torch.randn(1, 3, 64, 64),), ["image"], {"image": BATCH}


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        two = lambda a, b: nn.Sequential(conv_norm(a, b, 3), conv_norm(b, b, 3))  # noqa: E731
        self.down = nn.ModuleList((two(3, 8), two(8, 16), two(16, 32)))
        self.up = nn.ModuleList((nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)))
        self.join = nn.ModuleList((two(32, 16), two(16, 8)))
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        kept = []
        for i, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for i, (up, join) in enumerate(zip(self.up, self.join)):
            x = join(torch.cat((kept[1 - i], up(x)), 1))
        return self.head(x)


def unet():
    return UNet(), (torch.randn(1, 3, 32, 32),), ["image"], {"image": BATCH}


class Attention(nn.Module):
    """One product for queries, keys and values, as most encoders have it."""

    def __init__(self, width, heads, causal=False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, mask=None):
        b, n, c = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-2, -1) / math.sqrt(c // self.heads)
        if self.causal:
            scores = scores.masked_fill(torch.ones(n, n, dtype=torch.bool).triu(1), float("-inf"))
        if mask is not None:
            scores = scores + mask
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))


class Layer(nn.Module):
    def __init__(self, width, heads, causal=False, gelu="none", before=True):
        super().__init__()
        self.norms = nn.ModuleList((nn.LayerNorm(width), nn.LayerNorm(width)))
        self.attention, self.before = Attention(width, heads, causal), before
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(gelu), nn.Linear(4 * width, width))

    def forward(self, x, mask=None):
        if self.before:
            x = x + self.attention(self.norms[0](x), mask)
            return x + self.mlp(self.norms[1](x))
        x = self.norms[0](x + self.attention(x, mask))
        return self.norms[1](x + self.mlp(x))


class VisionTransformer(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, width, 8, 8), nn.Parameter(torch.randn(1, 1, width))
        self.places = nn.Parameter(torch.randn(1, 17, width))
        self.layers, self.norm, self.head = nn.ModuleList(Layer(width, 4) for _ in range(2)), nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, image):
        x = self.patches(image).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(x.shape[0], -1, -1), x), 1) + self.places
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x)[:, 0])


def vit():
    return VisionTransformer(), (torch.randn(1, 3, 32, 32),), ["image"], {"image": BATCH}


class Bert(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.words, self.places, self.kinds = nn.Embedding(100, width), nn.Embedding(64, width), nn.Embedding(2, width)
        self.norm, self.layers = nn.LayerNorm(width, 1e-12), nn.ModuleList(Layer(width, 4, before=False) for _ in range(2))
        self.pool = nn.Linear(width, width)

    def forward(self, ids, mask, kinds):
        x = self.words(ids) + self.places(torch.arange(ids.shape[1])[None]) + self.kinds(kinds)
        x = self.norm(x)
        bias = (1.0 - mask[:, None, None].to(x.dtype)) * -10000.0
        for layer in self.layers:
            x = layer(x, bias)
        return x, torch.tanh(self.pool(x[:, 0]))


def bert():
    inputs = tuple(torch.ones(1, 16, dtype=torch.int64) for _ in range(3))
    return Bert(), inputs, ["ids", "mask", "kinds"], {name: SEQUENCE for name in ("ids", "mask", "kinds")}


class Gpt2(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.words, self.places = nn.Embedding(100, width), nn.Embedding(64, width)
        self.layers, self.norm = nn.ModuleList(Layer(width, 4, True, "tanh") for _ in range(2)), nn.LayerNorm(width)

    def forward(self, ids):
        x = self.words(ids) + self.places(torch.arange(ids.shape[1]))
        for layer in self.layers:
            x = layer(x)
        return self.norm(x) @ self.words.weight.t()


def gpt2():
    return Gpt2(), (torch.ones(1, 16, dtype=torch.int64),), ["ids"], {"ids": SEQUENCE}


class RootMeanSquare(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))


class Llama(nn.Module):
    """One block with grouped heads, rotary places and a cache of keys and values."""
    HEADS, GROUPS, SIZE = 4, 2, 8

    def __init__(self, width=32):
        super().__init__()
        self.norms = nn.ModuleList((RootMeanSquare(width), RootMeanSquare(width)))
        self.q, self.o = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.k, self.v = (nn.Linear(width, self.GROUPS * self.SIZE, bias=False) for _ in range(2))
        self.gate, self.up, self.down = nn.Linear(width, 64, bias=False), nn.Linear(width, 64, bias=False), nn.Linear(64, width, bias=False)
        self.register_buffer("rates", 10000.0 ** (-torch.arange(0, self.SIZE, 2).float() / self.SIZE))

    def turned(self, x, places):
        angles = places[:, None].float() * self.rates
        angles = torch.cat((angles, angles), -1)
        low, high = x.chunk(2, -1)
        return x * angles.cos() + torch.cat((-high, low), -1) * angles.sin()

    def forward(self, x, past_k, past_v):
        b, n, c = x.shape
        past = past_k.shape[2]
        h = self.norms[0](x)
        heads = lambda y, count: y.view(b, n, count, self.SIZE).transpose(1, 2)  # noqa: E731
        places = torch.arange(n) + past
        q, k = self.turned(heads(self.q(h), self.HEADS), places), self.turned(heads(self.k(h), self.GROUPS), places)
        k, v = torch.cat((past_k, k), 2), torch.cat((past_v, heads(self.v(h), self.GROUPS)), 2)
        wide = lambda y: y[:, :, None].expand(-1, -1, self.HEADS // self.GROUPS, -1, -1).reshape(b, self.HEADS, -1, self.SIZE)  # noqa: E731
        scores = q @ wide(k).transpose(2, 3) / math.sqrt(self.SIZE)
        later = torch.arange(past + n)[None] > places[:, None]
        scores = scores.masked_fill(later, torch.finfo(torch.float32).min)
        x = x + self.o((scores.softmax(-1) @ wide(v)).transpose(1, 2).reshape(b, n, c))
        h = self.norms[1](x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h)), k, v


def llama():
    past = torch.randn(1, Llama.GROUPS, 5, Llama.SIZE)
    axes = {"x": SEQUENCE, "past_k": {0: "batch", 2: "past"}, "past_v": {0: "batch", 2: "past"}}
    return Llama(), (torch.randn(1, 3, 32), past, past.clone()), ["x", "past_k", "past_v"], axes


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.lstm = nn.Embedding(100, 16), nn.LSTM(16, 16, 2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(32, 7)

    def forward(self, ids):
        return self.head(self.lstm(self.words(ids))[0]).log_softmax(-1)


def lstm():
    return Tagger(), (torch.ones(1, 12, dtype=torch.int64),), ["ids"], {"ids": {1: "sequence"}}


class Window(nn.Module):
    """Attention within windows of 4x4 pixels, which every other layer shifts by two."""
    SIDE, SIZE, HEADS = 8, 4, 2

    def __init__(self, width, shift):
        super().__init__()
        self.shift, self.norms = shift, nn.ModuleList((nn.LayerNorm(width), nn.LayerNorm(width)))
        self.attention = Attention(width, self.HEADS)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.bias = nn.Parameter(torch.randn(1, self.HEADS, self.SIZE ** 2, self.SIZE ** 2))
        self.register_buffer("mask", self.shift_mask() if shift else None)

    def windows(self, x):
        b, c, count = x.shape[0], x.shape[-1], self.SIDE // self.SIZE
        return x.view(b, count, self.SIZE, count, self.SIZE, c).transpose(2, 3).reshape(-1, self.SIZE ** 2, c)

    def shift_mask(self):
        kinds = torch.zeros(1, self.SIDE, self.SIDE, 1)
        parts = (slice(0, -self.SIZE), slice(-self.SIZE, -self.shift), slice(-self.shift, None))
        for i, rows in enumerate(parts):
            for j, columns in enumerate(parts):
                kinds[:, rows, columns] = 3 * i + j
        kinds = self.windows(kinds).squeeze(-1)
        return (kinds[:, None] != kinds[:, :, None]).float().mul(-100.0)[:, None]

    def forward(self, x):
        b, c, count = x.shape[0], x.shape[-1], self.SIDE // self.SIZE
        h = self.norms[0](x).view(b, self.SIDE, self.SIDE, c)
        if self.shift:
            h = torch.roll(h, (-self.shift, -self.shift), (1, 2))
        bias = self.bias + self.mask.repeat(b, 1, 1, 1) if self.shift else self.bias
        h = self.attention(self.windows(h), bias)
        h = h.view(b, count, count, self.SIZE, self.SIZE, c).transpose(2, 3).reshape(b, self.SIDE, self.SIDE, c)
        if self.shift:
            h = torch.roll(h, (self.shift, self.shift), (1, 2))
        x = x + h.reshape(b, -1, c)
        return x + self.mlp(self.norms[1](x))


class Swin(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.patches, self.layers = nn.Conv2d(3, width, 4, 4), nn.ModuleList((Window(width, 0), Window(width, 2)))
        self.norm, self.merge, self.head = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False), nn.Linear(2 * width, 10)

    def forward(self, image):
        x = self.patches(image).flatten(2).transpose(1, 2)
        for layer in self.layers:
            x = layer(x)
        x = x.view(x.shape[0], Window.SIDE, Window.SIDE, -1)
        x = torch.cat((x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]), -1)
        return self.head(self.merge(self.norm(x)).mean((1, 2)))


def swin():
    return Swin(), (torch.randn(1, 3, 32, 32),), ["image"], {"image": BATCH}


class ConvNextBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depthwise, self.norm = nn.Conv2d(width, width, 7, padding=3, groups=width), nn.LayerNorm(width)
        self.wide, self.narrow, self.scale = nn.Linear(width, 4 * width), nn.Linear(4 * width, width), nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x):
        h = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return x + (self.scale * self.narrow(F.gelu(self.wide(h)))).permute(0, 3, 1, 2)


class ConvNext(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.first = nn.Conv2d(3, 16, 4, 4), nn.Sequential(ConvNextBlock(16), ConvNextBlock(16))
        self.norm, self.down, self.second = nn.LayerNorm(16), nn.Conv2d(16, 32, 2, 2), ConvNextBlock(32)
        self.last, self.head = nn.LayerNorm(32), nn.Linear(32, 10)

    def forward(self, image):
        x = self.first(self.stem(image))
        x = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.head(self.last(self.second(self.down(x)).mean((2, 3))))


def convnext():
    return ConvNext(), (torch.randn(2, 3, 64, 64),), ["image"], {"image": BATCH}


MODELS = (resnet, mobilenet_v3, yolo, unet, vit, bert, gpt2, llama, lstm, swin, convnext)
