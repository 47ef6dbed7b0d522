"""Times of kernels are remembered: a second start times nothing, whether the first had time for all or not."""
import unittest

import numpy as np
from command_line import CommandLine, info, model_of, node
from onnx import numpy_helper


class TimingCache(CommandLine):
    def setUp(self):
        super().setUp()
        w = numpy_helper.from_array(np.full((48, 32, 3, 3), 0.1, np.float32), "w")
        self.save(model_of([node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])], [info("x", (1, 32, 20, 20))],
                           [info("y", (1, 48, 20, 20))], [w]))

    def timed(self, *args):
        return self.json("plan", "m.onnx", "--timing-cache", "times.txt", *args)["timed"]

    def test_a_second_start_times_nothing(self):
        self.assertGreater(self.timed(), 0)
        self.assertEqual(self.timed(), 0)
        self.assertGreater(self.timed("--threads", "3"), 0)

    def test_what_there_was_no_time_for_is_left(self):
        self.assertEqual(self.timed("--timing-seconds", "0"), 0)
        self.assertIn("0\t", (self.folder / "times.txt").read_text())
        self.assertEqual(self.timed(), 0)
        self.assertGreater(self.timed("--level", "4"), 0)
        self.assertEqual(self.timed(), 0)

    def test_a_damaged_file_is_no_cache(self):
        (self.folder / "times.txt").write_text("what is this?\n")
        self.assertGreater(self.timed(), 0)
        self.assertEqual(self.timed(), 0)


if __name__ == "__main__":
    unittest.main()
