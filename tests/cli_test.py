#!/usr/bin/env python3
"""What a user meets: every documented option, every class of error with its exit status and message."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper
from PIL import Image

HASTEN = os.environ["HASTEN_BIN"]
SYMBOLS = pathlib.Path(__file__).resolve().parent.parent / "models/symbols"
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def info(name, shape, dtype=T.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def model_of(nodes, inputs, outputs, initializers=(), opset=17, metadata=None):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.checker.check_model(model)
    return model


def node(op, inputs, outputs, **attrs):
    return helper.make_node(op, inputs, outputs, **attrs)


class CommandLine(unittest.TestCase):
    """Runs the binary in an empty folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def hasten(self, *args, status=0):
        done = subprocess.run([HASTEN, *map(str, args)], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, status, f"{args}\n{done.stdout}\n{done.stderr}")
        if status:
            self.assertIn("hasten: error: ", done.stderr)
        return done

    def out(self, *args):
        return self.hasten(*args).stdout

    def json(self, *args, status=0):
        return json.loads(self.hasten(*args, "--json", status=status).stdout)

    def fails(self, *args, says, status=1):
        stderr = self.hasten(*args, status=status).stderr
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, stderr)

    def misused(self, *args, says):
        self.fails(*args, says=says, status=2)

    def save(self, model, name="m.onnx"):
        onnx.save(model, self.folder / name)
        return name

    def save_npy(self, name, array):
        np.save(self.folder / name, array)
        return name

    def add(self, dtype=T.FLOAT, shape=("n", 3)):
        """x + y, both of one shape."""
        return self.save(model_of([node("Add", ["x", "y"], ["z"])], [info("x", shape, dtype), info("y", shape, dtype)],
                                  [info("z", shape, dtype)]))

    def identity(self, dtype=T.FLOAT, shape=("n",), opset=17):
        return self.save(model_of([node("Identity", ["x"], ["y"])], [info("x", shape, dtype)], [info("y", shape, dtype)],
                                  opset=opset))

    def data_set(self, arrays, folder="set", kind="input"):
        (self.folder / folder).mkdir(exist_ok=True)
        for i, array in enumerate(arrays):
            proto = array if not isinstance(array, np.ndarray) else numpy_helper.from_array(array)
            (self.folder / folder / f"{kind}_{i}.pb").write_bytes(proto.SerializeToString())
        return folder


class General(CommandLine):
    def test_help_and_version(self):
        overview = self.out("help")
        for command in ("run", "convert", "inspect", "help", "docs", "completion"):
            self.assertIn(f"\n  {command} ", overview)
        self.assertEqual(self.out("--help"), overview)
        self.assertRegex(self.out("--version"), r"^hasten \d+\.\d+\.\d+\n$")
        self.assertIn("Examples:", self.out("run", "--help"))
        self.assertEqual(self.out("run", "-h"), self.out("help", "run"))

    def test_no_command_is_wrong_usage(self):
        done = subprocess.run([HASTEN], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("Usage: hasten COMMAND", done.stderr)

    def test_typing_errors_get_the_nearest_name(self):
        self.misused("rnu", says=["unknown command 'rnu'; did you mean 'run'?", "'hasten help' lists"])
        self.misused("frobnicate", says="unknown command 'frobnicate'\n")
        self.misused("--verison", says="unknown option '--verison'")
        self.misused("run", "m.onnx", "--lables", "l.txt", says=["unknown option '--lables'; did you mean '--labels'?",
                                                                "'hasten run --help' teaches its use"])
        self.misused("run", "m.onnx", "--zzz", says="unknown option '--zzz'\n")
        self.misused("help", "rnu", says="there is no command 'rnu'; did you mean 'run'?")

    def test_wrong_usage(self):
        self.misused("run", says="MODEL is required")
        self.misused("run", "m.onnx", "n.onnx", says="'n.onnx' is one argument too many")
        self.misused("run", "m.onnx", "--top", "zero", says="--top")
        self.misused("run", "m.onnx", "--top", "0", says="--top")
        self.misused("run", "m.onnx", "--repeat", "0", says="--repeat")
        self.misused("run", "m.onnx", "--warmup", "-1", says="--warmup")
        self.misused("run", "m.onnx", "--shape", "x", says="'x' must be NAME=DIMS")
        self.misused("run", "m.onnx", "--mean", "a,b", says="'a,b' must be numbers separated by commas")
        self.misused("run", "m.onnx", "--scale", "1/0", says="'1/0' must be a number or a fraction")
        self.misused("run", "m.onnx", "--color", "cmyk", says="cmyk")
        self.misused("run", "m.onnx", "--resize", "cubic", says="cubic")
        self.misused("run", "m.onnx", "--layout", "chwn", says="chwn")
        self.misused("run", "m.onnx", "--output-format", "xls", "--output-dir", "o", says="xls")
        self.misused("run", "m.onnx", "--output-format", "npy", says="--output-dir")
        self.misused("run", "m.onnx", "--rtol", "1", says="--check")
        self.misused("run", "m.onnx", "--check", "d", "--atol", "-1", says="--atol")
        self.misused("convert", "m.onnx", says="OUT is required")
        self.misused("convert", "m.onnx", "o.onnx", "--opset", "0", says="--opset")
        self.misused("inspect", "m.onnx", "--json", "--text", says="--text")
        self.misused("docs", "poem", says="poem")
        self.misused("completion", "cmd", says="cmd")

    def test_files_that_are_no_models(self):
        self.fails("run", "absent.onnx", says="absent.onnx: No such file or directory")
        self.fails("inspect", ".", says=".: is a directory")
        (self.folder / "broken.onnx").write_bytes(b"\x0a\xff\xff\xff\xff\xff")
        self.fails("run", "broken.onnx", says="broken.onnx: ")
        (self.folder / "broken.ir").write_text("what?")
        self.fails("inspect", "broken.ir", says="broken.ir: ")


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
        self.fails(*both, f"x={x}", says='input "x" is given twice')
        self.fails(*both, x, says='must name the input, as in NAME=x.npy; the model has "x", "y"')
        self.fails(*both, "y=absent.npy", says="absent.npy: No such file")
        self.fails(*both, "y=x.txt", says="x.txt: must be .npy, .pb or .raw")
        self.fails(*both, "y=cat.png", says="for a picture use --image")
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


class Pictures(CommandLine):
    def picture(self, name="p.png", size=(4, 6), mode="RGB"):
        channels = {"RGB": 3, "L": 1}[mode]
        pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels), np.uint8)
        Image.fromarray(pixels.squeeze()).save(self.folder / name)
        return name, pixels

    def ran(self, model, *args):
        """The model's input, which it gives back."""
        self.out("run", model, *args, "--output-dir", "o")
        return np.load(self.folder / "o/output_0.npy")

    def test_demo(self):
        text = self.out("run", SYMBOLS / "model.onnx", "--image", SYMBOLS / "umbrella.jpg", "--labels", SYMBOLS / "labels.txt", "--top", "5")
        self.assertRegex(text, r"umbrella.jpg: 256x208 to 64x64, RGB, bilinear, times 1/255, mean 0.485 0.456 0.406, deviation")
        self.assertRegex(text, r"latency: [0-9.]+ m?s")
        self.assertRegex(text, r'top 5 of output "\w+" \(softmax applied\):\n +(9\d|100)\.\d\d %  umbrella\n')
        for name, label in (("cup.png", "cup"), ("knight.png", "chess knight")):
            top = self.json("run", SYMBOLS / "model.onnx", "--image", SYMBOLS / name, "--labels", SYMBOLS / "labels.txt")
            self.assertEqual(top["top"][0][0]["label"], label)
            self.assertGreater(top["top"][0][0]["score"], 0.9)
            self.assertEqual(len(top["top"][0]), 5)
            self.assertIs(top["softmax"], True)

    def test_usual_preprocessing(self):
        name, pixels = self.picture()
        got = self.ran(self.identity(shape=(1, 3, 6, 4)), "--image", name)
        want = ((pixels / 255 - MEAN) / STD).transpose(2, 0, 1)[None]
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
        got = self.ran(self.identity(shape=(1, 6, 4, 3)), "--image", f"x={name}")
        np.testing.assert_allclose(got, want.transpose(0, 2, 3, 1), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(self.ran(self.identity(T.UINT8, (1, 6, 4, 3)), "--image", name)[0], pixels)
        np.testing.assert_array_equal(self.ran(self.identity(T.INT8, (1, 6, 4, 3)), "--image", name)[0], pixels.astype(int) - 128)
        name, gray = self.picture("g.png", mode="L")
        got = self.ran(self.identity(shape=(1, 1, 6, 4)), "--image", name)
        np.testing.assert_allclose(got[0, 0], gray[..., 0] / 255, rtol=1e-5)

    def test_open_sizes_are_the_pictures_own(self):
        name, _ = self.picture(size=(5, 7))
        self.assertEqual(self.ran(self.identity(shape=("b", 3, "h", "w")), "--image", name).shape, (1, 3, 7, 5))
        self.assertEqual(self.ran(self.identity(shape=("b", 3, "h", "w")), "--image", name, "--shape", "x=1x3x2x2").shape, (1, 3, 2, 2))

    def test_settings_by_flags_and_metadata(self):
        name, pixels = self.picture()
        model = self.identity(shape=(1, 3, 6, 4))
        got = self.ran(model, "--image", name, "--color", "bgr", "--scale", "0.5", "--mean", "1,2,3", "--std", "2")
        np.testing.assert_allclose(got[0], ((pixels[..., ::-1] * 0.5 - [1, 2, 3]) / 2).transpose(2, 0, 1), rtol=1e-5, atol=1e-5)
        loaded = onnx.load(self.folder / model)
        helper.set_model_props(loaded, {"hasten.image": '{"scale": "1/2", "mean": 1, "std": [1, 2, 4], "color": "bgr"}'})
        self.save(loaded)
        got = self.ran(model, "--image", name, "--color", "rgb")
        np.testing.assert_allclose(got[0], ((pixels * 0.5 - 1) / [1, 2, 4]).transpose(2, 0, 1), rtol=1e-5, atol=1e-5)
        helper.set_model_props(loaded, {"hasten.image": '{"scale": }'})
        self.save(loaded)
        self.fails("run", model, "--image", name, says='metadata "hasten.image": no JSON at byte')

    def test_resizing(self):
        image = Image.effect_noise((60, 40), 80)
        image.save(self.folder / "n.png")
        model = self.identity(T.FLOAT, (1, 1, 10, 20))
        for flag, pillow in (("antialias", Image.BILINEAR), ("nearest", Image.NEAREST)):
            got = self.ran(model, "--image", "n.png", "--resize", flag, "--scale", "1")
            want = np.asarray(image.resize((20, 10), pillow), np.float32)
            self.assertLess(np.abs(got[0, 0] - want).max(), 1.5 if flag == "antialias" else 1e-6)
        pixels = np.asarray(image, np.float64)
        got = self.ran(model, "--image", "n.png", "--scale", "1")  # ratios 4 and 3: centres between two rows, on a column
        np.testing.assert_allclose(got[0, 0], (pixels[1::4, 1::3] + pixels[2::4, 1::3]) / 2, rtol=1e-5)

    def test_a_batch(self):
        a, first = self.picture("a.png")
        b, _ = self.picture("b.png", size=(9, 9))
        got = self.ran(self.identity(T.UINT8, ("n", 6, 4, 3)), "--image", a, "--image", b)
        self.assertEqual(got.shape, (2, 6, 4, 3))
        np.testing.assert_array_equal(got[0], first)
        self.fails("run", self.identity(T.UINT8, (1, 6, 4, 3)), "--image", a, "--image", b, says="takes 1 pictures, 2 given")

    def test_layout_where_the_shape_does_not_tell(self):
        name, pixels = self.picture()
        model = self.identity(T.UINT8, ("n", "a", "b", "c"))
        self.fails("run", model, "--image", name, says="no axis has 1 or 3 channels")
        self.assertEqual(self.ran(model, "--image", name, "--layout", "nhwc").shape, (1, 6, 4, 3))
        self.assertEqual(self.ran(model, "--image", name, "--layout", "nchw").shape, (1, 3, 6, 4))

    def test_wrong_pictures(self):
        name, _ = self.picture()
        model = self.identity(shape=(1, 3, 6, 4))
        (self.folder / "text.png").write_text("no picture")
        (self.folder / "cut.png").write_bytes((self.folder / name).read_bytes()[:60])
        self.fails("run", model, "--image", "absent.png", says="absent.png: No such file")
        self.fails("run", model, "--image", "text.png", says="text.png: ")
        self.fails("run", model, "--image", "cut.png", says="cut.png: ")
        self.fails("run", model, "--image", f"w={name}", says='the model has no input "w"')
        self.fails("run", model, "--image", name, "--mean", "1,2", says="mean must have 1 number or 3, has 2")
        self.fails("run", self.identity(shape=(1, 10)), "--image", name, says="takes no picture: rank must be 4")
        self.fails("run", self.identity(shape=(1, 4, 6, 6)), "--image", name, says='input "x": f32[1,4,6,6] takes no picture: no axis')
        self.fails("run", self.identity(T.STRING, (1, 3, 6, 6)), "--image", name, says="elements must be numbers")


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


class Outputs(CommandLine):
    def test_every_format(self):
        model = self.identity()
        array = np.array([0.1, -2, np.inf], np.float32)
        self.save_npy("x.npy", array)
        for form in ("npy", "pb", "raw", "json"):
            self.assertIn(f"wrote o/output_0.{form} (\"y\")", self.out("run", model, "--input", "x.npy", "--output-dir", "o", "--output-format", form))
        self.assertEqual((self.folder / "o/output_0.raw").read_bytes(), array.tobytes())
        self.assertEqual(json.loads((self.folder / "o/output_0.json").read_text()), {"dtype": "f32", "shape": [3], "data": [0.1, -2, np.inf]})
        np.testing.assert_array_equal(numpy_helper.to_array(onnx.load_tensor(self.folder / "o/output_0.pb")), array)
        (self.folder / "file").write_text("")
        self.fails("run", model, "--input", "x.npy", "--output-dir", "file/o", says="file/o: ")
        self.fails("run", self.identity(T.STRING), "--output-dir", "o", "--output-format", "raw", says="strings have no raw form")

    def test_a_long_output_is_summarised(self):
        self.save_npy("x.npy", np.array([1, 2, 3, 4, 5, 6, 11, np.nan], np.float32))
        self.assertIn('output "y" f32[8]: 1 to 11, mean 4.57143; 1 NaN\n  1 2 3 4 5 6 ...\n', self.out("run", self.identity(), "--input", "x.npy"))

    def test_json(self):
        report = self.json("run", self.identity(), "--repeat", "3", "--shape", "x=8")
        self.assertEqual(list(report["latency_ms"]), ["min", "p10", "median", "p90", "p99"])
        self.assertLessEqual(report["latency_ms"]["min"], report["latency_ms"]["p99"])
        self.assertEqual((report["runs"], report["warmup"], report["model"]), (3, 1, "m.onnx"))
        self.assertEqual((report["outputs"][0]["name"], report["outputs"][0]["type"]), ("y", "f32[8]"))
        self.assertEqual(self.json("run", self.identity(), "--repeat", "1", "--warmup", "4")["warmup"], 4)

    def test_latency_in_words(self):
        self.assertIn("(first run; --repeat N measures)", self.out("run", self.identity()))
        self.assertRegex(self.out("run", self.identity(), "--repeat", "5", "--warmup", "2"),
                         r"latency of 5 runs after 2 of warm-up: min [0-9.]+ ms, p10 .* median .* p90 .* p99 ")

    def test_reference_gives_the_same(self):
        self.save_npy("x.npy", np.arange(5, dtype=np.float32))
        plain = self.json("run", self.identity(), "--input", "x.npy")
        self.assertEqual(self.json("run", self.identity(), "--input", "x.npy", "--reference")["outputs"], plain["outputs"])

    def test_notes_go_to_standard_error_unless_quiet(self):
        unsorted = model_of([node("Neg", ["x"], ["t"]), node("Abs", ["t"], ["y"])], [info("x", [2])], [info("y", [2])])
        unsorted.graph.node.sort(key=lambda n: n.op_type)
        model = self.save(unsorted)
        self.assertIn("hasten: note: ", self.hasten("run", model).stderr)
        self.assertEqual(self.hasten("run", model, "--quiet").stderr, "")


class Check(CommandLine):
    def set_up(self, want):
        self.data_set([np.array([1, 2, 3], np.float32)])
        self.data_set([want], kind="output")
        return "run", self.identity(), "--check", "set"

    def test_equal_and_close(self):
        self.assertIn('output "y": ok, equal', self.out(*self.set_up(np.array([1, 2, 3], np.float32))))
        self.assertRegex(self.out(*self.set_up(np.array([1, 2.001, 3], np.float32))),
                         r'output "y": ok, largest difference 0.001 at \[1\], relative 0.0005')

    def test_a_difference(self):
        run = self.set_up(np.array([1, 2.5, 3], np.float32))
        done = self.hasten(*run, status=1)
        self.assertIn('output "y": DIFFERS, 1 of 3 elements outside the tolerance, largest difference 0.5 at [1], relative 0.2', done.stdout)
        self.assertIn("first: element [1]: must be 2.5, is 2", done.stdout)
        self.assertIn('check failed: 1 of 1 outputs differ: "y"', done.stderr)
        facts = self.json(*run, status=1)["check"]
        self.assertEqual((facts[0]["result"], facts[0]["max_absolute"], facts[0]["outside"]), ("differs", 0.5, 1))
        self.out(*run, "--atol", "0.5")
        self.out(*run, "--rtol", "0.21")
        self.fails(*run, "--rtol", "0.19", says="check failed")

    def test_structure(self):
        self.fails(*self.set_up(np.array([1, 2], np.float32)), says="check failed")
        self.assertIn("must be f32[2], is f32[3]", self.hasten("run", "m.onnx", "--check", "set", status=1).stdout)
        self.assertIn("must be f64[3], is f32[3]", self.hasten(*self.set_up(np.array([1, 2, 3], np.float64)), status=1).stdout)

    def test_integers_and_strings_are_exact(self):
        self.data_set([np.array([10**6, 5])])
        self.data_set([np.array([10**6 + 1, 5])], kind="output")
        self.fails("run", self.identity(T.INT64), "--check", "set", says="check failed")
        self.data_set([np.array(["a", "b"], object)])
        self.data_set([np.array(["a", "c"], object)], kind="output")
        done = self.hasten("run", self.identity(T.STRING), "--check", "set", status=1)
        self.assertIn('must be "c", is "b"', done.stdout)

    def test_nan_equals_nan(self):
        self.data_set([np.array([np.nan, np.inf], np.float32)])
        self.data_set([np.array([np.nan, np.inf], np.float32)], kind="output")
        self.out("run", self.identity(), "--check", "set")
        self.data_set([np.array([1, np.inf], np.float32)], kind="output")
        self.fails("run", self.identity(), "--check", "set", says="check failed")

    def test_every_output_is_compared(self):
        model = self.save(model_of([node("Neg", ["x"], ["a"]), node("Abs", ["x"], ["b"])], [info("x", [1])], [info("a", [1]), info("b", [1])]))
        self.data_set([np.array([-3], np.float32)])
        self.data_set([np.array([4], np.float32), np.array([5], np.float32)], kind="output")
        done = self.hasten("run", model, "--check", "set", status=1)
        self.assertIn('2 of 2 outputs differ: "a", "b"', done.stderr)
        self.data_set([np.array([3], np.float32), np.array([5], np.float32)], kind="output")
        self.assertIn('1 of 2 outputs differ: "b"', self.hasten("run", model, "--check", "set", status=1).stderr)
        (self.folder / "set/output_1.pb").unlink()
        self.assertIn('output "b": not compared, the folder has no file for it', self.out("run", model, "--check", "set"))
        (self.folder / "set/output_0.pb").unlink()
        self.fails("run", model, "--check", "set", says="set: there is no output_0.pb (or .npy)")

    def test_too_many_expected_outputs(self):
        run = self.set_up(np.array([1, 2, 3], np.float32))
        self.data_set([np.array([1, 2, 3], np.float32)] * 2, kind="output")
        self.fails(*run, says="output_1.pb: the model has 1 outputs")

    def test_other_inputs_than_the_folders(self):
        run = self.set_up(np.array([9, 9, 9], np.float32))
        self.save_npy("nine.npy", np.array([9, 9, 9], np.float32))
        self.out(*run, "--input", "nine.npy")


class Inspect(CommandLine):
    def setUp(self):
        super().setUp()
        weight = numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "w")
        nodes = [node("Conv", ["x", "w"], ["c"], name="conv1", pads=[1, 1, 1, 1]), node("Relu", ["c"], ["y"])]
        shape = ["n", 3, 8, 8]
        self.model = self.save(model_of(nodes, [info("x", shape)], [info("y", ["n", 4, 8, 8])], [weight], metadata={"key": "value"}))

    def test_text(self):
        text = self.out("inspect", self.model)
        for part in ("opset       ai.onnx 17", '"key" = "value"', 'inputs:\n  "x"  f32[n,3,8,8]', 'outputs:\n  "y"  f32[n,4,8,8]',
                     "nodes: 2", "1  Conv", "1  Relu", "symbols: n", "parameters: 108, 432 bytes", "(n = 1)", "memory: "):
            self.assertIn(part, text)
        self.assertIn("(n = 8)", self.out("inspect", self.model, "--shape", "x=8x3x8x8"))

    def test_json(self):
        facts = self.json("inspect", self.model)
        self.assertEqual(facts["inputs"], [{"name": "x", "type": "f32[n,3,8,8]"}])
        self.assertEqual((facts["ops"], facts["nodes"], facts["opsets"]), ({"Conv": 1, "Relu": 1}, 2, {"ai.onnx": 17}))
        self.assertEqual((facts["parameters"], facts["parameter_bytes"], facts["symbols"]), (108, 432, {"n": 1}))
        convolution, activation = 2 * 4 * 8 * 8 * 3 * 9, 4 * 8 * 8
        self.assertEqual(facts["operations"], convolution + activation)
        self.assertEqual(self.json("inspect", self.model, "--shape", "x=2x3x8x8")["operations"], 2 * (convolution + activation))
        self.assertGreaterEqual(facts["arena_bytes"], 4 * 8 * 8 * 4)

    def test_unknown_ops_are_carried(self):
        graph = helper.make_graph([helper.make_node("Odd", ["x"], ["y"], domain="my.own")], "g", [info("x", [1])], [info("y", [1])])
        model = self.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("my.own", 1)], ir_version=8))
        self.assertIn("my.own.Odd  (unknown: carried, not run)", self.out("inspect", model))
        self.assertEqual(self.json("inspect", model)["unknown_ops"], ["my.own.Odd"])
        self.fails("run", model, says="Odd")
        self.out("convert", model, "o.onnx")
        self.assertEqual(onnx.load(self.folder / "o.onnx").graph.node[0].op_type, "Odd")

    def test_the_graph_as_text(self):
        text = self.out("inspect", self.model, "--text")
        (self.folder / "m.ir").write_text(text)
        self.assertEqual(self.out("inspect", "m.ir", "--text"), text)


class Convert(CommandLine):
    def test_there_and_back(self):
        for path in ("out.onnx", "out.ir"):
            self.out("convert", SYMBOLS / "model.onnx", path)
            args = ("--image", SYMBOLS / "cup.png", "--json")
            want = json.loads(self.out("run", SYMBOLS / "model.onnx", *args))
            self.assertEqual(json.loads(self.out("run", path, *args))["top"], want["top"])
        self.out("convert", "out.ir", "back.onnx")
        onnx.checker.check_model(onnx.load(self.folder / "back.onnx"), full_check=True)

    def test_opset(self):
        model = self.save(model_of([node("Squeeze", ["x", "axes"], ["y"])], [info("x", [1, 2])], [info("y", [2])],
                                   [numpy_helper.from_array(np.array([0]), "axes")], opset=13))
        self.out("convert", model, "old.onnx", "--opset", "11")
        old = onnx.load(self.folder / "old.onnx")
        self.assertEqual(old.opset_import[0].version, 11)
        self.assertEqual(list(old.graph.node[0].attribute[0].ints), [0])
        self.out("run", "old.onnx")
        self.fails("convert", self.identity(T.BFLOAT16, opset=17), "o.txt", says="o.txt: must end in .onnx, or .ir")
        self.fails("convert", model, "o.ir", "--opset", "11", says="--opset and --external-data are for .onnx files")
        self.fails("convert", model, "nowhere/o.onnx", says="nowhere/o.onnx")

    def test_an_op_without_an_older_form(self):
        model = self.save(model_of([node("Gelu", ["x"], ["y"], name="act")], [info("x", [2])], [info("y", [2])], opset=20))
        self.fails("convert", model, "o.onnx", "--opset", "13", says=["'act' (Gelu)", "13"])

    def test_external_data(self):
        self.out("convert", SYMBOLS / "model.onnx", "o.onnx", "--external-data", "1024")
        self.assertTrue((self.folder / "o.onnx.data").exists())
        self.assertLess((self.folder / "o.onnx").stat().st_size, 40000)
        self.out("run", "o.onnx", "--quiet")


if __name__ == "__main__":
    unittest.main()
