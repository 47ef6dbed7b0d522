"""`hasten surgeon`: each operation, judged by onnx.checker and ONNX Runtime, and its command line."""
import unittest

import numpy as np
import onnx
import onnxruntime as ort
from command_line import SYMBOLS, CommandLine, info, model_of, node
from onnx import TensorProto as T
from onnx import helper, numpy_helper


def session(model):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(model if isinstance(model, str) else model.SerializeToString(), options,
                                providers=["CPUExecutionProvider"])


def run(model, feeds):
    s = session(model)
    return dict(zip([o.name for o in s.get_outputs()], s.run(None, feeds)))


def dims(value):
    return [d.dim_value or d.dim_param or None for d in value.type.tensor_type.shape.dim]


class Surgeon(CommandLine):
    def operate(self, operation, *args, of="m.onnx"):
        self.out("surgeon", operation, of, "o.onnx", *args)
        model = onnx.load(self.folder / "o.onnx")
        onnx.checker.check_model(model, full_check=True)
        return model

    def chain(self, shape=("n", 4), name="m.onnx", scale=1.0):
        """y = Relu(x @ w + b), z = Neg(p), with p = x @ w."""
        w = numpy_helper.from_array(scale * np.arange(-6, 6, dtype=np.float32).reshape(4, 3), "w")
        b = numpy_helper.from_array(np.ones(3, np.float32), "b")
        nodes = [node("MatMul", ["x", "w"], ["p"], name="dense"), node("Add", ["p", "b"], ["q"], name="bias"),
                 node("Relu", ["q"], ["y"], name="act"), node("Neg", ["p"], ["z"], name="neg")]
        return self.save(model_of(nodes, [info("x", shape)], [info("y", [None, 3]), info("z", [None, 3])], [w, b]), name)

    X = np.linspace(-2, 2, 8, dtype=np.float32).reshape(2, 4)

    def results(self, model="o.onnx"):
        return run(str(self.folder / model), {"x": self.X})

    # --- extract ---------------------------------------------------------------------------------------------

    def test_every_cut_of_a_model(self):
        path = SYMBOLS / "model.onnx"
        whole = onnx.load(path)
        order = list(whole.graph.node)
        weights = {i.name for i in whole.graph.initializer}
        marked = onnx.ModelProto()
        marked.CopyFrom(whole)
        marked.graph.output.extend(onnx.ValueInfoProto(name=o) for n in order[:-1] for o in n.output)
        image = np.random.default_rng(0).random((2, 3, 64, 64), np.float32)
        want = run(marked, {"image": image}) | {"image": image}
        for i in range(1, len(order)):
            made = {o for n in order[:i] for o in n.output} | {"image"}
            across = sorted({v for n in order[i:] for v in n.input if v in made and v not in weights})
            with self.subTest(cut=i, across=across):
                before = self.operate("extract", "--outputs", ",".join(across), "--inputs", "image", of=path)
                self.assertEqual(len(before.graph.node), len([n for n in order[:i] if self.reaches(n, order[:i], across)]))
                got = run(before, {"image": image})
                self.assertEqual(list(got), across)
                for name in across:
                    np.testing.assert_array_equal(got[name], want[name])
                after = self.operate("extract", "--inputs", ",".join(across), of=path)
                self.assertEqual([n.name for n in after.graph.node], [n.name for n in order[i:]])
                self.assertEqual([(v.name, dims(v)) for v in after.graph.input],
                                 [(v, ["N", *want[v].shape[1:]]) for v in across])
                got = run(after, {name: want[name] for name in across})
                np.testing.assert_array_equal(got["logits"], want["logits"])

    @staticmethod
    def reaches(n, nodes, values):
        wanted = set(values)
        for m in reversed(nodes):
            if wanted & set(m.output):
                wanted |= set(m.input)
        return bool(wanted & set(n.output))

    def test_extract(self):
        self.chain()
        model = self.operate("extract", "--inputs", "p", "--outputs", "z", "y")
        self.assertEqual([i.name for i in model.graph.input], ["p"])
        self.assertEqual(dims(model.graph.input[0]), ["n", 3])
        self.assertEqual([o.name for o in model.graph.output], ["z", "y"])
        self.assertEqual([i.name for i in model.graph.initializer], ["b"])
        model = self.operate("extract", "--inputs", "q:auto:auto", "--outputs", "y:auto", "--opset", "13")
        self.assertEqual([n.op_type for n in model.graph.node], ["Relu"])
        self.assertEqual(model.opset_import[0].version, 13)
        with_weight = self.operate("extract", "--inputs", "x,w", "--outputs", "p")
        self.assertEqual([(i.name, dims(i)) for i in with_weight.graph.input], [("x", ["n", 4]), ("w", [4, 3])])
        self.assertFalse(with_weight.graph.initializer)

    def test_extract_says_what_is_wrong(self):
        self.chain()
        self.fails("surgeon", "extract", "m.onnx", "o.onnx", "--inputs", "q", says='the outputs need "x", too')
        self.fails("surgeon", "extract", "m.onnx", "o.onnx", "--outputs", "yy", says='no value "yy"; did you mean "y"?')
        self.fails("surgeon", "extract", "m.onnx", "o.onnx", "--inputs", "p", "--outputs", "p", says="cannot be an input and")
        self.fails("surgeon", "extract", "m.onnx", "o.onnx", "--inputs", "p", "p", says="named twice")
        self.assertFalse((self.folder / "o.onnx").exists())

    def test_extract_with_a_graph_inside(self):
        branch = lambda op, name: helper.make_graph([node(op, ["h"], [name])], name, [], [info(name, [None])])
        choose = node("If", ["c"], ["y"], name="choose", then_branch=branch("Neg", "t"), else_branch=branch("Abs", "e"))
        self.save(model_of([node("Exp", ["x"], ["h"]), choose], [info("x", ["n"]), info("c", [], T.BOOL)], [info("y", [None])]))
        self.fails("surgeon", "extract", "m.onnx", "o.onnx", "--inputs", "c", says='the outputs need "x", too')
        model = self.operate("extract", "--inputs", "c,h")
        got = run(model, {"c": np.array(True), "h": np.array([1, -2], np.float32)})
        np.testing.assert_array_equal(got["y"], [-1, 2])

    def test_claims_about_cut_values_are_not_believed(self):
        k = numpy_helper.from_array(np.ones((1, 1, 3), np.float32), "k")
        nodes = [node("Conv", ["x", "k"], ["c"], strides=[2]), node("Relu", ["c"], ["y"])]
        model = model_of(nodes, [info("x", [1, 1, "n"])], [info("y", [1, 1, None])], [k])
        model.graph.value_info.append(info("c", [1, 1, 7]))
        self.save(model)
        self.assertEqual(dims(self.operate("extract", "--inputs", "c").graph.input[0]), [1, 1, None])
        self.assertEqual(dims(self.operate("extract", "--outputs", "c").graph.output[0]), [1, 1, None])
        self.assertEqual(dims(self.operate("edit", "--mark-output", "c").graph.output[1]), [1, 1, None])
        model.graph.value_info[0].CopyFrom(info("c", [1, 1, "half"]))
        self.save(model)
        self.assertEqual(dims(self.operate("extract", "--inputs", "c").graph.input[0]), [1, 1, "half"])

    # --- inputs, outputs, names, shapes ----------------------------------------------------------------------

    def test_names(self):
        self.chain()
        want = self.results("m.onnx")
        model = self.operate("edit", "--rename", "z=negated", "--rename", "w=weight", "--rename-node", "act=relu")
        self.assertEqual([o.name for o in model.graph.output], ["y", "negated"])
        self.assertEqual([n.name for n in model.graph.node], ["dense", "bias", "relu", "neg"])
        self.assertEqual(model.graph.initializer[0].name, "weight")
        np.testing.assert_array_equal(self.results()["negated"], want["z"])
        self.fails("surgeon", "edit", "m.onnx", "o.onnx", "--rename", "z=y", says='"y" exists already')
        self.fails("surgeon", "edit", "m.onnx", "o.onnx", "--rename-node", "actt=y", says='did you mean "act"?')

    def test_marks(self):
        self.chain()
        model = self.operate("edit", "--mark-output", "q", "--unmark-output", "z")
        self.assertEqual([(o.name, dims(o)) for o in model.graph.output], [("y", ["n", 3]), ("q", ["n", 3])])
        self.assertEqual(len(model.graph.node), 3)
        model = self.operate("edit", "--mark-input", "q")
        self.assertEqual([i.name for i in model.graph.input], ["x", "q"])
        self.assertEqual([n.name for n in model.graph.node], ["dense", "act", "neg"])
        self.fails("surgeon", "edit", "m.onnx", "o.onnx", "--unmark-output", "q", says='no output "q"')
        self.fails("surgeon", "edit", "m.onnx", "o.onnx", "--unmark-output", "y", "--unmark-output", "z", says="only output")

    def test_shapes(self):
        self.chain()
        model = self.operate("edit", "--override-input-shapes", "x:5,4")
        self.assertEqual([dims(v) for v in [*model.graph.input, *model.graph.output]], [[5, 4], [5, 3], [5, 3]])
        model = self.operate("edit", "--dim", "n=batch")
        self.assertEqual([dims(v) for v in [*model.graph.input, *model.graph.output]], [["batch", 4]] + [["batch", 3]] * 2)
        model = self.operate("edit", "--dim", "n=8")
        self.assertEqual(dims(model.graph.output[0]), [8, 3])
        self.chain(shape=(2, 4))
        model = self.operate("edit", "--override-input-shapes", "x:[rows,4]")
        self.assertEqual(dims(model.graph.output[1]), ["rows", 3])
        self.fails("surgeon", "edit", "m.onnx", "o.onnx", "--override-input-shapes", "x:2,5", says="node 0 'dense' (MatMul)")
        self.fails("surgeon", "edit", "m.onnx", "o.onnx", "--override-input-shapes", "x:2", says="must have 2 dims, not 1")
        self.fails("surgeon", "edit", "m.onnx", "o.onnx", "--dim", "n=8", says='no input has a dim "n"; all are fixed')

    # --- nodes -------------------------------------------------------------------------------------------------

    def test_insert_after(self):
        self.chain()
        model = self.operate("insert", "--op", "Clip", "--after", "q", "--name", "limit", "--constant", "low=-1.0",
                             "--constant", "high=f32:2", "--inputs", "low,high")
        self.assertEqual([n.op_type for n in model.graph.node], ["MatMul", "Add", "Clip", "Relu", "Neg"])
        np.testing.assert_array_equal(self.results()["y"], np.minimum(self.results("m.onnx")["y"], 2))
        self.operate("insert", "--op", "LeakyRelu", "--after", "z", "--attr", "alpha=0.5")
        z = self.results("m.onnx")["z"]
        np.testing.assert_array_equal(self.results()["z"], np.where(z < 0, z / 2, z))

    def test_insert_in_place_of_a_part(self):
        self.chain()
        model = self.operate("insert", "--op", "Gemm", "--inputs", "x,w,b", "--outputs", "q", "--attr", "alpha=2.0")
        self.assertEqual([n.op_type for n in model.graph.node], ["Gemm", "MatMul", "Relu", "Neg"])
        np.testing.assert_allclose(self.results()["y"], np.maximum(1 - 2 * self.results("m.onnx")["z"], 0), rtol=1e-6)
        model = self.operate("insert", "--op", "Abs", "--inputs", "q", "--outputs", "a", "--mark-output", "a")
        self.assertEqual([o.name for o in model.graph.output], ["y", "z", "a"])
        self.fails("surgeon", "insert", "m.onnx", "o.onnx", "--op", "Abs", "--inputs", "y", "--outputs", "p", says="cycle")

    def test_insert_an_unknown_op(self):
        self.chain()
        self.out("surgeon", "insert", "m.onnx", "o.onnx", "--op", "Magic", "--domain", "my.ops", "--after", "q", "--attr", "k=3")
        model = onnx.load(self.folder / "o.onnx")
        magic = model.graph.node[2]
        self.assertEqual((magic.op_type, magic.domain, magic.attribute[0].i), ("Magic", "my.ops", 3))
        self.assertIn("my.ops", [o.domain for o in model.opset_import])

    def test_replace(self):
        self.chain()
        self.operate("replace", "--node", "act", "--op", "LeakyRelu", "--attr", "alpha=0.25")
        want = self.results("m.onnx")
        q = 1 - want["z"]
        np.testing.assert_array_equal(self.results()["y"], np.where(q < 0, q / 4, q))
        model = self.operate("replace", "--node", "act", "--attr", "alpha=0.5", of="o.onnx")
        self.assertEqual((model.graph.node[2].name, model.graph.node[2].attribute[0].f), ("act", 0.5))
        model = self.operate("replace", "--node", "z", "--op", "Cast", "--attr", "to=f16")
        self.assertEqual(model.graph.node[3].attribute[0].i, T.FLOAT16)
        self.assertEqual(model.graph.output[1].type.tensor_type.elem_type, T.FLOAT16)
        model = self.operate("replace", "--node", "bias", "--op", "Sub", "--inputs", "b,p")
        self.assertEqual(list(model.graph.node[1].input), ["b", "p"])
        fails = lambda *args, says: self.fails("surgeon", "replace", "m.onnx", "o.onnx", *args, says=says)
        fails("--node", "acct", "--op", "Abs", says='no node "acct"; did you mean "act"?')
        fails("--node", "act", "--op", "Abss", says='no op "Abss"; did you mean "Abs"?')
        fails("--node", "act", "--op", "LeakyRelu", "--attr", "alpa=1", says="no attribute 'alpa'")
        fails("--node", "act", "--op", "LeakyRelu", "--attr", "alpha=x", says="attribute 'alpha' must be a float")
        fails("--node", "act", "--op", "Add", says="takes 2 inputs, is given 1")
        fails("--node", "act", "--op", "Gelu", says="exists since opset 20")

    def test_remove(self):
        self.chain()
        model = self.operate("remove", "--node", "bias")
        self.assertEqual([n.op_type for n in model.graph.node], ["MatMul", "Relu", "Neg"])
        np.testing.assert_array_equal(self.results()["y"], np.maximum(-self.results("m.onnx")["z"], 0))
        self.operate("remove", "--node", "act")
        np.testing.assert_array_equal(self.results()["y"], 1 - self.results("m.onnx")["z"])
        model = self.operate("remove", "--node", "act", "--by", "p")
        self.assertEqual([n.op_type for n in model.graph.node], ["MatMul", "Neg"])
        self.save(model_of([node("Neg", ["x"], ["y"], name="only")], [info("x", [2])], [info("y", [2])]))
        self.fails("surgeon", "remove", "m.onnx", "o.onnx", "--node", "only", says='output "y" would be "x"')

    # --- weights and files -------------------------------------------------------------------------------------

    def test_strip_and_restore(self):
        whole = onnx.load(SYMBOLS / "model.onnx")
        self.save(whole)
        model = self.operate("strip", "--at-least", "512")
        small = {i.name for i in model.graph.initializer}
        self.assertLess((self.folder / "o.onnx").stat().st_size, (self.folder / "m.onnx").stat().st_size / 5)
        image = np.ones((1, 3, 64, 64), np.float32)
        self.assertEqual(run(model, {"image": image})["logits"].shape, (1, 20))
        self.out("surgeon", "restore", "o.onnx", "r.onnx", "--from", "m.onnx")
        again = onnx.load(self.folder / "r.onnx")
        onnx.checker.check_model(again, full_check=True)
        weights = lambda m: {i.name: numpy_helper.to_array(i) for i in m.graph.initializer}
        want, got = weights(whole), weights(again)
        self.assertEqual(set(got), set(want))
        self.assertLess(len(small & set(want)), len(want))
        for name, array in want.items():
            np.testing.assert_array_equal(got[name], array)
        self.assertEqual([n.name for n in again.graph.node], [n.name for n in whole.graph.node])

    def test_restore_says_what_is_missing(self):
        self.chain()
        self.operate("strip", "--at-least", "0")
        self.out("surgeon", "edit", "m.onnx", "n.onnx", "--rename", "w=w2", "--rename", "b=offset")
        self.fails("surgeon", "restore", "o.onnx", "r.onnx", "--from", "n.onnx", says='none named "w"; the nearest is "w2"')
        w = numpy_helper.from_array(np.zeros((4, 2), np.float32), "w")
        self.save(model_of([node("MatMul", ["x", "w"], ["y"])], [info("x", [1, 4])], [info("y", [1, 2])], [w]), "n.onnx")
        self.fails("surgeon", "restore", "o.onnx", "r.onnx", "--from", "n.onnx", says='"w" must be f32[4,3], is f32[4,2]')

    def test_external_data(self):
        self.chain()
        want = self.results("m.onnx")
        self.operate("edit", "--external-data", "0")
        self.assertTrue((self.folder / "o.onnx.data").exists())
        same = lambda name: [np.testing.assert_array_equal(self.results(name)[k], v) for k, v in want.items()]
        same("o.onnx")
        self.out("surgeon", "edit", "o.onnx", "one.onnx", "--one-file")
        (self.folder / "o.onnx.data").unlink()
        same("one.onnx")
        self.assertFalse((self.folder / "one.onnx.data").exists())

    # --- sanitize, prune ---------------------------------------------------------------------------------------

    def untidy(self):
        """y = x + 2 * k; an unused node, initializer and input; nodes in the wrong order."""
        k, lost = (numpy_helper.from_array(np.full(3, v, np.float32), n) for v, n in ((3, "k"), (1, "lost")))
        nodes = [node("Add", ["x", "kk"], ["y"], name="sum"), node("Add", ["k", "k"], ["kk"], name="twice"),
                 node("Neg", ["x"], ["dead"], name="dead")]
        graph = helper.make_graph(nodes, "g", [info("x", [3]), info("spare", [1])], [info("y", [3])], [k, lost])
        return self.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))

    def test_sanitize_and_prune(self):
        self.untidy()
        model = self.operate("sanitize")
        self.assertEqual([n.name for n in model.graph.node], ["sum"])
        feeds = {"x": np.arange(3, dtype=np.float32), "spare": np.zeros(1, np.float32)}
        np.testing.assert_array_equal(run(model, feeds)["y"], [6, 7, 8])
        model = self.operate("prune")
        self.assertEqual([n.name for n in model.graph.node], ["twice", "sum"])
        self.assertEqual([i.name for i in model.graph.initializer], ["k"])
        self.assertEqual([i.name for i in model.graph.input], ["x", "spare"])
        facts = self.json("surgeon", "prune", "m.onnx", "o.onnx", "--unused-inputs")
        self.assertEqual((facts["pruned_nodes"], facts["pruned_constants"], facts["pruned_inputs"]), (1, 1, ["spare"]))
        self.assertEqual([i["name"] for i in facts["inputs"]], ["x"])

    # --- lint --------------------------------------------------------------------------------------------------

    def lint(self, nodes, inputs=None, outputs=None, initializers=(), status=0, opsets=(("", 17),), **graph):
        """Findings as (rule, where, value)."""
        g = helper.make_graph(nodes, "g", inputs or [info("x", [3])], outputs or [info("y", [3])], list(initializers), **graph)
        self.save(helper.make_model(g, opset_imports=[helper.make_opsetid(*o) for o in opsets], ir_version=8))
        found = self.json("surgeon", "lint", "m.onnx", status=status)["findings"]
        return [(f["rule"], f["where"], f["value"]) for f in found]

    def test_lint_finds(self):
        neg = lambda i, o, name="n": node("Neg", [i], [o], name=name)
        f = np.float32
        self.assertEqual(self.lint([neg("x", "y")]), [])
        self.assertEqual(self.lint([neg("u", "y")], status=1),
                         [("dangling_input", "node 0 'n' (Neg)", "u"), ("unused_input", "input", "x")])
        self.assertEqual(self.lint([neg("x", "q")], status=1),
                         [("dangling_output", "output", "y"), ("unused_node", "node 0 'n' (Neg)", "q")])
        self.assertEqual(self.lint([neg("h", "y", "b"), neg("x", "h", "a")], status=1), [("unsorted", "node 0 'b' (Neg)", "h")])
        self.assertEqual(self.lint([neg("x", "y", "a"), neg("x", "y", "b")], status=1)[0],
                         ("duplicate_value", "node 1 'b' (Neg)", "y"))
        self.assertEqual(self.lint([neg("x", "h"), neg("h", "y")]), [("duplicate_node", "node 1 'n' (Neg)", "")])
        self.assertEqual(self.lint([node("Neg", ["x"], ["y"])]), [("unnamed_node", "node 0 (Neg)", "y")])
        self.assertEqual(self.lint([node("Negg", ["x"], ["y"], name="n")], status=1)[0],
                         ("unknown_op", "node 0 'n' (Negg)", ""))
        self.assertEqual([r for r, _, _ in self.lint([node("Odd", ["x"], ["h"], name="n", domain="my"), neg("h", "y", "m")],
                                                  opsets=[("", 17), ("my", 1)])],
                         ["unknown_domain", "missing_shape", "missing_shape"])
        self.assertEqual(self.lint([node("Odd", ["x"], ["y"], name="n", domain="my")], status=1)[0],
                         ("missing_opset", "node 0 'n' (Odd)", ""))
        self.assertEqual(self.lint([node("Gelu", ["x"], ["y"], name="n")]), [("newer_op", "node 0 'n' (Gelu)", "")])
        spare = [numpy_helper.from_array(np.array([1, np.nan], f), "w")]
        self.assertEqual(self.lint([neg("x", "y")], initializers=spare),
                         [("unused_initializer", "initializer", "w"), ("odd_weight", "initializer", "w")])
        self.assertEqual(self.lint([neg("x", "y")], outputs=[info("y", [3], T.INT64)], status=1),
                         [("wrong_type", "node 0 'n' (Neg)", "y")])
        self.assertEqual(self.lint([node("Concat", ["x", "x"], ["y"], name="n", axis=4)], status=1),
                         [("invalid", "node 0 'n' (Concat)", "")])
        self.assertEqual(self.lint([node("Neg", ["x"], [], name="n")], inputs=[onnx.ValueInfoProto(name="x")],
                                   outputs=[onnx.ValueInfoProto(name="x")], status=1),
                         [("untyped_input", "input", "x"), ("no_output", "node 0 'n' (Neg)", "")])

    def test_lint_looks_into_graphs(self):
        inner = helper.make_graph([node("Neg", ["u"], ["t"], name="i"), node("Abs", ["x"], ["x2"], name="j")], "then", [],
                                  [info("t", [3])])
        other = helper.make_graph([node("Neg", ["x"], ["x1"], name="k")], "else", [], [info("x1", [3])])
        choose = node("If", ["c"], ["y"], name="choose", then_branch=inner, else_branch=other)
        found = self.lint([choose], inputs=[info("x", [3]), info("c", [], T.BOOL)], status=1)
        way = "node 0 'choose' (If): then_branch: "
        self.assertIn(("dangling_input", "node 0 'choose' (If)", "u"), found)
        self.assertIn(("unused_node", way + "node 1 'j' (Abs)", "x2"), found)
        self.assertEqual(len(found), 2)

    def test_lint_text(self):
        self.untidy()
        done = self.hasten("surgeon", "lint", "m.onnx", status=1)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r'^error +unsorted +node 0 \'sum\' \(Add\): input 1 "kk" is computed only by node 1$')
        self.assertEqual(lines[-1], "m.onnx: 1 error, 3 warnings")
        self.chain()
        self.assertIn("nothing to say", self.out("surgeon", "lint", "m.onnx", "--strict"))
        self.assertIn("unused_initializer", self.out("surgeon", "lint", "--rules"))
        self.save(model_of([node("Neg", ["x"], ["y"], name="n"), node("Neg", ["x"], ["z"], name="m")], [info("x", [1])], [info("y", [1])]))
        self.out("surgeon", "lint", "m.onnx")
        self.fails("surgeon", "lint", "m.onnx", "--strict", says="1 warning")
        (self.folder / "bad.onnx").write_bytes(b"\x08\xff")
        self.fails("surgeon", "lint", "bad.onnx", says="bad.onnx")

    # --- command line ------------------------------------------------------------------------------------------

    def test_wrong_use(self):
        self.chain()
        self.misused("surgeon", "extrat", "m.onnx", "o.onnx", says="extrat")
        self.misused("surgeon", "extract", "m.onnx", says="extract needs OUT")
        self.misused("surgeon", "extract", "m.onnx", "o.onnx", "--node", "x", says="--node is not for extract")
        self.misused("surgeon", "remove", "m.onnx", "o.onnx", says="remove needs --node")
        self.misused("surgeon", "lint", "m.onnx", "o.onnx", says="one argument too many")
        self.misused("surgeon", "edit", "m.onnx", "o.onnx", "--renam", "a=b", says="did you mean '--rename'?")
        self.fails("surgeon", "edit", "absent.onnx", "o.onnx", says="absent.onnx")
        self.fails("surgeon", "edit", "m.onnx", "o.txt", says="must end in .onnx")
        self.fails("surgeon", "edit", "m.onnx", "o.onnx", "--rename", "z", says="must be OLD=NEW")

    def test_text_form_and_facts(self):
        self.chain()
        self.out("surgeon", "extract", "m.onnx", "-o", "o.ir", "--outputs", "p")
        self.assertIn("MatMul", (self.folder / "o.ir").read_text())
        facts = self.json("surgeon", "extract", "m.onnx", "o.onnx", "--outputs", "y")
        self.assertEqual((facts["nodes_before"], facts["nodes_after"]), (4, 3))
        self.assertEqual(facts["outputs"], [{"name": "y", "type": "f32[n,3]"}])


if __name__ == "__main__":
    unittest.main()
