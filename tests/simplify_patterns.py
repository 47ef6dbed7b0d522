"""Random small models of the patterns that `hasten simplify` looks for, and of near misses: odd sizes, axes that broadcast,
values that others read."""
import numpy as np
from onnx import TensorProto as T
from onnx import helper


def activation(b, x):
    op = b.pick("Relu", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "HardSigmoid", "Elu", "Selu", "Softplus", "Softsign", "ThresholdedRelu", "Exp")
    if op == "Clip":
        return b.add(op, x, *b.pick([b.constant(-0.5)], ["", b.constant(0.75)], [b.constant(-0.5), b.constant(0.75)]))
    attrs = {"LeakyRelu": {"alpha": 0.3}, "HardSigmoid": {"alpha": 0.3, "beta": 0.4}, "ThresholdedRelu": {"alpha": 0.3}}
    return b.add(op, x, **attrs.get(op, {}))


def gelu(b, x):
    kind = b.pick("erf", "tanh", "quick", "swish", "op")
    if kind == "erf":
        g = b.add("Add", b.add("Erf", b.add("Div", x, b.constant(2**0.5))), b.constant(1))
        return b.add("Mul", b.add("Mul", x, g), b.constant(0.5))
    if kind == "tanh":
        cube = b.add("Mul", b.add("Pow", x, b.constant(3)), b.constant(0.044715))
        t = b.add("Tanh", b.add("Mul", b.sum(x, cube), b.constant((2 / np.pi) ** 0.5)))
        return b.add("Mul", b.add("Mul", x, b.constant(0.5)), b.add("Add", t, b.constant(1)))
    if kind == "op" and b.opset >= 20:
        return b.add("Gelu", x, approximate=b.pick("none", "tanh"))
    return b.add("Mul", x, b.add("Sigmoid", b.add("Mul", x, b.constant(1.702)) if kind == "quick" else x))


def normalized(b, x, rank, length):
    if b.opset >= 17 and b.chance(0.3):
        return b.add("LayerNormalization", x, b.floats(length), *[b.floats(length)] * b.chance(0.7), epsilon=1e-3)
    axes = [b.pick(-1, rank - 1)]
    d = b.add("Sub", x, b.reduce("ReduceMean", x, axes)) if b.chance(0.6) else x
    squares = b.add("Pow", d, b.constant(2)) if b.chance(0.5) else b.add("Mul", d, d)
    deviation = b.add("Sqrt", b.add("Add", b.reduce("ReduceMean", squares, axes), b.constant(1e-3)))
    inverse = b.pick("none", "Reciprocal", "Div")
    if inverse == "none":
        y = b.add("Div", d, deviation)
    else:
        y = b.add("Mul", d, b.add(inverse, *[b.constant(1)] * (inverse == "Div"), deviation))
    y = b.add("Mul", y, b.floats(length)) if b.chance(0.7) else y
    return b.sum(b.floats(length), y) if b.chance(0.7) else y


def convolutions(b):
    axes, group = b.pick(1, 2, 3), b.pick(1, 2)
    channels = 2 * group
    y = b.input([b.pick(1, 2), channels, *b.sizes(axes, 4, 7)])
    for _ in range(2):
        kernel = b.sizes(axes, 1, 4)
        bias = [b.floats(channels)] * b.chance(0.6)
        y = b.add("Conv", y, b.floats(channels, channels // group, *kernel), *bias, group=group, pads=[1] * 2 * axes, strides=b.sizes(axes, 1, 3))
        b.outputs += [y] * b.chance(0.2)
        y = activation(b, y)
    b.outputs.append(y)


def matrices(b):
    b.is_open = False
    (m, k, n), ta, tb = b.sizes(3), b.pick(0, 1), b.pick(0, 1)
    c = [b.floats(*b.pick([], [n], [1, n], [m, n], [m, 1]))] * b.chance(0.7)
    x, w = b.input([k, m] if ta else [m, k]), b.floats(*([n, k] if tb else [k, n]))
    y = b.add("Gemm", x, w, *c, transA=ta, transB=tb, alpha=b.pick(1.0, 0.5), beta=b.pick(1.0, 2.0))
    b.outputs.append(gelu(b, activation(b, y)))


def products(b):
    b.is_open = False
    rank, (m, k, n) = b.pick(2, 3, 4), b.sizes(3)
    batch = b.sizes(rank - 2)

    def operand(rows, columns):
        is_swapped = b.chance(0.5)
        x = b.input([b.pick(d, d, 1) for d in batch] + ([columns, rows] if is_swapped else [rows, columns]))
        x = b.swapped(x, rank) if is_swapped else x
        return b.add(b.pick("Mul", "Div"), x, b.constant(np.full([1] * b.pick(0, 1, 2), 0.25))) if b.chance(0.4) else x

    y = b.add("MatMul", operand(m, k), operand(k, n))
    y = b.add(b.pick("Mul", "Div"), y, b.constant(3)) if b.chance(0.6) else y
    b.outputs.append(gelu(b, b.sum(y, b.floats(n))))


def norms(b):
    shape = b.sizes(b.pick(2, 3, 3, 4))
    rank, y = len(shape), b.input(shape)
    for _ in range(2):
        skip = b.pick(shape, shape, shape, shape[1:], [1, *shape[1:]], shape[-1:], [1] * rank, [*shape[:-1], 1])
        y = b.sum(y, b.input(skip) if skip == shape else b.floats(*skip))
        y = b.sum(y, b.floats(shape[-1])) if b.chance(0.4) else y
        b.outputs += [y] * b.chance(0.3)
        n = normalized(b, y, rank, shape[-1])
        y = b.sum(n, y) if b.chance(0.4) else n
    b.outputs.append(y)


def quantized(b):
    b.is_open = False
    dtype, weight_dtype = b.pick(np.uint8, np.int8), b.pick(np.uint8, np.int8)
    scale = lambda: b.constant(b.rng.uniform(0.01, 0.05))
    zero = lambda: b.constant(b.rng.integers(*((100, 150) if dtype == np.uint8 else (-20, 20))), dtype)
    shape, q = [1, 4, *b.sizes(2, 4, 7)], (scale(), zero())
    y = b.add("QuantizeLinear", b.input(shape), *q)
    for _ in range(3):
        x, op = b.add("DequantizeLinear", y, *q), b.pick("Conv", "Add", "Mul", "AveragePool", "LeakyRelu", "Sigmoid", "Softmax")
        if op == "Conv":
            w = b.constant(b.rng.integers(0, 100, (4, 4, 1, 1)), weight_dtype)
            scales = b.constant(b.rng.uniform(0.005, 0.02, 4))
            f = b.add(op, x, b.add("DequantizeLinear", w, scales, b.constant(np.zeros(4), weight_dtype), axis=0))
            f = b.add("Relu", f) if b.chance(0.5) else f
        elif op in ("Add", "Mul"):
            f = b.add(op, x, x)
        else:
            attrs = {"AveragePool": {"kernel_shape": [3, 3], "pads": [1] * 4, "count_include_pad": b.pick(0, 1)}, "Softmax": {"axis": b.pick(1, 3, -1)}}
            f = b.add(op, x, **attrs.get(op, {}))
        if op != "Conv" and b.chance(0.3):
            f = b.swapped(b.swapped(f, 4), 4)
        q = (b.constant(1 / 256), b.constant(0 if dtype == np.uint8 else -128, dtype)) if op == "Softmax" else (scale(), zero())
        y = b.add("QuantizeLinear", f, *q)
    x, q2 = b.add("DequantizeLinear", y, *q), (scale(), zero())
    b.outputs += [x, b.add("DequantizeLinear", b.add("QuantizeLinear", b.add("Concat", x, x, axis=1), *q2), *q2)]


def merged_attention(b):
    batch, length, heads, head, hidden = b.sizes(5)
    p = b.add("MatMul", b.input([batch, length, hidden]), b.floats(hidden, 3 * heads * head))
    p = b.sum(p, b.floats(3 * heads * head)) if b.chance(0.7) else p
    p = b.add("Reshape", p, b.constant([0, 0, 3, heads, head], np.int64))
    p = b.add("Transpose", p, perm=[2, 0, 3, 1, 4])
    q, k, v = (b.add("Gather", p, b.constant(i, np.int64), axis=0) for i in b.pick((0, 1, 2), (0, 1, -1), (1, 0, 2)))
    scores = b.add("Div", b.add("MatMul", q, b.swapped(k, 4)), b.constant(head**0.5))
    if b.opset >= 14 and b.chance(0.6):
        ones = b.constant(np.ones([length] * 2), np.bool_)
        later = b.add("Trilu", ones, b.constant(b.pick(1, 1, 2), np.int64), upper=1)
        scores = b.add("Where", later, b.constant(b.pick(-np.inf, -3e38)), scores)
    y = b.add("Transpose", b.add("MatMul", b.add("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
    b.outputs.append(b.add("Reshape", y, b.constant([0, 0, heads * head], np.int64)))


def attention(b):
    batch, length, heads, head, values, hidden = b.sizes(6)
    x = b.input([batch, length, hidden])

    def projection(size, perm):
        p = b.add("MatMul", x, b.floats(hidden, heads * size))
        p = b.sum(p, b.floats(heads * size)) if b.chance(0.5) else p
        return b.add("Transpose", b.add("Reshape", p, b.constant([0, 0, heads, size], np.int64)), perm=perm)

    scores = b.add("MatMul", projection(head, [0, 2, 1, 3]), projection(head, [0, 2, 3, 1]))
    scores = b.add(b.pick("Mul", "Div"), scores, b.constant(b.pick(head**0.5, 0.3))) if b.chance(0.7) else scores
    if b.chance(0.7):
        mask = b.pick([batch, 1, 1, length], [1, heads, length, length], [batch, heads, length, length], [length] * 2, [1, 1, 1, length],
                      [batch, 1, length, 1], [1])
        scores = b.sum(scores, b.input(mask) if mask[0] == batch else b.floats(*mask))
    y = b.add("MatMul", b.add("Softmax", scores, axis=-1), projection(values, [0, 2, 1, 3]))
    rows = b.constant([0, 0, heads * values], np.int64)
    b.outputs.append(b.add("Reshape", b.add("Transpose", y, perm=[0, 2, 1, 3]), rows))


def structure(b):
    (batch, length, k), n, transposed = b.sizes(3), *b.sizes(1), b.pick(0, 1)
    flat = b.add("Reshape", b.input([batch, length, k]), b.constant([-1, k], np.int64))
    bias = [b.floats(n)] * b.chance(0.6)
    y = b.add("Gemm", flat, b.floats(*([n, k] if transposed else [k, n])), *bias, transB=transposed)
    y = b.add("Reshape", y, b.constant([-1, length, n], np.int64))
    one, other = b.swapped(y, 3), b.swapped(b.add("Relu", y), 3)
    z = b.sum(b.add("Mul", one, one), b.add("Exp", other))
    cut = int(b.rng.integers(0, length + 1))
    for start, end in ((0, cut), (cut, 9)):
        b.outputs.append(b.add("Slice", z, *(b.constant([v], np.int64) for v in (start, end, 2))))
    b.outputs += [z, b.reduce("ReduceMax", b.swapped(z, 3), [b.pick(0, 1, 2)], keepdims=b.pick(0, 1))]


def siblings(b):
    kind, count = b.pick("MatMul", "Gemm", "Conv"), b.pick(2, 3, 4, 5)
    rows, k, n = b.sizes(3)
    x = b.input([rows, k] if kind == "Gemm" else [rows, k, *b.sizes(1, 3, 5)])
    columns, width, has_bias = b.feeds[x].shape[-1], b.pick(1, 2), b.chance(0.6)
    for _ in range(count):
        m = b.pick(n, n, n + 1)
        bias = [b.floats(m)] * (has_bias if b.chance(0.9) else not has_bias)
        if kind == "MatMul":
            y = b.add(kind, x, b.floats(columns, m))
            y = b.sum(y, *bias) if bias else y
        elif kind == "Gemm":
            y = b.add(kind, x, b.floats(m, k), *bias, transB=1, alpha=0.5 if b.chance(0.9) else 2.0)
        else:
            y = b.add(kind, x, b.floats(m, k, width if b.chance(0.9) else 1), *bias, pads=[1, 0])
        b.outputs += [y] * b.chance(0.2)
        b.outputs.append(activation(b, y) if b.chance(0.1) else b.add("Mul", y, y) if b.chance(0.2) else b.add("Neg", y))


def blocks(b):
    b.opset = 23
    (m, n), k, size, transposed = b.sizes(2), b.pick(16, 33, 64, 100, 257), b.pick(16, 32, 64, 128, 256), b.pick(0, 0, 1)
    dtype = b.pick(T.INT4, T.UINT4, T.INT8, T.UINT8)
    low, high = {T.INT4: (-8, 8), T.UINT4: (0, 16), T.INT8: (-128, 128), T.UINT8: (0, 256)}[dtype]
    count = -(-k // size)

    def integers(*shape):
        name = f"w{len(b.weights)}"
        shape = shape[::-1] if transposed else shape
        b.weights.append(helper.make_tensor(name, dtype, shape, b.rng.integers(low, high, int(np.prod(shape))).tolist()))
        return name

    scales = b.constant(b.rng.uniform(-0.1, 0.1, (n, count) if transposed else (count, n)))
    zeros = [integers(count, n)] * b.chance(0.5)
    axis = b.pick(1, -1) if transposed else b.pick(0, -2)
    w = b.add("DequantizeLinear", integers(k, n), scales, *zeros, axis=axis, block_size=size)
    x = b.input([m, k] if transposed or b.chance(0.5) else [2, m, k])
    if transposed:
        b.outputs.append(b.add("Gemm", x, w, *[b.floats(n)] * b.chance(0.6), transB=1))
    else:
        b.outputs.append(b.sum(b.add("MatMul", x, w), b.floats(n)))


def images(b):
    b.is_open, b.opset = False, b.pick(b.opset, 23)
    (batch, channels, h, w), side = b.sizes(4), b.pick(2, 3)
    kind = b.pick("DCR", "CRD", "deep", "other")
    if kind == "deep":
        x, cut = [batch, channels, h * side, w * side], [batch, channels, h, side, w, side]
        perm, laid = [0, 3, 5, 1, 2, 4], [batch, channels * side * side, h, w]
    else:
        x, laid = [batch, channels * side * side, h, w], [batch, channels, h * side, w * side]
        cut, perm = {
            "DCR": ([batch, side, side, channels, h, w], [0, 3, 4, 1, 5, 2]),
            "CRD": ([batch, channels, side, side, h, w], [0, 1, 4, 2, 5, 3]),
            "other": ([batch, side, side, channels, h, w], [0, 3, 4, 2, 5, 1]),
        }[kind]
    reshape = lambda v, dims: b.add("Reshape", v, b.constant(dims, np.int64))
    y = b.add("Relu", reshape(b.add("Transpose", reshape(b.input(x), cut), perm=perm), laid))
    groups = b.pick(*[g for g in range(1, laid[1] + 1) if laid[1] % g == 0])
    ones, zeros = (b.floats(groups), b.floats(groups)) if b.chance(0.3) else (b.constant(np.ones(groups)), b.constant(np.zeros(groups)))
    y = reshape(b.add("InstanceNormalization", reshape(y, [0, groups, -1]), ones, zeros, epsilon=1e-2), laid)
    y = b.add("Mul", y, b.floats(laid[1], 1, 1)) if b.chance(0.7) else y
    b.outputs += [y] * b.chance(0.2)
    b.outputs.append(b.sum(y, b.floats(*b.pick([1, laid[1], 1, 1], [laid[1], 1, 1], [laid[3]]))))


def control(b):
    """If and Loop, one in the other, whose conditions and limits are known or are inputs."""
    b.is_open = False
    shape = b.sizes(2)
    info = lambda name, dtype=T.FLOAT, dims=shape: helper.make_tensor_value_info(name, dtype, dims)
    names = iter(range(10**6))

    def deciding(value, dtype, kind):
        if b.chance(0.7):
            return b.constant(value, dtype)
        name = f"d{next(names)}"
        b.inputs.append(info(name, kind, []))
        b.feeds[name] = np.asarray(value, dtype)
        return name

    def grow(visible, depth, first):
        """Nodes over visible values; the last of them, and others."""
        nodes, values = [], list(visible)
        for i in range(first, first + b.pick(2, 3, 4)):
            op, out = b.pick("Neg", "Tanh", "Mul", "Sub", *["If", "Loop"] * (depth < 2)), f"l{depth}_{i}"
            one, other = b.pick(*values), b.pick(*values)
            if op == "If":
                branches = {name: body(values, depth + 1) for name in ("then_branch", "else_branch")}
                made = [helper.make_node("If", [deciding(b.chance(0.5), np.bool_, T.BOOL)], [out, out + "b"], **branches)]
                values.append(out + "b")
            elif op == "Loop":
                limit, go = deciding(b.pick(0, 1, 1, 2, 3), np.int64, T.INT64), b.pick("", b.constant(True, np.bool_))
                made = [helper.make_node("Loop", [limit, go, one, other], [out, out + "b", out + "s"], body=loop(values, depth + 1))]
                made.append(helper.make_node("ReduceSum", [out + "s"], [out + "r"], keepdims=0))
                made.append(helper.make_node("Add", [out + "b", out + "r"], [out + "t"]))
                values += [out + "b", out + "t"]
            else:
                made = [helper.make_node(op, [one, other] if op in ("Mul", "Sub") else [one], [out])]
            nodes += made
            values.append(out)
        return nodes, values

    def body(visible, depth):
        nodes, values = grow(visible, depth, 0)
        outs = [values[-1], b.pick(*values[len(visible):])]
        nodes.append(helper.make_node("Identity", [outs[1]], [f"l{depth}_copy"]))
        return helper.make_graph(nodes, f"body{depth}", [], [info(outs[0]), info(f"l{depth}_copy")])

    def loop(visible, depth):
        i, go, *carried = (f"l{depth}_{k}" for k in ("i", "go", "p", "q"))
        nodes, values = grow([*visible, *carried], depth, 0)
        ends = b.constant(b.pick(0, 1, 5), np.int64)
        nodes.append(helper.make_node("Less", [i, ends], [go + "o"]) if b.chance(0.3) else helper.make_node("Identity", [go], [go + "o"]))
        kept = b.chance(0.3)  # a value that no trip changes
        nodes.append(helper.make_node("Identity" if kept else "Mul", [carried[1], *[b.constant(0.5)] * (not kept)], [f"l{depth}_o"]))
        nodes.append(helper.make_node("Identity", [b.pick(*values[len(visible):])], [f"l{depth}_scan"]))
        inputs = [info(i, T.INT64, []), info(go, T.BOOL, []), *map(info, carried)]
        return helper.make_graph(nodes, f"loop{depth}", inputs, [info(go + "o", T.BOOL, []), info(values[-1]), info(f"l{depth}_o"), info(f"l{depth}_scan")])

    nodes, values = grow([b.input(shape), b.input(shape)], 0, 0)
    b.nodes += nodes
    b.outputs += [values[-1], b.pick(*values[2:])]


def rotations(b):
    batch, length, half = b.sizes(3)
    b.flags, b.opset = b.pick(["--contrib"], []), b.pick(b.opset, 23)
    shape = b.pick([length, half], [length, half], [1, length, half], [batch, length, half], [1, 1, length, half], [batch, 1, length, half])
    f = b.input(shape) if len(shape) > 2 else b.add("Mul", b.floats(length, 1) if b.chance(0.2) else b.add("Reshape", b.input([length]), b.constant([length, 1], np.int64)), b.floats(half))
    joined = b.add("Concat", f, f if b.chance(0.9) else b.add("Neg", f), axis=-1)

    def table(op):
        y = b.add(op, joined)
        y = b.add("Mul", y, b.constant(b.pick(1.25, [0.75]))) if scaled else y
        return b.add("Unsqueeze", y, b.constant([1], np.int64)) if len(shape) == 3 else y

    scaled = b.chance(0.3)
    cosine, sine = table("Cos"), table("Sin")
    for heads in b.sizes(b.pick(1, 2, 3)):
        x = b.input([batch, heads, length, 2 * half])
        x = b.add("Neg", x) if b.chance(0.5) else x
        if b.chance(0.5):
            first, second = (b.add("Slice", x, *(b.constant([v], np.int64) for v in (*cut, 3))) for cut in ((0, half), (half, 2**40)))
        else:
            first, second = f"s{len(b.nodes)}", f"t{len(b.nodes)}"
            b.nodes.append(helper.make_node("Split", [x, b.constant([half, half], np.int64)], [first, second], axis=-1))
        first, second = (first, second) if b.chance(0.95) else (second, first)
        turned = b.add("Concat", b.add("Neg", second), first, axis=-1)
        straight, turned = b.add("Mul", *b.pick([x, cosine], [cosine, x])), b.add("Mul", *b.pick([turned, sine], [sine, turned]))
        b.outputs.append(b.sum(straight, turned))
    b.outputs += [b.pick(cosine, joined, straight, first)] * b.chance(0.1)


def chains(b):
    """What one node may do where several do it."""
    b.opset = b.pick(18, 20, 23)
    shape = b.sizes(3, 2, 5)
    y = b.input(shape)
    for _ in range(b.pick(2, 3, 4)):
        kind, axis = b.pick("cast", "clip", "pad", "concat", "expand", "where", "arithmetic", "negation"), b.pick(0, 1, 2, -1)
        start = y
        for _ in range(b.pick(1, 2, 2, 3)):
            if kind == "cast":
                y = b.add("Cast", y, to=b.pick(T.DOUBLE, T.DOUBLE, T.FLOAT16, T.INT32, T.BOOL))
                y = b.add("Cast", y, to=b.pick(T.INT64, T.DOUBLE, T.FLOAT)) if b.chance(0.4) else y
                y = b.add("Cast", y, to=b.pick(T.FLOAT, T.FLOAT, T.DOUBLE))
            elif kind == "clip":
                low, high = b.pick("", b.constant(-1.5), b.constant(0.25)), b.pick("", b.constant(1), b.constant(0.5))
                y = b.add("Relu", y) if b.chance(0.3) else b.add("Clip", b.add("Cast", y, to=T.FLOAT), low, high)
            elif kind == "pad":
                pads = [0] * 6
                pads[axis % 3], pads[3 + axis % 3] = b.sizes(2, 0, 3)
                y = b.add("Pad", b.add("Cast", y, to=T.FLOAT), b.constant(pads, np.int64), *b.pick([], [b.constant(0.5)]), mode=b.pick("constant", "constant", "edge"))
            elif kind == "concat":
                y = b.add("Concat", *b.pick([y, start], [start, y], [y]), axis=axis)
            elif kind == "expand":
                y = b.add("Cast", y, to=T.FLOAT)
                mean = b.reduce("ReduceMean", y, [axis])
                y = b.add(b.pick("Add", "Mul", "Max"), y, b.add("Expand", mean, b.add("Shape", y)))
            elif kind == "where":
                y = b.add("Where", b.constant(b.pick(True, False, [True], [True, False][:1]), np.bool_), y, b.add("Neg", y))
            elif kind == "arithmetic":
                y = b.add(b.pick("Add", "Sub", "Mul", "Div"), b.add("Cast", y, to=T.FLOAT), b.constant(b.pick(0.5, 3, -2)))
            else:
                y = b.add(b.pick("Neg", "Neg", "Abs"), y)
            b.outputs += [b.add("Cast", y, to=T.FLOAT)] * b.chance(0.1)
    y, op = b.add("Cast", y, to=T.FLOAT), b.pick("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin")
    keepdims = b.pick(0, 1)
    y = b.reduce(op, y, [b.pick(0, 1, 2)], keepdims)
    y = b.reduce(op, y, [b.pick(0, 1)], keepdims if b.chance(0.8) else 1 - keepdims)
    b.outputs.append(y)


def affine_products(b):
    rows, k, n = b.sizes(3)
    x = b.input([rows, k] if b.chance(0.6) else [2, rows, k])
    is_flat, y = len(b.feeds[x].shape) == 2, x
    for _ in range(b.pick(1, 2)):
        v = b.constant(b.pick(2, 0.5)) if b.chance(0.2) else b.floats(*b.pick([k], [k], [1, k], [rows, 1]))
        if is_flat and b.chance(0.3):
            y = b.add("BatchNormalization", y, b.floats(k), b.floats(k), b.floats(k), b.constant(b.rng.uniform(0.5, 1, k)))
        else:
            y = b.add(b.pick("Add", "Sub", "Mul"), *b.pick([y, v], [v, y]))
        b.outputs += [y] * b.chance(0.1)
    if is_flat and b.chance(0.5):
        turned = b.pick(0, 1)
        bias = [b.floats(*b.pick([n], [1, n], [], [rows, 1]))] * b.chance(0.6)
        y = b.add("Gemm", y, b.floats(*([n, k] if turned else [k, n])), *bias, transB=turned, alpha=b.pick(1.0, 0.5), beta=b.pick(1.0, 2.0))
    else:
        y = b.add("MatMul", y, b.floats(k, n))
        y = b.sum(y, b.floats(n)) if b.chance(0.5) else y
    b.outputs.append(y)


def contractions(b):
    """Einsums: of usual equations and of any, with a weight or two inputs; sums along axes of either."""
    lengths = dict(zip("abcde", b.sizes(5)))

    def equation():
        if b.chance(0.5):
            return b.pick("ab,bc->ac", "ab,cb->ac", "abc,acd->abd", "abc,cd->abd", "abc,dc->abd", "a,ab->b", "ab,ab->ab", "abc->cab", "ab,b->a",
                          "ab->a", "...ab,...bc->...ac", "ab,bc", "abc,dec->abde", "abcd,abed->abce")
        terms = ["".join(b.rng.permutation(list("abcd"))[:b.pick(1, 2, 3)]) for _ in range(b.pick(1, 2, 2))]
        letters = sorted(set("".join(terms)))
        return ",".join(terms) + "->" + "".join(x for x in b.rng.permutation(letters) if b.chance(0.6))

    for _ in range(2):
        text = equation()
        terms = text.split("->")[0].replace("...", "a" if "..." in text else "").split(",")
        if "..." in text:
            terms = ["e" + t[1:] for t in terms]
        shapes = [[lengths[x] if b.chance(0.95) else 1 for x in t] for t in terms]
        operands = [b.floats(*d) if i == 1 and b.chance(0.4) else b.input(d) for i, d in enumerate(shapes)]
        b.outputs.append(b.add("Neg", b.add("Einsum", *operands, equation=text)))


def upsampling(b):
    """Entries repeated by Expand or Tile between Reshapes, and Resize that may do nothing."""
    shape = b.sizes(b.pick(2, 3, 4, 4, 5))
    x = b.input(shape)
    factors = [1] * len(shape)
    for axis in {len(shape) - 1, b.pick(*range(len(shape)))}:
        factors[axis] = b.pick(1, 2, 2, 3)
    in_front = b.chance(0.1)
    cut, repeated, new = [], [], []
    for length, factor in zip(shape, factors):
        pair = [(length, length)] + [(1, factor)] * (factor > 1)
        for one, other in reversed(pair) if in_front else pair:
            new += [len(cut)] * (one == 1 != other)
            cut.append(one)
            repeated.append(other)
    ints = lambda v: b.constant(v, np.int64)
    y = b.add("Unsqueeze", x, ints(new)) if b.chance(0.4) else b.add("Reshape", x, ints(cut))
    y = b.add("Expand", y, ints(repeated)) if b.chance(0.5) else b.add("Tile", y, ints([r // c for c, r in zip(cut, repeated)]))
    b.outputs += [y] * b.chance(0.1)
    y = b.add("Reshape", y, ints([length * factor for length, factor in zip(shape, factors)]))
    scale, mode = b.pick(1, 1, 1.1), b.pick("half_pixel", "align_corners", "asymmetric")
    sizes = b.chance(0.5) and [length * factor for length, factor in zip(shape, factors)]
    operands = ["", ints(sizes)] if sizes else [b.constant([1] * (len(shape) - 1) + [scale])]
    y = b.add("Resize", y, "", *operands, mode=b.pick("nearest", "linear"), coordinate_transformation_mode=mode)
    b.outputs.append(b.add("Neg", y))


def dynamic_products(b):
    """Layers quantised as they run, as ONNX Runtime's quantiser spells them, and a product of two such values."""
    batch, rows, k = b.sizes(3)

    def quantized(x):
        names = [f"{part}{len(b.nodes)}" for part in "qsz"]
        b.nodes.append(helper.make_node("DynamicQuantizeLinear", [x], names))
        return names

    def scaled(sums, one, other):
        f = b.add("Cast", sums, to=b.pick(*[T.FLOAT] * 9, T.DOUBLE))
        if b.nodes[-1].attribute[0].i == T.DOUBLE:
            f = b.add("Cast", f, to=T.FLOAT)
        if b.chance(0.6):
            return b.add("Mul", *b.pick([f, m := b.add("Mul", *b.pick([one, other], [other, one]))], [m, f]))
        return b.add("Mul", b.add("Mul", *b.pick([f, one], [one, f])), other)

    def layer(q, s, z, k, n):
        dtype = b.pick(np.uint8, np.int8)
        low, high = (0, 100) if dtype == np.uint8 else (-50, 50)
        lines = b.pick([], [], [1], [n])
        w = b.constant(b.rng.integers(low, high, (k, n)), dtype)
        zero = [b.constant(b.rng.integers(low, high, lines), dtype)] * b.chance(0.8)
        y = scaled(b.add("MatMulInteger", q, w, z, *zero), s, b.constant(b.rng.uniform(0.01, 0.02, lines)))
        b.outputs += [y] * b.chance(0.1)
        return b.sum(y, b.floats(*b.pick([n], [n], [n], [1, n], [1], [rows, 1]))) if b.chance(0.8) else y

    x = b.input([batch, rows, k] if b.chance(0.5) else [rows, k])
    q = quantized(x)
    heads = [layer(*q, k, n) for n in b.pick([k], [5], [k, k], [3, 5])]
    b.outputs += [b.add("DequantizeLinear", *[q[0], q[1], q[2]])] * b.chance(0.1)
    b.outputs += [b.add("Relu", heads[0]), *heads[1:]]
    if b.chance(0.5):
        one, other = quantized(x), quantized(b.swapped(b.input(b.feeds[x].shape), len(b.feeds[x].shape)))
        b.outputs.append(scaled(b.add("MatMulInteger", one[0], other[0], one[2], other[2]), one[1], other[1]))


def repeated_quantization(b):
    """Pairs of QuantizeLinear and DequantizeLinear behind each other.  Between pairs of other steps stands another node:
    ONNX Runtime merges them, too, which is not exact."""
    b.is_open = False
    dtype = b.pick(np.uint8, np.int8)
    shape, axis = b.sizes(2), b.pick(0, 1)
    count, scale = b.pick([], [shape[axis]]), b.rng.uniform(0.01, 0.05)

    def pair(x):
        factor, zero = b.pick(*[(1, 20)] * 4, (2, 20), (1, 21))
        x = x if (factor, zero) == (1, 20) and b.chance(0.9) else b.add("Abs", x)
        own = (b.constant(np.full(count, scale * factor)), b.constant(np.full(count, zero), dtype))
        q = b.add("QuantizeLinear", x, *own, axis=b.pick(axis, axis - 2))
        y = b.add("DequantizeLinear", q, *own, axis=axis)
        return y if (factor, zero) == (1, 20) else b.add("Neg", y)

    y = b.input(shape)
    for _ in range(b.pick(2, 3, 4)):
        y = pair(y)
        b.outputs += [y] * b.chance(0.3)
    b.outputs.append(y)


def spelled(b):
    """Softmax, InstanceNormalization and activations as exporters spell them."""
    b.flags = b.pick(["--contrib"], [])
    for _ in range(3):
        spell(b)


def spell(b):
    kind, shape = b.pick("softmax", "transposed", "instance", "activation"), b.sizes(4)
    y, last = b.input(shape), b.pick(-1, -1, 3, 1)
    if kind == "softmax":
        peaks = b.reduce("ReduceMax", y, b.pick([last], [last - 1], [2, 3]) if b.chance(0.15) else [last])
        below = b.add("Sub", y, peaks) if b.chance(0.95) else y
        e = b.add("Exp", below)
        total = b.reduce("ReduceSum", e if b.chance(0.95) else b.add("Exp", y), [last])
        how = b.pick("Div", "Reciprocal", "Log")
        if how == "Div":
            y = b.add("Div", e, total)
        elif how == "Log":
            y = b.add("Sub", below, b.add("Log", b.add("Abs", total) if b.chance(0.1) else total))
        else:
            inverse = b.add("Reciprocal", total)
            y = b.add("Mul", *b.pick([e, inverse], [inverse, e]))
        b.outputs += [b.pick(e, total, below)] * b.chance(0.15)
    elif kind == "transposed":
        there, back = b.pick(([0, 2, 3, 1], [0, 3, 1, 2]), ([0, 2, 3, 1], [0, 3, 1, 2]), ([0, 2, 3, 1], [0, 2, 3, 1]), ([3, 1, 2, 0], [3, 1, 2, 0]))
        t = b.add("Transpose", y, perm=there)
        s = b.add(b.pick("Softmax", "LogSoftmax"), t, axis=b.pick(-1, 3, 1))
        y = b.add("Transpose", s, perm=back)
        b.outputs += [b.pick(t, s)] * b.chance(0.15)
    elif kind == "instance":
        axes = b.pick([2, 3], [2, 3], [-1, -2], [3], [1, 2, 3])
        d = b.add("Sub", y, b.reduce("ReduceMean", y, axes))
        squares = b.add("Pow", d, b.constant(2)) if b.chance(0.5) else b.add("Mul", d, d)
        n = b.add("Div", d, b.add("Sqrt", b.sum(b.reduce("ReduceMean", squares, axes), b.constant(1e-2))))
        b.outputs += [n] * b.chance(0.1)
        y = b.add("Mul", n, b.floats(*b.pick([shape[1], 1, 1], [1, shape[1], 1, 1], [], [shape[3]]))) if b.chance(0.8) else n
        y = b.sum(y, b.floats(*b.pick([shape[1], 1, 1], [shape[1], 1, 1], [1], [shape[2], 1]))) if b.chance(0.8) else y
    else:
        for _ in range(2):
            y = hard(b, y)
            b.outputs += [y] * b.chance(0.2)
    b.outputs.append(activation(b, y) if b.chance(0.3) else y)


def hard(b, x):
    """HardSigmoid, HardSwish, Mish or Gelu, or what looks like one of them."""
    kind, number = b.pick("sigmoid", "line", "swish", "mish", "gelu"), lambda v: b.constant(v if b.chance(0.97) else 2.5)
    if kind == "gelu":
        return gelu(b, x)
    if kind == "mish":
        return b.add("Mul", x, b.add("Tanh", b.add("Softplus", x)))
    if kind == "line":
        return b.add("Clip", b.sum(b.add("Mul", x, b.constant(0.2)) if b.chance(0.8) else x, b.constant(0.5)), number(0), number(1))
    clipped = b.add("Clip", b.sum(x, number(3)), b.constant(0), number(6))
    b.outputs += [clipped] * b.chance(0.1)
    sixth = lambda v: b.add("Div", v, b.constant(6)) if b.chance(0.5) else b.add("Mul", v, b.constant(1 / 6))
    if kind == "sigmoid":
        return sixth(clipped)
    return b.add("Mul", x, sixth(clipped)) if b.chance(0.5) else sixth(b.add("Mul", clipped, x))


KINDS = (convolutions, matrices, products, norms, quantized, attention, merged_attention, structure, siblings, blocks,
         images, control, rotations, chains, affine_products, contractions, upsampling, dynamic_products,
         repeated_quantization, spelled)
