#!/usr/bin/env python3
"""How commands end: exit statuses, limits of memory and time, Ctrl-C, readers that go away, suggestions; what the machine is."""
import json
import os
import pathlib
import pty
import signal
import subprocess
import time
import unittest

import numpy as np
from command_line import HASTEN, CommandLine, info, model_of, node
from onnx import TensorProto as T
from onnx import helper, numpy_helper


class Limits(CommandLine):
    def wide(self):
        """x and a value between nodes take 4n bytes each, y 8n."""
        return self.save(model_of([node("Neg", ["x"], ["t"]), node("Concat", ["t", "t"], ["y"], axis=0)], [info("x", ["n"])], [info("y", ["m"])]))

    def test_memory(self):
        run = ("run", self.wide(), "--shape", "x=1000000")
        self.out(*run, "--max-memory", "64m")
        self.fails(*run, "--max-memory", "10m", status=3, says='m.onnx: output "y": a tensor f32[2000000] needs 8000000 bytes of memory; the limit is 10485760')
        self.fails(*run, "--max-memory", "7m", status=3, says="the limit is 7340032")
        self.fails(*run, "--max-memory", "900k", status=3, says='input "x": a tensor f32[1000000] needs 4000000 bytes of memory; the limit is 921600')
        self.misused(*run, "--max-memory", "much", says="'much' must be a number of bytes, as in 1000000, 512k, 64m or 2g")
        self.misused(*run, "--max-memory", "9999999999g", says="must be a number of bytes")

    def test_memory_of_weights(self):
        weight = numpy_helper.from_array(np.ones(1_000_000, np.float32), "w")
        model = self.save(model_of([node("Add", ["x", "w"], ["y"])], [info("x", [1])], [info("y", ["n"])], [weight]))
        self.out("run", model, "--max-memory", "32m")
        self.fails("run", model, "--max-memory", "3m", status=3, says="m.onnx: ")

    def test_outputs_whose_size_depends_on_data(self):
        model = self.save(model_of([node("Expand", ["x", "shape"], ["y"])], [info("x", [1]), info("shape", [1], T.INT64)], [info("y", ["n"])]))
        self.save_npy("s.npy", np.array([50_000_000]))
        run = ("run", model, "--input", "x=ones", "--input", "shape=s.npy")
        self.fails(*run, "--max-memory", "100m", status=3, says="the limit is 104857600")
        self.save_npy("s.npy", np.array([1_000_000]))
        self.out(*run, "--max-memory", "100m")

    def test_what_cannot_be_allocated_at_all(self):
        self.fails("run", self.identity(), "--shape", "x=1000000000000000", status=3, says="hasten: error: ")

    def test_time(self):
        body = helper.make_graph([node("Identity", ["go"], ["going"]), node("MatMul", ["a", "w"], ["b"])], "body",
                                 [info("i", [], T.INT64), info("go", [], T.BOOL), info("a", [64, 64])], [info("going", [], T.BOOL), info("b", [64, 64])])
        values = {"w": np.eye(64, dtype=np.float32), "trips": np.array(10**9), "yes": np.array(True)}
        model = self.save(model_of([node("Loop", ["trips", "yes", "x"], ["y"], body=body)], [info("x", [64, 64])], [info("y", [64, 64])],
                                   [numpy_helper.from_array(v, n) for n, v in values.items()]))
        start = time.monotonic()
        self.fails("run", model, "--timeout", "0.5", "--level", "0", status=3, says="run did not end before its deadline")
        self.assertLess(time.monotonic() - start, 10)
        self.out("run", self.identity(), "--timeout", "60")
        self.misused("run", "m.onnx", "--timeout", "0", says="--timeout")


class Statuses(CommandLine):
    def test_each(self):
        self.out("run", self.identity())
        self.fails("run", "absent.onnx", status=1, says="No such file")
        self.misused("run", says="MODEL is required")
        self.assertIn("3 a limit", self.out("run", "--help"))


class Suggestions(CommandLine):
    def test_files(self):
        self.identity()
        (self.folder / "labels.txt").write_text("a\nb\n")
        self.fails("run", "mm.onnx", says="mm.onnx: No such file or directory; did you mean 'm.onnx'?")
        self.fails("run", str(self.folder / "n.onnx"), says=f"did you mean '{self.folder}/m.onnx'?")
        self.save_npy("x.npy", np.zeros((1, 3), np.float32))
        self.fails("run", self.identity(shape=(1, 3)), "--input", "x.npz", says="x.npz: No such file or directory; did you mean 'x.npy'?")
        self.fails("run", "m.onnx", "--labels", "label.txt", says="label.txt: No such file or directory; did you mean 'labels.txt'?")
        self.fails("run", "nothing/like/it.onnx", says="it.onnx: No such file or directory\n")

    def test_inputs_and_outputs(self):
        model = self.save(model_of([node("Neg", ["image"], ["scores"])], [info("image", [1])], [info("scores", [1])]))
        self.fails("run", model, "--input", "imge=zeros", says='the model has no input "imge"; did you mean "image"?')
        self.fails("run", model, "--output", "score=s.npy", says='the model has no output "score"; did you mean "scores"?')

    def test_values_of_options(self):
        self.misused("run", "m.onnx", "--resize", "bilinaer", says="--resize: must be bilinear, antialias or nearest, is 'bilinaer'; did you mean 'bilinear'?")
        self.misused("run", "m.onnx", "--color", "zzz", says="--color: must be rgb, bgr or gray, is 'zzz'\n")
        self.misused("run", "m.onnx", "--precision", "strickt", says="did you mean 'strict'?")
        self.misused("completion", "bsh", says="did you mean 'bash'?")


class Ends(CommandLine):
    def endless(self):
        body = helper.make_graph([node("Identity", ["go"], ["going"]), node("MatMul", ["a", "w"], ["b"])], "body",
                                 [info("i", [], T.INT64), info("go", [], T.BOOL), info("a", [64, 64])], [info("going", [], T.BOOL), info("b", [64, 64])])
        values = {"w": np.eye(64, dtype=np.float32), "trips": np.array(10**9), "yes": np.array(True)}
        return self.save(model_of([node("Loop", ["trips", "yes", "x"], ["y"], body=body)], [info("x", [64, 64])], [info("y", [64, 64])],
                                  [numpy_helper.from_array(v, n) for n, v in values.items()]))

    def interrupted(self, number, *args, stderr=subprocess.PIPE, after=1.0):
        process = subprocess.Popen([HASTEN, *args], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=stderr)
        time.sleep(after)
        start = time.monotonic()
        process.send_signal(number)
        process.wait(30)
        self.assertLess(time.monotonic() - start, 5)
        if process.stderr:
            process.stderr.close()
        return process.returncode

    def test_ctrl_c(self):
        model = self.endless()
        before = set(os.listdir(self.folder))
        self.assertEqual(self.interrupted(signal.SIGINT, "run", model, "--level", "0", "--output-dir", "o"), 130)
        self.assertEqual(self.interrupted(signal.SIGTERM, "run", model, "--level", "0"), 143)
        self.assertEqual(set(os.listdir(self.folder)), before)

    def test_ctrl_c_wipes_the_line_of_progress(self):
        leader, follower = pty.openpty()
        status = self.interrupted(signal.SIGINT, "run", self.identity(), "--repeat", "1000000000", "--level", "0", stderr=follower, after=4)
        os.close(follower)
        self.assertEqual(status, 130)
        shown = os.read(leader, 1 << 20)
        os.close(leader)
        self.assertIn(b"running: ", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown[-80:])

    def test_a_half_written_file_is_removed(self):
        """A large output takes long enough to be hit."""
        model = self.save(model_of([node("Neg", ["x"], ["y"])], [info("x", ["n"])], [info("y", ["n"])]))
        hit = 0
        for attempt in range(6):
            process = subprocess.Popen([HASTEN, "run", model, "--shape", "x=60000000", "--level", "0", "--output", "y.npy"], cwd=self.folder,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while process.poll() is None and not any(n.endswith(".partial") for n in os.listdir(self.folder)):
                time.sleep(0.001)
            process.send_signal(signal.SIGINT)
            process.wait(30)
            self.assertFalse([n for n in os.listdir(self.folder) if n.endswith(".partial")])
            if process.returncode == 130:
                hit += 1
                self.assertFalse((self.folder / "y.npy").exists())
                break
            (self.folder / "y.npy").unlink()
        self.assertTrue(hit)

    def test_nobody_reads_on(self):
        self.identity()
        for args in (("docs", "ops"), ("run", "m.onnx", "--output-dir", "o"), ("run", "m.onnx", "--json"), ("run", "m.onnx", "--output", "-", "--shape", "x=1000000")):
            with self.subTest(args):
                read, write = os.pipe()
                os.close(read)
                done = subprocess.run([HASTEN, *args], cwd=self.folder, stdout=write, stderr=subprocess.PIPE, timeout=60)
                os.close(write)
                self.assertEqual(done.returncode, 0)
                self.assertNotIn(b"error", done.stderr)
        self.assertTrue((self.folder / "o/output_0.npy").exists())
        pipeline = subprocess.run(f"'{HASTEN}' docs ops | head -1", shell=True, capture_output=True, text=True, timeout=60)
        self.assertEqual((pipeline.stderr, len(pipeline.stdout.splitlines())), ("", 1))


class Machine(CommandLine):
    def test_start_loads_no_library_that_few_runs_need(self):
        loaded = subprocess.run(["ldd", HASTEN], check=True, capture_output=True, text=True).stdout
        self.assertIn("libc.so", loaded)
        for library in ("libzip", "libsndfile", "libcrypto", "libhwy"):
            self.assertNotIn(library, loaded)

    def test_version(self):
        version = self.json("version")
        self.assertEqual(self.out("--version"), f"hasten {version['version']}\n")
        self.assertEqual(set(version), {"version", "compiler", "isa", "libraries"})
        for name, dotted in version["libraries"].items():
            self.assertRegex(dotted, r"^\d+\.\d+(\.\d+)?$", name)
        self.assertTrue(self.out("version").startswith(self.out("--version") + "compiler    "))

    def test_devices(self):
        cpu = self.json("devices")["devices"][0]
        self.assertEqual(cpu["kind"], "cpu")
        self.assertEqual(cpu["cores_affinity"], len(os.sched_getaffinity(0)))
        self.assertLessEqual(cpu["cores_usable"], cpu["cores_affinity"])
        total = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) * 1024
        self.assertEqual(cpu["memory_bytes"], total)
        self.assertIn(cpu["isa"], cpu["isas_built"])
        self.assertIn(cpu["isa"], cpu["isas_supported"])
        text = self.out("devices")
        self.assertIn(f"cores     {cpu['cores_usable']} of {cpu['cores_online']}", text)
        for cache in cpu["caches"]:
            self.assertGreater(cache["bytes"], 0)

    def test_affinity_counts(self):
        core = min(os.sched_getaffinity(0))
        done = subprocess.run([HASTEN, "devices", "--json"], capture_output=True, text=True, check=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        self.assertEqual(json.loads(done.stdout)["devices"][0]["cores_usable"], 1)


if __name__ == "__main__":
    unittest.main()
