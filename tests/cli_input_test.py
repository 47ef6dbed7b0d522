#!/usr/bin/env python3
"""What goes into `hasten run`: files, folders, made-up inputs; and the ranking of classes."""
import unittest

import numpy as np
import onnx
from command_line import CommandLine, info, model_of, node
from onnx import TensorProto as T
from onnx import helper, numpy_helper


class Inputs(CommandLine):
    def test_files_of_every_kind(self):
        model = self.add()
        x, y = np.arange(6, dtype=np.float32).reshape(2, 3), np.full((2, 3), 0.5, np.float32)
        self.save_npy("x.npy", x)
        (self.folder / "y.raw").write_bytes(y.tobytes())
        self.out("run", model, "--input", "x=x.npy", "--input", "y=y.raw", "--shape", "y=2x3", "--output-dir", "o")
        np.testing.assert_array_equal(np.load(self.folder / "o/output_0.npy"), x + y)
        self.data_set([x, y])
        self.out("run", model, "--input-dir", "set", "--output-dir", "p", "--output-format", "pb")
        tensor = onnx.load_tensor(self.folder / "p/output_0.pb")
        self.assertEqual(tensor.name, "z")
        np.testing.assert_array_equal(numpy_helper.to_array(tensor), x + y)
        self.out("run", model, "--input-dir", "set", "--input", "y=x.npy", "--output-dir", "q")
        np.testing.assert_array_equal(np.load(self.folder / "q/output_0.npy"), x + x)

    def test_the_only_input_needs_no_name(self):
        self.save_npy("a=b.npy", np.array([7], np.float32))
        self.assertIn("7", self.out("run", self.identity(), "--input", "a=b.npy"))

    def test_npy_of_every_dtype(self):
        arrays = [np.array([0, 1, 1], d) for d in ("f4", "f8", "f2", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "?", "c8", "c16")]
        arrays += [np.array(["a", "", "schön"]), np.array([], "f4"), np.array([2**63 - 1], "i8"), np.array([np.nan, -np.inf], "f4")]
        for array in arrays:
            kind = T.STRING if array.dtype.kind == "U" else helper.np_dtype_to_tensor_dtype(array.dtype)
            with self.subTest(array=array):
                self.save_npy("x.npy", array)
                self.out("run", self.identity(kind), "--input", "x=x.npy", "--output-dir", "o")
                back = np.load(self.folder / "o/output_0.npy")
                np.testing.assert_array_equal(back, array)
                self.assertEqual(back.dtype.kind, array.dtype.kind)

    def test_npy_in_other_orders(self):
        array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
        for other in (np.asfortranarray(array), array.astype(">f4"), np.asfortranarray(array.astype(">f4"))):
            self.save_npy("x.npy", other)
            self.out("run", self.identity(shape=(2, 3, 4)), "--input", "x.npy", "--output-dir", "o")
            np.testing.assert_array_equal(np.load(self.folder / "o/output_0.npy"), array)
        self.save_npy("x.npy", np.array([b"ab", b"c"]))
        self.assertIn('"ab" "c"', self.out("run", self.identity(T.STRING), "--input", "x.npy"))

    def test_bfloat16_is_written_as_its_bits(self):
        model = self.save(model_of([node("Cast", ["x"], ["y"], to=T.BFLOAT16)], [info("x", ["n"])], [info("y", ["n"], T.BFLOAT16)]))
        self.save_npy("x.npy", np.array([1, -2], np.float32))
        done = self.hasten("run", model, "--input", "x.npy", "--output-dir", "o")
        self.assertIn("NumPy has no bf16: written as uint16", done.stderr)
        np.testing.assert_array_equal(np.load(self.folder / "o/output_0.npy"), np.array([0x3F80, 0xC000], np.uint16))
        self.out("run", self.identity(T.BFLOAT16), "--input", "o/output_0.npy")

    def test_wrong_inputs(self):
        model = self.add()
        x = self.save_npy("x.npy", np.zeros((2, 3), np.float32))
        double = self.save_npy("d.npy", np.zeros((2, 3)))
        wide = self.save_npy("w.npy", np.zeros((2, 4), np.float32))
        (self.folder / "x.raw").write_bytes(b"12345678")
        (self.folder / "x.txt").write_text("1")
        (self.folder / "bad.npy").write_text("1")
        one, both = ("run", model, "--input", f"x={x}"), ("run", model, "--input", f"x={x}", "--input")
        self.fails(*one, says='input "y" is missing: it must be f32[n,3]; give --input y=FILE')
        self.fails(*both, f"y={double}", says='input "y" must be f32[n,3], is f64[2,3]')
        self.fails(*both, f"y={wide}", says='input "y" must be f32[n,3], is f32[2,4]')
        self.fails(*both, f"w={x}", says='the model has no input "w"')
        self.fails(*both, x, says='must name the input, as in NAME=x.npy; the model has "x", "y"')
        self.fails(*both, "y=absent.npy", says="absent.npy: No such file")
        self.fails(*both, "y=x.txt", says="x.txt: lines of text are for an input of strings")
        self.fails(*both, "y=bad.npy", says="bad.npy: is no .npy file")
        self.fails(*both, "y=x.raw", "--shape", "y=2x3", says="x.raw: f32[2,3] takes 24 bytes, the file has 8")
        self.fails("run", model, "--shape", "q=1", says='the model has no input "q"')
        self.fails("run", model, "--shape", "x=1x2x3", says='--shape x=1x2x3: input "x" must be f32[n,3]')
        self.fails("run", model, "--shape", "x=1x4", says='input "x" must be f32[n,3], is f32[1,4]')
        self.fails("run", model, "--input-dir", "nowhere", says="nowhere: must be a folder")
        self.data_set([np.zeros((2, 3), np.float32)])
        self.fails("run", model, "--input-dir", "set", says='there is no input_1.pb (or .npy) for input "y", f32[n,3]')
        self.data_set([np.zeros((2, 3), np.float32)] * 3)
        self.fails("run", model, "--input-dir", "set", says="input_2.pb: the model takes 2 inputs")

    def test_made_up_inputs(self):
        model = self.add()
        text = self.out("run", model)
        self.assertIn('made up with seed 0: "x" f32[1,3], "y" f32[1,3]', text)
        self.assertEqual(self.json("run", model)["outputs"], self.json("run", model)["outputs"])
        other = self.json("run", model, "--seed", "5")
        self.assertEqual(other["seed"], 5)
        self.assertNotEqual(other["outputs"], self.json("run", model)["outputs"])
        self.assertIn('"x" f32[7,3], "y" f32[7,3]', self.out("run", model, "--shape", "x=7x3"))
        for dtype in (T.INT64, T.BOOL, T.STRING, T.UINT8):
            with self.subTest(dtype):
                self.out("run", self.identity(dtype), "--shape", "x=4")
        integers = self.json("run", self.identity(T.INT64), "--shape", "x=100")["outputs"][0]
        self.assertEqual((integers["min"], integers["max"]), (0, 1))

    def test_a_model_without_inputs(self):
        constant = numpy_helper.from_array(np.array([1, 2], np.float32))
        model = self.save(model_of([node("Constant", [], ["c"], value=constant), node("Neg", ["c"], ["y"])], [], [info("y", [2])]))
        self.assertIn("-1 -2", self.out("run", model))

    def test_sequences_optionals_and_maps(self):
        tensor = helper.make_tensor_type_proto(T.FLOAT, ["n"])
        sequence = helper.make_sequence_type_proto(tensor)
        model = self.save(model_of([node("Identity", ["s"], ["t"])], [helper.make_value_info("s", sequence)],
                                   [helper.make_value_info("t", sequence)]))
        a, b = np.array([1, 2], np.float32), np.array([3], np.float32)
        proto = numpy_helper.from_list([a, b])
        self.data_set([proto])
        self.data_set([proto], kind="output")
        self.assertIn("equal", self.out("run", model, "--check", "set"))
        self.data_set([numpy_helper.from_list([a, a])], kind="output")
        self.fails("run", model, "--check", "set", says="check failed: 1 of 1 outputs differ")
        self.save_npy("a.npy", a)
        self.save_npy("b.npy", b)
        text = self.out("run", model, "--input", "s=a.npy", "--input", "s=b.npy", "--output-dir", "o")
        self.assertIn("output_0_1.npy", text)
        np.testing.assert_array_equal(np.load(self.folder / "o/output_0_1.npy"), b)
        self.out("run", model)


class Classes(CommandLine):
    def setUp(self):
        super().setUp()
        self.model = self.identity(shape=(1, 3))
        self.save_npy("logits.npy", np.array([[1, 3, 2]], np.float32))
        self.save_npy("probabilities.npy", np.array([[0.25, 0.5, 0.25]], np.float32))
        (self.folder / "labels.txt").write_text("cat\r\ndog\r\nowl\r\n\r\n")

    def test_softmax_is_said(self):
        text = self.out("run", self.model, "--input", "logits.npy", "--top", "2")
        self.assertIn('top 2 of output "y" (softmax applied):\n   66.52 %  class 1\n   24.47 %  class 2\n', text)
        text = self.out("run", self.model, "--input", "probabilities.npy", "--labels", "labels.txt")
        self.assertIn('top 3 of output "y" (already probabilities):\n   50.00 %  dog\n   25.00 %  cat\n', text)
        text = self.out("run", self.model, "--input", "logits.npy", "--no-softmax", "--top", "1")
        self.assertIn('(as the model gives them):\n           3  class 1\n', text)

    def test_wrong_labels(self):
        run = ("run", self.model, "--input", "logits.npy", "--labels")
        (self.folder / "two.txt").write_text("cat\ndog\n")
        (self.folder / "empty.txt").write_text("\n")
        self.fails(*run, "two.txt", says='two.txt: must have a name for each of the 3 classes of output "y", has 2')
        self.fails(*run, "empty.txt", says="empty.txt: must have a name a line, is empty")
        self.fails(*run, "absent.txt", says="absent.txt: No such file")
        self.fails("run", self.identity(shape=(2, 2, 2)), "--top", "1", says='output "y" must be a row of class scores')


if __name__ == "__main__":
    unittest.main()
