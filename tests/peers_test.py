#!/usr/bin/env python3
"""bench/peers: Hasten's side of the conversation, and the figures of the tables."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import numpy as np
from command_line import HASTEN, CommandLine

PEERS = pathlib.Path(__file__).resolve().parent.parent / "bench/peers"
sys.path.insert(0, str(PEERS))
import report  # noqa: E402


def row(model, ours, best, other, precision="fp32", agrees=True):
    def engine(ms):
        return {"median_ms": ms, "p10_ms": ms * 0.9, "p90_ms": ms * 1.2, "window_medians": [ms, ms * 1.1], "first_result_ms": 3,
                "earlier_start_ms": 5, "peak_mb": 3}
    engines = {"hasten": engine(ours), "onnxruntime": engine(best), "openvino": engine(other)}
    return {"model": model, "precision": precision, "threads": 1, "engines": engines, "error": 1e-6, "agrees": agrees}


class Figures(unittest.TestCase):
    def test_summary_takes_the_better_peer(self):
        rows = [row("slower", 2, 1, 8), row("faster", 2, 9, 4), row("tiny", 0.5, 0.1, 0.1), row("int8", 9, 1, 1, "int8"),
                row("wrong", 0.5, 1, 1, agrees=False)]
        s = report.summary(rows)
        self.assertEqual((s["models"], s["worst_model"], s["faster"]), (2, "slower", 1))
        self.assertAlmostEqual(s["geometric_mean"], (2 / 1 * 2 / 4) ** 0.5)
        self.assertAlmostEqual(s["worst"], 2)
        self.assertIsNone(report.summary(rows[2:]))
        json.dumps(report.summary([row("m", np.float64(2), np.float64(1), np.float64(3))]))

    def test_an_engine_that_failed_is_a_cell(self):
        r = row("m", 2, 1, 4)
        r["engines"]["onnxruntime"] = {"problem": "cannot | load"}
        self.assertEqual(report.best_peer(r), "openvino")
        self.assertIn("| cannot / load |", report.time_table([r]))
        r["engines"]["openvino"] = {"problem": "nor this"}
        self.assertIsNone(report.best_peer(r))
        self.assertIsNone(report.summary([r]))
        self.assertEqual(report.load_table([r]).count("\n"), 2)

    def test_starts_and_memory_are_counted(self):
        self.assertIn("of 1 models: first result on 1 (at the first start of a model, which times kernels, on 0), peak memory on 1",
                      report.load_line([row("m", 1, 1, 1)]))

    def test_a_difference_is_told(self):
        self.assertIn("**differs**", report.time_table([row("m", 1, 1, 1, agrees=False)]))


class ServeTiming(CommandLine):
    def test_answers_runs(self):
        model = self.add()
        done = subprocess.run([HASTEN, "serve-timing", model, "--output-dir", "out"], cwd=self.folder, text=True,
                              input="run 3\nrun 0\nquit\nrun 1\n", capture_output=True, check=True)
        about, three, none = map(json.loads, done.stdout.splitlines())
        self.assertEqual(set(about), {"version", "load_ns", "first_run_ns", "before_kb"})
        self.assertEqual((len(three), none), (3, []))
        self.assertTrue(all(0 < t < 60e9 for t in three))
        self.assertTrue((self.folder / "out/output_0.npy").exists())

    def test_refuses_what_is_no_request(self):
        for line in ("run", "run x", "run -1", "go 3", "run 9999999999"):
            done = subprocess.run([HASTEN, "serve-timing", self.add()], cwd=self.folder, text=True, input=line + "\n",
                                  capture_output=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn('must read "run N", read', done.stderr)

    def test_is_hidden(self):
        self.assertIn("standard input", self.out("serve-timing", "--help"))
        self.assertNotIn("serve-timing", self.out("help") + self.out("docs", "commands") + self.out("completion", "bash"))


class Comparison(unittest.TestCase):
    def test_hasten_alone(self):
        environment = {**os.environ, "HASTEN_BIN": str(pathlib.Path(HASTEN).resolve())}
        done = subprocess.run([sys.executable, PEERS / "compare.py", "--models", "zoo:lstm_tagger", "--engines", "hasten",
                               "--threads", "1", "--rounds", "2", "--window", "1", "--json"], env=environment,
                              capture_output=True, text=True, check=True)
        result = json.loads(done.stdout)
        facts = result["rows"][0]["engines"]["hasten"]
        self.assertEqual((facts["runs"], len(facts["window_medians"])), (6, 2))
        self.assertLessEqual(facts["p10_ms"], facts["median_ms"])
        self.assertGreater(facts["peak_mb"], 5)


if __name__ == "__main__":
    unittest.main()
