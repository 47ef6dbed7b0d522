#!/usr/bin/env python3
"""Where `hasten run` puts its outputs: --output, archives, standard output, tables, classes of every item of a batch."""
import io
import json
import subprocess
import unittest

import numpy as np
import onnx
from command_line import HASTEN, CommandLine, info, model_of, node
from onnx import TensorProto as T
from onnx import helper, numpy_helper


class Files(CommandLine):
    def two(self):
        """a = -x, b/c = |x|"""
        self.x = np.array([[1, -2.5], [3, np.inf]], np.float32)
        self.save_npy("x.npy", self.x)
        return self.save(model_of([node("Neg", ["x"], ["a"]), node("Abs", ["x"], ["b/c"])], [info("x", ["n", 2])],
                                  [info("a", ["n", 2]), info("b/c", ["n", 2])]))

    def test_an_archive_of_all(self):
        text = self.out("run", self.two(), "--input", "x.npy", "--output-dir", "o", "--output-format", "npz")
        self.assertIn('wrote o/outputs.npz ("a", "b/c")', text)
        with np.load(self.folder / "o/outputs.npz") as archive:
            self.assertEqual(set(archive.files), {"a", "b/c"})
            np.testing.assert_array_equal(archive["a"], -self.x)
            np.testing.assert_array_equal(archive["b/c"], np.abs(self.x))
        first = (self.folder / "o/outputs.npz").read_bytes()
        self.out("run", "m.onnx", "--input", "x.npy", "--output-dir", "o", "--output-format", "npz")
        self.assertEqual((self.folder / "o/outputs.npz").read_bytes(), first)
        self.out("run", self.save(model_of([node("Neg", ["a"], ["y"])], [info("a", ["n", 2])], [info("y", ["n", 2])])), "--input", "o/outputs.npz")

    def test_sequences_in_an_archive(self):
        kind = helper.make_sequence_type_proto(helper.make_tensor_type_proto(T.FLOAT, ["n"]))
        model = self.save(model_of([node("Identity", ["s"], ["t"])], [helper.make_value_info("s", kind)], [helper.make_value_info("t", kind)]))
        (self.folder / "s.json").write_text('{"sequence": [[1, 2], [3]]}')
        self.out("run", model, "--input", "s.json", "--output", "t.npz")
        with np.load(self.folder / "t.npz") as archive:
            np.testing.assert_array_equal(archive["t_0"], [1, 2])
            np.testing.assert_array_equal(archive["t_1"], [3])
        self.fails("run", model, "--input", "s.json", "--output", "t.npy", says='t.npy: holds one tensor, and output "t" is none; .npz, .pb and .json can hold it')
        self.out("run", model, "--input", "s.json", "--output", "t.pb")
        self.out("run", model, "--input", "t.pb")

    def test_each_format_by_extension(self):
        model = self.two()
        text = self.out("run", model, "--input", "x.npy", "--output", "a=a.npy", "--output", "b/c=b.npz", "--output", "a=a.pb", "--output", "a=a.raw", "--output", "a=a.json")
        self.assertIn('wrote b.npz ("b/c")', text)
        np.testing.assert_array_equal(np.load(self.folder / "a.npy"), -self.x)
        np.testing.assert_array_equal(np.load(self.folder / "b.npz")["b/c"], np.abs(self.x))
        np.testing.assert_array_equal(numpy_helper.to_array(onnx.load_tensor(self.folder / "a.pb")), -self.x)
        self.assertEqual((self.folder / "a.raw").read_bytes(), (-self.x).tobytes())
        self.assertEqual(json.loads((self.folder / "a.json").read_text()), {"dtype": "f32", "shape": [2, 2], "data": [-1, 2.5, -3, -np.inf]})

    def test_standard_output_carries_nothing_else(self):
        model = self.two()
        done = subprocess.run([HASTEN, "run", model, "--input", "x.npy", "--output", "a=-"], cwd=self.folder, capture_output=True, check=True)
        np.testing.assert_array_equal(np.load(io.BytesIO(done.stdout)), -self.x)
        self.assertIn(b"latency: ", done.stderr)
        done = subprocess.run([HASTEN, "run", model, "--input", "x.npy", "--output", "b/c=-", "--output-format", "json"], cwd=self.folder, capture_output=True, check=True)
        self.assertEqual(json.loads(done.stdout)["data"], [1, 2.5, 3, np.inf])

    def test_wrong(self):
        run = ("run", self.two(), "--input", "x.npy", "--output")
        self.fails(*run, "a.npy", says="--output a.npy: must name one of the 2 outputs, as in a=a.npy")
        self.fails(*run, "b/d=a.npy", says='the model has no output "b/d"; did you mean "b/c"? (outputs: "a", "b/c")')
        self.fails(*run, "a=a.xls", says="--output a.xls: must be .npy, .npz, .pb, .raw or .json")
        self.fails(*run, "a=-", "--output", "b/c=-", says="standard output can take one output only")
        self.fails(*run, "a=-", "--output-format", "pb", says="--output-format must be npy or json on standard output")
        self.fails(*run, "a=nowhere/a.npy", says="nowhere/a.npy: No such file")
        self.misused("run", "m.onnx", "--output-format", "npy", says="--output-format requires --output-dir or --output")
        self.fails("run", self.identity(T.STRING), "--output", "y.raw", says="y.raw: strings have no raw form")


class Shown(CommandLine):
    def test_a_table(self):
        self.save_npy("x.npy", np.array([[1, 2.5, -1000], [0.125, 3, 4]], np.float32))
        text = self.out("run", self.identity(shape=("n", "m")), "--input", "x.npy")
        self.assertIn("\n      1  2.5  -1000\n  0.125    3      4\n", text)
        self.save_npy("x.npy", np.zeros((2, 9), np.float32))
        self.assertIn("\n  0 0 0 0 0 0 ...\n", self.out("run", self.identity(shape=("n", "m")), "--input", "x.npy"))

    def test_small_outputs_in_json(self):
        self.save_npy("x.npy", np.array([1, np.nan], np.float32))
        self.assertEqual(str(self.json("run", self.identity(), "--input", "x.npy")["outputs"][0]["data"]), "[1, nan]")
        self.assertNotIn("data", self.json("run", self.identity(), "--shape", "x=1025")["outputs"][0])

    def test_classes_of_every_item(self):
        self.save_npy("x.npy", np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]], np.float32))
        run = ("run", self.identity(shape=("n", 3)), "--input", "x.npy", "--top", "1")
        text = self.out(*run)
        self.assertIn('top 1 of output "y", item 0 (already probabilities):\n   70.00 %  class 1\n', text)
        self.assertIn('top 1 of output "y", item 1 (already probabilities):\n   50.00 %  class 0\n', text)
        self.assertEqual([row[0]["class"] for row in self.json(*run)["top"]], [1, 0])


if __name__ == "__main__":
    unittest.main()
