#!/usr/bin/env python3
"""Ops of com.microsoft (src/ops/microsoft), one node at a time, with shapes known and with every dim a symbol.

ONNX Runtime judges; of sums of quantised numbers, which saturate in it, the formulas in microsoft_judges.py.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import microsoft_judges as exact
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

BINARY = os.environ.get("HASTEN_BIN", "build/hasten")
DOMAIN = "com.microsoft"
generator = np.random.default_rng(7)
cases = []


def f32(*shape, low=-1.0, high=1.0):
    return generator.uniform(low, high, shape).astype(np.float32)


def f16(*shape, low=-1.0, high=1.0):
    return f32(*shape, low=low, high=high).astype(np.float16)


def u8(*shape, low=0, high=255):
    return generator.integers(low, high + 1, shape).astype(np.uint8)


def i8(*shape, low=-128, high=127):
    return generator.integers(low, high + 1, shape).astype(np.int8)


def i32(*shape, low=0, high=1):
    return generator.integers(low, high + 1, shape).astype(np.int32)


def i64(*shape, low=0, high=1):
    return generator.integers(low, high + 1, shape).astype(np.int64)


def fixed(dtype, *values):
    return np.array(values, dtype) if len(values) > 1 else np.array(values[0], dtype)


def case(what, op, inputs, outputs=(0,), constant=(), rtol=1e-3, atol=1e-5, domain=DOMAIN, judge=None, **attrs):
    """`outputs`: numbers of those compared; `constant`: numbers of inputs that onnxruntime wants as constants."""
    cases.append((f"{op}: {what}", op, inputs, outputs, set(constant), rtol, atol, domain, judge, attrs))


def info_of(op, name):
    """Outputs are of the type that inference gives; onnxruntime asks for that of MultiHeadAttention's scores."""
    if op == "MultiHeadAttention":
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
    return helper.make_empty_tensor_value_info(name)


def model_of(op, inputs, outputs, constant, domain, attrs, dynamic=False):
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    results = [f"y{i}" if i in outputs else "" for i in range(max(outputs) + 1)]
    node = helper.make_node(op, names, results, domain=domain, **attrs)
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype),
                                       [f"{n}_{a}" for a in range(x.ndim)] if dynamic else x.shape)
         for i, (n, x) in enumerate(zip(names, inputs)) if n and i not in constant],
        [info_of(op, n) for n in results if n],
        [numpy_helper.from_array(inputs[i], names[i]) for i in sorted(constant)])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(DOMAIN, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def expected_of(model, feed):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(None, feed)


def hasten_of(model, feed, count, folder):
    onnx.save(model, folder / "model.onnx")
    (folder / "in").mkdir()
    for i, value in enumerate(feed.values()):
        (folder / "in" / f"input_{i}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
    command = [BINARY, "run", str(folder / "model.onnx"), "--output-dir", str(folder / "out"), "--output-format", "pb"]
    if feed:
        command += ["--input-dir", str(folder / "in")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"hasten: {done.stderr.strip()}")
    return [numpy_helper.to_array(TensorProto.FromString((folder / "out" / f"output_{i}.pb").read_bytes())) for i in range(count)]


def difference(want, got, rtol, atol):
    if want.dtype != got.dtype or want.shape != got.shape:
        return f"is {got.dtype}{list(got.shape)}, must be {want.dtype}{list(want.shape)}"
    a, b = want.astype(np.float64), got.astype(np.float64)
    far = ~np.isclose(b, a, rtol=rtol, atol=atol, equal_nan=True)
    if not far.any():
        return None
    at = np.unravel_index(np.argmax(far), far.shape)
    return f"{far.sum()} of {far.size} differ, the first at {[int(k) for k in at]}: is {b[at]}, must be {a[at]}"


def run(what, op, inputs, outputs, constant, rtol, atol, domain, judge, attrs):
    model = model_of(op, inputs, outputs, constant, domain, attrs)
    feed = {f"x{i}": x for i, x in enumerate(inputs) if x is not None and i not in constant}
    want = judge() if judge else expected_of(model, feed)
    for dynamic in (False, True):
        shaped = model_of(op, inputs, outputs, constant, domain, attrs, dynamic)
        with tempfile.TemporaryDirectory() as folder:
            got = hasten_of(shaped, feed, len(want), pathlib.Path(folder))
        for i, (a, b) in enumerate(zip(want, got)):
            if text := difference(a, b, rtol, atol):
                return f"output {outputs[i]}{', symbolic shapes' if dynamic else ''}: {text}"
    return None


def fused_conv_cases():
    x, w, b = f32(2, 6, 7, 5), f32(4, 6, 3, 3), f32(4)
    for activation, params in [("Relu", []), ("Tanh", []), ("Sigmoid", []), ("LeakyRelu", [0.2]), ("Clip", [-0.5, 0.75]),
                               ("HardSigmoid", [0.3, 0.4])]:
        more = {"activation_params": params} if params else {}
        case(activation, "FusedConv", [x, w, b], activation=activation, pads=[1, 0, 2, 1], **more)
    case("sum", "FusedConv", [x, w, b, f32(2, 4, 5, 3)], activation="Relu")
    case("group, strides", "FusedConv", [x, f32(4, 3, 3, 3), b], activation="Relu", group=2, strides=[2, 1], dilations=[1, 2])
    case("same", "FusedConv", [x, w], activation="Relu", auto_pad="SAME_UPPER", strides=[2, 2])


def product_cases():
    a, b = f32(3, 5), f32(5, 7)
    for activation, more in [("Relu", {}), ("Sigmoid", {}), ("Tanh", {}), ("LeakyRelu", {"activation_alpha": 0.2}), ("Softplus", {}),
                             ("HardSigmoid", {"activation_alpha": 0.3, "activation_beta": 0.4}),
                             ("Elu", {"activation_alpha": 0.7}), ("ThresholdedRelu", {"activation_alpha": 0.3}), ("Softsign", {})]:
        case(activation, "FusedGemm", [a, b, f32(7)], activation=activation, **more)
    case("alpha, beta, transposed", "FusedGemm", [f32(5, 3), f32(7, 5), f32(3, 1)], activation="Relu", alpha=0.5, beta=-2.0,
         transA=1, transB=1)
    case("plain", "FusedMatMul", [f32(2, 3, 5), f32(5, 7)], alpha=0.25)
    for ta in (0, 1):
        for tb in (0, 1):
            case(f"transA {ta}, transB {tb}", "FusedMatMul", [f32(2, *((5, 3) if ta else (3, 5))), f32(2, *((7, 5) if tb else (5, 7)))],
                 transA=ta, transB=tb, alpha=0.5)
            case(f"batches in front, transA {ta}, transB {tb}", "FusedMatMul",
                 [f32(*((5, 2, 4, 3) if ta else (3, 2, 4, 5))), f32(*((7, 2, 4, 5) if tb else (5, 2, 4, 7)))],
                 transA=ta, transB=tb, transBatchA=1, transBatchB=1)
    case("broadcast", "FusedMatMul", [f32(4, 1, 3, 5), f32(2, 7, 5)], transB=1)
    case("plain", "Inverse", [f32(2, 5, 5) + 3 * np.eye(5, dtype=np.float32)])
    case("f64", "Inverse", [(f32(3, 3) + 3 * np.eye(3)).astype(np.float64)], rtol=1e-9)


def gelu_cases():
    for name, make, atol in (("f32", f32, 1e-5), ("f16", f16, 2e-3)):
        x, b = make(3, 5, 33, low=-6, high=6), make(33)
        case(name, "FastGelu", [x], atol=atol)
        case(f"bias, {name}", "FastGelu", [x, b], atol=atol)
        case(name, "QuickGelu", [x], atol=atol)
        case(f"alpha, {name}", "QuickGelu", [x], atol=atol, alpha=0.7)
    case("f32", "Gelu", [f32(3, 37, low=-6, high=6)])
    case("f32", "BiasGelu", [f32(3, 5, 33, low=-6, high=6), f32(33)])


def norm_cases():
    for name, make, tolerance in (("f32", f32, 1e-4), ("f16", f16, 4e-3)):
        x, k = make(2, 3, 24), make(24)
        options = {"rtol": tolerance, "atol": tolerance}
        case(name, "SkipLayerNormalization", [x, make(2, 3, 24), k], **options)
        case(f"beta, bias, sum, {name}", "SkipLayerNormalization", [x, make(2, 3, 24), k, make(24), make(24)], (0, 3), **options)
        case(f"skip of one batch, {name}", "SkipLayerNormalization", [x, make(1, 3, 24), k, make(24)], epsilon=0.1, **options)
        case(f"skip of rank 2, {name}", "SkipLayerNormalization", [x, make(3, 24), k, make(24)], (0, 3), **options)
        case(name, "SkipSimplifiedLayerNormalization", [x, make(2, 3, 24), k], **options)
        case(f"bias, sum, {name}", "SkipSimplifiedLayerNormalization", [x, make(2, 3, 24), k, make(24)], (0, 3), epsilon=0.1, **options)
        case(name, "SimplifiedLayerNormalization", [x, k], domain="", **options)
    case("axis 1", "SimplifiedLayerNormalization", [f32(2, 3, 5), f32(3, 5)], domain="", axis=1, epsilon=0.01)
    ids, words, positions, segments = i32(2, 4, high=9), f32(10, 8), f32(6, 8), f32(2, 8)
    k = [f32(8), f32(8)]
    case("words", "EmbedLayerNormalization", [ids, None, words, positions, None, *k], (0, 1))
    case("segments", "EmbedLayerNormalization", [ids, i32(2, 4), words, positions, segments, *k], (0, 1), epsilon=1e-5)
    case("mask, sum", "EmbedLayerNormalization", [ids, i32(2, 4), words, positions, segments, *k, i32(2, 4)], (0, 1, 2))
    case("position ids", "EmbedLayerNormalization", [ids, None, words, positions, None, *k, None, i32(2, 4, high=5)], (0, 2))
    case("position ids of one row", "EmbedLayerNormalization", [ids, None, words, positions, None, *k, None, i32(1, 4, high=5)], (0, 2))


def self_attention_cases():
    x, w, b = f32(2, 3, 5), f32(5, 24), f32(24)
    past = f32(2, 2, 2, 4, 4)
    masks = {"ends": fixed(np.int32, 2, 3), "ends and starts": fixed(np.int32, 2, 3, 0, 1),
             "mask of keys": np.array([[1, 0, 1], [1, 1, 0]], np.int32), "mask of pairs": np.array([[[1, 0, 1]] * 3, [[0, 1, 1]] * 3], np.int32)}
    for causal in (0, 1):
        case(f"plain, causal {causal}", "Attention", [x, w, b], num_heads=2, unidirectional=causal)
        case(f"past, causal {causal}", "Attention", [x, w, b, None, past], (0, 1), num_heads=2, unidirectional=causal)
        for name, mask in masks.items():
            case(f"{name}, causal {causal}", "Attention", [x, w, b, mask], num_heads=2, unidirectional=causal)
    case("past and mask", "Attention", [x, w, b, i32(2, 7), past], (0, 1), num_heads=2, mask_filter_value=-3.4028234663852886e38,
         unidirectional=1)
    case("weak filter", "Attention", [x, w, b, masks["ends"]], num_heads=2, mask_filter_value=-1.0)
    case("score bias", "Attention", [x, w, b, None, None, f32(2, 2, 3, 3)], num_heads=2)
    case("score bias of one", "Attention", [x, w, b, None, None, f32(1, 1, 3, 3)], num_heads=2, unidirectional=1)
    case("scale", "Attention", [x, w, b], num_heads=2, scale=0.9)
    case("longer values", "Attention", [x, f32(5, 20), f32(20)], num_heads=2, qkv_hidden_sizes=[6, 6, 8])
    q = [u8(2, 3, 5), i8(5, 24), b, fixed(np.float32, 0.01), fixed(np.float32, 0.02)]
    zeros = [fixed(np.uint8, 121), fixed(np.int8, 3)]
    q_attention("plain", [*q, None, *zeros])
    q_attention("causal, past", [*q, None, *zeros, past], (0, 1), unidirectional=1)
    q_attention("mask", [*q, masks["mask of keys"], *zeros])
    q_attention("per column", [*q[:4], f32(24, low=0.01, high=0.02), None, zeros[0], i8(24, low=-9, high=9)])


def q_attention(what, inputs, outputs=(0,), **attrs):
    """Judged by Attention on the dequantised numbers."""
    x, w, b, x_scale, w_scale, mask, x_zero, w_zero, *past = inputs
    plain = [((v.astype(np.float64) - z) * s).astype(np.float32) for v, s, z in ((x, x_scale, x_zero), (w, w_scale, w_zero))]
    plain += [b] + [mask] * (mask is not None or bool(past)) + past
    attrs["num_heads"] = 2

    def judge():
        model = model_of("Attention", plain, outputs, (), DOMAIN, attrs)
        return expected_of(model, {f"x{i}": v for i, v in enumerate(plain) if v is not None})
    case(what, "QAttention", inputs, outputs, judge=judge, **attrs)


def multi_head_cases():
    q, k, v, bias = f32(2, 3, 8), f32(2, 5, 8), f32(2, 5, 6), f32(22)
    past = [f32(2, 2, 4, 4), f32(2, 2, 4, 3)]
    case("plain", "MultiHeadAttention", [q, k, v], num_heads=2)
    case("bias", "MultiHeadAttention", [q, k, v, bias], num_heads=2)
    case("ends", "MultiHeadAttention", [q, k, v, None, fixed(np.int32, 2, 4)], num_heads=2)
    case("mask of keys", "MultiHeadAttention", [q, k, v, None, i32(2, 5)], num_heads=2, mask_filter_value=-2.0)
    case("mask of pairs", "MultiHeadAttention", [q, k, v, None, i32(2, 3, 5)], num_heads=2)
    case("score bias", "MultiHeadAttention", [q, k, v, None, None, f32(1, 2, 3, 5)], num_heads=2)
    case("score bias of all", "MultiHeadAttention", [q, k, v, None, None, f32(2, 1, 3, 5)], num_heads=2)
    case("past", "MultiHeadAttention", [q, f32(2, 3, 8), f32(2, 3, 8), None, None, None, f32(2, 2, 4, 4), f32(2, 2, 4, 4)], (0, 1, 2), num_heads=2)
    case("present", "MultiHeadAttention", [q, k, v, bias], (0, 1, 2), num_heads=2)
    case("causal", "MultiHeadAttention", [q, f32(2, 3, 8), f32(2, 3, 8)], num_heads=2, unidirectional=1)
    case("scale", "MultiHeadAttention", [q, k, v], num_heads=2, scale=0.3)
    case("scores", "MultiHeadAttention", [q, k, v], (0, 3), num_heads=2)
    case("heads come first", "MultiHeadAttention", [q, f32(2, 2, 5, 4), f32(2, 2, 5, 4)], num_heads=2)


def group_query_cases():
    q, k, v = f32(2, 3, 64), f32(2, 3, 32), f32(2, 3, 32)
    heads = {"num_heads": 4, "kv_num_heads": 2}
    angles = generator.uniform(0, 6, (12, 8))
    cosine, sine = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    prompt = [fixed(np.int32, 2, 2), fixed(np.int32, 3)]
    all_outputs = (0, 1, 2)
    case("prompt", "GroupQueryAttention", [q, k, v, None, None, *prompt], all_outputs, **heads)
    for interleaved in (0, 1):
        case(f"prompt, rotary, interleaved {interleaved}", "GroupQueryAttention", [q, k, v, None, None, *prompt, cosine, sine],
             all_outputs, do_rotary=1, rotary_interleaved=interleaved, **heads)
    case("packed", "GroupQueryAttention", [f32(2, 3, 128), None, None, None, None, *prompt, cosine, sine], all_outputs, do_rotary=1, **heads)
    past = [f32(2, 2, 4, 16), f32(2, 2, 4, 16)]
    token = [f32(2, 1, 64), f32(2, 1, 32), f32(2, 1, 32), *past]
    case("token", "GroupQueryAttention", [*token, fixed(np.int32, 4, 4), fixed(np.int32, 5)], all_outputs, **heads)
    case("token, rotary", "GroupQueryAttention", [*token, fixed(np.int32, 4, 3), fixed(np.int32, 5), cosine, sine], all_outputs, do_rotary=1, **heads)
    case("window", "GroupQueryAttention", [q, k, v, None, None, *prompt], local_window_size=2, **heads)
    case("window of a token", "GroupQueryAttention", [*token, fixed(np.int32, 4, 4), fixed(np.int32, 5)], all_outputs, local_window_size=2, **heads)
    case("softcap", "GroupQueryAttention", [q, k, v, None, None, *prompt], softcap=0.5, **heads)
    case("scale", "GroupQueryAttention", [q, k, v, None, None, *prompt], scale=0.9, **heads)
    case("smooth", "GroupQueryAttention", [q, k, v, None, None, *prompt], smooth_softmax=1, **heads)
    case("sinks", "GroupQueryAttention", [q, k, v, None, None, *prompt, None, None, None, None, f32(4)], **heads)
    case("score bias", "GroupQueryAttention", [q, k, v, None, None, *prompt, None, None, None, f32(2, 1, 3, 3)], **heads)
    case("not causal", "GroupQueryAttention", [q, k, v, None, None, *prompt], causal=0, **heads)
    for mode in (1, 2):
        case(f"qk_output {mode}", "GroupQueryAttention", [token[0], token[1], token[2], *past, fixed(np.int32, 4, 4), fixed(np.int32, 5)],
             (0, 1, 2, 3), qk_output=mode, **heads)


def rotary_cases():
    angles = generator.uniform(0, 6, (9, 4))
    tables = [np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)]
    for interleaved in (0, 1):
        case(f"rows, interleaved {interleaved}", "RotaryEmbedding", [f32(2, 3, 24), i64(2, 3, high=8), *tables], interleaved=interleaved)
        case(f"heads first, interleaved {interleaved}", "RotaryEmbedding", [f32(2, 3, 5, 8), i64(2, 5, high=8), *tables], interleaved=interleaved)
        case(f"part, interleaved {interleaved}", "RotaryEmbedding", [f32(2, 3, 24), i64(2, 3, high=8), *tables], interleaved=interleaved,
             num_heads=2, rotary_embedding_dim=8)
    case("offset", "RotaryEmbedding", [f32(2, 3, 24), np.array([2], np.int64), *tables])


def n_bits(what, inputs, rtol=1e-5, atol=1e-4, **attrs):
    constant = tuple(i for i, x in enumerate(inputs) if i and x is not None)
    case(what, "MatMulNBits", inputs, constant=constant, rtol=rtol, atol=atol, judge=lambda: exact.mat_mul_n_bits(*inputs, **attrs), **attrs)


def by(formula, what, op, inputs, rtol=1e-6, atol=1e-6, **attrs):
    """A case that a formula judges."""
    case(what, op, inputs, rtol=rtol, atol=atol, judge=lambda: formula(*inputs, **attrs), **attrs)


def block_cases():
    for bits in (2, 4, 8):
        for k, n, block in ((37, 5, 16), (64, 8, 32)):
            groups = -(-k // block)
            x, b, s = f32(3, k), u8(n, groups, block * bits // 8), f32(n, groups)
            attrs = {"K": k, "N": n, "bits": bits, "block_size": block}
            zeros = u8(n, -(-groups * bits // 8))
            n_bits(f"{bits} bits, {k}", [x, b, s], **attrs)
            n_bits(f"{bits} bits, {k}, zero points", [x, b, s, zeros], **attrs)
            n_bits(f"{bits} bits, {k}, one row", [x[:1] * 100, b, s, zeros], **attrs)
    b, s = u8(5, 3, 8), f32(5, 3)
    attrs = {"K": 37, "N": 5, "bits": 4, "block_size": 16}
    n_bits("batch, bias", [f32(2, 3, 37), b, s, None, None, f32(5)], **attrs)
    n_bits("float zero points", [f32(3, 37), b, s, f32(5, 3, low=0, high=15)], **attrs)
    n_bits("groups", [f32(3, 37), b, s, None, generator.permutation(np.arange(48) // 16)[:37].astype(np.int32)], **attrs)
    n_bits("f16", [f16(3, 37), b, s.astype(np.float16)], rtol=2e-3, atol=2e-2, **attrs)
    n_bits("ends of the range", [f32(3, 37), np.full((5, 3, 8), 255, np.uint8), s, np.zeros((5, 2), np.uint8)], **attrs)
    indices = i64(2, 3, low=-5, high=4)
    case("4 bits", "GatherBlockQuantized", [u8(5, 16), indices, f32(5, 2)], constant=(0, 2), block_size=16)
    case("4 bits, zero points", "GatherBlockQuantized", [u8(5, 16), indices, f32(5, 2), u8(5, 1)], constant=(0, 2, 3), block_size=16)
    case("8 bits", "GatherBlockQuantized", [u8(5, 32), indices, f32(5, 2), u8(5, 2)], constant=(0, 2, 3), block_size=16, bits=8)


def quantized_cases():
    scale = lambda v: fixed(np.float32, v)
    for name, make, kind, zero in (("u8", u8, np.uint8, 120), ("i8", i8, np.int8, -9)):
        zeros = fixed(kind, zero)
        x, one = make(2, 3, 7, 5), {"atol": 1.01, "rtol": 0}
        for op in ("QLinearAdd", "QLinearMul"):
            case(name, op, [x, scale(0.03), zeros, make(2, 3, 7, 5), scale(0.05), fixed(kind, 7), scale(0.07), fixed(kind, 9)], **one)
            case(f"broadcast, {name}", op, [x, scale(0.03), zeros, make(3, 1, 5), scale(0.05), fixed(kind, 7), scale(0.07), fixed(kind, 9)], **one)
        rest = [scale(0.03), zeros, scale(0.01), fixed(kind, 5)]
        case(name, "QLinearSigmoid", [x, *rest], **one)
        case(name, "QLinearLeakyRelu", [x, *rest], alpha=0.3, **one)
        case(name, "QLinearGlobalAveragePool", [x, *rest], **one)
        case(f"channels last, {name}", "QLinearGlobalAveragePool", [x, *rest], channels_last=1, **one)
        case(name, "QLinearAveragePool", [x, *rest], kernel_shape=[3, 2], strides=[2, 1], **one)
        case(f"pads, {name}", "QLinearAveragePool", [x, *rest], kernel_shape=[3, 2], pads=[1, 0, 1, 1], count_include_pad=1, **one)
        case(f"channels last, {name}", "QLinearAveragePool", [x, *rest], kernel_shape=[2, 2], channels_last=1, **one)
        case(f"opset 13, {name}", "QLinearSoftmax", [x, scale(0.03), zeros, scale(1 / 256), fixed(kind, 0)], axis=1, opset=13, **one)
        case(f"opset 11, {name}", "QLinearSoftmax", [x, scale(0.03), zeros, scale(1 / 256), fixed(kind, 0)], axis=1, opset=11, **one)
        case(name, "QLinearConcat", [scale(0.02), fixed(kind, 9), x, scale(0.03), zeros, make(2, 1, 7, 5), scale(0.02), fixed(kind, 9)], axis=1, **one)
    a, b = u8(3, 7), i8(7, 5)
    params = [scale(0.03), fixed(np.uint8, 120), b, scale(0.02), fixed(np.int8, -7)]
    by(exact.product, "float", "QGemm", [a, *params])
    by(exact.product, "quantised", "QGemm", [a, *params, i32(3, 5, low=-999, high=999), scale(0.5), fixed(np.uint8, 100)], rtol=0, atol=0)
    by(exact.product, "per column, alpha", "QGemm",
       [a, *params[:3], f32(5, low=0.01, high=0.02), i8(5, low=-9, high=9), i32(5, low=-99, high=99)], alpha=0.5)
    by(exact.product, "transposed", "QGemm", [u8(7, 3), *params[:2], i8(5, 7), *params[3:]], transA=1, transB=1)
    full, least = np.full((3, 300), 255, np.uint8), np.full((300, 5), -128, np.int8)
    for left, right in ((full, least), (u8(3, 300), i8(300, 5)), (i8(3, 300), u8(300, 5)), (i8(3, 300), i8(300, 5))):
        zeros = [fixed(v.dtype.type, np.iinfo(v.dtype).max) for v in (left, right)]
        name = f"{left.dtype} by {right.dtype}, {left.flat[0]}"
        by(exact.product, f"full range, {name}", "QGemm", [left, scale(0.03), zeros[0], right, scale(0.02), zeros[1]])
        ordered = lambda a, b, a_scale, b_scale, a_zero, b_zero: exact.product(a, a_scale, a_zero, b, b_scale, b_zero)
        by(ordered, f"full range, {name}", "MatMulIntegerToFloat", [left, right, scale(0.03), scale(0.02), *zeros])
    to_float = lambda a, b, a_scale, b_scale, a_zero, b_zero, bias=0: [exact.product(a, a_scale, a_zero, b, b_scale, b_zero)[0] + bias]
    by(to_float, "zero points", "MatMulIntegerToFloat", [u8(2, 3, 7), b, scale(0.03), scale(0.02), fixed(np.uint8, 120), fixed(np.int8, -7)])
    by(to_float, "per column, bias", "MatMulIntegerToFloat",
       [a, b, scale(0.03), f32(5, low=0.01, high=0.02), fixed(np.uint8, 120), i8(5, low=-9, high=9), f32(5).astype(np.float32)])
    x = f32(2, 3, 7, low=-3, high=2)
    by(exact.dynamic_product, "plain", "DynamicQuantizeMatMul", [x, b, scale(0.02)])
    by(exact.dynamic_product, "per column, bias", "DynamicQuantizeMatMul", [x, b, f32(5, low=0.01, high=0.02), i8(5, low=-9, high=9), f32(5)])
    by(exact.dynamic_product, "zero point", "DynamicQuantizeMatMul", [x, u8(7, 5), scale(0.02), fixed(np.uint8, 120)])
    for direction, d in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
        for per, shape in (("direction", (d,)), ("gate", (d, 28))):
            w, r, bias = i8(d, 4, 28), i8(d, 7, 28), f32(d, 56)
            q = [f32(*shape, low=0.002, high=0.006), i8(*shape, low=-9, high=9), f32(*shape, low=0.002, high=0.006), i8(*shape, low=-9, high=9)]
            x, attrs = f32(5, 3, 4), {"direction": direction, "hidden_size": 7}
            judge = lambda x=x, w=w, r=r, bias=bias, q=q, attrs=attrs: exact.lstm(x, w, r, bias, *q, **attrs)
            case(f"{direction}, scales per {per}", "DynamicQuantizeLSTM", [x, w, r, bias, None, None, None, None, *q], (0, 1, 2),
                 constant=(1, 2, 8, 9, 10, 11), rtol=1e-6, atol=1e-6, judge=judge, **attrs)


def image_cases():
    x, w, b = f32(2, 7, 5, 6), f32(4, 6, 3, 3), f32(4)

    def conv(bias, **attrs):
        model = model_of("Conv", [np.ascontiguousarray(x.transpose(0, 3, 1, 2)), w, *bias], (0,), (), "", attrs)
        feed = {"x0": np.ascontiguousarray(x.transpose(0, 3, 1, 2)), "x1": w, **({"x2": bias[0]} if bias else {})}
        return [expected_of(model, feed)[0].transpose(0, 2, 3, 1)]

    for bias in ([], [b]):
        for attrs in ({}, {"pads": [0, 1, 2, 3], "strides": [2, 3]}, {"dilations": [2, 1]}):
            case(f"{attrs}, biases {len(bias)}", "NhwcConv", [x, w, *bias], judge=lambda bias=bias, attrs=attrs: conv(bias, **attrs), **attrs)
    image, images = f32(2, 3, 7, 5), np.array([1, 0, 1], np.int32)
    rois = np.array([[0.1, 0.2, 0.9, 0.8], [0, 0, 1, 1], [-0.2, 0.3, 0.5, 1.3]], np.float32)
    for mode in ("bilinear", "nearest"):
        for size in ((4, 3), (1, 1), (9, 11)):
            case(f"{mode}, {size}", "CropAndResize", [image, rois, images, np.array(size, np.int32)], mode=mode, extrapolation_value=7.0)


def main():
    for add in (fused_conv_cases, product_cases, gelu_cases, norm_cases, self_attention_cases, multi_head_cases, group_query_cases,
                rotary_cases, block_cases, quantized_cases, image_cases):
        add()
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    for one in cases:
        if wanted not in one[0]:
            continue
        try:
            text = run(*one)
        except Exception as error:  # of onnxruntime or hasten: reported like a wrong result
            text = str(error).splitlines()[0][:300] if str(error) else repr(error)
        passed, failed = passed + (text is None), failed + (text is not None)
        if text:
            print(f"{one[0]}: {text}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
