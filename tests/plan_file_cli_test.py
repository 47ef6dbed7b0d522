#!/usr/bin/env python3
"""Plan files on the command line: written by 'hasten plan', run, inspected and refused by the others."""
import os
import unittest

import numpy as np
from command_line import CommandLine, info, model_of, node
from onnx import numpy_helper


class PlanFiles(CommandLine):
    def model(self):
        rng = np.random.default_rng(1)
        weights = [numpy_helper.from_array(rng.standard_normal(dims).astype(np.float32), name)
                   for name, dims in (("w", (8, 3, 3, 3)), ("f", (8, 10)))]
        nodes = [node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]), node("Relu", ["c"], ["r"]),
                 node("GlobalAveragePool", ["r"], ["g"]), node("Flatten", ["g"], ["h"]), node("MatMul", ["h", "f"], ["y"])]
        return self.save(model_of(nodes, [info("x", ("n", 3, 16, 16))], [info("y", ("n", 10))], weights))

    def plan(self, *flags, name="m.plan"):
        self.out("plan", self.model(), "-o", name, "--no-timing-cache", "--level", "0", *flags)
        return name

    def outputs(self, *args):
        self.out("run", *args, "--output-dir", "out", "--shape", "x=2x3x16x16", "-q")
        return np.load(self.folder / "out/output_0.npy")

    def test_runs_as_the_model_does(self):
        plan = self.plan("--threads", "2")
        expected = self.outputs("m.onnx", "--level", "0", "--threads", "2")
        np.testing.assert_array_equal(self.outputs(plan), expected)
        np.testing.assert_array_equal(self.outputs(plan, "--verify-plan", "--threads", "1"), expected)
        np.testing.assert_allclose(self.outputs(plan, "--reference"), expected, rtol=1e-4, atol=1e-5)
        facts = self.json("run", plan)
        self.assertFalse(facts["planned_again"])
        self.assertLess(facts["load_ms"], 1000)
        self.assertNotIn("plan_ms", facts)
        self.assertIn("plan loaded in", self.out("run", plan))

    def test_is_known_by_its_contents(self):
        (self.folder / self.plan()).rename(self.folder / "m.onnx")
        self.assertFalse(self.json("run", "m.onnx")["planned_again"])

    def test_threads_are_the_plan_s(self):
        cores = len(os.sched_getaffinity(0))
        self.assertEqual(self.json("run", self.plan("--threads", "1"))["threads"], 1)
        self.assertEqual(self.json("run", "m.plan", "--threads", "3")["threads"], 3)
        self.assertLessEqual(self.json("run", self.plan("--threads", "64"))["threads"], cores)

    def test_inspect_plan_and_convert_take_it(self):
        plan = self.plan()
        told = self.out("inspect", plan)
        self.assertRegex(told, r"planned by  hasten \d+\.\d+\.\d+ for ")
        self.assertIn("MatMul", told)
        self.assertEqual(self.json("inspect", plan)["parameters"], 8 * 27 + 80)
        self.assertIn("graph", self.out("inspect", plan, "--text"))
        steps = self.out("plan", "m.onnx", "--level", "0", "-q")
        self.assertEqual([l for l in self.out("plan", plan).splitlines() if "call" in l],
                         [l for l in steps.splitlines() if "call" in l])
        self.assertIn("estimated", self.out("plan", plan, "--print", "tactics"))
        self.assertIn("the plans are equal", self.out("plan", "--diff", plan, "m.onnx", "--level", "0"))
        self.out("convert", plan, "back.ir")
        np.testing.assert_allclose(self.outputs("back.ir"), self.outputs("m.onnx"), rtol=1e-4, atol=1e-5)

    def test_writing_says_what_was_written(self):
        facts = self.json("plan", self.model(), "-o", "m.plan", "--level", "0")
        self.assertEqual(facts["plan"], "m.plan")
        self.assertEqual(facts["plan_bytes"], (self.folder / "m.plan").stat().st_size)
        self.fails("plan", "m.onnx", "-o", "nowhere/m.plan", says="nowhere/m.plan: No such file")
        self.misused("plan", "--diff", "a", "b", "-o", "m.plan", says="MODEL")

    def test_damage_is_named(self):
        data = (self.folder / self.plan()).read_bytes()

        def write(name, contents):
            (self.folder / name).write_bytes(contents)
            return name

        def flipped(at):
            return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]

        self.fails("run", write("cut.plan", data[:-64]), says=["cut.plan: header: the file must have", str(len(data))])
        self.fails("run", write("cut.plan", data[:40]), says="header: the file ends after 40 bytes")
        self.fails("run", write("flip.plan", flipped(20)), says="flip.plan: header: ")
        self.fails("run", write("flip.plan", flipped(100)), says="flip.plan: header: checksum")
        graph = data.index(b"hasten-ir 1")
        self.fails("run", write("flip.plan", flipped(graph)),
                   says='flip.plan: section "graph": checksum is wrong: the file is damaged')
        weight = write("flip.plan", flipped(len(data) - 1))
        self.hasten("run", weight)
        self.fails("run", weight, "--verify-plan", says='flip.plan: section "packed": checksum is wrong')

    def test_precision_is_the_plan_s(self):
        plan = self.plan("--precision", "exact")
        self.assertFalse(self.json("run", plan, "--precision", "exact")["planned_again"])
        self.fails("run", plan, "--precision", "fast", says="m.plan: was planned with another --precision than fast")


if __name__ == "__main__":
    unittest.main()
