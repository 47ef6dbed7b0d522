"""Choosing, scattering, padding and slicing: nothing is computed, every bit must be equal."""
import numpy as np

from .case import Case, grid, i64, values

ALL = [np.float32, np.float64, np.int32, np.int64, np.uint8, np.int8, bool]
NUMBERS = [np.float32, np.float64, np.int32, np.int64]


@grid(shape=[(7,), (3, 5), (2, 0, 3), (2, 4, 3)], axis=[0, 1, -1], k=[0, 1, 3], largest=[0, 1], ordered=[1], dtype=NUMBERS)
def TopK(g, shape, axis, k, largest, ordered, dtype):
    if axis >= len(shape) or k > shape[axis]:
        return None
    return Case("TopK", [values(g, shape, dtype), i64(k)], {"axis": axis, "largest": largest, "sorted": ordered}, outputs=2, params=(1,),
                tolerance=0)


@grid(boxes=[0, 1, 9, 40], classes=[1, 3], batch=[1, 2], center=[0, 1], most=[None, 0, 1, 5], iou=[None, 0.0, 0.3, 0.7],
      score=[None, 0.4])
def NonMaxSuppression(g, boxes, classes, batch, center, most, iou, score):
    if boxes == 0 and (classes > 1 or batch > 1):
        return None
    corner, size = g.uniform(0, 1, (batch, boxes, 2)), g.uniform(0.1, 0.6, (batch, boxes, 2))
    found = np.concatenate([corner, size if center else corner + size], 2).astype(np.float32)
    if not center:
        flipped = g.integers(0, 2, (batch, boxes)).astype(bool)
        found[flipped] = found[flipped][:, [2, 1, 0, 3]]
    one = lambda v, dtype: None if v is None else np.array([v], dtype)
    return Case("NonMaxSuppression", [found, g.random((batch, classes, boxes)).astype(np.float32), one(most, np.int64),
                                      one(iou, np.float32), one(score, np.float32)],
                {"center_point_box": center}, opset=11, params=(2, 3, 4), tolerance=0)


@grid(shape=[(9,), (4, 5), (3, 2, 4), (0,)], axis=[None, 0, 1, -1], ordered=[0, 1], dtype=NUMBERS + [np.int8])
def Unique(g, shape, axis, ordered, dtype):
    if axis is not None and axis >= len(shape) or dtype == np.int32 and not ordered:
        return None  # ONNX Runtime lacks int32, and onnx.reference fails where it is not sorted
    x = (g.integers(0, 3, shape)).astype(dtype)
    return Case("Unique", [x], {"axis": axis, "sorted": ordered}, outputs=4, tolerance=0)


@grid(shape=[(5,), (2, 3), (0, 3)], axis=[-1, 0, 1, -2], depth=[1, 4, 7], index=[np.int64, np.int32, np.float32], dtype=[np.float32, np.int64, np.int32])
def OneHot(g, shape, axis, depth, index, dtype):
    if not -len(shape) - 1 <= axis <= len(shape):
        return None
    at, two = g.integers(-depth - 2, depth + 2, shape).astype(index), np.array([-1, 3], dtype)
    hot = np.stack([(at == k) | (at == k - depth) for k in range(depth)], axis if axis >= 0 else len(shape) + 1 + axis)
    # Few combinations of dtypes are known to ONNX Runtime or to onnx.reference.
    return Case("OneHot", [at, i64(depth), two], {"axis": axis}, params=(1, 2), tolerance=0, expected=lambda: [np.where(hot, two[1], two[0])])


@grid(shape=[((5,), (3, 1)), ((4, 3), (2, 1)), ((4, 3), (2, 2)), ((2, 3, 4), (1, 2, 2)), ((2, 3), (0, 1))],
      reduction=["none", "add", "mul", "max", "min"], dtype=ALL)
def ScatterND(g, shape, reduction, dtype):
    if reduction != "none" and dtype in (bool, np.uint8, np.int8):
        return None
    data, index = shape
    k = index[-1]
    flat = [np.unravel_index(i, data[:k]) for i in g.permutation(int(np.prod(data[:k])))[:int(np.prod(index[:-1]))]]
    at = np.array(flat, np.int64).reshape(index)
    negative = g.integers(0, 2, at.shape).astype(bool)
    at = np.where(negative, at - np.array(data[:k]), at) if at.size else at
    if reduction != "none" and at.size:
        at.reshape(-1, k)[-1] = at.reshape(-1, k)[0]
    return Case("ScatterND", [values(g, data, dtype), at, values(g, (*index[:-1], *data[k:]), dtype)], {"reduction": reduction}, opset=18,
                tolerance=None if reduction in ("add", "mul") else 0)


@grid(shape=[((5,), (3,)), ((4, 3), (2, 3)), ((2, 3, 4), (1, 2, 3)), ((2, 3), (0, 3))], axis=[0, 1, -1],
      reduction=["none", "add", "mul", "max", "min"], dtype=ALL, index=[np.int64, np.int32])
def ScatterElements(g, shape, axis, reduction, dtype, index):
    data, part = shape
    if axis >= len(data) or reduction != "none" and dtype in (bool, np.uint8, np.int8):
        return None
    size = data[axis]
    if reduction == "none":  # no element twice
        at = np.argsort(g.random(tuple(size if a == axis % len(data) else d for a, d in enumerate(part))), axis=axis)
        at = at.take(np.arange(part[axis]), axis=axis) - size * g.integers(0, 2, part)
    else:
        at = g.integers(-size, size, part)
    return Case("ScatterElements", [values(g, data, dtype), at.astype(index), values(g, part, dtype)], {"axis": axis, "reduction": reduction},
                opset=18, tolerance=None if reduction in ("add", "mul") else 0)


@grid(shape=[((4, 3), (2, 1), 0), ((4, 3), (2, 2), 0), ((2, 3, 4), (2, 1), 1), ((2, 3, 4), (2, 5, 2), 1), ((2, 3, 4, 2), (2, 3, 1), 2), ((2, 3), (0, 1), 0)],
      dtype=ALL)
def GatherND(g, shape, dtype):
    data, index, batch = shape
    limit = np.array(data[batch:batch + index[-1]])
    return Case("GatherND", [values(g, data, dtype), g.integers(-limit, limit, index).astype(np.int64)], {"batch_dims": batch}, tolerance=0)


@grid(op=["Gather", "GatherElements"], axis=[0, 1, 2, -1], index=[np.int64, np.int32], shape=[(2, 3, 2), (1, 0, 4), (2, 3, 1)], dtype=ALL)
def gathers(g, op, axis, index, shape, dtype):
    data = (2, 3, 4)
    return Case(op, [values(g, data, dtype), g.integers(-data[axis], data[axis], shape).astype(index)], {"axis": axis}, tolerance=0)


@grid(mode=["constant", "reflect", "edge", "wrap"], pads=[(1, 2, 2, 1), (0, 3, 0, 1), (-1, 0, 2, -1), (0, 0, 0, 0)],
      axes=[None, (1, 0), (-2, -1)], value=[None, 5], dtype=ALL)
def Pad(g, mode, pads, axes, value, dtype):
    if value is not None and mode != "constant" or mode != "constant" and min(pads) < 0:
        return None
    more = [None if value is None else np.array(value).astype(dtype), None if axes is None else i64(*axes)]
    return Case("Pad", [values(g, (4, 5), dtype), i64(*pads), *more], {"mode": mode}, opset=19, params=(1, 2, 3), tolerance=0)


@grid(start=[0, 2, -3, -99], end=[3, -1, 99, 0], step=[1, 2, -1, -3, 7], axis=[0, 1, -1], index=[np.int64, np.int32],
      dtype=[np.float32, np.int64, bool])
def Slice(g, start, end, step, axis, index, dtype):
    one = lambda v: np.array([v], index)
    return Case("Slice", [values(g, (5, 7), dtype), one(start), one(end), one(axis), one(step)], params=(1, 2, 3, 4), tolerance=0)


@grid(upper=[0, 1], k=[None, -7, -1, 0, 2, 9], shape=[(4, 5), (2, 3, 3), (0, 3), (5, 1)], dtype=[np.float32, np.float64, np.int64, bool])
def Trilu(g, upper, k, shape, dtype):
    return Case("Trilu", [values(g, shape, dtype), None if k is None else np.array(k, np.int64)], {"upper": upper}, params=(1,), tolerance=0)


@grid(axis=[0, 1, -1], exclusive=[0, 1], reverse=[0, 1], shape=[(5,), (3, 4), (2, 3, 2), (0, 3)], index=[np.int32, np.int64], dtype=NUMBERS)
def CumSum(g, axis, exclusive, reverse, shape, index, dtype):
    if axis >= len(shape):
        return None
    return Case("CumSum", [values(g, shape, dtype), np.array(axis, index)], {"exclusive": exclusive, "reverse": reverse}, params=(1,), opset=14)


@grid(shape=[(), (5,), (3, 4), (2, 0), (2, 3, 2)], dtype=[np.float32, np.int64, np.int32, np.uint8, bool])
def NonZero(g, shape, dtype):
    return Case("NonZero", [np.asarray(g.integers(0 if dtype == np.uint8 else -1, 2, shape)).astype(dtype)], tolerance=0,
                doubt="" if shape else "gives [1, N] for a scalar, must be [0, N]")


@grid(axis=[None, 0, 1, -1], count=[0, 1, 3], dtype=[np.float32, np.int64, bool])
def Compress(g, axis, count, dtype):
    return Case("Compress", [values(g, (3, 4), dtype), g.integers(0, 2, count).astype(bool)], {"axis": axis}, tolerance=0)


@grid(batch=[0, 1], dtype=[np.float32, np.int64, bool])
def ReverseSequence(g, batch, dtype):
    shape = (4, 5, 2)
    return Case("ReverseSequence", [values(g, shape, dtype), g.integers(1, shape[1 - batch] + 1, shape[batch])],
                {"batch_axis": batch, "time_axis": 1 - batch}, tolerance=0)


@grid(op=["ArgMax", "ArgMin"], axis=[0, 1, -1], keep=[0, 1], last=[0, 1], dtype=[np.float32, np.float64, np.int32, np.int8, np.uint8])
def extremes(g, op, axis, keep, last, dtype):
    return Case(op, [values(g, (3, 40, 2), dtype)], {"axis": axis, "keepdims": keep, "select_last_index": last}, tolerance=0)


@grid(op=["DepthToSpace", "SpaceToDepth"], block=[1, 2, 3], mode=["DCR", "CRD"], dtype=[np.float32, np.float64])
def blocks(g, op, block, mode, dtype):
    if op == "SpaceToDepth" and mode == "CRD":
        return None
    shape = (2, 2 * block * block, 3, 2) if op == "DepthToSpace" else (2, 2, 3 * block, 2 * block)
    return Case(op, [values(g, shape, dtype)], {"blocksize": block, "mode": mode if op == "DepthToSpace" else None}, tolerance=0)


@grid(op=["Tile", "Expand"], shape=[(3,), (1, 3), (2, 1, 3), (0, 3)], dtype=ALL)
def repeats(g, op, shape, dtype):
    to = g.integers(0, 4, len(shape)) if op == "Tile" else i64(2, *[4 if d == 1 else d for d in shape])
    return Case(op, [values(g, shape, dtype), to.astype(np.int64)], params=(1,), tolerance=0)


@grid(axis=[0, 1, -1], how=["num_outputs", "split"], dtype=ALL)
def Split(g, axis, how, dtype):
    shape = (7, 5)
    sizes = i64(2, 0, shape[axis] - 2)
    return Case("Split", [values(g, shape, dtype), sizes if how == "split" else None],
                {"axis": axis, "num_outputs": 3 if how == "num_outputs" else None}, outputs=3, params=(1,), tolerance=0)


@grid(start=[0, -3, 2.5], limit=[7, -9, 2.5], delta=[1, -2, 0.7], dtype=[np.float32, np.float64, np.int32, np.int64])
def Range(g, start, limit, delta, dtype):
    if np.dtype(dtype).kind == "i" and (start % 1 or limit % 1 or delta % 1):
        return None
    return Case("Range", [np.array(v, dtype) for v in (start, limit, delta)], params=(0, 1, 2))
