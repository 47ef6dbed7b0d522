#!/usr/bin/env python3
"""Scan's axes, directions and batches against ONNX Runtime, planned and by references.  HASTEN_BIN names the binary."""
import itertools
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

BINARY = os.environ.get("HASTEN_BIN", "build/release/hasten")
onnxruntime.set_default_logger_severity(4)


def tensor(name, shape, kind=onnx.TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def body():
    """States s and t change places; yields (s + a) * b and a - w, w from outside."""
    nodes = [helper.make_node("Add", ["s", "a"], ["s2"]), helper.make_node("Mul", ["s2", "b"], ["y"]),
             helper.make_node("Sub", ["a", "w"], ["z"]), helper.make_node("Identity", ["t"], ["t2"])]
    names = lambda *values: [tensor(v, [2, 3]) for v in values]
    return helper.make_graph(nodes, "body", names("s", "t", "a", "b"), names("t2", "s2", "y", "z"))


class Scan(unittest.TestCase):
    def check(self, opset, feed, names, rank, **attrs):
        node = helper.make_node("Scan", names, ["f", "g", "p", "q"], num_scan_inputs=2, body=body(),
                                **{k: v for k, v in attrs.items() if v})
        inputs = [tensor(k, v.shape, helper.np_dtype_to_tensor_dtype(v.dtype)) for k, v in feed.items()]
        outputs = [tensor(k, [None] * (rank + (k in "pq"))) for k in "fgpq"]
        weight = numpy_helper.from_array(np.array([1, 2, 4], np.float32), "w")
        graph = helper.make_graph([node], "g", inputs, outputs, [weight])
        opsets = [helper.make_opsetid("", opset)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=4 if opset < 9 else 8)
        session = onnxruntime.InferenceSession(model.SerializeToString())
        want = session.run(None, feed)
        with tempfile.TemporaryDirectory() as folder, self.subTest(opset=opset, names=names, **attrs):
            root = pathlib.Path(folder)
            (root / "m.onnx").write_bytes(model.SerializeToString())
            for kind, values in (("input", feed.values()), ("output", want)):
                for i, v in enumerate(values):
                    (root / f"{kind}_{i}.pb").write_bytes(numpy_helper.from_array(v).SerializeToString())
            for how in [], ["--reference"]:
                command = [BINARY, "run", str(root / "m.onnx"), "--input-dir", folder, "--check", folder, *how]
                done = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_axes_and_directions(self):
        g = np.random.default_rng(0)
        flags = [None, [0, 1], [1, 0]]
        axis_pairs = [None, [1, -1]]
        for axes, directions, results, out_directions in itertools.product(axis_pairs, flags, axis_pairs, flags):
            elements = g.random((2, 5, 2, 3), np.float32)
            a, b = (np.ascontiguousarray(np.moveaxis(v, 0, axis)) for v, axis in zip(elements, axes or [0, 0]))
            self.check(17, {"x": g.random((2, 3), np.float32), "A": a, "B": b}, ["x", "x", "A", "B"], 2,
                       scan_input_axes=axes, scan_input_directions=directions, scan_output_axes=results,
                       scan_output_directions=out_directions)

    def test_batches_of_opset_8(self):
        g = np.random.default_rng(1)
        for lengths, directions in itertools.product([None, [4, 2, 1], [1, 4, 3]], [None, [0, 1]]):
            feed = {"x": g.random((3, 2, 3), np.float32), "A": g.random((3, 4, 2, 3), np.float32),
                    "B": g.random((3, 4, 2, 3), np.float32)}
            if lengths:
                feed["L"] = np.array(lengths)
            self.check(8, feed, ["L" if lengths else "", "x", "x", "A", "B"], 3, directions=directions)


if __name__ == "__main__":
    unittest.main()
