"""If, Loop and Scan."""
import numpy as np
from onnx import helper

from .case import Case, grid, i64, subgraph, values

DTYPES = [np.float32, np.float64, np.int64, np.int32]


def node(op, inputs, outputs, **attrs):
    return helper.make_node(op, inputs.split(), outputs.split(), **attrs)


@grid(dtype=DTYPES, take=[False, True], shape=[(), (3,), (2, 0), (2, 1, 5)], of=["scalar", "row"])
def If(g, dtype, take, shape, of):
    """Branches of different shapes: x0 + x1 (captured, used twice), and a concatenation of both."""
    then = subgraph([node("Add", "x0 x1", "t"), node("Mul", "t x0", "r")], [], [("r", dtype)])
    flat = [node("Reshape", "x0 minus", "a"), node("Reshape", "x1 minus", "b"), node("Concat", "a b", "s", axis=0)]
    other = subgraph(flat, [], [("s", dtype)], [("minus", i64(-1))])
    nodes = [helper.make_node("If", ["x2"], ["y0"], then_branch=then, else_branch=other)]
    return Case("If", [values(g, shape, dtype), values(g, shape, dtype), np.array(take if of == "scalar" else [take])],
                nodes=nodes)


@grid(outer=[False, True], inner=[False, True], dtype=DTYPES)
def nested_if(g, outer, inner, dtype):
    """A branch with an If of its own, which captures from both floors above it; and a result made outside."""
    deep = [subgraph([node(op, "x0 m", "d")], [], [("d", dtype)]) for op in ("Add", "Sub")]
    then = subgraph([node("Mul", "x0 x1", "m"), helper.make_node("If", ["x3"], ["r"], then_branch=deep[0], else_branch=deep[1])],
                    [], [("r", dtype)])
    other = subgraph([node("Identity", "x1", "e")], [], [("e", dtype)])
    nodes = [helper.make_node("If", ["x2"], ["z"], then_branch=then, else_branch=other), node("Add", "z x0", "y0")]
    return Case("If", [values(g, (2, 3), dtype), values(g, (2, 3), dtype), np.array(outer), np.array(inner)], nodes=nodes)


@grid(dtype=DTYPES, trips=[None, 0, 1, 5], start=[None, True, False], stop=[1, 3, 99], shape=[(), (2, 3), (0, 2)])
def Loop(g, dtype, trips, start, stop, shape):
    """Two carried values that change places, one scan output and its own end: while i + 1 < stop."""
    if trips is None and stop == 99:
        return None
    body = subgraph([node("Add", "a b", "c"), node("Mul", "a x0", "s"), node("Add", "i one", "j"), node("Less", "j x1", "more")],
                    [("i", np.int64, []), ("going", bool, []), ("a", dtype), ("b", dtype)],
                    [("more", bool), ("b2", dtype), ("c", dtype), ("s", dtype, shape)],
                    [("one", i64(1)[0])])
    body.node.append(node("Identity", "b", "b2"))
    feed = [values(g, shape, dtype), np.array(stop, np.int64), None if trips is None else np.array(trips, np.int64),
            None if start is None else np.array(start)]
    names = ["x2" if trips is not None else "", "x3" if start is not None else "", "x0", "x0"]
    kept = 2 if trips == 0 or start is False else 3  # the standard gives a scan output of no rounds no shape
    nodes = [helper.make_node("Loop", names, ["y0", "y1", "y2" if kept == 3 else "dropped"], body=body)]
    return Case("Loop", feed, nodes=nodes, outputs=kept, params=(2, 3))


@grid(dtype=DTYPES, trips=[1, 2, 7], axis=[0, 1])
def loop_that_grows(g, dtype, trips, axis):
    """The carried value grows by a row each round: its shape is known only as it runs."""
    body = subgraph([node("Concat", "a x0", "b", axis=axis), node("Shape", "b", "n"), node("Identity", "going", "more")],
                    [("i", np.int64, []), ("going", bool, []), ("a", dtype)], [("more", bool), ("b", dtype), ("n", np.int64)])
    nodes = [helper.make_node("Loop", ["x1", "", "x2"], ["y0", "y1"], body=body)]
    start = values(g, (0, 3) if axis == 0 else (3, 0), dtype)
    return Case("Loop", [values(g, (1, 3) if axis == 0 else (3, 1), dtype), np.array(trips, np.int64), start], nodes=nodes,
                outputs=2, params=(1,))


@grid(dtype=DTYPES, trips=[1, 4, 6])
def loop_with_if(g, dtype, trips):
    """Every second round adds, the others multiply: an If inside a Loop that captures the carried value."""
    sides = [subgraph([node(op, "a x0", "r")], [], [("r", dtype)]) for op in ("Add", "Mul")]
    body = subgraph([node("Mod", "i two", "odd"), node("Cast", "odd", "flag", to=9),
                     helper.make_node("If", ["flag"], ["b"], then_branch=sides[0], else_branch=sides[1]),
                     node("Identity", "going", "more"), node("Identity", "b", "s")],
                    [("i", np.int64, []), ("going", bool, []), ("a", dtype)], [("more", bool), ("b", dtype), ("s", dtype)],
                    [("two", i64(2)[0])])
    nodes = [helper.make_node("Loop", ["x1", "", "x2"], ["y0", "y1"], body=body)]
    return Case("Loop", [values(g, (2, 3), dtype, -1, 1), np.array(trips, np.int64), values(g, (2, 3), dtype, -1, 1)],
                nodes=nodes, outputs=2, params=(1,))


@grid(dtype=DTYPES, length=[1, 2, 9], direction=[0, 1], out=[0, 1], axis=[0, 1, -1])
def Scan(g, dtype, length, direction, out, axis):
    """A running sum and each difference from it, forwards or backwards."""
    body = subgraph([node("Add", "s e", "t"), node("Sub", "t x2", "d")], [("s", dtype), ("e", dtype)], [("t", dtype), ("d", dtype)])
    elements = np.ascontiguousarray(np.moveaxis(values(g, (length, 2, 3), dtype), 0, axis))
    nodes = [helper.make_node("Scan", ["x0", "x1"], ["y0", "y1"], num_scan_inputs=1, body=body, scan_input_axes=[axis],
                              scan_input_directions=[direction], scan_output_directions=[out], scan_output_axes=[axis])]
    return Case("Scan", [values(g, (2, 3), dtype), elements, values(g, (3,), dtype)], nodes=nodes, outputs=2)
