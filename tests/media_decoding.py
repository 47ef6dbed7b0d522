"""From pictures to inputs, and from outputs to classes, boxes and text, in plain numpy."""
import dataclasses
import gzip

import numpy as np
from PIL import Image


def planes(pixels):
    return np.ascontiguousarray(np.asarray(pixels, np.float32).transpose(2, 0, 1)[None])


def center(image, side):
    """The shorter side becomes 8/7 of `side`, the middle is cut out."""
    scale = side * 8 / 7 / min(image.size)
    image = image.resize([max(side, round(d * scale)) for d in image.size], Image.Resampling.BILINEAR)
    left, above = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, above, left + side, above + side))


def letterbox(image, side):
    scale = side / max(image.size)
    out = Image.new("RGB", (side, side), (114, 114, 114))
    out.paste(image.resize([max(1, int(d * scale)) for d in image.size], Image.Resampling.BILINEAR), (0, 0))
    return out


def top(scores, count):
    return np.argsort(-np.ravel(scores).astype(np.float64), kind="stable")[:count]


def mnist(folder, count):
    images = np.frombuffer(gzip.open(folder / "t10k-images-idx3-ubyte.gz").read(), np.uint8, offset=16).reshape(-1, 28, 28)
    labels = np.frombuffer(gzip.open(folder / "t10k-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    return images[:count], labels[:count]


@dataclasses.dataclass
class Found:
    box: np.ndarray  # left, top, right, bottom
    score: float
    label: str


def overlap(a, b):
    """Intersection over union."""
    inner = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = np.prod(np.maximum(inner, 0))
    return both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both)


def suppressed(boxes, scores, labels, least, most_overlap):
    """Greedy non-maximum suppression within each label."""
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] < least:
            break
        if all(k.label != labels[i] or overlap(k.box, boxes[i]) < most_overlap for k in kept):
            kept.append(Found(boxes[i], float(scores[i]), labels[i]))
    return kept


def listed(found):
    names = sorted({f.label for f in found})
    return ", ".join(f"{sum(f.label == n for f in found)} {n}" for n in names) or "nothing"


def faces(boxes, scores, least):
    return suppressed(np.asarray(boxes, np.float64), np.asarray(scores, np.float64), ["face"] * len(scores), least, 0.3)


def ultraface(outputs):
    return faces(outputs[1][0], outputs[0][0, :, 1], 0.7)


def yunet(outputs):
    boxes, scores = [], []
    for i, stride in enumerate((8, 16, 32)):
        cls, obj, place = (np.asarray(outputs[3 * k + i][0], np.float64) for k in range(3))
        side = 320 // stride
        at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
        middle, size = (at + place[:, :2]) * stride, np.exp(place[:, 2:]) * stride
        boxes.append(np.concatenate([middle - size / 2, middle + size / 2], 1))
        scores.append(np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1)))
    return faces(np.concatenate(boxes), np.concatenate(scores), 0.7)


def retinaface(outputs):
    """Anchors of two sizes on grids of strides 8, 16 and 32; offsets with variances 0.1 and 0.2."""
    anchors = []
    for stride, sizes in ((8, (16, 32)), (16, (64, 128)), (32, (256, 512))):
        side = 640 // stride
        at = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 1, 2) + 0.5) / side
        size = np.array(sizes).reshape(1, 2, 1) / 640 * np.ones((len(at), 1, 2))
        anchors.append(np.concatenate([np.repeat(at, 2, 1), size], 2).reshape(-1, 4))
    anchor, offset = np.concatenate(anchors), np.asarray(outputs[0][0], np.float64)
    middle, size = anchor[:, :2] + offset[:, :2] * 0.1 * anchor[:, 2:], anchor[:, 2:] * np.exp(offset[:, 2:] * 0.2)
    return faces(np.concatenate([middle - size / 2, middle + size / 2], 1), outputs[1][0, :, 1], 0.6)


def yolox(outputs, names):
    rows, side = np.asarray(outputs[0][0], np.float64), 416
    at = np.concatenate([np.concatenate([np.stack(np.meshgrid(*[np.arange(side // s)] * 2), -1).reshape(-1, 2),
                                         np.full(((side // s) ** 2, 1), s)], 1) for s in (8, 16, 32)])
    middle, size = (rows[:, :2] + at[:, :2]) * at[:, 2:], np.exp(rows[:, 2:4]) * at[:, 2:]
    scores = rows[:, 4:5] * rows[:, 5:]
    labels = [names[k] for k in scores.argmax(1)]
    return suppressed(np.concatenate([middle - size / 2, middle + size / 2], 1), scores.max(1), labels, 0.35, 0.45)


def fastestdet(outputs, names):
    """Rows of middle, size, object score and class probabilities."""
    rows = np.asarray(outputs[0][0], np.float64)
    middle, size = rows[:, :2], rows[:, 2:4]
    scores = rows[:, 4] * rows[:, 5:].max(1)
    return suppressed(np.concatenate([middle - size / 2, middle + size / 2], 1), scores, [names[k] for k in rows[:, 5:].argmax(1)], 0.4, 0.45)


def text_input(image):
    """Both sides multiples of 32, the longer at most 736; and how much larger the picture itself is."""
    scale = min(1, 736 / max(image.size))
    size = [max(32, round(d * scale / 32) * 32) for d in image.size]
    pixels = np.asarray(image.resize(size, Image.Resampling.BILINEAR))[..., ::-1] / 255
    return planes((pixels - 0.5) / 0.5), (image.width / size[0], image.height / size[1])


def regions(mask):
    """Connected regions of a mask, as arrays of (row, column)."""
    todo, out = {tuple(p) for p in np.argwhere(mask)}, []
    while todo:
        stack, region = [todo.pop()], []
        while stack:
            r, c = stack.pop()
            region.append((r, c))
            for near in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if near in todo:
                    todo.remove(near)
                    stack.append(near)
        out.append(np.array(region))
    return out


def text_boxes(heat, scale, size):
    """Upright boxes around the regions above 0.3 whose mean is above 0.5, widened as the model's training shrank them."""
    boxes = []
    for region in regions(heat > 0.3):
        (top_, left), (bottom, right) = region.min(0), region.max(0) + 1
        if bottom - top_ < 4 or right - left < 4 or heat[tuple(region.T)].mean() < 0.5:
            continue
        wider = 1.6 * (bottom - top_) * (right - left) / (2 * (bottom - top_ + right - left))
        x = np.clip([(left - wider) * scale[0], (right + wider) * scale[0]], 0, size[0])
        y = np.clip([(top_ - wider) * scale[1], (bottom + wider) * scale[1]], 0, size[1])
        boxes.append((int(x[0]), int(y[0]), int(x[1]), int(y[1])))
    return sorted(boxes, key=lambda b: (b[1], b[0]))


def text_line(image, width):
    """48 rows; `width` columns with blanks after the line, or as many as the line has."""
    columns = max(16, round(48 * image.width / image.height))
    if width:
        columns = min(columns, width)
    x = planes((np.asarray(image.resize((columns, 48), Image.Resampling.BILINEAR))[..., ::-1] / 255 - 0.5) / 0.5)
    return np.pad(x, ((0, 0),) * 3 + ((0, (width or max(columns, 320)) - columns),)) if columns < (width or 320) else x


def greedy_text(probabilities, characters):
    """Blanks and repetitions dropped; nothing where the mean of the characters kept is below 0.5."""
    best = probabilities.argmax(1)
    kept = [i for i, k in enumerate(best) if k and (i == 0 or k != best[i - 1])]
    if not kept or np.mean(probabilities[kept, best[kept]]) < 0.5:
        return ""
    return "".join(characters[best[i]] for i in kept)
