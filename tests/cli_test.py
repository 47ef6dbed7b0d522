#!/usr/bin/env python3
"""What a user meets: every documented option, every class of error with its exit status and message."""
import json
import os
import subprocess
import unittest
import unittest.mock

import numpy as np
import onnx
from command_line import HASTEN, SYMBOLS, CommandLine, info, model_of, node
from onnx import TensorProto as T
from onnx import helper, numpy_helper


class General(CommandLine):
    def test_help_and_version(self):
        overview = self.out("help")
        for command in ("run", "convert", "inspect", "help", "docs", "completion"):
            self.assertIn(f"\n  {command} ", overview)
        self.assertEqual(self.out("--help"), overview)
        self.assertRegex(self.out("--version"), r"^hasten \d+\.\d+\.\d+\n$")
        self.assertIn("Examples:", self.out("run", "--help"))
        self.assertEqual(self.out("run", "-h"), self.out("help", "run"))

    def test_instructions_that_may_be_used(self):
        with unittest.mock.patch.dict(os.environ, HASTEN_MAX_ISA="baseline"):
            self.assertNotRegex(self.out("version"), "AVX")
        with unittest.mock.patch.dict(os.environ, HASTEN_MAX_ISA="avx3"):
            self.misused("version", says="HASTEN_MAX_ISA must be one of baseline, avx2, avx512, avx512_vnni, neon, is 'avx3'")

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

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([HASTEN, "docs", "ops"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("hasten: error: ", done.stderr)

    def test_files_that_are_no_models(self):
        self.fails("run", "absent.onnx", says="absent.onnx: No such file or directory")
        self.fails("inspect", ".", says=".: is a directory")
        (self.folder / "broken.onnx").write_bytes(b"\x0a\xff\xff\xff\xff\xff")
        self.fails("run", "broken.onnx", says="broken.onnx: ")
        (self.folder / "broken.ir").write_text("what?")
        self.fails("inspect", "broken.ir", says="broken.ir: ")


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
