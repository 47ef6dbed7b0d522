"""`hasten simplify --contrib`, and without that some, on the random models of simplify_patterns.py.  ONNX Runtime must give the
same for both, with its own optimisations and without, and no model may get more nodes.

    HASTEN_BIN=build/release/hasten HASTEN_SIMPLIFY_MODELS=5000 python tests/simplify_random_test.py
"""
import collections
import json
import multiprocessing
import os
import subprocess
import tempfile
import unittest
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import onnx
import onnxruntime as ort
from command_line import HASTEN
from model_builder import Builder
from simplify_patterns import KINDS, quantized

COUNT = int(os.environ.get("HASTEN_SIMPLIFY_MODELS", 30 * len(KINDS)))
LEVELS = ort.GraphOptimizationLevel
ROUNDING, STEPS = 2e-5, 0.06  # of an output's largest element: of f32, of 8-bit integers


def run_here(model, feeds, level):
    options = ort.SessionOptions()
    options.graph_optimization_level, options.intra_op_num_threads, options.log_severity_level = level, 1, 4
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"]).run(None, feeds)


class Judge:
    """ONNX Runtime in a process of its own: where it crashes, that is a finding about one model."""

    def __init__(self):
        self.pool = None

    def run(self, model, feeds, level):
        if self.pool is None:
            self.pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        try:
            return self.pool.submit(run_here, model, feeds, level).result()
        except BrokenProcessPool:
            self.pool = None
            raise RuntimeError("ONNX Runtime crashes") from None


def differ(a, b, limit):
    if a.shape != b.shape:
        return True
    apart = np.abs(np.subtract(a, b, out=np.zeros_like(a), where=a != b))  # infinities of one sign are not
    largest = np.max(np.abs(b), where=np.isfinite(b), initial=0)
    return not np.max(apart, initial=0) <= limit * (1e-6 + largest)


class RandomModels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.judge = Judge()

    def test_results(self):
        fired, refused = collections.Counter(), 0
        for seed in range(COUNT):
            kind, builder = KINDS[seed % len(KINDS)], Builder(seed)
            kind(builder)
            with self.subTest(seed=seed, kind=kind.__name__):
                try:  # quantised: node by node, and on integers as the result
                    wants = [self.judge.run(builder.model().SerializeToString(), builder.feeds, level)
                             for level in (LEVELS.ORT_DISABLE_ALL, LEVELS.ORT_ENABLE_EXTENDED)]
                except Exception:
                    refused += 1
                    continue
                fired.update(self.check(builder, wants, STEPS if kind is quantized else ROUNDING))
        print(f"{COUNT} models, {refused} that ONNX Runtime refuses; by rules: {dict(fired)}")
        self.assertLess(refused, COUNT // 20)
        wanted = {"activation_into_conv", "activation_into_gemm", "bias_into_gelu", "bias_into_quantized_product",
                  "carried_to_capture", "einsum_to_matmul", "expand_into_broadcast", "fold_affine_before_product",
                  "form_activation", "form_attention", "form_depth_to_space", "form_instance_normalization",
                  "form_layer_normalization", "form_matmul_nbits", "form_quantized_product", "form_resize",
                  "form_rotary_embedding", "form_softmax", "inline_if", "invariant_out_of_loop", "merge_sibling_layers",
                  "merge_sibling_matmuls", "quantize_into_product", "quantized_to_contrib", "remove_requantization",
                  "rotation_to_contrib", "scale_into_matmul", "slices_to_split", "softmax_between_transposes",
                  "sum_into_normalization", "transpose_into_matmul", "unroll_loop"}
        self.assertLessEqual(wanted, set(fired))

    def check(self, builder, wants, limit):
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "m.onnx"), os.path.join(folder, "o.onnx")
            onnx.save(builder.model(), path)
            done = subprocess.run([HASTEN, "simplify", path, out, *builder.flags, "--json", "-q"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            onnx.checker.check_model(out)
            for level in (LEVELS.ORT_DISABLE_ALL, LEVELS.ORT_ENABLE_ALL):
                for i, (a, *judges) in enumerate(zip(self.judge.run(out, builder.feeds, level), *wants, strict=True)):
                    self.assertFalse(all(differ(a, b, limit) for b in judges), f"output {i}, {level}")
            facts = json.loads(done.stdout)
            self.assertLessEqual(facts["nodes_after"], facts["nodes_before"])
            return facts["fired"].keys()


if __name__ == "__main__":
    unittest.main()
