"""A case: a node or a small graph with inputs; a grid: a function from parameters to cases."""
import dataclasses
import itertools
import zlib

import numpy as np
from onnx import helper, numpy_helper

GRIDS = []


@dataclasses.dataclass
class Case:
    """Inputs are x0, x1, ... and outputs y0, y1, ...; None is an input left out.  `params` are the numbers of the inputs
    that a static model has as constants.  `nodes` stand for the one node of `op`.  `tolerance` is relative to the largest
    |expected|, None: by dtype, 0: every bit."""
    op: str
    inputs: list
    attrs: dict = dataclasses.field(default_factory=dict)
    outputs: int = 1
    params: tuple = ()
    opset: int = 21
    tolerance: float | None = None
    nodes: list | None = None
    expected: object = None  # () -> outputs, where ONNX Runtime is not the judge
    as_if: object = None  # the case whose outputs are expected, where no judge runs this form of it
    doubt: str = ""  # what ONNX Runtime does that the standard does not say: onnx.reference judges

    def feed(self, dynamic):
        return {f"x{i}": x for i, x in enumerate(self.inputs) if x is not None and (dynamic or i not in self.params)}

    def model(self, dynamic):
        """Static: shapes and parameters are known; dynamic: each dim but the parameters' is a symbol, and they come at run time."""
        names = ["" if x is None else f"x{i}" for i, x in enumerate(self.inputs)]
        while names and not names[-1]:
            names.pop()
        results = [f"y{i}" for i in range(self.outputs)]
        attrs = {k: v for k, v in self.attrs.items() if v is not None}
        params = {f"x{i}" for i in self.params}
        nodes = self.nodes or [helper.make_node(self.op, names, results, **attrs)]
        inputs = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(x.dtype),
                                                [f"{k}_{a}" for a in range(x.ndim)] if dynamic and k not in params else x.shape)
                  for k, x in self.feed(dynamic).items()]
        constants = [] if dynamic else [numpy_helper.from_array(self.inputs[i], f"x{i}") for i in self.params
                                        if i < len(self.inputs) and self.inputs[i] is not None]
        graph = helper.make_graph(nodes, "g", inputs, [helper.make_empty_tensor_value_info(r) for r in results], constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=10)


@dataclasses.dataclass
class Grid:
    name: str
    make: object
    axes: dict

    def points(self):
        """Every combination, each with its label."""
        for values in itertools.product(*self.axes.values()):
            point = dict(zip(self.axes, values))
            yield f"{self.name}: " + ", ".join(f"{k}={shown(v)}" for k, v in point.items()), point

    def case(self, label, point):
        """The case of one point, whose numbers depend on its label alone; None where the point has no meaning."""
        return self.make(np.random.default_rng(zlib.crc32(label.encode())), **point)


def shown(value):
    return value.__name__ if isinstance(value, type) else value


def grid(**axes):
    def register(make):
        GRIDS.append(Grid(make.__name__, make, axes))
        return make
    return register


def values(g, shape, dtype=np.float32, low=-2, high=2):
    """Floats in the range; integers in 30 times the range as far as the dtype goes, so that some are equal."""
    dtype = np.dtype(dtype)
    if dtype == bool:
        return g.integers(0, 2, shape).astype(bool)
    if dtype.kind == "u":
        return g.integers(0, 60, shape).astype(dtype)
    if dtype.kind == "i":
        return g.integers(max(30 * low, -128), min(30 * high, 127) + 1, shape).astype(dtype)
    return g.uniform(low, high, shape).astype(dtype)


def i64(*numbers):
    return np.array(numbers, np.int64)


def subgraph(nodes, inputs, outputs, constants=()):
    """`inputs` and `outputs`: pairs of name and element type, of unknown shape, or with the shape as a third part."""
    info = lambda v: helper.make_tensor_value_info(v[0], helper.np_dtype_to_tensor_dtype(np.dtype(v[1])), *(v[2:] or [None]))
    return helper.make_graph(nodes, "body", [info(p) for p in inputs], [info(p) for p in outputs],
                             [numpy_helper.from_array(v, k) for k, v in constants])
