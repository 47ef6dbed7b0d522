"""A random model that grows node by node."""
import numpy as np
from onnx import TensorProto as T
from onnx import helper, numpy_helper

OPSETS = (13, 15, 17, 18, 20, 23)


class Builder:
    """A model that grows node by node, and inputs for it."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.opset = int(self.rng.choice(OPSETS))
        self.is_open = self.chance(0.5)  # whether the first axis of inputs has a name
        self.flags = ["--contrib"]
        self.nodes, self.inputs, self.weights, self.outputs, self.feeds = [], [], [], [], {}

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def sizes(self, count, low=1, high=5):
        return [int(d) for d in self.rng.integers(low, high, count)]

    def input(self, shape):
        name = f"x{len(self.inputs)}"
        dims = [f"d{d}" if self.is_open and axis == 0 else d for axis, d in enumerate(shape)]
        self.inputs.append(helper.make_tensor_value_info(name, T.FLOAT, dims))
        self.feeds[name] = self.rng.uniform(-2, 2, shape).astype(np.float32)
        return name

    def constant(self, value, dtype=np.float32):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def floats(self, *shape):
        return self.constant(self.rng.uniform(-1, 1, shape))

    def add(self, op, *inputs, **attrs):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attrs))
        return name

    def sum(self, a, b):
        return self.add("Add", a, b) if self.chance(0.5) else self.add("Add", b, a)

    def reduce(self, op, x, axes, keepdims=1):
        if self.opset < 18 and op != "ReduceSum":  # whose axes are an input since opset 13
            return self.add(op, x, axes=axes, keepdims=keepdims)
        return self.add(op, x, self.constant(axes, np.int64), keepdims=keepdims)

    def swapped(self, x, rank):
        return self.add("Transpose", x, perm=[*range(rank - 2), rank - 1, rank - 2])

    def model(self):
        outputs = [helper.make_tensor_value_info(o, T.FLOAT, None) for o in dict.fromkeys(self.outputs)]
        graph = helper.make_graph(self.nodes, "g", self.inputs, outputs, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=9)
