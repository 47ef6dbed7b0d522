"""`hasten compare`: what it says of models that agree, and of those that do not."""
import os
import pathlib
import re
import sys
import unittest

import numpy as np
import onnx
import onnxruntime as ort
from command_line import SYMBOLS, CommandLine, info, model_of, node
from onnx import numpy_helper

DATA = os.environ.get("HASTEN_TEST_DATA", "")


class Compare(CommandLine):
    def chain(self, name, factor):
        """Relu(x * factor) + x, by layers a, b, y."""
        k = numpy_helper.from_array(np.array(factor, np.float32), "k")
        nodes = [node("Mul", ["x", "k"], ["a"], name="scale"), node("Relu", ["a"], ["b"], name="act"), node("Add", ["b", "x"], ["y"])]
        return self.save(model_of(nodes, [info("x", (2, 3))], [info("y", (2, 3))], [k]), name)

    def test_a_model_with_itself(self):
        self.chain("m.onnx", 2)
        facts = self.json("compare", "m.onnx", "--no-passes", "--no-timing-cache")
        self.assertEqual([layer["name"] for layer in facts["layers"]], ["a", "b", "y"])
        self.assertTrue(all(layer["within"] for layer in facts["layers"] + facts["outputs"]))
        self.assertEqual(facts["outputs"][0]["ulps"][0], 6)
        self.assertEqual(facts["first_beyond"], "")

    def test_the_first_layer_that_differs(self):
        self.chain("m.onnx", 2)
        self.chain("n.onnx", 3)
        x = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
        self.save_npy("x.npy", x)
        facts = self.json("compare", "m.onnx", "n.onnx", "--no-passes", "--no-timing-cache", "--input", "x.npy", status=1)
        self.assertIn('"a", node 0 \'scale\' (Mul)', facts["first_beyond"])
        y = facts["outputs"][0]
        self.assertAlmostEqual(y["max_absolute"], 6)
        self.assertAlmostEqual(y["mean_absolute"], 3.5)
        self.assertAlmostEqual(y["max_relative"], 1 / 3)
        self.assertAlmostEqual(y["error"], 1 / 3)
        self.assertAlmostEqual(y["cosine"], 1)
        self.assertFalse(y["within"])
        self.json("compare", "m.onnx", "n.onnx", "--bound", "0.5", "--no-timing-cache", "--input", "x.npy")
        self.fails("compare", "m.onnx", "n.onnx", "--input", "x.npy", says="1 of 1 outputs differ by more than")

    def test_a_plan_is_run_as_it_was_planned(self):
        self.chain("m.onnx", 2)
        self.chain("n.onnx", 3)
        self.save_npy("x.npy", np.array([[1, 2, 3], [4, 5, 6]], np.float32))
        for model in "mn":
            self.out("plan", f"{model}.onnx", "-o", f"{model}.plan", "--no-timing-cache")
        facts = self.json("compare", "m.onnx", "m.plan", "--input", "x.npy")
        self.assertFalse(facts["planned_again"])
        self.assertEqual(facts["outputs"][0]["ulps"][0], 6)
        self.assertFalse(self.json("compare", "m.plan", "--input", "x.npy")["planned_again"])
        facts = self.json("compare", "m.onnx", "n.plan", "--input", "x.npy", status=1)
        self.assertAlmostEqual(facts["outputs"][0]["max_absolute"], 6)
        self.fails("compare", "m.onnx", "n.plan", "--bisect", "small.onnx", says="n.plan: --bisect takes a model, is a plan file")

    def test_text(self):
        self.chain("m.onnx", 2)
        text = self.out("compare", "m.onnx", "--no-passes", "--no-timing-cache")
        self.assertIn("units in the last place, outputs: 0: 6", text)
        self.assertNotIn("layers ", self.out("compare", "m.onnx", "--outputs-only", "--no-timing-cache"))

    # --- another judge -----------------------------------------------------------------------------------------

    def test_onnxruntime_as_the_judge(self):
        self.chain("m.onnx", 2)
        facts = self.json("compare", "m.onnx", "--no-passes", "--no-timing-cache", "--judge", "onnxruntime", "--python", sys.executable)
        self.assertEqual(facts["judge"], f"onnxruntime {ort.__version__}")
        self.assertEqual([layer["name"] for layer in facts["layers"]], ["a", "b", "y"])
        self.assertEqual(facts["outputs"][0]["ulps"][0], 6)
        self.chain("n.onnx", 3)
        facts = self.json("compare", "m.onnx", "n.onnx", "--no-passes", "--judge", "onnxruntime", "--python", sys.executable, status=1)
        self.assertIn('"a", node 0', facts["first_beyond"])

    def test_no_onnxruntime(self):
        self.chain("m.onnx", 2)
        self.fails("compare", "m.onnx", "--judge", "onnxruntime", "--python", "./absent",
                   says=["a Python that has onnxruntime", "./absent", "--python"])
        bare = self.folder / "bare"
        bare.write_text("#!/bin/sh\necho \"No module named 'onnxruntime'\" >&2\nexit 1\n")
        bare.chmod(0o755)
        self.fails("compare", "m.onnx", "--judge", "onnxruntime", "--python", bare, says="No module named 'onnxruntime'")
        self.misused("compare", "m.onnx", "--judge", "oracle", says="oracle")

    # --- bisection ---------------------------------------------------------------------------------------------

    def sabotage(self, path, seed):
        """One weight of one interior node is changed.  The node's name."""
        model = onnx.load(path)
        readers = {}
        for i, n in enumerate(model.graph.node):
            n.name = n.name or f"node_{i}"
            for name in n.input:
                readers.setdefault(name, []).append(n)
        self.save(model, "a.onnx")
        inner = [i for i in model.graph.initializer if len(readers.get(i.name, [])) == 1 and len(i.dims) > 1
                 and i.data_type == onnx.TensorProto.FLOAT and not {"Reshape"} & {readers[i.name][0].op_type}]
        weight = inner[len(inner) // 2 + seed]
        array = numpy_helper.to_array(weight).copy()
        array.flat[array.size // 2] += 10 * np.abs(array).max()
        weight.CopyFrom(numpy_helper.from_array(array, weight.name))
        self.save(model, "b.onnx")
        return readers[weight.name][0].name

    def found(self, path, seed):
        name = self.sabotage(path, seed)
        facts = self.json("compare", "a.onnx", "b.onnx", "--no-timing-cache", "--bisect", "part.onnx", status=1)
        self.assertEqual(len(facts["bisect"]["nodes"]), 1)
        self.assertIn(f"'{name}'", facts["bisect"]["nodes"][0])
        part = onnx.load(self.folder / "part.onnx")
        onnx.checker.check_model(part, full_check=True)
        self.assertEqual([n.name for n in part.graph.node], [name])
        self.assertGreater(facts["bisect"]["error"], 1e-4)
        self.reproduced(part, facts["bisect"])

    def reproduced(self, part, said):
        """By ONNX Runtime, and by the command that is told."""
        feeds = {}
        for i, v in enumerate(part.graph.input):
            feeds[v.name] = self.tensor(f"part.set/input_{i}.pb")
        options = ort.SessionOptions()
        options.log_severity_level = 3
        got = ort.InferenceSession(part.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, feeds)[0]
        want = self.tensor("part.set/output_0.pb")
        error = np.abs(got - want).max() / np.abs(want).max()
        np.testing.assert_allclose(error, said["error"], rtol=1e-3)
        again = said["again"].split()
        self.assertEqual(again[:2], ["hasten", "compare"])
        facts = self.json(*again[1:], "--no-timing-cache", status=1)
        np.testing.assert_allclose(facts["outputs"][0]["error"], said["error"], rtol=1e-3)

    def tensor(self, name):
        proto = onnx.TensorProto()
        proto.ParseFromString((self.folder / name).read_bytes())
        return numpy_helper.to_array(proto)

    def test_bisect_finds_the_node_in_symbols(self):
        for seed in (-4, 0, 5):
            with self.subTest(seed):
                self.found(SYMBOLS / "model.onnx", seed)

    @unittest.skipUnless(DATA, "HASTEN_TEST_DATA is not set")
    def test_bisect_finds_the_node_in_a_face_network(self):
        self.found(pathlib.Path(DATA) / "onnx/mtcnn-rnet/model.onnx", 0)

    @unittest.skipUnless(DATA, "HASTEN_TEST_DATA is not set")
    def test_bisect_finds_the_node_in_a_detector(self):
        self.found(pathlib.Path(DATA) / "onnx/yunet-n-320/model.onnx", 1)

    @unittest.skipUnless(DATA, "HASTEN_TEST_DATA is not set")
    def test_bisect_finds_the_node_in_a_recurrent_network(self):
        self.found(pathlib.Path(DATA) / "onnx/dtln-1/model.onnx", 0)

    def test_bisect_of_a_simplified_model(self):
        self.hasten("simplify", SYMBOLS / "model.onnx", "s.onnx")
        name = self.sabotage(self.folder / "s.onnx", 0)
        facts = self.json("compare", SYMBOLS / "model.onnx", "b.onnx", "--no-timing-cache", "--bisect", "part.onnx", status=1)
        self.assertEqual([re.search("'(.*)'", n)[1] for n in facts["bisect"]["nodes"]], [name])

    def test_bisect_of_the_rounding_of_a_plan(self):
        facts = self.json("compare", SYMBOLS / "model.onnx", "--bound", "0", "--bisect", "part.onnx", status=1)
        said = facts["bisect"]
        self.assertEqual(len(said["nodes"]), 1)
        self.assertIn("--bound 0", said["again"])
        self.json(*said["again"].split()[1:], status=1)

    def test_bisect_without_a_difference(self):
        self.chain("m.onnx", 2)
        self.assertIn("bisect: nothing differs", self.out("compare", "m.onnx", "--bisect", "part.onnx"))
        self.assertFalse((self.folder / "part.onnx").exists())
        self.fails("compare", "m.onnx", "--bisect", "part.txt", says="must end in .onnx")

    def test_bisect_with_onnxruntime(self):
        self.chain("m.onnx", 2)
        self.chain("n.onnx", 3)
        facts = self.json("compare", "m.onnx", "n.onnx", "--judge", "onnxruntime", "--python", sys.executable, "--bisect", "part.onnx",
                          status=1)
        self.assertEqual(facts["bisect"]["nodes"], ["node 0 'scale' (Mul)"])
        self.assertIn("--judge onnxruntime", facts["bisect"]["again"])

    # --- page --------------------------------------------------------------------------------------------------

    def test_report(self):
        self.chain("m.onnx", 2)
        self.chain("n.onnx", 3)
        self.fails("compare", "m.onnx", "n.onnx", "--no-passes", "--bisect", "part.onnx", "--report", "r.html", says="1 of 1 outputs")
        page = (self.folder / "r.html").read_text()
        self.assertEqual(page.count("<svg"), 2)
        self.assertEqual(page.count("<circle"), 3)
        self.assertEqual(page.count('fill="#c22"><title>'), 3)
        self.assertIn("node 0 &#39;scale&#39; (Mul)".replace("&#39;", "'"), page)
        self.assertIn("the smallest part that fails has 1 node", page)
        for outside in ("src=", "href=", "http", "<script"):
            self.assertNotIn(outside, page)
        for tag in ("svg", "table", "p", "h2", "title"):
            self.assertEqual(len(re.findall(f"<{tag}[ >]", page)), page.count(f"</{tag}>"), tag)

    def test_wrong_use(self):
        self.chain("m.onnx", 2)
        self.misused("compare", says="A is required")
        self.misused("compare", "m.onnx", "--bund", "1", says="did you mean '--bound'?")
        self.fails("compare", "m.onnx", "absent.onnx", says="absent.onnx")


if __name__ == "__main__":
    unittest.main()
