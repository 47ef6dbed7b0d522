"""The ONNX standard's backend cases through `hasten run MODEL --input-dir D --output-dir O --output-format pb`.

The written files are compared here, by the standard's tolerances; and each verdict must be that of hasten_conformance,
which runs the same case within one process.  Names of cases may be given as arguments.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
from conformance_test import BIN as RUNNER
from conformance_test import FLOOR, extracted, generated
from onnx import numpy_helper

warnings.filterwarnings("ignore")  # of numpy, about the cases' own infinities
HASTEN = os.environ.get("HASTEN_BIN", "build/dev/hasten")
ARCHIVE = os.path.join(os.environ.get("HASTEN_TEST_DATA", ""), "onnx-backend-tests.tar.xz")


def parsed(data, kind):
    """A file's value: an array, a list of values, or None, by the type that the model declares."""
    which = kind.WhichOneof("value")
    if which == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    if which == "optional_type":
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))
    return numpy_helper.to_array(onnx.TensorProto.FromString(data))


def difference(got, want, rtol, atol):
    """Where a value differs from the expected one; "" if it does not."""
    if want is None or got is None:
        return "" if want is got else f"is {got}, must be {want}"
    if isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want):
            return f"must be a sequence of {len(want)}"
        return next(filter(None, (difference(g, w, rtol, atol) for g, w in zip(got, want))), "")
    got, want = np.asarray(got), np.asarray(want)
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"is {got.dtype}{list(got.shape)}, must be {want.dtype}{list(want.shape)}"
    if want.dtype.kind in "OUSbiu" or np.dtype(want.dtype).name in ("int4", "uint4", "int2", "uint2"):
        far = got != want
    else:
        wide = np.complex128 if want.dtype.kind == "c" else np.float64
        far = ~np.isclose(got.astype(wide), want.astype(wide), rtol=rtol, atol=atol, equal_nan=True)
    return f"{np.count_nonzero(far)} of {far.size} elements differ" if np.any(far) else ""


def tolerance_of(folder):
    path = folder / "data.json"
    told = json.loads(path.read_text()) if path.exists() else {}
    return told.get("rtol", 1e-3), told.get("atol", 1e-7)


def compare_set(folder, data, out, outputs):
    rtol, atol = tolerance_of(folder)
    for i, info in enumerate(outputs):
        want, got = data / f"output_{i}.pb", out / f"output_{i}.pb"
        if not want.exists():
            continue
        if not got.exists():
            return f"output {i}: no file is written"
        text = difference(parsed(got.read_bytes(), info.type), parsed(want.read_bytes(), info.type), rtol, atol)
        if text:
            return f"output {i} '{info.name}': {text}"
    return ""


def run_case(folder):
    """Why a case fails; "" if it passes."""
    outputs = onnx.load(folder / "model.onnx", load_external_data=False).graph.output
    sets = sorted(folder.glob("test_data_set_*"))
    if not sets:
        return "has no test_data_set_0"
    for data in sets:
        with tempfile.TemporaryDirectory() as scratch:
            done = subprocess.run([HASTEN, "run", folder / "model.onnx", "--input-dir", data, "--output-dir", scratch,
                                   "--output-format", "pb", "--quiet"], capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                return done.stderr.strip() or f"exit status {done.returncode}"
            if text := compare_set(folder, data, pathlib.Path(scratch), outputs):
                return text
    return ""


def in_process(folders):
    """Names of the cases that hasten_conformance fails."""
    done = subprocess.run([RUNNER, *folders], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    if not lines or " passed, " not in lines[-1] or int(lines[-1].split()[0]) + int(lines[-1].split()[2]) != len(folders):
        raise RuntimeError(f"{RUNNER}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return {line.split()[1].rstrip(":") for line in lines if line.startswith(("FAILED ", "UNSUPPORTED "))}


def chosen(roots, names):
    cases = sorted(path.parent for root in roots for path in pathlib.Path(root).glob("*/model.onnx"))
    return [c for c in cases if not names or c.name in names]


def main():
    with tempfile.TemporaryDirectory() as scratch:
        roots = extracted(ARCHIVE, scratch) if os.path.exists(ARCHIVE) else generated(scratch)
        cases = chosen(roots, sys.argv[1:])
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            told = dict(zip(cases, pool.map(run_case, cases)))
        missed = in_process(cases)
    failed = {case.name for case, text in told.items() if text}
    for case, text in told.items():
        if text and case.name not in missed:
            print(f"{case.name}: fails from files, passes in process: {text}")
        if not text and case.name in missed:
            print(f"{case.name}: passes from files, fails in process")
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed; in process {len(missed)} failed")
    return failed != missed or len(cases) - len(failed) < FLOOR * max(len(cases), 1)


if __name__ == "__main__":
    sys.exit(main())
