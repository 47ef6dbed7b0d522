"""What the tests of the command line share: a folder, the binary run in it, small models."""
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

HASTEN = os.environ["HASTEN_BIN"]
SYMBOLS = pathlib.Path(__file__).resolve().parent.parent / "models/symbols"


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
