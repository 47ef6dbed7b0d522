"""`hasten inspect --passes`, `--svg` and `--dot`: what fired where, and pictures of it."""
import re
import unittest
import xml.etree.ElementTree as xml

import numpy as np
import onnx
from command_line import SYMBOLS, CommandLine, info, model_of, node
from onnx import numpy_helper

SVG = "{http://www.w3.org/2000/svg}"


class Passes(CommandLine):
    def chain(self):
        """Relu(x @ w + b), and Neg(x) + x; the last node has no name."""
        w, b = (numpy_helper.from_array(np.ones(s, np.float32), n) for s, n in (((4, 3), "w"), (3, "b")))
        nodes = [node("Identity", ["x"], ["i"], name="same"), node("MatMul", ["i", "w"], ["p"], name="dense"),
                 node("Add", ["p", "b"], ["q"], name="bias"), node("Relu", ["q"], ["y"], name="<act> & \"co\""),
                 node("Neg", ["x"], ["m"], name="minus"), node("Identity", ["m"], ["z"])]
        return self.save(model_of(nodes, [info("x", ["n", 4])], [info("y", ["n", 3]), info("z", ["n", 4])], [w, b]))

    def test_what_fired_where(self):
        self.chain()
        passes = self.json("inspect", "m.onnx", "--passes")["passes"]
        self.assertEqual((passes["nodes_before"], passes["nodes_after"]), (6, 2))
        self.assertIn({"rule": "remove_identity", "node": "'same' (Identity)"}, passes["firings"])
        self.assertIn({"rule": "remove_identity", "node": '-> "z" (Identity)'}, passes["firings"])
        self.assertEqual(passes["fired"]["remove_identity"], 2)
        for rule, count in passes["fired"].items():
            listed = sum(f["rule"] == rule for f in passes["firings"])
            self.assertIn(listed, (0, count), rule)
        text = self.out("inspect", "m.onnx", "--passes")
        self.assertRegex(text, r"passes: 6 nodes -> 2\n")
        self.assertRegex(text, r" 2  remove_identity .*\n            at 'same' \(Identity\)\n            at -> \"z\" \(Identity\)\n")
        self.assertNotIn("passes", self.json("inspect", "m.onnx"))
        self.assertNotIn("Identity(", self.out("inspect", "m.onnx", "--passes", "--text"))
        self.assertNotEqual(self.out("inspect", "m.onnx", "--passes", "--text"), self.out("inspect", "m.onnx", "--text"))

    def boxes(self, path):
        root = xml.parse(self.folder / path).getroot()
        found = []
        for g in root.iter(f"{SVG}g"):
            rect = g.find(f"{SVG}rect")
            numbers = [float(rect.get(k)) for k in ("x", "y", "width", "height")]
            found.append((*numbers, rect.get("fill"), [t.text for t in g.iter(f"{SVG}text")], g.find(f"{SVG}title").text))
        return root, found

    def test_svg(self):
        self.chain()
        self.out("inspect", "m.onnx", "--svg", "g.svg")
        root, boxes = self.boxes("g.svg")
        self.assertEqual(sorted(b[5][0] for b in boxes), ["Add", "Identity", "Identity", "MatMul", "Neg", "Relu", "input", "output", "output"])
        self.assertIn(["Relu", "<act> & \"co\"", "f32[n,3]"], [b[5] for b in boxes])
        self.assertIn('constant "w" f32[4,3]', next(b[6] for b in boxes if b[5][0] == "MatMul"))
        width, height = float(root.get("width")), float(root.get("height"))
        for i, a in enumerate(boxes):
            self.assertTrue(0 <= a[0] and a[0] + a[2] <= width and 0 <= a[1] and a[1] + a[3] <= height)
            for b in boxes[:i]:
                self.assertTrue(a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1])
        edges = [p.find(f"{SVG}title").text for p in root.iter(f"{SVG}path") if p.get("class") == "edge"]
        self.assertEqual(sorted(edges), sorted(["x f32[n,4]"] * 2 + ["i f32[n,4]", "p f32[n,3]", "q f32[n,3]", "y f32[n,3]",
                                                                     "m f32[n,4]", "z f32[n,4]"]))

    def test_before_and_after(self):
        self.chain()
        self.out("inspect", "m.onnx", "--passes", "--svg", "g.svg", "--dot", "g.dot")
        root, boxes = self.boxes("g.svg")
        red, green = "#fde4e1", "#e0f4e4"
        gone = [b[5][0] for b in boxes if b[4] == red]
        self.assertEqual(gone.count("Identity"), 2)
        self.assertIn("Add", gone)
        self.assertTrue([b for b in boxes if b[4] == green])
        self.assertNotIn("Identity", [b[5][0] for b in boxes if b[4] != red])
        titles = [t.text for t in root.iter(f"{SVG}text") if t.get("class") == "title"]
        self.assertEqual(titles, ["m.onnx, before", "after the passes"])
        dot = (self.folder / "g.dot").read_text()
        self.assertEqual(dot.count("subgraph cluster_"), 2)
        self.assertEqual(dot.count(red), len(gone))

    def test_dot(self):
        self.chain()
        self.out("inspect", "m.onnx", "--dot", "g.dot")
        dot = (self.folder / "g.dot").read_text()
        names = re.findall(r'^    (g0n\d+) \[label="((?:[^"\\]|\\.)*)"', dot, re.M)
        self.assertEqual(len(names), 9)
        self.assertIn(r'Relu\n<act> & \"co\"\nf32[n,3]', [label for _, label in names])
        edges = re.findall(r"^    (g0n\d+) -> (g0n\d+) \[", dot, re.M)
        self.assertEqual(len(edges), 8)
        op = {i: label.split("\\n")[0] for i, label in names}
        self.assertIn(("MatMul", "Add"), [(op[a], op[b]) for a, b in edges])
        self.assertEqual(dot.count("{"), dot.count("}"))

    def test_a_real_model(self):
        path = SYMBOLS / "model.onnx"
        self.out("inspect", path, "--passes", "--svg", "g.svg")
        _, boxes = self.boxes("g.svg")
        nodes = len(onnx.load(path).graph.node)
        after = self.json("inspect", path, "--passes")["passes"]["nodes_after"]
        self.assertEqual(len(boxes), nodes + after + 4)

    def test_a_graph_inside_and_wrong_use(self):
        branch = lambda op, name: onnx.helper.make_graph([node(op, ["x"], [name])], name, [], [info(name, [3])])
        choose = node("If", ["c"], ["y"], name="choose", then_branch=branch("Neg", "t"), else_branch=branch("Abs", "e"))
        self.save(model_of([choose], [info("x", [3]), info("c", [], onnx.TensorProto.BOOL)], [info("y", [3])]))
        self.out("inspect", "m.onnx", "--svg", "g.svg")
        _, boxes = self.boxes("g.svg")
        self.assertIn("If {2 graphs}", [b[5][0] for b in boxes])
        self.fails("inspect", "m.onnx", "--svg", "absent/g.svg", says="absent/g.svg")
        self.misused("inspect", "m.onnx", "--pases", says="did you mean '--passes'?")


if __name__ == "__main__":
    unittest.main()
