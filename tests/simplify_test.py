"""`hasten simplify`: its results on real models, by onnx.checker and ONNX Runtime, and its command line.

Each model of HASTEN_TEST_DATA/onnx, and each that the packages of tools/models.txt carry, is simplified; the result must pass
the checker, give what the original gives in ONNX Runtime, and have at most as many nodes as onnxsim and onnxslim leave, whose
counts docs/simplify.md records.  So must that with --contrib, and have at most as many nodes as ONNX Runtime's extended level
leaves.  With --write the page is written anew, by those commands in ONNXSIM and ONNXSLIM; where those are not set, their
columns and all seconds stay.

    HASTEN_BIN=build/release/hasten python tests/simplify_test.py [--write docs/simplify.md] [unittest arguments]
"""
import collections
import glob
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
import onnx
import onnxruntime as ort
from command_line import HASTEN, CommandLine, info, model_of, node
from models_test import error_of, packaged_models, precision, random_inputs, recorded_inputs, run_theirs, step_of
from onnx import TensorProto as T
from onnx import helper, numpy_helper

DATA = os.environ.get("HASTEN_TEST_DATA", "")
PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs/simplify.md"
LIMITS = {"fp32": 1e-4, "fp16": 1e-2}


def count_nodes(graph, into):
    for n in graph.node:
        into[n.op_type] += n.op_type != "Constant"
        for a in n.attribute:
            for body in [a.g] * a.HasField("g") + list(a.graphs):
                count_nodes(body, into)
    return into


def nodes_of(path):
    model = onnx.load(path, load_external_data=False)
    total = sum(count_nodes(model.graph, collections.Counter()).values())
    return total + sum(sum(count_nodes(f, collections.Counter()).values()) for f in model.functions)


def recorded():
    """The fewest nodes that onnxsim or onnxslim leaves, by model."""
    rows = re.findall(r"^\| (\S+) \| \d+ \| (\d+|-) \| (\d+|-) \|", PAGE.read_text(), re.M) if PAGE.exists() else []
    return {name: min(int(c) for c in counts if c != "-") for name, *counts in rows if set(counts) != {"-"}}


def models():
    """Those of HASTEN_TEST_DATA and those that installed packages carry."""
    given = [(os.path.basename(os.path.dirname(p)), p) for p in sorted(glob.glob(os.path.join(DATA, "onnx", "*", "model.onnx")))]
    return given + list(packaged_models())


def fixtures():
    """Exports from PyTorch as text."""
    paths = sorted((pathlib.Path(__file__).resolve().parent / "fixtures").glob("*.ir"))
    return [(p.stem, str(p)) for p in paths]


def as_onnx(path, folder):
    """The path itself, or of a model in text form a conversion of it."""
    if not path.endswith(".ir"):
        return path
    out = os.path.join(folder, "m.onnx")
    subprocess.run([HASTEN, "convert", path, out], check=True, capture_output=True)
    return out


def trials(name, path, model):
    yield random_inputs(name, model, 1)
    for folder in sorted(glob.glob(os.path.join(os.path.dirname(path), "test_data_set_*"))):
        if (inputs := recorded_inputs(folder, model)) is not None:
            yield inputs


def simplify(path, out, *args):
    began = time.time()
    done = subprocess.run([HASTEN, "simplify", path, out, *args], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return time.time() - began


def run_extended(path, inputs):
    options = ort.SessionOptions()
    options.graph_optimization_level, options.intra_op_num_threads = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED, 1
    options.log_severity_level = 4
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run(None, dict(inputs))


class RealModels(unittest.TestCase):
    def test_results_and_counts(self):
        theirs = recorded()
        for name, path in models():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                out = os.path.join(folder, "out.onnx")
                simplify(path, out)
                onnx.checker.check_model(out)
                self.same_outputs(name, path, out)
                if name in theirs:
                    self.assertLessEqual(nodes_of(out), theirs[name])

    def test_contrib_results_and_counts(self):
        for name, source in models() + fixtures():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                path, out = as_onnx(source, folder), os.path.join(folder, "out.onnx")
                simplify(path, out, "--contrib")
                onnx.checker.check_model(out)
                self.same_outputs(name, path, out, fuses_quantized=True)
                theirs = optimized(path, ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED, os.path.join(folder, "ort.onnx"))
                if theirs != "-":
                    self.assertLessEqual(nodes_of(out), theirs)

    def same_outputs(self, name, path, out, fuses_quantized=False):
        """Where the result computes on integers between DequantizeLinear and QuantizeLinear, the original may be run in either way:
        by ONNX Runtime's level extended on integers, else in f32.  Each gives a neighbouring integer at times."""
        model = onnx.load(path, load_external_data=False)
        ways = [run_theirs, run_extended] if fuses_quantized and precision(model) not in LIMITS else [run_theirs]
        for inputs in trials(name, path, model):
            wants = [want for way in ways if (want := way(path, inputs)) is not None]
            if not wants:
                continue  # ONNX Runtime does not run the original
            got = run_theirs(out, inputs)
            self.assertIsNotNone(got, "ONNX Runtime runs the original only")
            steps = [max(self.excess(model, o, a, b) for o, a, b in zip(model.graph.output, got, want, strict=True)) for want in wants]
            self.assertLessEqual(min(steps), 1, "error, in units of what is allowed")

    @staticmethod
    def excess(model, output, a, b):
        return error_of(a, b) / (LIMITS.get(precision(model)) or step_of(model, output.name) / max(float(np.max(np.abs(b))), 1e-30))


RULES = pathlib.Path(__file__).resolve().parent.parent / "src/passes/rules"
DIM = 3  # what symbols of the rules' cases stand for


def cases_for_onnxruntime():
    """(rule and case, graph before, graph after) of the rules that make ops of com.microsoft."""
    for path in sorted(RULES.glob("*.ir")):
        for case in path.read_text().split("===\n"):
            before, after = case.split("---\n")
            title = before.splitlines()[0]
            graph = lambda text: "".join(line + "\n" for line in text.splitlines() if not re.match(r"#|fires ", line))
            if "com.microsoft" in after and "kFile" in path.with_suffix(".cc").read_text():
                yield f"{path.stem}: {title[2:]}", graph(before), graph(after)


class RulesInOnnxRuntime(unittest.TestCase):
    """What our references take, ONNX Runtime's kernels take, too, and compute the same."""

    def test_cases(self):
        count = 0
        for title, *graphs in cases_for_onnxruntime():
            with self.subTest(title), tempfile.TemporaryDirectory() as folder:
                before, after = (self.run_graph(text, folder) for text in graphs)
                for a, b in zip(after, before, strict=True):
                    np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)
                count += 1
        self.assertGreater(count, 20)

    def run_graph(self, text, folder):
        source, path = os.path.join(folder, "m.ir"), os.path.join(folder, "m.onnx")
        pathlib.Path(source).write_text(f'hasten-ir 1\nopset "" 23\ngraph "t" {{\n{text}}}\n')
        subprocess.run([HASTEN, "convert", source, path], check=True, capture_output=True)
        rng, options = np.random.default_rng(0), ort.SessionOptions()
        options.graph_optimization_level, options.log_severity_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL, 4
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        kinds = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8, "tensor(bool)": np.bool_}
        feeds = {}
        for i in session.get_inputs():
            dims = [d if isinstance(d, int) else DIM for d in i.shape]
            feeds[i.name] = rng.integers(0 if i.type != "tensor(float)" else -12, 12 if i.type != "tensor(bool)" else 2, dims).astype(kinds[i.type])
            if i.type == "tensor(float)":
                feeds[i.name] /= 8
        return session.run(None, feeds)


class Commands(CommandLine):
    def scaled(self, shape=("n", 4)):
        """Relu(Identity(x) @ w + b), with a computed constant and things to keep."""
        w = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(4, 3), "w")
        b = numpy_helper.from_array(np.ones(3, np.float32), "b")
        nodes = [node("Identity", ["x"], ["i"]), node("MatMul", ["i", "w"], ["p"], name="dense"), node("Add", ["p", "b"], ["q"]),
                 node("Relu", ["q"], ["y"], doc_string="kept"), node("Neg", ["x"], ["z"])]
        model = model_of(nodes, [info("x", shape)], [info("y", [None, 3]), info("z", shape)], [w, b], metadata={"k": "v"})
        return self.save(model)

    def simplified(self, *args):
        self.hasten("simplify", "m.onnx", "o.onnx", *args)
        return onnx.load(self.folder / "o.onnx")

    def test_the_result(self):
        self.scaled()
        model = self.simplified()
        onnx.checker.check_model(model)
        self.assertEqual([n.op_type for n in model.graph.node], ["Gemm", "Relu", "Neg"])
        self.assertEqual([o.version for o in model.opset_import], [17])
        self.assertEqual(model.metadata_props[0].value, "v")
        self.assertEqual(model.graph.node[1].doc_string, "kept")
        self.assertEqual([o.name for o in model.graph.output], ["y", "z"])

    def test_text_and_json(self):
        self.scaled()
        text = self.out("simplify", "m.onnx", "o.onnx")
        self.assertIn("Finish! Here is the difference:", text)
        self.assertRegex(text, r"\| MatMul +\| 1 +\| 0 +\|")
        self.assertIn("checked with 1 set of inputs", text)
        facts = self.json("simplify", "m.onnx", "o.onnx", "3")
        self.assertEqual((facts["nodes_before"], facts["nodes_after"], facts["check_runs"]), (5, 3, 3))
        self.assertEqual(facts["fired"]["remove_identity"], 1)
        self.assertEqual(self.json("simplify", "m.onnx", "o.onnx", "0")["check_runs"], 0)

    def test_report(self):
        self.scaled()
        self.simplified("--report", "r.html")
        page = (self.folder / "r.html").read_text()
        for part in ("<table>", "matmul_add_to_gemm", "Firings, in order", "memory between nodes"):
            self.assertIn(part, page)
        self.assertNotIn("src=", page)

    def test_contrib(self):
        self.scaled()
        model = self.simplified("--contrib")
        onnx.checker.check_model(model)
        self.assertEqual([(n.domain, n.op_type) for n in model.graph.node], [("com.microsoft", "FusedGemm"), ("", "Neg")])
        self.assertEqual({o.domain: o.version for o in model.opset_import}, {"": 17, "com.microsoft": 1})
        self.assertEqual(len(self.simplified("--contrib", "--skip-optimization", "activation_into_gemm").graph.node), 3)
        self.assertEqual([o.version for o in self.simplified("--contrib", "--opset", "13").opset_import], [13, 1])

    def test_contrib_raises_the_opset_for_layer_normalization_alone(self):
        scalars = {"eps": 1e-5, "two": 2}
        weights = [numpy_helper.from_array(np.float32(v), k) for k, v in scalars.items()]
        nodes = [node("ReduceMean", ["x"], ["m"], axes=[-1]), node("Sub", ["x", "m"], ["d"]), node("Pow", ["d", "two"], ["q"]),
                 node("ReduceMean", ["q"], ["v"], axes=[-1]), node("Add", ["v", "eps"], ["w"]), node("Sqrt", ["w"], ["s"]),
                 node("Div", ["d", "s"], ["n"]), node("Relu", ["n"], ["y"])]
        model = model_of(nodes, [info("x", (2, 4))], [info("y", (2, 4))], weights, opset=13)
        self.save(model)
        model = self.simplified("--contrib")
        self.assertEqual([n.op_type for n in model.graph.node], ["LayerNormalization", "Relu"])
        self.assertEqual(model.opset_import[0].version, 17)
        kept = self.simplified("--contrib", "--opset", "13")
        self.assertEqual((len(kept.graph.node), kept.opset_import[0].version), (8, 13))

    def test_contrib_raises_the_opset_for_columns_first(self):
        dims = {"cut": [1, 1, 2, 2, 3, 3], "laid": [1, 1, 6, 6]}
        weights = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in dims.items()]
        nodes = [node("Reshape", ["x", "cut"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 1, 4, 2, 5, 3]), node("Reshape", ["t", "laid"], ["y"])]
        model = model_of(nodes, [info("x", (1, 4, 3, 3))], [info("y", (1, 1, 6, 6))], weights, opset=10)
        self.save(model)
        self.assertEqual((len(self.simplified().graph.node), self.simplified().opset_import[0].version), (3, 10))
        model = self.simplified("--contrib")
        self.assertEqual(([n.op_type for n in model.graph.node], model.opset_import[0].version), (["DepthToSpace"], 17))

    def test_contrib_of_many_layers_that_quantise_as_they_run(self):
        """One node rounds as those it stands for: one bit would move integers by a step in the layers behind, and fail the check."""
        rng, size, layers = np.random.default_rng(0), 128, 12
        nodes, weights = [], [numpy_helper.from_array(np.float32(0.0011), "ws")]
        for i in range(layers):
            weights += [numpy_helper.from_array(rng.integers(0, 256, (size, size)).astype(np.uint8), f"w{i}"),
                        numpy_helper.from_array(rng.uniform(-1, 1, size).astype(np.float32), f"b{i}"), numpy_helper.from_array(np.uint8(128), f"wz{i}")]
            nodes += [node("DynamicQuantizeLinear", [f"x{i}"], [f"q{i}", f"s{i}", f"z{i}"]),
                      node("MatMulInteger", [f"q{i}", f"w{i}", f"z{i}", f"wz{i}"], [f"p{i}"]), node("Cast", [f"p{i}"], [f"f{i}"], to=T.FLOAT),
                      node("Mul", [f"s{i}", "ws"], [f"m{i}"]), node("Mul", [f"f{i}", f"m{i}"], [f"y{i}"]),
                      node("Add", [f"y{i}", f"b{i}"], [f"x{i + 1}"])]
        shape = (512, size)
        self.save(model_of(nodes, [info("x0", shape)], [info(f"x{layers}", shape)], weights))
        model = self.simplified("--contrib")
        self.assertEqual([n.op_type for n in model.graph.node], ["DynamicQuantizeMatMul"] * layers)
        self.assertEqual(len(self.simplified().graph.node), len(nodes))

    def test_contrib_is_asked_for(self):
        self.scaled()
        self.assertEqual({n.domain for n in self.simplified().graph.node}, {""})

    def test_skipping(self):
        self.scaled()
        types = lambda *args: [n.op_type for n in self.simplified(*args).graph.node]
        self.assertIn("MatMul", types("--skip-optimization", "fuse_matmul_add_bias_into_gemm"))
        self.assertIn("MatMul", types("--precision", "exact"))
        self.assertEqual(len(types("--skip-optimization")), 5)
        self.misused("simplify", "m.onnx", "o.onnx", "--skip-optimization", "fuse_bn_into_con",
                     says="did you mean 'fuse_bn_into_conv'?")

    def test_shapes_and_outputs(self):
        self.scaled()
        model = self.simplified("--overwrite-input-shape", "5,4", "--unused-output", "z")
        dims = lambda v: [d.dim_value for d in v.type.tensor_type.shape.dim]
        self.assertEqual(dims(model.graph.input[0]), [5, 4])
        self.assertEqual(dims(model.graph.output[0]), [5, 3])
        self.assertEqual([o.name for o in model.graph.output], ["y"])
        self.assertEqual(dims(self.simplified("--input-shape", "x:2,4").graph.input[0]), [2, 4])
        self.fails("simplify", "m.onnx", "o.onnx", "--unused-output", "q", says='no output "q"')
        self.fails("simplify", "m.onnx", "o.onnx", "--overwrite-input-shape", "u:2,4", says='no input "u"')

    def test_files(self):
        self.scaled()
        model = self.simplified("--target-opset", "13", "--save-as-external-data")
        self.assertEqual([o.version for o in model.opset_import], [13])
        self.fails("simplify", "m.onnx", "o.txt", says="must end in .onnx")
        self.fails("simplify", "absent.onnx", "o.onnx", says="absent.onnx")

    def test_external_data_stays_external_also_in_place(self):
        w = numpy_helper.from_array(np.arange(1024, dtype=np.float32), "w")
        self.save(model_of([node("Add", ["x", "w"], ["y"])], [info("x", (1024,))], [info("y", (1024,))], [w]))
        self.simplified("--save-as-external-data")
        self.assertEqual((self.folder / "o.onnx.data").stat().st_size, 4096)
        self.out("simplify", "o.onnx", "o.onnx")
        self.assertLess((self.folder / "o.onnx").stat().st_size, 1000)
        model = onnx.load(self.folder / "o.onnx")
        np.testing.assert_array_equal(numpy_helper.to_array(model.graph.initializer[0]), np.arange(1024))

    def test_initializers(self):
        self.scaled()
        model = onnx.load(self.folder / "m.onnx")
        model.graph.input.append(info("b", [3]))
        model.graph.node[1].input[1] = "ww"
        model.graph.node.insert(0, node("Neg", ["w"], ["ww"]))
        self.save(model)
        self.assertEqual([i.name for i in self.simplified().graph.input], ["x"])
        self.assertEqual([i.name for i in self.simplified("--mutable-initializer").graph.input], ["x", "b"])
        kept = self.simplified("--initializers-as-non-constants")
        self.assertEqual(sum(n.op_type == "Neg" for n in kept.graph.node), 2)
        self.assertEqual([i.name for i in kept.graph.input], ["x"])

    def test_check_needs_inputs_that_fit(self):
        nodes = [node("Reshape", ["x", "s"], ["y"])]
        shape = numpy_helper.from_array(np.array([7, 11], np.int64), "s")
        self.save(model_of(nodes, [info("x", ["n"])], [info("y", [7, 11])], [shape]))
        self.assertIn("not checked: ", self.out("simplify", "m.onnx", "o.onnx"))
        self.fails("simplify", "m.onnx", "o.onnx", "1", says="could not check")
        self.assertIn("checked with 1", self.out("simplify", "m.onnx", "o.onnx", "1", "--test-input-shape", "x:77"))
        np.arange(77, dtype=np.float32).tofile(self.folder / "x.raw")
        self.out("simplify", "m.onnx", "o.onnx", "1", "--test-input-shape", "x:77", "--input-data-path", "x:x.raw")

    def test_a_difference_fails_the_check(self):
        rng = np.random.default_rng(0)
        w = numpy_helper.from_array(rng.standard_normal((64, 64)).astype(np.float32), "w")
        k = numpy_helper.from_array(rng.standard_normal(64).astype(np.float32), "k")
        nodes = [node("MatMul", ["x", "w"], ["p"]), node("Mul", ["p", "k"], ["y"])]
        self.save(model_of(nodes, [info("x", (8, 64))], [info("y", (8, 64))], [w, k]))
        self.out("simplify", "m.onnx", "o.onnx")
        self.fails("simplify", "m.onnx", "o.onnx", "--check-rtol", "0", "--check-atol", "0",
                   says=['check failed: output "y": element', "must not be used"])
        self.assertIn('"y"', self.json("simplify", "m.onnx", "o.onnx", "--check-rtol", "0", "--check-atol", "0", status=1)["differs"])

    def test_refused_and_accepted(self):
        self.scaled()
        for flag in ("--emit-mlir", "--emit-coreml", "--fp16-quantize", "--profile", "--cuda", "--certify"):
            self.misused("simplify", "m.onnx", "o.onnx", flag, says=flag)
        self.simplified("--enable-fuse-bn", "--dynamic-input-shape", "--include-subgraph", "--no-certify", "--no-large-tensor",
                        "--skip-shape-inference", "--input-fill", "ones", "--external-data-threshold", "1GB")
        self.misused("simplify", "m.onnx", "o.onnx", "--target-opset", "99", says="--opset")

    def test_by_the_name_onnxsim(self):
        self.scaled()
        os.symlink(os.path.abspath(HASTEN), self.folder / "onnxsim")
        done = subprocess.run([self.folder / "onnxsim", "m.onnx", "o.onnx", "2"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Finish!", done.stdout)
        listed = subprocess.run([self.folder / "onnxsim", "--list-default-optimizers"], capture_output=True, text=True)
        self.assertIn("fold_constant\n", listed.stdout)


def other(command, path, out):
    """(nodes, seconds) of another simplifier; dashes where it fails."""
    began = time.time()
    done = subprocess.run([*command, path, out], capture_output=True, text=True, timeout=600)
    if done.returncode != 0 or not os.path.exists(out):
        return "-", "-"
    return nodes_of(out), f"{time.time() - began:.1f}"


def optimized(path, level, out):
    """Nodes that ONNX Runtime keeps at a level of its own."""
    options = ort.SessionOptions()
    options.graph_optimization_level, options.optimized_model_filepath, options.log_severity_level = level, out, 4
    try:
        ort.InferenceSession(path, options)
    except Exception:  # what ONNX Runtime cannot load
        return "-"
    return nodes_of(out)


HEAD = """# Simplified models

Written by `python tests/simplify_test.py --write docs/simplify.md`: real models, and exports from PyTorch (`./dev fixtures`).
Nodes are all but Constant, those of graphs inside nodes included; seconds are those of the whole command, on a machine with two cores
that others used, too: onnxsim's (0.8.1) without its check, onnxslim's (0.1.98), hasten's with its own. A dash: it ends with an error. ONNX Runtime's levels
basic and extended use ops of its own, and so does hasten with `--contrib`.
"""
COLUMNS = ("model", "nodes", "onnxsim", "onnxslim", "hasten", "basic", "extended", "hasten --contrib", "onnxsim, s", "onnxslim, s",
           "hasten, s")


def written_rows(page):
    """The rows of a table as it stands, by model and column."""
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    return {row[0]: dict(zip(table[0], row, strict=True)) for row in table[1:]}


def row_of(source, was, folder):
    path, ours, contrib, ort_path = as_onnx(source, folder), *(os.path.join(folder, n) for n in ("ours.onnx", "contrib.onnx", "ort.onnx"))
    seconds = simplify(path, ours)
    simplify(path, contrib, "--contrib")
    row = {"nodes": nodes_of(path), "hasten": nodes_of(ours), "hasten --contrib": nodes_of(contrib)}
    measures = "ONNXSIM" in os.environ or "hasten, s" not in was
    row["hasten, s"] = f"{seconds:.2f}" if measures else was["hasten, s"]
    for name, flags in (("onnxsim", ["--no-certify"]), ("onnxslim", [])):
        row[name], row[name + ", s"] = was.get(name, "-"), was.get(name + ", s", "-")
        if name.upper() in os.environ:
            row[name], row[name + ", s"] = other([os.environ[name.upper()], *flags], path, os.path.join(folder, name + ".onnx"))
    for name, level in (("basic", ort.GraphOptimizationLevel.ORT_ENABLE_BASIC), ("extended", ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED)):
        row[name] = optimized(path, level, ort_path)
    return row


def write_page(target):
    page = pathlib.Path(target)
    was = written_rows(page.read_text()) if page.exists() else {}
    lines = [HEAD, "| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for name, source in models() + fixtures():
        with tempfile.TemporaryDirectory() as folder:
            row = {"model": name, **row_of(source, was.get(name, {}), folder)}
            lines.append("| " + " | ".join(str(row[c]) for c in COLUMNS) + " |")
    page.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write_page(sys.argv[sys.argv.index("--write") + 1])
    else:
        if not DATA:
            print("HASTEN_TEST_DATA is not set: no real model is simplified")
        unittest.main()
