#!/usr/bin/env python3
"""Files that `hasten run --input` takes besides .npy and .pb: .npz, JSON, raw, text, made-up ones, standard input, batches."""
import io
import json
import struct
import subprocess
import unittest
import zipfile

import numpy as np
from command_line import HASTEN, CommandLine, info, model_of, node
from onnx import TensorProto as T
from onnx import helper, numpy_helper
from PIL import Image


class Formats(CommandLine):
    def back(self, model, *args, stdin=None):
        """What a model that gives its input back was given."""
        done = subprocess.run([HASTEN, "run", model, *map(str, args), "--output-dir", "o"], cwd=self.folder, input=stdin, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return np.load(self.folder / "o/output_0.npy")

    def write(self, name, contents):
        (self.folder / name).write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        return name


class Npz(Formats):
    def setUp(self):
        super().setUp()
        self.x, self.y = np.arange(6, dtype=np.float32).reshape(2, 3), np.full((2, 3), 0.5, np.float32)

    def test_stored_and_deflated(self):
        model = self.add()
        for save in (np.savez, np.savez_compressed):
            save(self.folder / "f.npz", y=self.y, x=self.x, z=np.zeros(3))
            np.testing.assert_array_equal(self.back(model, "--input", "f.npz"), self.x + self.y)
            np.testing.assert_array_equal(self.back(model, "--input", "x=f.npz", "--input", "y=f.npz:x"), 2 * self.x)
        np.savez(self.folder / "f.npz", self.x, self.y)
        np.testing.assert_array_equal(self.back(model, "--input", "f.npz"), self.x + self.y)  # arr_0, arr_1
        np.savez(self.folder / "one.npz", whatever=self.x)
        np.testing.assert_array_equal(self.back(model, "--input", "x=one.npz", "--input", "y=one.npz"), 2 * self.x)

    def test_every_kind_of_array(self):
        for array in (np.array(["a", "schön"]), np.asfortranarray(np.arange(6.0).reshape(2, 3)).ravel(), np.zeros(0, np.float16), np.array([True, False])):
            kind = T.STRING if array.dtype.kind == "U" else helper.np_dtype_to_tensor_dtype(array.dtype)
            np.savez_compressed(self.folder / "f.npz", x=array)
            np.testing.assert_array_equal(self.back(self.identity(kind), "--input", "f.npz"), array)

    def test_wrong_archives(self):
        model = self.add()
        np.savez(self.folder / "f.npz", x=self.x, w=self.y)
        self.fails("run", model, "--input", "x=f.npz:v", "--input", "y=f.npz", says='f.npz:v: the archive has no member "v"')
        self.fails("run", model, "--input", "x=f.npz", "--input", "y=f.npz:ww", says='did you mean "w"? (members: x, w)')
        self.fails("run", model, "--input", "f.npz", says='input "y" is missing')
        np.savez(self.folder / "g.npz", a=self.x, b=self.y)
        self.fails("run", model, "--input", "g.npz", says='g.npz: has a, b, which are no inputs of the model: "x", "y"')
        whole = (self.folder / "f.npz").read_bytes()
        for n in (0, 4, 100, len(whole) - 30, len(whole) - 1):
            self.write("cut.npz", whole[:n])
            self.fails("run", model, "--input", "x=cut.npz", "--input", "y=f.npz:w", says="cut.npz: ")
        broken = bytearray(whole)
        broken[whole.index(b"\x93NUMPY") + 130] ^= 1
        self.write("bad.npz", bytes(broken))
        self.fails("run", model, "--input", "x=bad.npz", "--input", "y=f.npz:w", says='bad.npz: member "x": CRC error')

    def test_a_bomb_is_refused(self):
        model = self.identity()
        with zipfile.ZipFile(self.folder / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
            with file.open("x.npy", "w", force_zip64=True) as member:
                header = io.BytesIO()
                np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (75_000_000,)})
                member.write(header.getvalue())
                for _ in range(300):
                    member.write(bytes(1_000_000))
        self.assertLess((self.folder / "bomb.npz").stat().st_size, 2_000_000)
        done = self.hasten("run", model, "--input", "bomb.npz", "--max-memory", "64m", status=3)
        self.assertIn('bomb.npz: member "x": more than 67108864 bytes come out of the archive', done.stderr)
        with zipfile.ZipFile(self.folder / "small.npz", "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("x.npy", b"\x93NUMPY" + bytes(100))
        lie = bytearray((self.folder / "small.npz").read_bytes())
        for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # the uncompressed size, in both headers
            struct.pack_into("<I", lie, lie.index(signature) + at, 0xF0000000)
        self.write("lie.npz", bytes(lie))
        self.fails("run", model, "--input", "lie.npz", says="lie.npz: ")


class Json(Formats):
    def test_lists(self):
        model = self.identity(shape=("a", "b"))
        self.write("x.json", "[[1, 2.5, -3e2], [4, \"NaN\", \"-Infinity\"]]")
        np.testing.assert_array_equal(self.back(model, "--input", "x.json"), np.array([[1, 2.5, -300], [4, np.nan, -np.inf]], np.float32))
        self.write("x.json", " [[NaN, Infinity]]")
        np.testing.assert_array_equal(self.back(model, "--input", "x.json"), np.array([[np.nan, np.inf]], np.float32))
        self.write("x.json", "[]")
        self.assertEqual(self.back(self.identity(), "--input", "x.json").shape, (0,))
        self.write("x.json", "7")
        self.assertEqual(self.back(self.identity(shape=()), "--input", "x.json"), 7)
        self.write("x.json", "[true, false, 1]")
        np.testing.assert_array_equal(self.back(self.identity(T.BOOL), "--input", "x.json"), [True, False, True])
        self.write("x.json", '["a", "", "sch\\u00f6n"]')
        np.testing.assert_array_equal(self.back(self.identity(T.STRING), "--input", "x.json"), ["a", "", "schön"])
        self.write("x.json", "[9223372036854775807, -9223372036854775808, 3.0]")
        np.testing.assert_array_equal(self.back(self.identity(T.INT64), "--input", "x.json"), np.array([2**63 - 1, -2**63, 3]))
        self.write("x.json", "[18446744073709551615]")
        np.testing.assert_array_equal(self.back(self.identity(T.UINT64), "--input", "x.json"), np.array([2**64 - 1], np.uint64))

    def test_several_inputs_by_name(self):
        model = self.add()
        x, y = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((2, 3), np.float32)
        kserve = [{"name": "y", "shape": [2, 3], "datatype": "FP32", "data": y.ravel().tolist()},
                  {"name": "x", "shape": [2, 3], "datatype": "FP32", "data": x.tolist()}]
        for contents in ({"inputs": kserve}, {"outputs": kserve}, {"x": x.tolist(), "y": y.tolist()}, {"inputs": {"x": x.tolist(), "y": y.tolist()}}):
            self.write("f.json", json.dumps(contents))
            np.testing.assert_array_equal(self.back(model, "--input", "f.json"), x + y)
            np.testing.assert_array_equal(self.back(model, "--input", "f.json", "--shape", "x=2x3"), x + y)

    def test_what_outputs_are_written_as(self):
        x = np.array([0.1, np.nan, -np.inf], np.float32)
        self.save_npy("x.npy", x)
        self.out("run", self.identity(), "--input", "x.npy", "--output-dir", "p", "--output-format", "json")
        np.testing.assert_array_equal(self.back(self.identity(), "--input", "p/output_0.json"), x)
        tensor = helper.make_tensor_type_proto(T.FLOAT, ["n"])
        kind = helper.make_sequence_type_proto(tensor)
        model = self.save(model_of([node("Identity", ["s"], ["t"])], [helper.make_value_info("s", kind)], [helper.make_value_info("t", kind)]))
        self.write("s.json", '{"sequence": [[1, 2], {"dtype": "f32", "shape": [1], "data": [3]}]}')
        self.out("run", model, "--input", "s.json", "--output-dir", "o")
        np.testing.assert_array_equal(np.load(self.folder / "o/output_0_1.npy"), [3])

    def test_wrong_json(self):
        run = ("run", self.identity(shape=("a", "b")), "--input", "x.json")
        for contents, says in (("[[1, 2], [3]]", "x.json: [1]: must be a list of 2 as its neighbours are, has 1"),
                               ("[[1, 2], 3]", "x.json: [1]: must be a list of 2, is 3"), ("[1, [2]]", "x.json: elements and lists are mixed"),
                               ("[[1, \"two\"]]", 'x.json: [0][1]: must be a number for f32, is "two"'), ("[[1, null]]", "[0][1]: must be a number for f32, is null"),
                               ("[[1,", "x.json: no JSON at byte 4"), ("", "x.json: no JSON at byte 0"), ("[" * 100000, "x.json: no JSON at byte 100000"),
                               ("[" * 20 + "1" + "]" * 20, "x.json: more than 16 lists in one another"),
                               ('{"shape": [2, 2], "data": [1]}', "x.json: shape [2,2] takes 4 elements, there are 1"),
                               ('{"shape": [-1], "data": [1]}', '"shape" must be a list of lengths'),
                               ('{"shape": [99999999999, 99999999999], "data": [1]}', "too many elements"),
                               ('{"shape": [1], "dtype": "f31", "data": [1]}', 'no element type is called "f31"'),
                               ('{"shape": [1], "data": ' + "[" * 5000 + "1" + "]" * 5000 + "}", "must be a number for f32, is a list")):
            with self.subTest(contents[:50]):
                self.write("x.json", contents)
                self.fails(*run, says=says)
        for dtype, contents, says in ((T.UINT8, "[256]", "[0]: must be an integer in [0, 255] for u8, is 256"), (T.INT64, "[1.5]", "[0]: must be an integer"),
                                      (T.BOOL, "[2]", "must be true or false for bool, is 2"), (T.STRING, "[1]", "must be text for string, is 1"),
                                      (T.FLOAT, '{"shape": [1], "datatype": "FP64", "data": [1]}', 'input "x" must be f32[n], is f64[1]')):
            self.write("x.json", contents)
            self.fails("run", self.identity(dtype), "--input", "x.json", says=says)
        self.write("x.json", '{"a": [1], "b": [2]}')
        self.fails("run", self.add(), "--input", "x.json", says='x.json: has a, b, which are no inputs of the model: "x", "y"')


class RawAndText(Formats):
    def test_raw_shapes(self):
        x = np.arange(12, dtype=np.float32)
        self.write("x.raw", x.tobytes())
        np.testing.assert_array_equal(self.back(self.identity(shape=("n", 3)), "--input", "x.raw"), x.reshape(4, 3))
        np.testing.assert_array_equal(self.back(self.identity(shape=(1, 12)), "--input", "x.raw"), x.reshape(1, 12))
        np.testing.assert_array_equal(self.back(self.identity(shape=("a", "b")), "--input", "x.raw", "--shape", "x=2x6"), x.reshape(2, 6))
        self.fails("run", self.identity(shape=("n", 5)), "--input", "x.raw", says="x.raw: f32[1,5] takes 20 bytes, the file has 48")
        self.fails("run", self.identity(shape=("n", "m")), "--input", "x.raw", "--shape", "x=2x0", says="x.raw: f32[2,0] takes 0 bytes, the file has 48")

    def test_raw_dtype(self):
        self.write("x.bin", bytes([0, 1, 255]))
        np.testing.assert_array_equal(self.back(self.identity(), "--input", "x.bin", "--raw-dtype", "u8"), np.array([0, 1, 255], np.float32))
        self.write("x.dat", np.array([1.5, -2], np.float64).tobytes())
        np.testing.assert_array_equal(self.back(self.identity(), "--input", "x.dat", "--raw-dtype", "f64"), np.array([1.5, -2], np.float32))
        self.misused("run", "m.onnx", "--raw-dtype", "f33", says="'f33' is no element type; did you mean 'f32'?")
        self.fails("run", self.identity(), "--input", "x.dat", says="x.dat: must be .npy, .npz, .pb, .raw, .json or .txt, is in no form that is known")

    def test_lines_of_text(self):
        self.write("x.txt", "one\r\ntwo words\n\nschön")
        want = ["one", "two words", "", "schön"]
        np.testing.assert_array_equal(self.back(self.identity(T.STRING), "--input", "x.txt"), want)
        np.testing.assert_array_equal(self.back(self.identity(T.STRING, ("n", 1)), "--input", "x.txt"), np.array(want)[:, None])
        np.testing.assert_array_equal(self.back(self.identity(T.STRING, (2, 2)), "--input", "x.txt"), np.array(want).reshape(2, 2))
        self.fails("run", self.identity(T.STRING, (3,)), "--input", "x.txt", says="x.txt: has 4 lines, which do not fill string[3]")
        self.fails("run", self.identity(), "--input", "x.txt", says="x.txt: lines of text are for an input of strings, this one is f32[n]")


class MadeUp(Formats):
    def test_pseudo_files(self):
        model = self.identity(shape=("n", 1000))
        for text, low, high in (("random", 0, 1), ("random:-1,3", -1, 3)):
            got = self.back(model, "--input", f"x={text}")
            self.assertTrue(low <= got.min() and got.max() <= high)
            self.assertLess(abs(got.mean() - (low + high) / 2), 0.1 * (high - low))
            self.assertFalse(np.array_equal(got, self.back(model, "--input", text, "--seed", "1")))
        self.assertEqual(self.back(model, "--input", "ones", "--shape", "x=2x1000").sum(), 2000)
        self.assertFalse(self.back(model, "--input", "zeros").any())
        got = self.back(self.identity(T.INT8, (500,)), "--input", "random:-3,3")
        self.assertEqual(set(got), set(range(-3, 4)))
        self.assertTrue(self.back(self.identity(T.BOOL, (3,)), "--input", "ones").all())

    def test_a_file_of_that_name(self):
        self.write("zeros", np.float32([4]).tobytes())
        self.assertEqual(self.back(self.identity(), "--input", "./zeros", "--raw-dtype", "f32"), 4)
        self.assertEqual(self.back(self.identity(), "--input", "zeros"), 0)

    def test_wrong(self):
        self.fails("run", self.identity(), "--input", "random:1", says="'random:1' must be random:LOW,HIGH, as in random:-1,1")
        self.fails("run", self.identity(), "--input", "random:2,1", says="must be random:LOW,HIGH")
        self.fails("run", self.identity(T.UINT8), "--input", "random:-1,1", says="must be a range of integers of u8")
        self.fails("run", self.identity(T.STRING), "--input", "ones", says="must be a tensor of numbers for ones, is string[n]")
        self.fails("run", self.add(), "--input", "random", says='must name the input, as in NAME=random; the model has "x", "y"')


class StandardInput(Formats):
    def test_what_it_holds_is_told_by_its_beginning(self):
        x = np.array([1, 2, 3], np.float32)
        npy, npz = io.BytesIO(), io.BytesIO()
        np.save(npy, x)
        np.savez(npz, x=x)
        proto = numpy_helper.from_array(x).SerializeToString()
        for stdin in (npy.getvalue(), npz.getvalue(), b"[1, 2, 3]", b'{"x": [1, 2, 3]}', proto):
            with self.subTest(stdin[:8]):
                np.testing.assert_array_equal(self.back(self.identity(), "--input", "-", stdin=stdin), x)
                np.testing.assert_array_equal(self.back(self.identity(), "--input", "x=-", stdin=stdin), x)
        np.testing.assert_array_equal(self.back(self.identity(shape=(3,)), "--input", "-", stdin=x.tobytes()), x)
        np.testing.assert_array_equal(self.back(self.identity(), "--input", "-", "--raw-dtype", "f32", stdin=x.tobytes()), x)
        np.testing.assert_array_equal(self.back(self.identity(T.STRING), "--input", "-", stdin=b"a\nb\n"), ["a", "b"])

    def test_a_picture(self):
        pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 3), np.uint8)
        png = io.BytesIO()
        Image.fromarray(pixels).save(png, "PNG")
        np.testing.assert_array_equal(self.back(self.identity(T.UINT8, (1, 6, 4, 3)), "--input", "-", stdin=png.getvalue())[0], pixels)
        np.testing.assert_array_equal(self.back(self.identity(T.UINT8, (1, 6, 4, 3)), "--image", "-", stdin=png.getvalue())[0], pixels)

    def test_one_input_only(self):
        self.fails("run", self.add(), "--input", "x=-", "--input", "y=-", says="standard input can be one input only")
        done = subprocess.run([HASTEN, "run", self.identity(), "--input", "-"], cwd=self.folder, input=b"?!", capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"hasten: error: -: ", done.stderr)


class Batches(Formats):
    def test_files_are_joined(self):
        a, b = np.arange(6, dtype=np.float32).reshape(2, 3), np.full((1, 3), 9, np.float32)
        self.save_npy("a.npy", a)
        self.write("b.json", json.dumps(b.tolist()))
        got = self.back(self.identity(shape=("n", 3)), "--input", "x=a.npy", "--input", "b.json", "--input", "a.npy")
        np.testing.assert_array_equal(got, np.concatenate([a, b, a]))
        for name, words in (("s.npy", np.array(["a", "bc"])), ("t.npy", np.array(["def"]))):
            self.save_npy(name, words)
        np.testing.assert_array_equal(self.back(self.identity(T.STRING), "--input", "s.npy", "--input", "t.npy"), ["a", "bc", "def"])

    def test_that_do_not_fit(self):
        self.save_npy("a.npy", np.zeros((2, 3), np.float32))
        self.save_npy("b.npy", np.zeros((2, 4), np.float32))
        self.save_npy("c.npy", np.zeros((2, 3)))
        self.save_npy("d.npy", np.float32(1))
        model = self.identity(shape=("n", "m"))
        self.fails("run", model, "--input", "a.npy", "--input", "b.npy", says='input "x": b.npy is f32[2,4], a.npy is f32[2,3]: all but the batch must be equal')
        self.fails("run", model, "--input", "a.npy", "--input", "c.npy", says="c.npy is f64[2,3], a.npy is f32[2,3]")
        self.fails("run", model, "--input", "a.npy", "--input", "d.npy", says="d.npy: must be a tensor with a batch")
        self.fails("run", self.identity(shape=(2, 3)), "--input", "a.npy", "--input", "a.npy", says='input "x" must be f32[2,3], is f32[4,3]')


if __name__ == "__main__":
    unittest.main()
