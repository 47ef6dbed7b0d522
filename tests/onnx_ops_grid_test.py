"""Ops that the real models lack, against ONNX Runtime over grids of attributes, dtypes and shapes (tests/op_grid/).

Each point is a model of fixed shapes with constant parameters, and one of symbolic shapes with parameters given at run
time.  What ONNX Runtime cannot run, the standard's own evaluator judges (onnx.reference); where a grid gives the expected
values itself, it says why.  A seeded sample of each grid is run; all of it where HASTEN_FULL is 1.

    HASTEN_BIN=build/dev/hasten python tests/onnx_ops_grid_test.py [part of a label ...]
"""
import concurrent.futures
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from op_grid import attention, control_flow, indexing, mathematics, recurrent, windows  # noqa: F401  they fill GRIDS
from op_grid.case import GRIDS

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(4)
BINARY = os.environ.get("HASTEN_BIN", "build/dev/hasten")
SAMPLE = 16  # points of a grid
TOLERANCE = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-10, "bfloat16": 2e-2}


def chosen(wanted):
    """(label, case, dynamic) of every model to be run."""
    for one in GRIDS:
        points = list(one.points())
        both = bool(wanted) or os.environ.get("HASTEN_FULL") == "1"
        pick = random.Random(one.name)
        if not both:
            pick.shuffle(points)
        taken = 0
        for label, point in points:
            if wanted and not any(w in label for w in wanted):
                continue
            case = one.case(label, point)
            if case is None:
                continue
            for dynamic in (False, True) if both else (bool(pick.getrandbits(1)),):
                yield label + (", dynamic" if dynamic else ""), case, dynamic
            taken += 1
            if not both and taken == SAMPLE:
                break


def by_onnxruntime(model, feed):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"]).run(None, feed)


def expected_of(case, model, feed):
    """The expected outputs, and who gave them."""
    if case.expected:
        return case.expected(), "the grid"
    if case.as_if:
        return expected_of(case.as_if, case.as_if.model(False), case.as_if.feed(False))
    if case.doubt:
        return ReferenceEvaluator(model).run(None, feed), "onnx.reference"
    try:
        return by_onnxruntime(model, feed), "ONNX Runtime"
    except Exception as problem:  # a dtype or form it lacks
        try:
            return ReferenceEvaluator(model).run(None, feed), "onnx.reference"
        except Exception as error:
            raise RuntimeError(f"no judge: {problem}; {error}") from error


def second_opinion(model, feed, i, got, tolerance):
    """What the standard's evaluator says where ONNX Runtime disagrees."""
    try:
        text = difference(got, ReferenceEvaluator(model).run(None, feed)[i], tolerance)
    except Exception as error:
        return f"onnx.reference cannot run it: {str(error)[:80]}"
    return "onnx.reference also differs" if text else "onnx.reference agrees with hasten"


def by_hasten(model, feed, outputs):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        onnx.save(model, root / "m.onnx")
        command = [BINARY, "run", root / "m.onnx", "--output-dir", root, "--output-format", "pb", "--quiet"]
        for i, value in enumerate(feed.values()):
            (root / f"input_{i}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
        done = subprocess.run(command + (["--input-dir", root] if feed else []), capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"hasten: {done.stderr.strip()}")
        read = lambda i: onnx.TensorProto.FromString((root / f"output_{i}.pb").read_bytes())
        return [numpy_helper.to_array(read(i)) for i in range(outputs)]


def difference(got, want, tolerance):
    want = np.asarray(want)
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"is {got.dtype}{list(got.shape)}, must be {want.dtype}{list(want.shape)}"
    if want.dtype.kind in "OUSbiu":
        far = got != want
    else:
        wide = np.complex128 if want.dtype.kind == "c" else np.float64
        a, b = got.astype(wide), want.astype(wide)
        if tolerance is None:
            tolerance = TOLERANCE[want.dtype.name]
        largest = np.max(np.abs(b[np.isfinite(b)]), initial=0)
        far = ~((a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= tolerance * largest))
    if not np.any(far):
        return ""
    at = np.unravel_index(np.argmax(far), far.shape)
    return f"{np.count_nonzero(far)} of {far.size} differ, the first at {[int(k) for k in at]}: is {got[at]}, must be {want[at]}"


def run(label, case, dynamic):
    """What is wrong, "" if nothing is; and the judge."""
    try:
        model, feed = case.model(dynamic), case.feed(dynamic)
        want, judge = expected_of(case, model, feed)
        for i, (got, one) in enumerate(zip(by_hasten(model, feed, case.outputs), want, strict=True)):
            if text := difference(got, one, case.tolerance):
                return f"{label}: output {i}: {text} ({judge}; {second_opinion(model, feed, i, got, case.tolerance)})", judge
        return "", judge
    except Exception as error:  # reported like a wrong result
        return f"{label}: {str(error)[:400]}", "nobody"


def main():
    passed, failed, judges = 0, 0, {}
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for text, judge in pool.map(lambda one: run(*one), chosen(sys.argv[1:])):
            passed, failed = passed + (not text), failed + bool(text)
            judges[judge] = judges.get(judge, 0) + 1
            if text:
                print(text, flush=True)
    print("judged by " + ", ".join(f"{k}: {n}" for k, n in sorted(judges.items())))
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or not passed


if __name__ == "__main__":
    sys.exit(main())
