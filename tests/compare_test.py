"""`hasten compare`: what it says of models that agree, and of those that do not."""
import unittest

import numpy as np
from command_line import CommandLine, info, model_of, node
from onnx import numpy_helper


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

    def test_text(self):
        self.chain("m.onnx", 2)
        text = self.out("compare", "m.onnx", "--no-passes", "--no-timing-cache")
        self.assertIn("units in the last place, outputs: 0: 6", text)
        self.assertNotIn("layers ", self.out("compare", "m.onnx", "--outputs-only", "--no-timing-cache"))

    def test_wrong_use(self):
        self.chain("m.onnx", 2)
        self.misused("compare", says="A is required")
        self.misused("compare", "m.onnx", "--bund", "1", says="did you mean '--bound'?")
        self.fails("compare", "m.onnx", "absent.onnx", says="absent.onnx")


if __name__ == "__main__":
    unittest.main()
