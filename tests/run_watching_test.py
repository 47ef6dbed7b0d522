#!/usr/bin/env python3
"""'hasten run --trace' and '--verify'."""
import json
import unittest

import numpy as np
from command_line import SYMBOLS, CommandLine, info, model_of, node
from onnx import numpy_helper


class Watching(CommandLine):
    MODEL = SYMBOLS / "model.onnx"

    def test_trace_has_an_event_for_each_step(self):
        facts = self.json("run", self.MODEL, "--level", "0", "--repeat", "2", "--trace", "t.json")
        trace = json.loads((self.folder / "t.json").read_text())
        events = [e for e in trace["traceEvents"] if e.get("cat") == "step"]
        runs = [e for e in trace["traceEvents"] if e.get("cat") == "run"]
        steps = self.json("plan", self.MODEL, "--level", "0")["steps"]
        self.assertEqual(len(events), 2 * steps)
        self.assertEqual(facts["traced_steps"], 2 * steps)
        self.assertEqual([e["name"] for e in runs], ["run 0", "run 1"])
        for e in events:
            self.assertEqual((e["ph"], e["pid"], e["tid"]), ("X", 1, 1))
            self.assertTrue(any(r["ts"] <= e["ts"] and e["ts"] + e["dur"] <= r["ts"] + r["dur"] + 1e-3 for r in runs))
            self.assertGreater(e["args"]["bytes"], 0)
        convolution = next(e for e in events if e["args"]["op"] == "Conv")
        self.assertTrue(convolution["args"]["tactic"].startswith(("conv_", "depthwise_")))
        self.assertRegex(convolution["args"]["in"][0], r"^f32\[\d+,\d+,\d+,\d+\]$")
        self.assertGreater(convolution["args"]["flops"], 0)
        self.assertEqual({e["args"]["layout"] for e in events} - {"plain", "channels last"}, set())

    def test_trace_beside_profile(self):
        told = self.out("run", self.MODEL, "--level", "0", "--profile", "--trace", "t.json")
        self.assertIn("GFLOP/s", told)
        self.assertRegex(told, r"wrote t\.json, \d+ steps")

    def test_trace_that_cannot_be_written(self):
        self.fails("run", self.MODEL, "--level", "0", "--trace", "nowhere/t.json", says="nowhere/t.json: No such file")

    def test_verify_says_what_it_held_to_what(self):
        facts = self.json("run", self.MODEL, "--level", "0", "--verify")["verify"]
        steps = self.json("plan", self.MODEL, "--level", "0")["steps"]
        self.assertEqual(facts["verified"] + facts["skipped"], steps)
        self.assertGreater(facts["verified"], 0)
        self.assertLessEqual(facts["worst_units"], facts["worst_bound"])
        self.assertRegex(self.out("run", self.MODEL, "--level", "0", "--verify"), r"verified \d+ steps .* nearest to its bound")

    def test_verify_names_the_step_that_is_wrong(self):
        self.out("plan", self.MODEL, "--level", "0", "-o", "m.plan")
        data = bytearray((self.folder / "m.plan").read_bytes())
        # The last of the packed constants: its first floats become other ones, which no checksum sees unless asked.
        table = [bytes(data[64 * i:64 * i + 64]) for i in range(1, 1 + int.from_bytes(data[12:16], "little"))]
        packed = next(e for e in table if e.startswith(b"packed\0"))
        offset, size = (int.from_bytes(packed[at:at + 8], "little") for at in (24, 32))
        floats = np.frombuffer(bytes(data[offset:offset + size]), np.float32) + 1
        data[offset:offset + size] = floats.tobytes()
        (self.folder / "m.plan").write_bytes(data)
        self.hasten("run", "m.plan")
        self.fails("run", "m.plan", "--verify", says=["verification failed: node ", " by ", "units of rounding apart"])

    def test_verify_allows_what_cancelling_sums_lose(self):
        rng = np.random.default_rng(0)
        half = rng.standard_normal((2, 300)).astype(np.float32)
        x, w = np.hstack([half, half]), rng.standard_normal((300, 4)).astype(np.float32)
        w = np.vstack([w, -w * (1 + 1e-6)]).astype(np.float32)
        np.save(self.folder / "x.npy", x)
        self.save(model_of([node("MatMul", ["x", "w"], ["y"])], [info("x", (2, 600))], [info("y", (2, 4))],
                           [numpy_helper.from_array(w, "w")]))
        facts = self.json("run", "m.onnx", "--input", "x.npy", "--level", "0", "--verify")["verify"]
        self.assertEqual(facts["verified"], 1)
        self.assertGreater(facts["worst_units"], 1000)  # of the largest output, which is next to nothing

    def test_verify_is_alone(self):
        for flag in ("--reference", "--profile"):
            self.misused("run", self.MODEL, "--verify", flag, says="--verify")
        self.misused("run", self.MODEL, "--verify", "--repeat", "3", says="--verify")


if __name__ == "__main__":
    unittest.main()
