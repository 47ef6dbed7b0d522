"""Random graphs by ONNX Runtime: what it can run must agree with ours; the share it can run is printed.

random_graphs_test writes the graphs (HASTEN_RANDOM_GRAPHS_DIR) with inputs and our outputs as the standard's test data.
"""
import glob
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

BIN = os.path.join(os.path.dirname(os.environ.get("HASTEN_BIN", "build/dev/hasten")), "random_graphs_test")


def tensors(folder, stem):
    out = []
    while os.path.exists(path := os.path.join(folder, f"{stem}_{len(out)}.pb")):
        with open(path, "rb") as f:
            out.append(numpy_helper.to_array(onnx.load_tensor_from_string(f.read())))
    return out


def check(folder):
    """'same', 'refused' by ONNX Runtime, or what differs."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    data = os.path.join(folder, "test_data_set_0")
    try:
        session = ort.InferenceSession(os.path.join(folder, "model.onnx"), options, providers=["CPUExecutionProvider"])
        theirs = session.run(None, dict(zip([i.name for i in session.get_inputs()], tensors(data, "input"))))
    except Exception:
        return "refused"
    for i, (a, b) in enumerate(zip(tensors(data, "output"), theirs, strict=True)):
        if a.shape != b.shape or not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            return f"output {i} {session.get_outputs()[i].name}: ours {a.shape} {a.dtype}, theirs {b.shape} {b.dtype}"
    return "same"


def main():
    with tempfile.TemporaryDirectory() as scratch:
        env = dict(os.environ, HASTEN_RANDOM_GRAPHS_DIR=scratch, HASTEN_RANDOM_GRAPHS=os.environ.get("HASTEN_RANDOM_GRAPHS", "100"))
        subprocess.run([BIN, "--gtest_filter=*WriteForPeers", "--gtest_brief=1"], env=env, check=True)
        results = {folder: check(folder) for folder in sorted(glob.glob(os.path.join(scratch, "*")))}
    same = sum(r == "same" for r in results.values())
    refused = sum(r == "refused" for r in results.values())
    for folder, result in results.items():
        if result not in ("same", "refused"):
            print("FAILED", os.path.basename(folder), result)
    print(f"ONNX Runtime runs {len(results) - refused} of {len(results)} random graphs")
    failed = len(results) - same - refused
    print(f"{same} passed, {failed} failed")
    return failed > 0 or same == 0


if __name__ == "__main__":
    sys.exit(main())
