#!/usr/bin/env python3
"""One plan of each model of HASTEN_TEST_DATA gives the same bits with 1, 2 and 4 threads, run by run.

Files above a megabyte are left out unless HASTEN_FULL is set."""
import os
import pathlib
import shutil
import sys
import unittest

import models_test
import onnx
from command_line import CommandLine

DATA = os.environ.get("HASTEN_TEST_DATA")
LARGEST = 1 << 20
THREADS = (1, 2, 4)


def models():
    found = [(p.parent.name, str(p)) for p in sorted(pathlib.Path(DATA).glob("onnx/*/model.onnx"))]
    found += models_test.packaged_models()
    return found if os.environ.get("HASTEN_FULL") else [m for m in found if os.path.getsize(m[1]) <= LARGEST]


class SameBits(CommandLine):
    @unittest.skipUnless(DATA, "HASTEN_TEST_DATA is not set")
    def test_with_any_number_of_threads(self):
        compared = 0
        for name, path in models():
            inputs = self.folder / "in"
            shutil.rmtree(inputs, ignore_errors=True)
            arrays = models_test.random_inputs(name, onnx.load(path), 1)
            models_test.write_inputs(inputs, arrays)
            shapes = [f"--shape={name}={'x'.join(map(str, a.shape))}" for name, a in arrays if a.ndim]
            with self.subTest(name):
                self.out("plan", path, "-o", "m.plan", "--level", "0", "--threads", "2", "--no-timing-cache", *shapes)
                results = []
                for threads in THREADS:
                    out = self.folder / f"out{threads}"
                    shutil.rmtree(out, ignore_errors=True)
                    self.out("run", "m.plan", "--threads", threads, "--input-dir", inputs, "--output-dir", out,
                             "--output-format", "pb", "--repeat", "2", "-q")
                    results.append({p.name: p.read_bytes() for p in sorted(out.iterdir())})
                self.assertTrue(results[0])
                for threads, result in zip(THREADS[1:], results[1:]):
                    self.assertEqual(result, results[0], f"{threads} threads give other bits than one")
                compared += 1
        print(f"{compared} models compared", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
