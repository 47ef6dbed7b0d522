#!/usr/bin/env python3
"""`hasten convert` on real models: onnx.checker accepts what it writes, and it computes what the source computes.

Models lie in the folder that HASTEN_TEST_DATA names: onnx/*/*.onnx and onnx-backend-tests.tar.xz.
"""
import collections
import contextlib
import io
import itertools
import logging
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper, shape_inference, version_converter
from onnx.reference import ReferenceEvaluator

BINARY = os.environ.get("HASTEN_BIN", "build/hasten")
DATA = os.environ.get("HASTEN_TEST_DATA")
# Random by definition: two runs of one model differ.
RANDOM = ("bernoulli", "dropout", "random", "multinomial")


def convert(source, target, *options):
    return subprocess.run([BINARY, "convert", str(source), str(target), *options], capture_output=True, text=True)


def read_value(path, value_type):
    data = path.read_bytes()
    kind = value_type.WhichOneof("value")
    if kind == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    if kind == "optional_type":
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))
    return numpy_helper.to_array(onnx.TensorProto.FromString(data))


def random_value(value_type, generator):
    tensor = value_type.tensor_type
    shape = [d.dim_value if d.dim_value > 0 else 1 for d in tensor.shape.dim]
    return (generator.random(shape) * 2).astype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type))


def feed_of(source, model):
    initialized = {t.name for t in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in initialized]
    for folder in sorted(source.parent.glob("test_data_set_*")):
        paths = [folder / f"input_{k}.pb" for k in range(len(inputs))]
        if all(p.exists() for p in paths):
            return {i.name: read_value(p, i.type) for i, p in zip(inputs, paths)}
    generator = np.random.default_rng(0)
    return {i.name: random_value(i.type, generator) for i in inputs}


def by_onnxruntime(model, feed):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, feed)


def by_version_converter(model, feed):
    """For opsets that onnxruntime no longer reads."""
    newer = version_converter.convert_version(shape_inference.infer_shapes(model), 13)
    del newer.graph.value_info[:]  # partial types, which onnxruntime refuses
    return by_onnxruntime(newer, feed)


def by_reference(model, feed):
    with contextlib.redirect_stdout(io.StringIO()):
        return ReferenceEvaluator(model).run(None, feed)


def same(a, b):
    if a is None or b is None:
        return a is b
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(v, b[k]) for k, v in a.items())
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind in "fc":
        return np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True)
    return a.tolist() == b.tolist() or (a.dtype.kind != "O" and a.tobytes() == b.tobytes())  # NaN of narrow floats


np.seterr(all="ignore")
logging.disable()


class Convert(unittest.TestCase):
    def setUp(self):
        if not DATA:
            self.skipTest("HASTEN_TEST_DATA names no folder with models")
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.counts = collections.Counter()

    def check(self, source, *options):
        """Converts and compares; what went wrong as text, or None."""
        target = pathlib.Path(self.folder.name) / "converted.onnx"
        done = convert(source, target, *options)
        if done.returncode != 0:
            return f"convert failed: {done.stderr.strip()}"
        before, after = onnx.load(source), onnx.load(target)
        try:
            onnx.checker.check_model(after)
        except onnx.checker.ValidationError as error:
            return f"checker: {error}"
        unchanged = list(before.graph.node) == list(after.graph.node)
        if unchanged and len(before.graph.initializer) == len(after.graph.initializer):
            self.counts["node by node the same"] += 1
            return None
        return self.compare(source, before, after)

    def compare(self, source, before, after):
        feed = feed_of(source, before)
        for judge in (by_onnxruntime, by_version_converter, by_reference):
            try:
                wanted = judge(before, feed)
            except Exception:  # a judge that cannot run the source says nothing about the conversion
                continue
            try:
                got = judge(after, feed)
            except Exception as error:
                return f"{judge.__name__} runs the source, not the converted model: {error}"
            self.counts[judge.__name__] += 1
            is_random = any(word in str(source).lower() for word in RANDOM)
            return None if is_random or same(wanted, got) else f"outputs differ ({judge.__name__})"
        return "no judge can run the source"

    def check_all(self, sources, *options):
        problems = [f"{s}: {p}" for s in sources if (p := self.check(s, *options))]
        print(f"{len(sources)} models:", ", ".join(f"{v} {k}" for k, v in self.counts.items()))
        self.assertFalse(problems, "\n".join(problems))

    def test_models(self):
        sources = sorted(pathlib.Path(DATA).glob("onnx/*/*.onnx"))
        if not sources:
            self.skipTest(f"{DATA}/onnx has no models")
        self.check_all(sources)

    def test_backend_suite(self):
        archive = pathlib.Path(DATA) / "onnx-backend-tests.tar.xz"
        if not archive.exists():
            self.skipTest(f"{archive} is absent")
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
            self.check_all(sorted(pathlib.Path(folder).rglob("*.onnx")))

    def test_newer_opset_without_the_old_form(self):
        """Flattened rows (before opset 13) and Scan's batches (opset 8) have no attribute of their own later."""
        folder = pathlib.Path(self.folder.name)
        tensor = lambda name, shape, kind=onnx.TensorProto.FLOAT: helper.make_tensor_value_info(name, kind, shape)
        generator = np.random.default_rng(0)
        models = []
        for op, axis, dims in itertools.product(["Softmax", "LogSoftmax", "Hardmax"], [0, 1, 2, 3, -2],
                                                [[2, 3, 4, 5], ["a", 3, "b", 5], [2, 3, 0, 5], None]):
            graph = helper.make_graph([helper.make_node(op, ["x"], ["y"], axis=axis)], "g", [tensor("x", dims)],
                                      [tensor("y", dims)])
            shape = [2, 3, 0, 5] if dims == [2, 3, 0, 5] else [2, 3, 4, 5]
            models.append((graph, 11, {"x": generator.standard_normal(shape, np.float32)}))
        add = helper.make_node("Add", ["s", "e"], ["t"])
        weigh = helper.make_node("Mul", ["t", "w"], ["r"])
        row = [tensor(v, [2]) for v in "setr"]
        body = helper.make_graph([add, weigh], "body", row[:2], row[2:])
        for lengths, direction in itertools.product([None, [3, 1, 4]], [0, 1]):
            names = ["n" if lengths else "", "s0", "x"]
            scan = helper.make_node("Scan", names, ["s1", "y"], body=body, num_scan_inputs=1, directions=[direction])
            inputs = [tensor("s0", [3, 2]), tensor("x", ["b", "t", 2])]
            feed = {k: generator.random(d, np.float32) for k, d in (("s0", [3, 2]), ("x", [3, 4, 2]))}
            if lengths:
                inputs.append(tensor("n", [3], onnx.TensorProto.INT64))
                feed["n"] = np.array(lengths)
            weight = numpy_helper.from_array(np.array([2, 3], np.float32), "w")
            outputs = [tensor("s1", [3, 2]), tensor("y", ["b", "t", 2])]
            models.append((helper.make_graph([scan], "g", inputs, outputs, [weight]), 8, feed))
        for (graph, opset, feed), newer in itertools.product(models, [13, 15, 17, 21]):
            model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6)
            onnx.save(model, folder / "old.onnx")
            done = convert(folder / "old.onnx", folder / "new.onnx", "--opset", str(newer))
            node = graph.node[0]
            # A declared 0 counts as unknown, and Reshape before opset 14 has no way to say 0.
            if newer < 14 and any(0 in array.shape for array in feed.values()):
                continue
            with self.subTest(op=node.op_type, attributes=str(node.attribute[:1])[:99], newer=newer, feed=feed.keys()):
                self.assertEqual(done.returncode, 0, done.stderr)
                written = onnx.load(folder / "new.onnx")
                if graph.input[-1].type.tensor_type.HasField("shape"):  # or the checker refuses the old model too
                    onnx.checker.check_model(written, full_check=True)
                for a, b in zip(by_onnxruntime(model, feed), by_onnxruntime(written, feed), strict=True):
                    np.testing.assert_allclose(a, b, rtol=1e-6)

    def test_external_data(self):
        source = next(iter(sorted(pathlib.Path(DATA).glob("onnx/mnist-8/*.onnx"))), None)
        if not source:
            self.skipTest(f"{DATA}/onnx/mnist-8 is absent")
        target = pathlib.Path(self.folder.name) / "m.onnx"
        done = convert(source, target, "--external-data", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(target.with_name("m.onnx.data").exists())
        onnx.checker.check_model(str(target))
        self.assertIsNone(self.compare(source, onnx.load(source), onnx.load(target)))


if __name__ == "__main__":
    unittest.main()
