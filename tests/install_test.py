#!/usr/bin/env python3
"""Installs the build into a temporary prefix and builds the examples on it: through CMake, and by plain compilers."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
HASTEN = pathlib.Path(os.environ.get("HASTEN_BIN", ROOT / "build/dev/hasten")).resolve()
BUILD = HASTEN.parent
EXAMPLES = ROOT / "examples"
SYMBOLS = ROOT / "models/symbols"
DATA = os.environ.get("HASTEN_TEST_DATA")


def run(*command, **kwargs):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **kwargs)
    if done.returncode:
        raise AssertionError(f"{' '.join(str(c) for c in command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


# A library with a sanitizer inside loads into programs with its runtime only.
@unittest.skipIf(os.environ.get("HASTEN_SANITIZE"), "programs of others are built without sanitizers")
class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        # What was installed works wherever it is moved to.
        cls.prefix = cls.prefix.rename(cls.folder / "moved")
        cls.lib = next(cls.prefix.glob("**/libhasten.so")).parent
        cls.build = cls.folder / "build"
        run("cmake", "-S", EXAMPLES, "-B", cls.build, f"-DCMAKE_PREFIX_PATH={cls.prefix}", "-DCMAKE_BUILD_TYPE=Debug",
            "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
        run("cmake", "--build", cls.build, "--parallel", "2")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def example(self, name, *args):
        return run(self.build / name, *args)

    def pixels(self, name):
        """A picture as the symbols model wants it, in a file of floats."""
        picture = Image.open(SYMBOLS / name).convert("RGB").resize((64, 64), Image.Resampling.BILINEAR)
        x = (np.asarray(picture, np.float32) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        path = self.folder / "pixels.f32"
        x.transpose(2, 0, 1).astype(np.float32).tofile(path)
        return path

    def test_everything_is_there(self):
        for name in ("bin/hasten", "include/hasten/hasten.h", "include/hasten/hasten.hpp",
                     "include/hasten/custom_ops.h", "include/hasten/custom_ops.hpp", "share/man/man1/hasten-run.1",
                     "share/bash-completion/completions/hasten", "share/zsh/vendor-completions/_hasten",
                     "share/fish/vendor_completions.d/hasten.fish"):
            with self.subTest(name):
                self.assertGreater((self.prefix / name).stat().st_size, 0)
        self.assertEqual((self.lib / "libhasten.so").readlink().name, "libhasten.so.0")
        self.assertIn("run", run(self.prefix / "bin/hasten", "help"))

    def test_image_classification(self):
        for picture, name in (("cup.png", "cup"), ("umbrella.jpg", "umbrella"), ("knight.png", "chess knight")):
            out = self.example("image_classification", SYMBOLS / "model.onnx", EXAMPLES / "picture.ir",
                               SYMBOLS / "labels.txt", SYMBOLS / picture).splitlines()
            self.assertEqual(len(out), 5)
            self.assertEqual(out[0].split(maxsplit=1)[1], name)
            scores = [float(line.split()[0]) for line in out]
            self.assertEqual(scores, sorted(scores, reverse=True))

    def test_the_main_function_of_image_classification_is_short(self):
        text = (EXAMPLES / "image_classification.cc").read_text()
        body = text[text.index("int main"):].splitlines()[1:-1]
        self.assertLess(len(body), 15)

    def test_classify(self):
        out = self.example("classify", SYMBOLS / "model.onnx", SYMBOLS / "labels.txt", self.pixels("knight.png"))
        self.assertEqual(out, "chess knight\n")

    def test_streaming_vad(self):
        out = self.example("streaming_vad", EXAMPLES / "vad.ir").splitlines()
        self.assertEqual([line.split()[-1] for line in out], ["speech", "silence"])
        self.assertAlmostEqual(float(out[0].split()[0]), 1, delta=0.2)
        self.assertAlmostEqual(float(out[1].split()[0]), 2, delta=0.3)

    @unittest.skipUnless(DATA, "HASTEN_TEST_DATA is not set")
    def test_streaming_vad_with_silero(self):
        sound = pathlib.Path(DATA) / "media/audio/silero_test.wav"
        heard = [self.example("streaming_vad", pathlib.Path(DATA) / f"onnx/silero-vad-16k-{model}/model.onnx", sound)
                 for model in ("opset15", "static")]
        self.assertEqual(heard[0], heard[1])
        self.assertGreaterEqual(heard[0].count("speech"), 2)
        self.assertGreaterEqual(heard[0].count("silence"), 2)

    def test_text_embedding(self):
        out = self.example("text_embedding", EXAMPLES / "embedding.ir", "A cat sat", "the cat sat on the mat",
                           "stock markets fell", "a  CAT, sat").splitlines()
        cosine = {line.split(maxsplit=1)[1]: float(line.split()[0]) for line in out}
        self.assertEqual(len(cosine), 6)
        self.assertGreater(cosine["'A cat sat' and 'the cat sat on the mat'"], 0.3)
        self.assertLess(cosine["'A cat sat' and 'stock markets fell'"], 0.3)
        self.assertAlmostEqual(cosine["'A cat sat' and 'a  CAT, sat'"], 1, places=3)

    def test_custom_op(self):
        self.assertEqual(self.example("custom_op", EXAMPLES / "scale_shift.ir"), "3 4 5 8.5 \n")

    def onnx_model(self, name="m.onnx", **attributes):
        node = onnx.helper.make_node("ScaleShift", ["x"], ["a"], "mine", domain="com.example", **attributes)
        graph = onnx.helper.make_graph(
            [node, onnx.helper.make_node("Relu", ["a"], ["y"])], "g",
            [onnx.helper.make_tensor_value_info("x", 1, ["N", 4])],
            [onnx.helper.make_tensor_value_info("y", 1, ["N", 4])])
        opsets = [onnx.helper.make_opsetid("", 20), onnx.helper.make_opsetid("com.example", 1)]
        path = self.folder / name
        onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
        return path

    def failure(self, *command):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_plugin(self):
        plugin = self.build / "libscale_shift.so"
        if not plugin.exists():
            plugin = self.build / "scale_shift.so"
        hasten = self.prefix / "bin/hasten"
        model = self.onnx_model(scale=2.0, shift=[1.0, 0.0, -1.0, 0.5])
        x = np.array([[1, 2, 3, 4], [-1, -1, -1, -1]], np.float32)
        np.save(self.folder / "x.npy", x)
        out = self.folder / "out"
        planned = self.folder / "m.plan"
        given = ("--input", f"x={self.folder / 'x.npy'}", "--output-dir", out, "--plugins", plugin, "--no-timing-cache")
        expected = np.maximum(2 * x + [1, 0, -1, 0.5], 0)
        self.assertIn("com.example.ScaleShift", run(hasten, "inspect", model, "--plugins", plugin))
        run(hasten, "plan", model, "-o", planned, "--plugins", plugin, "--no-timing-cache")
        for path in (model, planned):
            with self.subTest(path.name):
                run(hasten, "run", path, *given)
                np.testing.assert_array_equal(np.load(out / "output_0.npy"), expected)
                error = self.failure(hasten, "run", path, *given[:2], "--no-timing-cache")
                self.assertIn("com.example.ScaleShift", error)
        run(hasten, "run", model, "--verify", *given)
        self.assertIn("factor", self.failure(hasten, "run", self.onnx_model("bad.onnx", factor=2.0), *given))
        self.assertIn("shift", self.failure(hasten, "run", self.onnx_model("bad.onnx", scale=2.0), *given))
        self.assertIn("nowhere.so", self.failure(hasten, "run", model, "--plugins", "nowhere.so"))

    def test_plain_compilers_through_pkg_config(self):
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.lib / "pkgconfig")}
        flags = run("pkg-config", "--cflags", "--libs", "hasten", env=env).split()
        strict = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
        path = [f"-Wl,-rpath,{self.lib}"]
        run("gcc", "-std=c11", *strict, EXAMPLES / "classify.c", "-o", self.folder / "classify", *flags, *path)
        out = run(self.folder / "classify", SYMBOLS / "model.onnx", SYMBOLS / "labels.txt", self.pixels("cup.png"))
        self.assertEqual(out, "cup\n")
        run("g++", "-std=c++17", *strict, EXAMPLES / "custom_op.cc", "-o", self.folder / "custom_op", *flags, *path)
        self.assertEqual(run(self.folder / "custom_op", EXAMPLES / "scale_shift.ir"), "3 4 5 8.5 \n")


if __name__ == "__main__":
    unittest.main()
