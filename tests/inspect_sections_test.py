"""`hasten inspect --nodes`, `--weights`, `--cost`, `--memory`, and `hasten diff`."""
import unittest
import xml.etree.ElementTree as xml

import numpy as np
from command_line import SYMBOLS, CommandLine, info, model_of, node
from onnx import helper, numpy_helper


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


class Dense(CommandLine):
    def dense(self, name="m.onnx", bias=(1.0, 0.0, np.nan, np.inf), alpha=0.1):
        """LeakyRelu(x @ w + b): [2,3] x [3,4]."""
        w = np.arange(12, dtype=np.float32).reshape(3, 4) - 2
        nodes = [node("MatMul", ["x", "w"], ["p"], name="/body/dense/MatMul"),
                 node("Add", ["p", "b"], ["q"], name="/body/dense/Add"),
                 node("LeakyRelu", ["q"], ["y"], name="act", alpha=alpha)]
        return self.save(model_of(nodes, [info("x", [2, 3])], [info("y", [2, 4])],
                                  [constant("w", w), constant("b", np.float32(bias))]), name)


class Sections(Dense):
    def test_nodes(self):
        self.dense()
        nodes = self.json("inspect", "m.onnx", "--nodes")["node_list"]
        self.assertEqual([n["op"] for n in nodes], ["MatMul", "Add", "LeakyRelu"])
        product = nodes[0]
        self.assertEqual((product["operations"], product["parameters"]), (2 * 2 * 3 * 4, 12))
        self.assertEqual(product["bytes"], 4 * (6 + 12 + 8))
        self.assertEqual(product["outputs"], ["f32[2,4]"])
        text = self.out("inspect", "m.onnx", "--nodes")
        self.assertRegex(text, r"(?m)^ +0  MatMul +/body/dense/MatMul +f32\[2,4\] +48 +104 bytes +12$")

    def test_nodes_of_graphs_inside(self):
        branch = lambda op: helper.make_graph([node(op, ["x"], ["r"])], "b", [], [info("r", [3])])
        self.save(model_of([node("If", ["c"], ["y"], then_branch=branch("Abs"), else_branch=branch("Neg"))],
                           [info("x", [3]), info("c", [], 9)], [info("y", [3])]))
        nodes = self.json("inspect", "m.onnx", "--nodes")["node_list"]
        self.assertEqual([(n["op"], n["depth"]) for n in nodes], [("If", 0), ("Abs", 1), ("Neg", 1)])

    def test_weights(self):
        self.dense()
        w, b = self.json("inspect", "m.onnx", "--weights")["weights"]
        self.assertEqual((w["name"], w["type"], w["bytes"], w["uses"]), ("w", "f32[3,4]", 48, 1))
        values = np.arange(12) - 2.0
        self.assertEqual((w["min"], w["max"], w["mean"]), (values.min(), values.max(), values.mean()))
        self.assertAlmostEqual(w["deviation"], values.std())
        self.assertEqual((w["zeros"], w["nan"], w["inf"]), (1, 0, 0))
        self.assertEqual((b["zeros"], b["nan"], b["inf"], b["min"], b["max"]), (1, 1, 1, 0, 1))
        self.assertRegex(self.out("inspect", "m.onnx", "--weights"), r"w +f32\[3,4\] +48 bytes +-2 +9 +3\.5 +3\.452 +8\.3% +0 +0\n")

    def test_weights_of_large_mean_keep_their_deviation(self):
        values = (1e6 + np.linspace(0, 1, 10001)).astype(np.float32)
        self.save(model_of([node("Add", ["x", "w"], ["y"])], [info("x", [1])], [info("y", [10001])], [constant("w", values)]))
        facts = self.json("inspect", "m.onnx", "--weights")["weights"][0]
        self.assertAlmostEqual(facts["deviation"], values.astype(np.float64).std(), places=9)

    def test_cost(self):
        self.dense()
        facts = self.json("inspect", "m.onnx", "--cost")
        blocks = {b["name"]: b for b in facts["cost_by_block"]}
        self.assertEqual(blocks["body/dense"]["operations"], 48 + 8)
        self.assertEqual(blocks["body/dense"]["nodes"], 2)
        self.assertEqual(blocks["(names without a path)"]["nodes"], 1)
        self.assertEqual(sum(o["operations"] for o in facts["cost_by_op"]), self.json("inspect", "m.onnx")["operations"])
        model = SYMBOLS / "model.onnx"
        self.assertEqual(sum(o["parameters"] for o in self.json("inspect", model, "--cost")["cost_by_op"]),
                         self.json("inspect", model)["parameters"])

    def test_memory_never_overlaps(self):
        memory = self.json("inspect", SYMBOLS / "model.onnx", "--memory", "--passes")["memory"]
        self.assertGreater(len(memory), 5)
        for i, a in enumerate(memory):
            for b in memory[:i]:
                together = a["first_step"] < b["last_step"] and b["first_step"] < a["last_step"]
                share = a["offset"] < b["offset"] + b["bytes"] and b["offset"] < a["offset"] + a["bytes"]
                self.assertFalse(together and share, (a, b))

    def test_memory_as_text_and_picture(self):
        text = self.out("inspect", SYMBOLS / "model.onnx", "--memory", "--memory-svg", "m.svg")
        self.assertRegex(text, r"arena: .* KB, of which .* are the kernels' workspace\nmost at once: .* during ")
        lanes = [line.split("|") for line in text.splitlines() if line.count("|") == 2]
        self.assertEqual(len({len(lane[1]) for lane in lanes}), 1)
        for lane in lanes[1:]:
            self.assertRegex(lane[1], r"^\.*#+\.*$")
        root = xml.parse(self.folder / "m.svg").getroot()
        boxes = root.findall("{http://www.w3.org/2000/svg}g")
        self.assertEqual(len(boxes), len(self.json("inspect", SYMBOLS / "model.onnx", "--memory")["memory"]))

    def test_one_thing_at_a_time(self):
        self.dense()
        self.misused("inspect", "m.onnx", "--text", "--nodes", says="--text")


class Diff(Dense):
    def test_the_same(self):
        self.dense("a.onnx", bias=(1, 2, 3, 4))
        self.dense("b.onnx", bias=(1, 2, 3, 4))
        self.assertIn("the same: 3 nodes, 2 weights\n", self.out("diff", "a.onnx", "b.onnx"))
        self.assertTrue(self.json("diff", "a.onnx", "b.onnx")["equal"])

    def test_a_weight_and_an_attribute(self):
        self.dense("a.onnx", bias=(1, 2, 3, 4))
        self.dense("b.onnx", bias=(1, 2, 3.5, 4), alpha=0.2)
        done = self.hasten("diff", "a.onnx", "b.onnx", status=1)
        self.assertIn("! node 'act' (LeakyRelu)\n      alpha: 0.1 -> 0.2\n", done.stdout)
        self.assertIn('! weight "b" f32[4]\n      1 of 4 elements differ, by at most 0.5\n', done.stdout)
        self.assertIn("a.onnx and b.onnx differ: 1 among nodes, 1 among weights", done.stderr)
        self.assertEqual(self.hasten("diff", "-q", "a.onnx", "b.onnx", status=1).stdout, "")

    def test_names_inside_and_order_do_not_count(self):
        def model(names, swap):
            p, q = names
            nodes = [node("Abs", ["x"], [p]), node("Neg", ["x"], [q])]
            return model_of(nodes[::-1 if swap else 1] + [node("Add", [p, q], ["y"])], [info("x", [3])], [info("y", [3])])
        self.save(model(("p", "q"), False), "a.onnx")
        self.save(model(("r", "s"), True), "b.onnx")
        self.assertIn("the same: 3 nodes", self.out("diff", "a.onnx", "b.onnx"))

    def test_structure_and_interface(self):
        self.save(model_of([node("Abs", ["x"], ["y"], name="n1")], [info("x", ["n", 3])], [info("y", ["n", 3])]), "a.onnx")
        self.save(model_of([node("Abs", ["x"], ["p"], name="n1"), node("Neg", ["p"], ["y"], name="n2")], [info("x", [1, 3])],
                           [info("y", [1, 3])], opset=18), "b.onnx")
        out = self.hasten("diff", "a.onnx", "b.onnx", status=1).stdout
        self.assertIn("opset: ai.onnx 17 -> ai.onnx 18", out)
        self.assertIn('! input "x"\n      type: f32[n,3] -> f32[1,3]\n', out)
        self.assertIn("+ node 'n2' (Neg)\n", out)
        self.assertIn("- node 'n2' (Neg)\n", self.hasten("diff", "b.onnx", "a.onnx", status=1).stdout)

    def test_an_operand(self):
        two = [info("x", [3]), info("z", [3])]
        self.save(model_of([node("Sub", ["x", "z"], ["y"], name="n")], two, [info("y", [3])]), "a.onnx")
        self.save(model_of([node("Sub", ["z", "x"], ["y"], name="n")], two, [info("y", [3])]), "b.onnx")
        self.assertIn('      input 0: "x" -> "z"\n      input 1: "z" -> "x"\n', self.hasten("diff", "a.onnx", "b.onnx", status=1).stdout)


if __name__ == "__main__":
    unittest.main()
