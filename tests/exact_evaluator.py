"""A plain evaluator of quantised ONNX graphs in numpy, in f64: sums of integers are exact in it.

Values between nodes are the real numbers that they stand for, in f64.  What rounds is QuantizeLinear, and its division
where an input of the model, an f32, is what it divides: that, the standard says, is done in f32.

It shares nothing with Hasten, and holds only to the standard's formulas: quantised values are integers held as f64,
QuantizeLinear is clip(round half to even(x / scale) + zero point), and a QLinear op is its float op between
DequantizeLinear and QuantizeLinear.  Only what the quantised models of the tests have is known.
"""
import numpy as np
from onnx import helper, numpy_helper

LIMITS = {np.dtype(np.uint8): (0, 255), np.dtype(np.int8): (-128, 127)}


def to_f32(x):
    return x.astype(np.float32).astype(np.float64)


def along(value, rank, axis):
    """A scale or zero point of one axis, shaped to broadcast."""
    return value.reshape([-1 if a == axis % max(rank, 1) else 1 for a in range(rank)]) if value.ndim == 1 and value.size > 1 else value.reshape(())


def dequantize(x, scale, zero, axis=1):
    return (x - along(np.asarray(zero, np.float64), x.ndim, axis)) * along(scale.astype(np.float64), x.ndim, axis)


def quantize(x, scale, zero, axis=1, f32=False):
    low, high = LIMITS[zero.dtype]
    steps = x / along(scale.astype(np.float64), x.ndim, axis)
    shifted = np.rint(to_f32(steps) if f32 else steps) + along(zero.astype(np.float64), x.ndim, axis)
    return np.clip(shifted, low, high)


def windows(x, kernel, strides, dilations, pads, value):
    """[N, C, outputs..., kernel...]."""
    rank = len(kernel)
    x = np.pad(x, [(0, 0), (0, 0)] + [(pads[a], pads[a + rank]) for a in range(rank)], constant_values=value)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(2, 2 + rank)))
    return view[(slice(None),) * 2 + tuple(slice(None, None, s) for s in strides) + tuple(slice(None, None, d) for d in dilations)]


def conv(x, w, b, attrs):
    rank, group = w.ndim - 2, attrs.get("group", 1)
    kernel = w.shape[2:]
    pads = attrs.get("pads", [0] * 2 * rank)
    if attrs.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise NotImplementedError(f"auto_pad {attrs['auto_pad']}")
    view = windows(x, kernel, attrs.get("strides", [1] * rank), attrs.get("dilations", [1] * rank), pads, 0.0)
    n, out = view.shape[0], view.shape[2:2 + rank]
    parts = []
    for i in range(group):
        part = np.moveaxis(view[:, i * w.shape[1]:(i + 1) * w.shape[1]], 1, 1 + rank)  # [n, out..., c, kernel...]
        weight = w[i * (w.shape[0] // group):(i + 1) * (w.shape[0] // group)]
        rows = part.reshape(-1, weight[0].size) @ weight.reshape(len(weight), -1).T
        parts.append(np.moveaxis(rows.reshape(n, *out, -1), -1, 1))
    y = np.concatenate(parts, 1)
    return y if b is None else y + b.reshape([1, -1] + [1] * rank)


def pool(x, attrs, largest):
    rank = x.ndim - 2
    pads = attrs.get("pads", [0] * 2 * rank)
    if attrs.get("ceil_mode", 0) or any(pads) and not largest:
        raise NotImplementedError("such a pool")
    view = windows(x, attrs["kernel_shape"], attrs.get("strides", [1] * rank), attrs.get("dilations", [1] * rank), pads,
                   -np.inf if largest else 0.0)
    over = tuple(range(2 + rank, 2 + 2 * rank))
    return view.max(over) if largest else view.mean(over)


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def q_linear_conv(i, a):
    x, w = dequantize(i[0], i[1], i[2]), dequantize(i[3].astype(np.float64), i[4], i[5], 0)
    bias = None
    if len(i) > 8 and i[8] is not None:
        bias = i[8].astype(np.float64) * np.broadcast_to(i[1].astype(np.float64) * i[4].astype(np.float64), i[8].shape)
    return quantize(conv(x, w, bias, a), i[6], i[7])


def split(i, a):
    parts = i[1].astype(int) if len(i) > 1 else a["split"]
    return np.split(i[0], np.cumsum(parts)[:-1], a.get("axis", 0))


def reshape(i, a):
    return i[0].reshape([i[0].shape[k] if d == 0 else int(d) for k, d in enumerate(i[1])])


def cast(i, a):
    """Values are f64 whatever their dtype; only what changes no value is allowed."""
    dtype = helper.tensor_dtype_to_np_dtype(a["to"])
    if dtype.kind in "iu" and not (np.all(i[0] == np.rint(i[0])) and i[0].min() >= np.iinfo(dtype).min and i[0].max() <= np.iinfo(dtype).max):
        raise NotImplementedError("a Cast that rounds")
    return i[0]


def gemm(i, a):
    x = (i[0].T if a.get("transA") else i[0]) @ (i[1].T if a.get("transB") else i[1]) * a.get("alpha", 1.0)
    return x if len(i) < 3 else x + a.get("beta", 1.0) * i[2]


OPS = {
    "QuantizeLinear": lambda i, a: quantize(i[0], i[1], i[2], a.get("axis", 1)),
    "DequantizeLinear": lambda i, a: dequantize(i[0].astype(np.float64), i[1], i[2], a.get("axis", 1)),
    "QLinearConv": q_linear_conv,
    "QLinearMatMul": lambda i, a: quantize(dequantize(i[0], i[1], i[2]) @ dequantize(i[3].astype(np.float64), i[4], i[5]), i[6], i[7]),
    "QLinearAdd": lambda i, a: quantize(dequantize(i[0], i[1], i[2]) + dequantize(i[3].astype(np.float64), i[4], i[5]), i[6], i[7]),
    "Conv": lambda i, a: conv(i[0], i[1], i[2] if len(i) > 2 else None, a),
    "Gemm": gemm,
    "MatMul": lambda i, a: i[0] @ i[1],
    "Add": lambda i, a: i[0] + i[1],
    "Relu": lambda i, a: np.maximum(i[0], 0),
    "Clip": lambda i, a: np.clip(i[0], *i[1:]),
    "Softmax": lambda i, a: softmax(i[0], a.get("axis", -1)),
    "MaxPool": lambda i, a: pool(i[0], a, True),
    "AveragePool": lambda i, a: pool(i[0], a, False),
    "GlobalAveragePool": lambda i, a: i[0].mean(tuple(range(2, i[0].ndim)), keepdims=True),
    "ReduceMean": lambda i, a: i[0].mean(tuple(a["axes"]), keepdims=bool(a.get("keepdims", 1))),
    "Flatten": lambda i, a: i[0].reshape(int(np.prod(i[0].shape[:a.get("axis", 1)])), -1),
    "Reshape": reshape,
    "Transpose": lambda i, a: i[0].transpose(a["perm"]),
    "Concat": lambda i, a: np.concatenate(i, a["axis"]),
    "Split": split,
    "Identity": lambda i, a: i[0],
    "Cast": cast,
    "Constant": lambda i, a: numpy_helper.to_array(a["value"]),
}


def evaluate(model, inputs):
    """Outputs, as f64.  Constants keep their dtypes, which tell what zero points quantise to; everything else is f64."""
    known = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    given = {name: array.astype(np.float64) for name, array in inputs}
    known.update(given)
    for node in model.graph.node:
        attrs = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type not in OPS:
            raise NotImplementedError(node.op_type)
        operands = [known[name] if name else None for name in node.input]
        if node.op_type == "QuantizeLinear" and node.input[0] in given:
            result = quantize(*operands, attrs.get("axis", 1), f32=True)
        else:
            result = OPS[node.op_type](operands, attrs)
        results = result if isinstance(result, list) else [result]
        known.update(zip(node.output, results))
    return [known[o.name] for o in model.graph.output]
