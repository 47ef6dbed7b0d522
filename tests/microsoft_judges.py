"""Quantised ops of com.microsoft by their formulas in numpy: integers are summed exactly, the rest is f64.

ONNX Runtime is no judge of full-range weights: it adds pairs of u8 * i8 in 16 bits on machines without VNNI, and these saturate.
"""
import numpy as np


def wide(x):
    return np.asarray(x, np.float64)


def unpacked(x, bits):
    """Values of `bits` bits, the lowest first, along the last axis."""
    return ((x[..., None] >> np.arange(0, 8, bits, dtype=np.uint8)) & (2 ** bits - 1)).reshape(*x.shape[:-1], -1)


def mat_mul_n_bits(x, b, scales, zeros=None, groups=None, bias=None, *, K, N, bits, block_size):
    count = -(-K // block_size)
    if zeros is None:
        zeros = np.full((N, count), 2 ** (bits - 1))
    elif zeros.dtype == np.uint8:
        zeros = unpacked(zeros, bits)[:, :count]
    of = np.arange(K) // block_size if groups is None else groups
    weight = (wide(unpacked(b, bits).reshape(N, -1)[:, :K]) - wide(zeros)[:, of]) * wide(scales).reshape(N, count)[:, of]
    y = wide(x) @ weight.T + (0 if bias is None else wide(bias))
    return [y.astype(x.dtype)]


def product(a, a_scale, a_zero, b, b_scale, b_zero, c=None, y_scale=None, y_zero=None, *, alpha=1.0, transA=0, transB=0):
    """QGemm; without c, y_scale and y_zero MatMulIntegerToFloat."""
    a, b = wide(a) - wide(0 if a_zero is None else a_zero), wide(b) - (0 if b_zero is None else wide(b_zero))
    y = np.matmul(a.T if transA else a, b.T if transB else b)
    y = alpha * wide(a_scale) * wide(b_scale) * (y + (0 if c is None else wide(c)))
    if y_scale is None:
        return [y.astype(np.float32)]
    low, high = np.iinfo(y_zero.dtype).min, np.iinfo(y_zero.dtype).max
    return [np.clip(np.rint(y / wide(y_scale)) + wide(y_zero), low, high).astype(y_zero.dtype)]


def dynamic_product(x, b, b_scale, b_zero=None, bias=None):
    """DynamicQuantizeMatMul: x is quantised as DynamicQuantizeLinear does, in f32."""
    low, high = np.minimum(x.min(), np.float32(0)), np.maximum(x.max(), np.float32(0))
    scale = (high - low) / np.float32(255)
    zero = np.clip(np.rint(-low / scale), 0, 255)
    a = np.clip(np.rint(x / scale) + zero, 0, 255)
    y = product(a, scale, zero, b, b_scale, b_zero)[0]
    return [y if bias is None else y + bias]


def lstm(x, w, r, bias, w_scale, w_zero, r_scale, r_zero, *, direction, hidden_size):
    """DynamicQuantizeLSTM: an LSTM of the dequantised weights.  (ONNX Runtime also rounds x and the state to 8 bits.)"""
    sigmoid = lambda v: 1 / (1 + np.exp(-v))
    steps, batch, _ = x.shape
    outputs, last_h, last_c = [], [], []
    for d in range(w.shape[0]):
        per = lambda v: wide(v)[d] if v.ndim == 2 else wide(v).reshape(-1)[d]
        wd, rd = (wide(w[d]) - per(w_zero)) * per(w_scale), (wide(r[d]) - per(r_zero)) * per(r_scale)
        h, c, rows = np.zeros((batch, hidden_size)), np.zeros((batch, hidden_size)), [None] * steps
        backwards = direction == "reverse" or d == 1
        for t in reversed(range(steps)) if backwards else range(steps):
            gates = wide(x[t]) @ wd + h @ rd + wide(bias[d][:4 * hidden_size]) + wide(bias[d][4 * hidden_size:])
            i, o, f, g = np.split(gates, 4, 1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            rows[t] = h
        outputs.append(np.stack(rows))
        last_h.append(h)
        last_c.append(c)
    return [v.astype(np.float32) for v in (np.stack(outputs, 1), np.stack(last_h), np.stack(last_c))]
