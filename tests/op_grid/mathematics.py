"""Contractions, norms, reductions, transforms, quantisation."""
import numpy as np
from onnx import TensorProto

from .case import Case, grid, i64, values

EQUATIONS = {"ij,jk->ik": [(3, 4), (4, 2)], "ij,jk": [(3, 4), (4, 2)], "bij,bjk->bik": [(2, 3, 4), (2, 4, 5)], "ij->ji": [(3, 4)], "ij->": [(3, 4)],
             "ii->i": [(4, 4)], "ii": [(4, 4)], "i,i->": [(5,), (5,)], "i,j->ij": [(3,), (4,)], "...ij,...jk->...ik": [(2, 1, 3, 4), (5, 4, 2)],
             "b...i,bj->...ij": [(2, 3, 2, 4), (2, 3)], "ijk,jil,kl->il": [(2, 3, 4), (3, 2, 5), (4, 5)], "bhqd,bkhd->bhqk": [(2, 2, 3, 4), (2, 5, 2, 4)],
             "abc,cd,def->aebf": [(2, 3, 4), (4, 5), (5, 2, 3)], "ij,ij,ij->j": [(3, 4)] * 3, "i...->...": [(3, 2, 4)], "...ii->...i": [(2, 3, 3)],
             "ij,j->i": [(0, 4), (4,)], "ij,jk->ki": [(3, 0), (0, 2)]}


@grid(equation=list(EQUATIONS), dtype=[np.float32, np.float64, np.int32, np.int64])
def Einsum(g, equation, dtype):
    return Case("Einsum", [values(g, s, dtype) for s in EQUATIONS[equation]], {"equation": equation}, opset=12, tolerance=1e-4 if dtype == np.float32 else None)


@grid(shape=[(2, 3, 8), (1, 1), (4, 5, 3, 2), (7, 33), (0, 4)], axis=[-1, 1, -2, 0], bias=[False, True], epsilon=[None, 0.1],
      dtype=[np.float32, np.float64, np.float16], outputs=[1, 3])
def LayerNormalization(g, shape, axis, bias, epsilon, dtype, outputs):
    if shape[0] == 0 and axis in (0, -2) or outputs == 3 and dtype == np.float16:
        return None
    of = shape[axis:]
    return Case("LayerNormalization", [values(g, shape, dtype), values(g, of, dtype), values(g, of, dtype) if bias else None],
                {"axis": axis, "epsilon": epsilon}, outputs=outputs, opset=17, params=(1, 2), tolerance=1e-5 if dtype == np.float64 else 1e-4 if dtype == np.float32 else 5e-3)


@grid(shape=[(2, 6, 4, 5), (1, 4, 7), (3, 12, 2, 2, 2)], groups=[1, 2, 3, 6], epsilon=[None, 0.1], opset=[18, 21], dtype=[np.float32, np.float16])
def GroupNormalization(g, shape, groups, epsilon, opset, dtype):
    if shape[1] % groups:
        return None
    of = (groups if opset == 18 else shape[1],)
    return Case("GroupNormalization", [values(g, shape, dtype), values(g, of, dtype), values(g, of, dtype)], {"num_groups": groups, "epsilon": epsilon},
                opset=opset, params=(1, 2), tolerance=1e-4 if dtype == np.float32 else 1e-2)


@grid(shape=[(2, 3, 4, 5), (1, 4, 7), (2, 3, 1, 1, 2)], epsilon=[None, 0.1])
def InstanceNormalization(g, shape, epsilon):
    return Case("InstanceNormalization", [values(g, shape), values(g, shape[1:2]), values(g, shape[1:2])], {"epsilon": epsilon}, params=(1, 2), tolerance=1e-4)


@grid(shape=[(2, 3, 8), (4, 5, 3, 2), (7, 33)], axis=[-1, 1, 0], epsilon=[None, 0.1], dtype=[np.float32, np.float64])
def RMSNormalization(g, shape, axis, epsilon, dtype):
    return Case("RMSNormalization", [values(g, shape, dtype), values(g, shape[axis:], dtype)], {"axis": axis, "epsilon": epsilon}, opset=23, params=(1,),
                tolerance=1e-5)


@grid(shape=[(2, 5, 4, 3), (1, 7, 1, 6)], size=[1, 3, 5], alpha=[0.001, 0.5], beta=[0.75, 0.3], bias=[1.0, 2.0])
def LRN(g, shape, size, alpha, beta, bias):
    return Case("LRN", [values(g, shape)], {"size": size, "alpha": alpha, "beta": beta, "bias": bias})


@grid(op=["Softmax", "LogSoftmax", "Hardmax"], axis=[0, 1, -1], shape=[(3, 4), (2, 3, 5), (2, 0, 3)], opset=[11, 13], dtype=[np.float32, np.float64])
def softmaxes(g, op, axis, shape, opset, dtype):
    if opset == 11 and (axis < 0 or dtype == np.float64):
        return None
    return Case(op, [values(g, shape, dtype, -9, 9)], {"axis": axis}, opset=opset)


REDUCTIONS = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"]


@grid(op=REDUCTIONS, axes=[None, (), (0,), (1, -1), (0, 1, 2)], keep=[0, 1], noop=[0, 1], dtype=[np.float32, np.float64, np.int32, np.int64])
def reductions(g, op, axes, keep, noop, dtype):
    if op in ("ReduceLogSum", "ReduceLogSumExp", "ReduceMean", "ReduceL2") and np.dtype(dtype).kind == "i":
        return None  # what an integer's logarithm or mean rounds to is not said
    low = 0.1 if op == "ReduceLogSum" else -2
    x = values(g, (3, 2, 4), dtype, low)
    if op == "ReduceProd" and x.dtype.kind == "i":
        x //= 20  # so that no product overflows
    return Case(op, [x, None if axes is None else i64(*axes)], {"keepdims": keep, "noop_with_empty_axes": noop}, opset=18,
                params=(1,))


@grid(a=[(3, 4), (4,), (2, 3, 4), (5, 1, 3, 4), (0, 4), (2, 0, 4)], b=[(4, 2), (4,), (2, 4, 5), (2, 4, 1), (4, 0)],
      dtype=[np.float32, np.float64, np.int32, np.int64])
def MatMul(g, a, b, dtype):
    try:
        np.matmul(np.zeros(a), np.zeros(b))
    except ValueError:
        return None
    return Case("MatMul", [values(g, a, dtype), values(g, b, dtype)], params=(1,))


@grid(ta=[0, 1], tb=[0, 1], alpha=[1.0, -0.5], beta=[1.0, 2.0], c=[None, (), (5,), (3, 1), (1, 5), (3, 5)], dtype=[np.float32, np.float64])
def Gemm(g, ta, tb, alpha, beta, c, dtype):
    return Case("Gemm", [values(g, (4, 3) if ta else (3, 4), dtype), values(g, (5, 4) if tb else (4, 5), dtype), None if c is None else values(g, c, dtype)],
                {"transA": ta, "transB": tb, "alpha": alpha, "beta": beta}, params=(1, 2))


def transform(x, length, axis, inverse, onesided):
    """The standard's discrete Fourier transform in f64."""
    axis %= x.ndim  # which counts the last axis, of real and imaginary parts
    z = x[..., 0] + (1j * x[..., 1] if x.shape[-1] == 2 else 0)
    n = length or z.shape[axis]
    if inverse and onesided:
        y = np.fft.irfft(z, n, axis)[..., None]
    else:
        y = (np.fft.ifft if inverse else np.fft.fft)(z, n, axis)
        y = y.take(np.arange(n // 2 + 1), axis) if onesided else y
        y = np.stack([y.real, y.imag], -1)
    return [y.astype(x.dtype)]


@grid(shape=[(2, 8, 1), (2, 7, 2), (1, 5, 6, 1), (3, 4, 5, 2)], axis=[1, -2, 2], length=[None, 4, 9, 16], inverse=[0, 1], onesided=[0, 1],
      opset=[17, 20], dtype=[np.float32, np.float64])
def DFT(g, shape, axis, length, inverse, onesided, opset, dtype):
    if onesided and (inverse or shape[-1] == 2) or axis >= len(shape) - 1 or axis == -2 and opset == 17:
        return None
    x = values(g, shape, dtype)
    parts = [x, None if length is None else np.array(length, np.int64)]
    attrs = {"inverse": inverse, "onesided": onesided}
    if opset == 17:
        attrs["axis"] = axis
    else:
        parts.append(np.array(axis, np.int64))
    # In f64 ONNX Runtime is right to 1e-8 only at some lengths, so numpy judges.
    numpy_judges = (lambda: transform(x, length, axis, inverse, onesided)) if dtype == np.float64 else None
    return Case("DFT", parts, attrs, opset=opset, params=(1, 2), expected=numpy_judges)


@grid(step=[1, 3], frame=[4, 8], window=[False, True], onesided=[0, 1], dtype=[np.float32, np.float64])
def STFT(g, step, frame, window, onesided, dtype):
    return Case("STFT", [values(g, (2, 20, 1), dtype), np.array(step, np.int64), values(g, (frame,), dtype) if window else None,
                         None if window else np.array(frame, np.int64)], {"onesided": onesided}, opset=17, params=(1, 2, 3), tolerance=1e-5)


@grid(op=["HannWindow", "HammingWindow", "BlackmanWindow"], size=[3, 9, 16], periodic=[0, 1])
def signal_windows(g, op, size, periodic):
    return Case(op, [np.array(size, np.int64)], {"periodic": periodic}, opset=17, params=(0,), tolerance=1e-6)


@grid(bins=[4, 8], length=[16, 64], rate=[8000, 16000], low=[0.0, 125.5], high=[3000.0, 4000.0])
def MelWeightMatrix(g, bins, length, rate, low, high):
    f = lambda v: np.array(v, np.float32)
    return Case("MelWeightMatrix", [np.array(bins, np.int64), np.array(length, np.int64), np.array(rate, np.int64), f(low), f(high)], opset=17,
                params=(0, 1, 2, 3, 4), tolerance=1e-5)


@grid(of=["tensor", "axis", "blocks"], axis=[0, 1, -1], dtype=[np.uint8, np.int8, np.uint16, np.int16], zero=[False, True], scale=[0.02, 0.5])
def QuantizeLinear(g, of, axis, dtype, zero, scale):
    if not zero and dtype != np.uint8:
        return None
    x = values(g, (4, 6), low=-9, high=9)
    shape = {"tensor": (), "axis": (x.shape[axis],), "blocks": (2, 6) if axis == 0 else (4, 3)}[of]
    parts = [x, g.uniform(scale, 2 * scale, shape).astype(np.float32), values(g, shape, dtype) if zero else None]
    return Case("QuantizeLinear", parts, {"axis": None if of == "tensor" else axis, "block_size": 2 if of == "blocks" else None}, opset=21,
                params=(1, 2), tolerance=0)


@grid(of=["tensor", "axis", "blocks"], axis=[0, 1, -1], dtype=[np.uint8, np.int8, np.uint16, np.int16, np.int32], zero=[False, True],
      to=[np.float32, np.float16])
def DequantizeLinear(g, of, axis, dtype, zero, to):
    if zero and dtype == np.int32:
        return None
    shape = {"tensor": (), "axis": ((4, 6)[axis],), "blocks": (2, 6) if axis == 0 else (4, 3)}[of]
    parts = [values(g, (4, 6), dtype), g.uniform(0.01, 0.05, shape).astype(to), values(g, shape, dtype) if zero else None]
    return Case("DequantizeLinear", parts, {"axis": None if of == "tensor" else axis, "block_size": 2 if of == "blocks" else None}, opset=21,
                params=(1, 2), tolerance=0)


@grid(a=[np.uint8, np.int8], b=[np.uint8, np.int8], zeros=["none", "scalar", "column"], shape=[((3, 5), (5, 4)), ((2, 3, 5), (5, 4)), ((2, 3, 64), (2, 64, 7))])
def MatMulInteger(g, a, b, zeros, shape):
    """Full range; the sum is exact, so numpy judges: pairs of u8 * i8 saturate in ONNX Runtime where a machine lacks VNNI."""
    full = lambda s, d: g.integers(np.iinfo(d).min, np.iinfo(d).max + 1, s).astype(d)
    x, y = full(shape[0], a), full(shape[1], b)
    za = None if zeros == "none" else full((), a)
    zb = None if zeros == "none" else full(() if zeros == "scalar" or len(shape[1]) == 3 else shape[1][-1:], b)
    minus = lambda v, z: v.astype(np.int64) - (0 if z is None else z.astype(np.int64))
    return Case("MatMulInteger", [x, y, za, zb], params=(1, 2, 3), tolerance=0, expected=lambda: [np.matmul(minus(x, za), minus(y, zb)).astype(np.int32)])


@grid(shape=[(7,), (3, 5), (1,)], low=[-3.0, 0.5, 0.0], high=[0.0, 4.0, -0.25])
def DynamicQuantizeLinear(g, shape, low, high):
    return Case("DynamicQuantizeLinear", [g.uniform(min(low, high), max(low, high), shape).astype(np.float32)], outputs=3, tolerance=0,
                doubt="" if low or high else "gives the scale 1 for zeros, onnx.reference 1 / 255")


KINDS = [np.float32, np.float64, np.float16, np.int8, np.uint8, np.int32, np.int64, bool]


@grid(dtype=KINDS, to=KINDS)
def Cast(g, dtype, to):
    return Case("Cast", [values(g, (3, 5), dtype, 0 if np.dtype(to).kind == "u" else -2)], {"to": int(TensorProto.DataType.Value(NAMES[np.dtype(to).name]))}, tolerance=0)


NAMES = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "FLOAT16", "int8": "INT8", "uint8": "UINT8", "int32": "INT32", "int64": "INT64", "bool": "BOOL"}


@grid(fmod=[0, 1], dtype=[np.float32, np.float64, np.int32, np.int64, np.int8, np.uint8])
def Mod(g, fmod, dtype):
    if np.dtype(dtype).kind == "f" and not fmod:
        return None
    return Case("Mod", [values(g, (4, 5), dtype), np.where((d := values(g, (5,), dtype)) == 0, np.array(3, dtype), d)], {"fmod": fmod})


@grid(shape=[(1, 1), (3, 3), (2, 4, 4)], dtype=[np.float32, np.float64])
def Det(g, shape, dtype):
    return Case("Det", [values(g, shape, dtype)], tolerance=1e-4 if dtype == np.float32 else None)
