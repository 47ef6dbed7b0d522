"""Input made to break what reads it: each ends by itself with a message that says where, in bounded memory and time."""
import os
import resource
import subprocess
import unittest

import numpy as np
from command_line import HASTEN, CommandLine, info, model_of, node
from onnx import TensorProto as T
from onnx import helper, numpy_helper

HUGE = 2**62


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


class Hostile(CommandLine):
    def ends(self, *args, says, status=(1, 3), seconds=30):
        """Ends in time and with less than 2 GB."""
        done = subprocess.run([HASTEN, *map(str, args)], cwd=self.folder, capture_output=True, text=True, errors="replace", timeout=seconds)
        self.assertIn(done.returncode, status, f"{args}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        if done.returncode:
            self.assertIn("hasten: error: ", done.stderr)
        self.assertIn(says, done.stderr)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(peak, 2_000_000, "peak memory in KB")

    def unchecked(self, nodes, inputs, outputs, initializers=(), name="m.onnx"):
        graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        (self.folder / name).write_bytes(model.SerializeToString())
        return name


class Shapes(Hostile):
    def test_dims_whose_product_overflows(self):
        self.unchecked([node("Relu", ["x"], ["y"])], [info("x", [2**32, 2**32])], [info("y", [2**32, 2**32])])
        self.ends("run", "m.onnx", says="x")
        self.out("inspect", "m.onnx")

    def test_dims_larger_than_memory(self):
        self.unchecked([node("Relu", ["x"], ["y"])], [info("x", [2**40])], [info("y", [2**40])])
        self.ends("run", "m.onnx", says="f32[1099511627776] needs")
        self.out("inspect", "m.onnx")

    def test_a_constant_of_absurd_shape(self):
        for shape in ([HUGE], [2**31, 2**31], [-1], [2**20, 2**20]):
            self.unchecked([node("ConstantOfShape", ["s"], ["y"])], [], [info("y", None)], [constant("s", np.int64(shape))])
            self.ends("run", "m.onnx", says="")

    def test_a_shape_that_data_asks_for(self):
        self.unchecked([node("Expand", ["x", "s"], ["y"])], [info("x", [1]), info("s", [3], T.INT64)], [info("y", ["a", "b", "c"])])
        np.save(self.folder / "x.npy", np.float32([1]))
        for shape in ([2**31, 2**31, 4], [2**21, 2**21, 1], [-5, 1, 1]):
            np.save(self.folder / "s.npy", np.int64(shape))
            self.ends("run", "m.onnx", "--input", "x=x.npy", "--input", "s=s.npy", says="Expand")

    def test_attributes_at_their_limits(self):
        w = constant("w", np.ones((1, 1, 3, 3), np.float32))
        for attrs in ({"strides": [2**62, 1]}, {"pads": [2**62] * 4}, {"dilations": [2**62, 2**62]}, {"group": 2**62},
                      {"kernel_shape": [-3, 3]}, {"strides": [0, 0]}, {"pads": [-2**62, 0, 0, 0]}):
            self.unchecked([node("Conv", ["x", "w"], ["y"], **attrs)], [info("x", [1, 1, 8, 8])], [info("y", None)], [w])
            self.ends("run", "m.onnx", says="Conv")
        for op, attrs in (("Transpose", {"perm": [2**40, 0]}), ("Flatten", {"axis": -2**63}), ("Softmax", {"axis": 2**63 - 1})):
            self.unchecked([node(op, ["x"], ["y"], **attrs)], [info("x", [3, 4])], [info("y", None)])
            self.ends("run", "m.onnx", says=op)

    def test_a_chain_that_doubles_in_size(self):
        nodes = [node("Concat", ["x" if i == 0 else f"v{i}"] * 2, [f"v{i + 1}"], axis=0) for i in range(45)]
        self.unchecked(nodes, [info("x", [16])], [info("v45", None)])
        self.ends("run", "m.onnx", says="memory")

    def test_constants_that_fold_without_end(self):
        nodes = [node("Tile", ["c" if i == 0 else f"v{i}", "r"], [f"v{i + 1}"]) for i in range(30)] + [node("Add", ["x", "v30"], ["y"])]
        self.unchecked(nodes, [info("x", [1])], [info("y", None)], [constant("c", np.float32([1])), constant("r", np.int64([8]))])
        self.ends("run", "m.onnx", says="memory")
        self.ends("simplify", "m.onnx", "o.onnx", says="", status=(0, 1, 3))


class ControlFlow(Hostile):
    def loop(self, trips):
        body = helper.make_graph([node("Identity", ["c"], ["c2"]), node("Add", ["s", "s"], ["s2"])], "b",
                                 [info("i", [], T.INT64), info("c", [], T.BOOL), info("s", [])],
                                 [info("c2", [], T.BOOL), info("s2", [])])
        return self.unchecked([node("Loop", ["n", "t", "x"], ["y"], body=body)], [info("x", [])], [info("y", [])],
                              [constant("n", np.int64(trips)), constant("t", np.bool_(True))])

    def test_a_loop_without_end_stops_at_its_time(self):
        self.loop(2**63 - 1)
        self.ends("run", "m.onnx", "--timeout", "0.5", says="deadline", status=(3,), seconds=20)
        self.out("inspect", "m.onnx")

    def test_a_loop_that_never_runs(self):
        self.loop(-2**63)
        self.out("run", "m.onnx")

    def test_graphs_inside_graphs_without_end(self):
        def varint(n):
            out = b""
            while n > 127:
                out += bytes([n & 127 | 128])
                n >>= 7
            return out + bytes([n])

        def field(number, data):
            return varint(number << 3 | 2) + varint(len(data)) + data

        graph = b""
        for _ in range(20_000):  # GraphProto.node[0].attribute[0].g
            attribute = field(1, b"then_branch") + field(6, graph) + varint(20 << 3) + varint(5)
            graph = field(1, field(4, b"If") + field(5, attribute))
        model = varint(1 << 3) + varint(8) + field(7, graph) + field(8, varint(2 << 3) + varint(17))
        (self.folder / "deep.onnx").write_bytes(model)
        self.ends("inspect", "deep.onnx", says="nested")

    def test_a_function_that_calls_itself(self):
        f = helper.make_function("d", "F", ["x"], ["y"], [helper.make_node("F", ["x"], ["y"], domain="d")],
                                 [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)])
        graph = helper.make_graph([helper.make_node("F", ["x"], ["y"], domain="d")], "g", [info("x", [1])], [info("y", [1])])
        model = helper.make_model(graph, functions=[f], opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("d", 1)])
        (self.folder / "m.onnx").write_bytes(model.SerializeToString())
        self.ends("run", "m.onnx", says="F")

    def test_functions_that_call_two_each(self):
        def call(i, x, y):
            return helper.make_node(f"F{i}", [x], [y], domain="d")
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
        functions = [helper.make_function("d", f"F{i}", ["x"], ["y"], [call(i + 1, "x", "t"), call(i + 1, "t", "y")], opsets) for i in range(28)]
        functions.append(helper.make_function("d", "F28", ["x"], ["y"], [node("Neg", ["x"], ["y"])], opsets))
        graph = helper.make_graph([call(0, "x", "y")], "g", [info("x", [1])], [info("y", [1])])
        model = helper.make_model(graph, functions=functions, opset_imports=opsets)
        (self.folder / "m.onnx").write_bytes(model.SerializeToString())
        self.ends("run", "m.onnx", says="function", seconds=60)


class Structure(Hostile):
    def test_cycles_and_names_twice(self):
        self.unchecked([node("Add", ["x", "b"], ["a"], name="one"), node("Neg", ["a"], ["b"])], [info("x", [1])], [info("b", [1])])
        self.ends("run", "m.onnx", says="depends on its own outputs")
        self.unchecked([node("Neg", ["x"], ["y"]), node("Abs", ["x"], ["y"])], [info("x", [1])], [info("y", [1])])
        self.ends("run", "m.onnx", says='value "y" is defined twice')

    def test_graphs_that_give_too_little_behind_a_node_that_cannot_be(self):
        """Of a branch that these shapes make impossible, nodes behind the impossible one have no types, but are planned."""
        empty = "graph \"a\" { in \"i\" f32[] }"
        for node_text, says in (
                ('If("t") {then_branch=graph "a" { }, else_branch=graph "b" { }}', "branches must give 1 outputs, give 0 and 0"),
                ('If("t") {then_branch=graph "a" { in "i" f32[] out "i" }, else_branch=graph "b" { in "i" f32[] out "i" }}',
                 "body takes 1 inputs, is given 0"),
                (f'Scan("r") {{num_scan_inputs=1, body={empty}}}', "gives 0 outputs"),
                (f'SequenceMap("r") {{body={empty}}}', "body must give 1 outputs, gives 0"),
                ('Loop(_, _) {body=graph "a" { in "i" i64[] in "c" bool[] }}', "body must give at least 1 outputs, gives 0"),
                (f'ai.onnx.preview.FlexAttention("r", "r", "r") {{score_mod={empty}}}', "must have one output, has 0")):
            (self.folder / "m.ir").write_text(f"""hasten-ir 1
opset "" 17
opset "ai.onnx.preview" 1
graph "g" {{
  in "c" bool[]
  in "x" f32[2]
  "y": f32[2] = If("c") {{then_branch=graph "bad" {{
    capture "x" f32[2]
    const "seven" i64[1] = [7]
    const "t" bool[] = [true]
    "r" = Reshape("x", "seven")
    "q" = {node_text}
    out "q"
  }}, else_branch=graph "good" {{
    capture "x" f32[2]
    "s" = Relu("x")
    out "s"
  }}}} captures ["x"]
  out "y"
}}""")
            self.ends("run", "m.ir", says=says)
            self.ends("run", "m.ir", "--no-passes", says=says)

    def test_a_branch_that_gives_too_little_and_cannot_be(self):
        (self.folder / "m.ir").write_text("""hasten-ir 1
opset "" 17
graph "g" {
  in "c" bool[]
  in "x" f32[2]
  "y": f32[2] = If("c") {then_branch=graph "bad" {
    capture "x" f32[2]
    const "seven" i64[1] = [7]
    "r" = Reshape("x", "seven")
  }, else_branch=graph "good" {
    capture "x" f32[2]
    "s" = Relu("x")
    out "s"
  }} captures ["x"]
  out "y"
}""")
        self.ends("run", "m.ir", says="branches must give 1 outputs, give 0 and 1")

    def test_operands_that_are_missing_or_too_many(self):
        for inputs in ([], ["x"] * 5, [""]):
            self.unchecked([node("Relu", inputs, ["y"], name="r")], [info("x", [1])], [info("y", [1])])
            self.ends("run", "m.onnx", says="'r' (Relu)")
        self.unchecked([node("Relu", ["nowhere"], ["y"])], [info("x", [1])], [info("y", [1])])
        self.ends("run", "m.onnx", says='"nowhere"')

    def test_wrong_types(self):
        self.unchecked([node("Conv", ["x", "w"], ["y"])], [info("x", [1, 1, 4, 4], T.STRING)], [info("y", None)],
                       [constant("w", np.ones((1, 1, 3, 3), np.float32))])
        self.ends("run", "m.onnx", says="Conv")
        self.unchecked([node("Add", ["x", "z"], ["y"])], [info("x", [1]), info("z", [1], T.INT64)], [info("y", [1])])
        self.ends("run", "m.onnx", says="Add")

    def test_dtypes_that_do_not_exist(self):
        for dtype in (0, 77, 2**31 - 1):
            self.unchecked([node("Neg", ["x"], ["y"])], [info("x", [1], dtype)], [info("y", [1])])
            self.ends("run", "m.onnx", says='"x"')


class ExternalData(Hostile):
    def model(self, location, offset=0, length=16):
        t = T(name="w", data_type=T.FLOAT, dims=[4], data_location=T.EXTERNAL)
        for key, value in (("location", location), ("offset", offset), ("length", length)):
            t.external_data.add(key=key, value=str(value))
        return self.unchecked([node("Add", ["x", "w"], ["y"])], [info("x", [4])], [info("y", [4])], [t])

    def test_out_of_the_models_folder(self):
        inner = self.folder / "inner"
        inner.mkdir()
        (self.folder / "secret.bin").write_bytes(bytes(16))
        (inner / "link.bin").symlink_to(self.folder / "secret.bin")
        self.folder = inner
        for location in ("../secret.bin", str(inner.parent / "secret.bin"), "a/../../secret.bin", "link.bin", "", ".", "/dev/zero"):
            self.model(location)
            self.ends("run", "m.onnx", says="external data")

    def test_beyond_the_end_of_its_file(self):
        (self.folder / "w.bin").write_bytes(bytes(16))
        for offset, length in ((8, 16), (0, 20), (2**63 - 1, 16), (-4, 16), (0, 2**63 - 1), (0, -1), (0, 8)):
            self.model("w.bin", offset, length)
            self.ends("run", "m.onnx", says="external data")

    def test_a_file_that_is_none(self):
        os.mkfifo(self.folder / "w.bin")  # which would wait for a writer
        self.model("w.bin")
        self.ends("run", "m.onnx", says="w.bin")


class Files(Hostile):
    def test_models_that_are_none(self):
        for data in (b"", b"\0", b"\xff" * 100, b"PK\3\4", b"\x08\x08", b"hasten plan" + bytes(200), bytes(4096), b"\x3a\xff\xff\xff\xff\x0f"):
            (self.folder / "m.onnx").write_bytes(data)
            self.ends("run", "m.onnx", says="m.onnx")
        (self.folder / "d.onnx").mkdir()
        self.ends("run", "d.onnx", says="directory")
        os.mkfifo(self.folder / "fifo.onnx")
        self.ends("run", "fifo.onnx", says="regular file")

    def test_texts_that_are_none(self):
        for text in ("", "graph", 'model { ' * 5000, "(" * 100_000, '"' * 9, "x = " + "-" * 100_000, "\0" * 50):
            (self.folder / "m.ir").write_text(text)
            self.ends("run", "m.ir", says="m.ir")

    def test_npy_that_lies(self):
        self.add(shape=("n", 3))
        good = self.folder / "x.npy"
        np.save(good, np.zeros((2, 3), np.float32))
        header = good.read_bytes()
        lies = {
            "cut": header[:100], "short": header[:-4], "empty": b"", "magic": b"\x93NUMPX" + header[6:], "version": header[:6] + b"\x09\x00" + header[8:],
            "length": header[:8] + b"\xff\xff" + header[10:], "huge": header.replace(b"(2, 3)", b"(9999999999, 99999999999)"),
            "overflow": header.replace(b"(2, 3)", b"(4611686018427387904, 8)"), "negative": header.replace(b"(2, 3)", b"(-2, 3)"),
            "object": header.replace(b"'<f4'", b"'|O8'"), "order": header.replace(b"False", b"Maybe"),
            "nesting": header.replace(b"(2, 3)", b"(" * 60)}
        for name, data in lies.items():
            (self.folder / f"{name}.npy").write_bytes(data)
            self.ends("run", "m.onnx", "--input", f"x={name}.npy", "--input", "y=x.npy", says=f"{name}.npy")

    def test_tensor_files_that_lie(self):
        self.add(shape=("n", 3))
        np.save(self.folder / "y.npy", np.zeros((2, 3), np.float32))
        liars = {"dims": T(data_type=1, dims=[HUGE, 3], raw_data=bytes(24)), "short": T(data_type=1, dims=[2, 3], raw_data=bytes(20)),
                 "dtype": T(data_type=99, dims=[2, 3], raw_data=bytes(24)), "negative": T(data_type=1, dims=[-2, 3], raw_data=bytes(24))}
        for name, tensor in liars.items():
            (self.folder / f"{name}.pb").write_bytes(tensor.SerializeToString())
            self.ends("run", "m.onnx", "--input", f"x={name}.pb", "--input", "y=y.npy", says=f"{name}.pb")

    def test_pictures_that_lie(self):
        self.identity(shape=(1, 3, 8, 8))
        png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dIHDR" + b"\x7f\xff\xff\xff" * 2 + b"\x08\x02\0\0\0" + b"\0\0\0\0"
        for name, data in (("bomb.png", png), ("cut.png", png[:20]), ("cut.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"), ("empty.jpg", b""),
                           ("huge.bmp", b"BM" + bytes(12) + b"\x28\0\0\0" + b"\xff\xff\xff\x7f" * 2 + b"\1\0\x18\0" + bytes(24)),
                           ("huge.ppm", b"P6 99999999 99999999 255\n"), ("minus.ppm", b"P6 -3 3 255\n" + bytes(30))):
            (self.folder / name).write_bytes(data)
            self.ends("run", "m.onnx", "--image", name, says=name)


if __name__ == "__main__":
    unittest.main()
