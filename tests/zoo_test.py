#!/usr/bin/env python3
"""Models of the zoo: onnx.checker accepts what `hasten convert` writes, and both run as ONNX Runtime runs the file.

The small ones; all of them with HASTEN_FULL=1.
"""
import os
import pathlib
import re
import unittest

import numpy as np
import onnx
import onnxruntime
from command_line import CommandLine

SMALL = {"efficientnet_b0", "lstm_tagger", "mobilenet_v2"}
FULL = os.environ.get("HASTEN_FULL") == "1"
LIMIT = 1e-4  # largest |a - b| over largest |b|


def random_inputs(session, seed):
    """By name; integers are 0 or 1, valid as tokens, token types and masks."""
    generator = np.random.default_rng(seed)
    feed = {}
    for value in session.get_inputs():
        whole = value.type == "tensor(int64)"
        feed[value.name] = (generator.integers(0, 2, value.shape) if whole
                            else generator.standard_normal(value.shape).astype(np.float32))
    return feed


class Zoo(CommandLine):
    def names(self):
        listed = self.hasten("inspect", "zoo:", status=1).stderr
        return re.search("must name one of (.*)", listed)[1].split(", ")

    def test_every_file_is_a_model(self):
        folder = pathlib.Path(__file__).resolve().parent.parent / "src/zoo"
        files = [p.stem for p in folder.glob("*.cc") if "\nextern const Topology k" in p.read_text()]
        self.assertEqual(sorted(files), self.names())

    def test_unknown_names(self):
        self.fails("inspect", "zoo:resnet5", says=["zoo:resnet5: there is no", "did you mean 'resnet50'?"])
        self.fails("run", "zoo:frobnicate", says="The zoo has bert_base, ")
        self.fails("convert", "zoo:", "x.onnx", says="must name one of bert_base, ")

    def test_text_form_has_generators(self):
        self.hasten("convert", "zoo:lstm_tagger", "m.ir")
        text = (self.folder / "m.ir").read_text()
        self.assertLess(len(text), 10_000)
        facts, again = self.json("inspect", "zoo:lstm_tagger"), self.json("inspect", "m.ir")
        for fact in ("ops", "parameters", "operations", "doc"):
            self.assertEqual(facts[fact], again[fact])

    def test_equals_onnxruntime(self):
        for name in self.names():
            if FULL or name in SMALL:
                with self.subTest(name):
                    self.check(name)

    def check(self, name):
        self.hasten("convert", f"zoo:{name}", f"{name}.onnx")
        path = self.folder / f"{name}.onnx"
        self.assertFalse(path.with_name(path.name + ".data").exists())
        onnx.checker.check_model(str(path), full_check=True)
        self.assertEqual([(o.domain, o.version) for o in onnx.load(path).opset_import], [("", 17)])
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        feed = random_inputs(session, 1)
        arguments = [f"--input={key}={self.save_npy(key + '.npy', array)}" for key, array in feed.items()]
        self.hasten("run", f"zoo:{name}", *arguments, "--output-dir", "out")
        for i, expected in enumerate(session.run(None, feed)):
            got = np.load(self.folder / "out" / f"output_{i}.npy")
            self.assertEqual(got.shape, expected.shape)
            largest = np.abs(expected).max()
            self.assertTrue(np.isfinite(largest) and 1e-3 < largest < 1e4, f"outputs up to {largest}")
            self.assertGreater(expected.std(), 1e-6 * largest)
            error = np.abs(got - expected).max() / largest
            print(f"{name}: largest {largest:.3g}, error {error:.1e}")
            self.assertLess(error, LIMIT)
        path.unlink()


if __name__ == "__main__":
    unittest.main()
