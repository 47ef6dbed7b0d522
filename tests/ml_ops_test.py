#!/usr/bin/env python3
"""Ops of ai.onnx.ml against ONNX Runtime, one node at a time, over grids of attributes, dtypes and shapes.

Where ONNX Runtime lacks a dtype, it judges the same numbers as f32.  Where it differs from what the standard says in so
many words, the expected values are given here.  HASTEN_BIN names the binary, HASTEN_TEST_DATA a folder of models.
"""
import itertools
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

BINARY = os.environ.get("HASTEN_BIN", "build/release/hasten")
DATA = os.environ.get("HASTEN_TEST_DATA")
TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
DTYPES = [np.float32, np.float64, np.int32, np.int64]
onnxruntime.set_default_logger_severity(4)


def element_type(array):
    return TensorProto.STRING if array.dtype.kind in "UO" else helper.np_dtype_to_tensor_dtype(array.dtype)


def strings(*values, shape=None):
    return np.array(values, dtype=object).reshape(shape or [len(values)])


def model_of(op, inputs, outputs, attrs, version):
    """A model of one node."""
    names = [f"x{i}" for i in range(len(inputs))]
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, domain="ai.onnx.ml", **attrs)
    values = [helper.make_tensor_value_info(n, element_type(a), a.shape) for n, a in zip(names, inputs)]
    declared = [onnx.ValueInfoProto(name=r) for r in results]
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", version)]
    return helper.make_model(helper.make_graph([node], "g", values, declared), opset_imports=opsets, ir_version=9)


def read_result(path):
    data = path.read_bytes()
    try:
        return numpy_helper.to_array(onnx.TensorProto.FromString(data))
    except Exception:
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))


def run_hasten(model, inputs, outputs):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "m.onnx").write_bytes(model.SerializeToString())
        (root / "in").mkdir()
        for i, array in enumerate(inputs):
            (root / "in" / f"input_{i}.pb").write_bytes(numpy_helper.from_array(array).SerializeToString())
        command = [BINARY, "run", str(root / "m.onnx"), "--input-dir", str(root / "in"),
                   "--output-dir", str(root / "out"), "--output-format", "pb", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"hasten: {done.stdout}{done.stderr}")
        return [read_result(root / "out" / f"output_{i}.pb") for i in range(outputs)]


def run_ort(op, inputs, outputs, attrs, version):
    def attempt(arrays):
        session = onnxruntime.InferenceSession(model_of(op, arrays, outputs, attrs, version).SerializeToString())
        return session.run(None, {f"x{i}": a for i, a in enumerate(arrays)})

    try:
        return attempt(inputs)
    except Exception as error:
        if "NOT_IMPLEMENTED" not in str(error):
            raise
        return attempt([a.astype(np.float32) for a in inputs])


def batch(generator, dtype, rows, features):
    if np.issubdtype(dtype, np.integer):
        return generator.integers(-4, 5, (rows, features)).astype(dtype)
    return generator.uniform(-2, 2, (rows, features)).astype(np.float32).astype(dtype)


def floats(generator, n, low=-1.0, high=1.0):
    return generator.uniform(low, high, n).astype(np.float32).tolist()


def near(transform):
    """PROBIT in f32, as ONNX Runtime computes it, loses digits near 0.5 and at the ends."""
    return {"rtol": 5e-3, "atol": 1e-3} if transform == "PROBIT" else {}


class MlOps(unittest.TestCase):
    def check(self, op, inputs, outputs=1, version=3, expected=None, rtol=2e-5, atol=1e-5, **attrs):
        attrs = {k: v for k, v in attrs.items() if v is not None}
        label = {k: v for k, v in attrs.items() if isinstance(v, (int, float, str, bytes))}
        with self.subTest(op=op, inputs=[f"{a.dtype}{list(a.shape)}" for a in inputs], **label):
            want = expected or run_ort(op, inputs, outputs, attrs, version)
            got = run_hasten(model_of(op, inputs, outputs, attrs, version), inputs, outputs)
            for i, (g, w) in enumerate(zip(got, want)):
                w = np.asarray(w)
                self.assertEqual(list(g.shape), list(w.shape), f"shape of output {i}")
                if w.dtype.kind in "fc":
                    np.testing.assert_allclose(g.astype(np.float64), w.astype(np.float64), rtol=rtol, atol=atol,
                                               err_msg=f"output {i}")
                else:
                    self.assertEqual(g.astype(w.dtype).tolist(), w.tolist(), f"output {i}")

    def test_linear_classifier(self):
        g = np.random.default_rng(1)
        sizes = [(1, 2), (2, 2), (3, 3), (4, 5)]
        for transform, dtype, (models, labels) in itertools.product(TRANSFORMS, DTYPES, sizes):
            if models == 1 and transform == "PROBIT":
                continue  # ONNX Runtime leaves half of the scores unset
            names = {"classlabels_ints": [10 * i - 7 for i in range(labels)]}
            if labels % 2:
                names = {"classlabels_strings": [f"class {i}" for i in range(labels)]}
            self.check("LinearClassifier", [batch(g, dtype, 5, 3)], 2, coefficients=floats(g, 3 * models, -.2, .2),
                       intercepts=floats(g, models), post_transform=transform, **near(transform),
                       **names)
        self.check("LinearClassifier", [np.array([1, 2], np.float32)], 2, coefficients=[.3, -.2, .1, .7],
                   intercepts=[.1, .2], classlabels_ints=[10, 20])

    def test_linear_regressor(self):
        g = np.random.default_rng(2)
        for transform, dtype, targets, bias in itertools.product(TRANSFORMS, DTYPES, [1, 2, 5], [True, False]):
            self.check("LinearRegressor", [batch(g, dtype, 7, 3)], coefficients=floats(g, 3 * targets, -.2, .2),
                       targets=targets, intercepts=floats(g, targets) if bias else None, post_transform=transform,
                       **near(transform))

    def test_normalizer(self):
        g = np.random.default_rng(3)
        for norm, dtype, rows in itertools.product(["MAX", "L1", "L2"], DTYPES, [1, 4]):
            x = batch(g, dtype, rows, 5)
            x[-1] = 0
            self.check("Normalizer", [x], norm=norm)
            self.check("Normalizer", [x[0]], norm=norm)

    def test_scaler(self):
        g = np.random.default_rng(4)
        for dtype, features in itertools.product(DTYPES, [1, 3]):
            x = batch(g, dtype, 5, 3)
            self.check("Scaler", [x], scale=floats(g, features), offset=floats(g, features))
        x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
        self.check("Scaler", [x], scale=[1., 10., 100.], offset=[0., 1., 2.])

    def test_imputer(self):
        for dtype, n in itertools.product([np.float32, np.float64], [1, 3]):
            for replaced in [float("nan"), 2.0]:
                x = np.array([[1, np.nan, 2], [2, 3, np.nan]], dtype)
                self.check("Imputer", [x], imputed_value_floats=[5.5, 6.5, 7.5][:n], replaced_value_float=replaced)
        for n in [1, 3]:
            x = np.array([[1, 2, 2], [2, 3, 1]])
            self.check("Imputer", [x], imputed_value_int64s=[5, 6, 7][:n], replaced_value_int64=2)
        self.check("Imputer", [np.array([[1, 2]], np.int32)], imputed_value_int64s=[9], replaced_value_int64=2,
                   expected=[np.array([[1, 9]], np.int32)])

    def test_encoders(self):
        for dtype in DTYPES:
            self.check("OneHotEncoder", [np.array([[1, 2], [7, -2]], dtype)], cats_int64s=[1, -2, 3])
        self.check("OneHotEncoder", [np.array([1.9, -1.9], np.float32)], cats_int64s=[1, -1])
        self.check("OneHotEncoder", [strings("a", "c", "b")], cats_strings=["a", "b"])
        self.check("OneHotEncoder", [strings("a", "b")], cats_strings=["a", "b"], zeros=0)
        categories = {"cats_strings": ["a", "b"], "cats_int64s": [4, 5]}
        self.check("CategoryMapper", [strings("a", "c", shape=[2, 1])], default_int64=-7, **categories)
        self.check("CategoryMapper", [np.array([4, 9, 5])], default_string="zz", **categories)
        self.check("LabelEncoder", [strings("a", "b", "z")], version=1, classes_strings=["a", "b"], default_int64=-3)
        self.check("LabelEncoder", [np.array([0, 1, 5, -1])], version=1, classes_strings=["a", "b"], default_string="?")
        keys = {"s": ("keys_strings", ["a", "b"], strings("b", "z", "a")),
                "i": ("keys_int64s", [3, -4], np.array([[-4, 5]])),
                "f": ("keys_floats", [0.5, float("nan")], np.array([np.nan, 0.5, 0.25], np.float32))}
        values = [("values_strings", ["x", "y"]), ("values_int64s", [7, -8]), ("values_floats", [0.25, -1.5])]
        for (key, names, x), (value, results), version in itertools.product(keys.values(), values, [2, 4]):
            if version == 2 and key == "keys_floats":
                names, x = [0.5, 2.0], np.array([2, 0.5, 0.25], np.float32)  # NaN as a key is of opset 4
            self.check("LabelEncoder", [x], version=version, default_string="?", default_int64=99, default_float=9.5,
                       **{key: names, value: results})
        f64 = lambda *v: helper.make_tensor("t", TensorProto.DOUBLE, [len(v)], v)
        self.check("LabelEncoder", [np.array([1.5, 9, 2.5])], version=4, keys_tensor=f64(1.5, 2.5),
                   values_tensor=f64(3, 4), default_tensor=f64(42))
        # "If a key is repeated, the last key takes precedence."
        self.check("LabelEncoder", [strings("a", "b")], version=4, keys_strings=["a", "b", "a"],
                   values_int64s=[1, 2, 3], expected=[np.array([3, 2])])

    def test_features(self):
        x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
        self.check("ArrayFeatureExtractor", [x, np.array([[3, 0, 3]])])
        self.check("ArrayFeatureExtractor", [x[0, 0], np.array([2, 1])])
        self.check("ArrayFeatureExtractor", [strings("a", "b", "c"), np.array([2])])
        for dtype in DTYPES:
            inputs = [np.array([[1, 2], [3, 4]], dtype), np.array([[5], [6]], dtype)]
            for widths in [[2, 1], [1, 3], [4, 0]]:
                self.check("FeatureVectorizer", inputs, inputdimensions=widths)
            self.check("Binarizer", [np.array([[1, 2, -3, 0]], dtype)], threshold=1.0)
        self.check("FeatureVectorizer", [np.array([1, 2, 3], np.float32)], inputdimensions=[3])

    def test_support_vectors(self):
        g = np.random.default_rng(5)
        kernels = ["LINEAR", "POLY", "RBF", "SIGMOID"]
        grid = itertools.product(kernels, [2, 3, 4], [False, True], TRANSFORMS)
        for kernel, classes, probabilities, transform in grid:
            if transform == "PROBIT" and not probabilities:
                continue  # scores are no probabilities, and ONNX Runtime leaves half of those of two classes unset
            pairs, per_class = classes * (classes - 1) // 2, [int(g.integers(1, 4)) for _ in range(classes)]
            n = sum(per_class)
            attrs = {"prob_a": floats(g, pairs, -2, -1), "prob_b": floats(g, pairs)} if probabilities else {}
            if classes == 3:
                attrs["classlabels_strings"] = ["a", "b", "c"]
            else:
                attrs["classlabels_ints"] = [10 * i + 5 for i in range(classes)]
            self.check("SVMClassifier", [batch(g, DTYPES[n % 4], 5, 3)], 2, kernel_type=kernel,
                       kernel_params=[.3, .1, 3.], vectors_per_class=per_class, support_vectors=floats(g, 3 * n),
                       coefficients=floats(g, n * (classes - 1)),
                       rho=floats(g, pairs, -.3, .3), post_transform=transform, rtol=2e-3, atol=1e-4, **attrs)
        for classes, transform, low in itertools.product([1, 2, 3], TRANSFORMS, [-1, 0]):
            self.check("SVMClassifier", [batch(g, np.float32, 7, 3)], 2, coefficients=floats(g, 3 * classes, low, 1),
                       rho=[.1], kernel_params=[.3, .1, 3.], classlabels_ints=[10 * i + 5 for i in range(classes)],
                       post_transform=transform, **near(transform))
        for kernel, one_class, dtype, n in itertools.product(kernels, [0, 1], DTYPES, [0, 1, 4]):
            self.check("SVMRegressor", [batch(g, dtype, 5, 3)], kernel_type=kernel, kernel_params=[.3, .1, 2.],
                       n_supports=n, support_vectors=floats(g, 3 * n) if n else None, coefficients=floats(g, n or 3),
                       rho=[.05], one_class=one_class)

    def test_tree_classifier(self):
        g = np.random.default_rng(6)
        for classes, transform, base, low in itertools.product([1, 2, 3, 5], TRANSFORMS, [False, True], [-1, 0]):
            if classes == 2 and transform == "PROBIT":
                continue  # ONNX Runtime leaves half of the scores unset
            # Of two classes all leaves vote for the first: what exporters write.
            trees, leaves = random_trees(g, 4, 3)
            voted = 1 if classes == 2 else classes
            votes = [(t, n, k) for t, n in leaves for k in range(voted)]
            labels = {"classlabels_strings": [f"c{i}" for i in range(classes)]}
            if classes < 3:
                labels = {"classlabels_int64s": [3, 8][:classes]}
            x = batch(g, [np.float32, np.float64][classes % 2], 9, 3)
            x[0, 1] = np.nan
            self.check("TreeEnsembleClassifier", [x], 2, post_transform=transform, class_treeids=[v[0] for v in votes],
                       class_nodeids=[v[1] for v in votes], class_ids=[v[2] for v in votes],
                       class_weights=floats(g, len(votes), low * .2, .2),
                       base_values=floats(g, voted, 0, .1) if base else None,
                       **near(transform), **trees, **labels)

    def test_tree_regressor(self):
        g = np.random.default_rng(7)
        grid = itertools.product(["SUM", "AVERAGE", "MIN", "MAX"], TRANSFORMS, [1, 3], [False, True])
        for how, transform, targets, base in grid:
            trees, leaves = random_trees(g, 3, 3)
            votes = [(t, n, k) for t, n in leaves for k in range(targets)]
            self.check("TreeEnsembleRegressor", [batch(g, np.float32, 9, 3)], n_targets=targets, aggregate_function=how,
                       post_transform=transform, target_treeids=[v[0] for v in votes],
                       target_nodeids=[v[1] for v in votes], target_ids=[v[2] for v in votes],
                       target_weights=floats(g, len(votes), .05, .3),
                       base_values=floats(g, targets, 0, .05) if base else None,
                       **near(transform), **trees)
        trees, leaves = random_trees(g, 3, 3)
        f64 = lambda v: helper.make_tensor("t", TensorProto.DOUBLE, [len(v)], v)
        trees["nodes_values_as_tensor"] = f64(trees.pop("nodes_values"))
        self.check("TreeEnsembleRegressor", [batch(g, np.float64, 9, 3)], n_targets=1, target_ids=[0] * len(leaves),
                   target_treeids=[t for t, _ in leaves], target_nodeids=[n for _, n in leaves],
                   target_weights_as_tensor=f64(g.uniform(-1, 1, len(leaves))), **trees)

    def test_tree_ensemble(self):
        g = np.random.default_rng(8)
        for how, transform, targets, dtype in itertools.product(range(4), [0, 3, 4], [1, 2], [np.float32, np.float64]):
            self.check("TreeEnsemble", [batch(g, dtype, 9, 3)], version=5, aggregate_function=how,
                       post_transform=transform, **near("PROBIT" if transform == 4 else "NONE"),
                       **stumps(g, targets, dtype))
        # ONNX Runtime takes 1 for LOGISTIC and 2 for SOFTMAX; the standard has them the other way round.
        x, trees = batch(g, np.float32, 9, 3), stumps(g, 2, np.float32)
        raw = run_ort("TreeEnsemble", [x], 1, trees, 5)[0].astype(np.float64)
        softmax = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
        self.check("TreeEnsemble", [x], version=5, post_transform=1, expected=[softmax], **trees)
        self.check("TreeEnsemble", [x], version=5, post_transform=2, expected=[1 / (1 + np.exp(-raw))], **trees)

    def test_maps(self):
        x = np.array([[0.5, 0.25, 0.125], [1, 2, 3]], np.float32)
        for labels in [{"classlabels_int64s": [7, 3, 5]}, {"classlabels_strings": ["b", "c", "a"]}]:
            got = run_hasten(model_of("ZipMap", [x], 1, labels, 1), [x], 1)[0]
            want = run_ort("ZipMap", [x], 1, labels, 1)[0]
            text = lambda k: k.decode() if isinstance(k, bytes) else k  # numpy_helper leaves keys undecoded
            self.assertEqual([{text(k): float(v) for k, v in m.items()} for m in got], want)
        for form, target in itertools.product(["DENSE", "SPARSE"], ["TO_FLOAT", "TO_STRING", "TO_INT64"]):
            self.check_map_op("CastMap", x, [7, 3, 5], {"map_form": form, "cast_to": target, "max_map": 9})
        self.check_map_op("DictVectorizer", x, [7, 3, 5], {"int64_vocabulary": [3, 4, 7, 5]})
        self.check_map_op("DictVectorizer", x, ["b", "c", "a"], {"string_vocabulary": ["a", "b", "z", "c"]})

    def check_map_op(self, op, x, keys, attrs):
        """A map is made by ZipMap here, and fed to ONNX Runtime as it is."""
        integers = isinstance(keys[0], int)
        key_type = TensorProto.INT64 if integers else TensorProto.STRING
        kind = helper.make_map_type_proto(key_type, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 1)]
        node = helper.make_node(op, ["m"], ["y"], domain="ai.onnx.ml", **attrs)
        graph = helper.make_graph([node], "g", [helper.make_value_info("m", kind)], [onnx.ValueInfoProto(name="y")])
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        feed = {k: float(v) for k, v in zip(keys, x[1])}
        want = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"m": feed})[0]
        labels = {"classlabels_int64s" if integers else "classlabels_strings": keys}
        nodes = [helper.make_node("ZipMap", ["x"], ["s"], domain="ai.onnx.ml", **labels),
                 helper.make_node("SequenceAt", ["s", "i"], ["m"]), node]
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                                  [onnx.ValueInfoProto(name="y")], [numpy_helper.from_array(np.array(1), "i")])
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        got = run_hasten(model, [x], 1)[0]
        with self.subTest(op=op, **{k: str(v) for k, v in attrs.items()}):
            self.assertEqual(got.shape, want.shape)
            self.assertEqual(got.astype(want.dtype).tolist(), want.tolist())

    @unittest.skipUnless(DATA, "HASTEN_TEST_DATA is not set")
    def test_random_forest(self):
        folder = pathlib.Path(DATA) / "onnx" / "sklearn-randomforest"
        recorded = folder / "test_data_set_ref"
        x = numpy_helper.to_array(onnx.load_tensor(recorded / "input_0.pb"))
        labels, maps = run_hasten(onnx.load(folder / "model.onnx"), [x], 2)
        self.assertEqual(labels.tolist(), numpy_helper.to_array(onnx.load_tensor(recorded / "output_0.pb")).tolist())
        want = json.loads((recorded / "output_1.json").read_text())
        self.assertEqual(len(maps), len(want))
        for got, row in zip(maps, want):
            np.testing.assert_allclose([float(got[int(k)]) for k in row], list(row.values()), atol=1e-6)


def random_trees(g, count, features):
    """nodes_* of full trees of depth 2, and their leaves as (tree, node)."""
    modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
    nodes = {f"nodes_{k}": [] for k in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids",
                                        "falsenodeids", "missing_value_tracks_true")}
    leaves = []
    for tree, node in itertools.product(range(count), range(7)):
        leaf = node > 2
        row = (tree, node, 0 if leaf else int(g.integers(features)), float(np.float32(g.integers(-4, 5) / 2)),
               "LEAF" if leaf else modes[int(g.integers(6))], 0 if leaf else 2 * node + 1, 0 if leaf else 2 * node + 2,
               0 if leaf else int(g.integers(2)))
        for column, v in zip(nodes.values(), row):
            column.append(v)
        if leaf:
            leaves.append((tree, node))
    return nodes, leaves


def stumps(g, targets, dtype):
    """Attributes of TreeEnsemble: for each target three trees of one node, the last of them a set."""
    n = 3 * targets
    tensor = lambda values, kind=None: helper.make_tensor("t", kind or helper.np_dtype_to_tensor_dtype(np.dtype(dtype)),
                                                          [len(values)], values)
    modes = [int(g.integers(6)), int(g.integers(6)), 6] * targets
    return {
        "tree_roots": list(range(n)), "nodes_modes": tensor(modes, TensorProto.UINT8), "n_targets": targets,
        "nodes_splits": tensor(floats(g, n)), "nodes_featureids": [int(v) for v in g.integers(0, 3, n)],
        "nodes_truenodeids": [2 * i for i in range(n)], "nodes_falsenodeids": [2 * i + 1 for i in range(n)],
        "nodes_trueleafs": [1] * n, "nodes_falseleafs": [1] * n,
        "leaf_targetids": [i // 6 for i in range(2 * n)], "leaf_weights": tensor(floats(g, 2 * n, .05, .3)),
        "membership_values": tensor([1.0, 2.0, float("nan")] * targets),
    }


if __name__ == "__main__":
    unittest.main()
