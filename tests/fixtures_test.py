"""Models exported from PyTorch (tests/fixtures, written by `./dev fixtures`), as they are and simplified.

Each must convert to a model that onnx.checker accepts, give what ONNX Runtime gives without optimisation, and after
`hasten simplify` pass the checker, give the same in ONNX Runtime and in Hasten, and have at most as many nodes as
docs/simplify.md records for onnxsim and onnxslim.

    HASTEN_BIN=build/release/hasten python tests/fixtures_test.py
"""
import os
import tempfile
import unittest

import numpy as np
import onnx
from models_test import NUMPY, error_of, run_ours, run_theirs
from simplify_test import as_onnx, fixtures, nodes_of, recorded, simplify

LIMIT = 1e-4
SIZES = ({"batch": 1, "sequence": 1, "past": 1}, {"batch": 3, "sequence": 5, "past": 4})


def inputs_of(model, sizes):
    rng = np.random.default_rng(len(sizes))
    out = []
    for value in model.graph.input:
        kind = value.type.tensor_type
        dims = [d.dim_value or sizes[d.dim_param] for d in kind.shape.dim]
        dtype = NUMPY[kind.elem_type]
        array = rng.integers(0, 2, dims) if np.issubdtype(dtype, np.integer) else rng.standard_normal(dims)
        out.append((value.name, array.astype(dtype)))
    return out


class Fixtures(unittest.TestCase):
    def test_there_are_some(self):
        self.assertGreater(len(fixtures()), 60)

    def test_each(self):
        for _, path in fixtures():
            with self.subTest(os.path.basename(path)), tempfile.TemporaryDirectory() as folder:
                self.one(path, folder)

    def one(self, path, folder):
        model, simplified = as_onnx(path, folder), os.path.join(folder, "s.onnx")
        simplify(model, simplified)
        for file in (model, simplified):
            onnx.checker.check_model(file, full_check=True)
        for sizes in SIZES:
            inputs = inputs_of(onnx.load(model), sizes)
            theirs = run_theirs(model, inputs)
            self.agree("the model", run_ours(model, inputs, folder), theirs)
            self.agree("simplified, in ONNX Runtime", run_theirs(simplified, inputs), theirs)
            self.agree("simplified", run_ours(simplified, inputs, folder), theirs)
        name = os.path.basename(path).removesuffix(".ir")
        self.assertIn(name, recorded(), "write docs/simplify.md anew")
        self.assertLessEqual(nodes_of(simplified), recorded()[name])

    def agree(self, what, ours, theirs):
        for a, b in zip(ours, theirs, strict=True):
            self.assertTrue(np.isfinite(b).all() and np.ptp(b) > 0, "the judge says nothing")
            self.assertLessEqual(error_of(a, b), LIMIT, what)


if __name__ == "__main__":
    unittest.main()
