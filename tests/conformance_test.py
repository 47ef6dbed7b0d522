"""The ONNX standard's backend cases: at least 98 % pass, and docs/conformance.md says which do not.

Where HASTEN_TEST_DATA is set its archive of the suite is run and the page compared (--write makes it anew); elsewhere the
cases that the installed onnx package can generate are run, and the page is not compared.
"""
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

warnings.filterwarnings("ignore")  # of numpy, about the cases' own infinities
PAGE = "docs/conformance.md"
BIN = os.path.join(os.path.dirname(os.environ.get("HASTEN_BIN", "build/dev/hasten")), "hasten_conformance")
SUITES = ["node", "simple", "pytorch-operator", "pytorch-converted"]
FLOOR = 0.98


def as_proto(value, kind):
    """The message that a test data file holds for a value of this type."""
    if isinstance(value, (onnx.TensorProto, onnx.SequenceProto, onnx.OptionalProto)):
        return value
    which = kind.WhichOneof("value")
    if which == "sequence_type":
        return numpy_helper.from_list(value)
    if which == "optional_type":
        return numpy_helper.from_optional(value)
    return numpy_helper.from_array(np.asarray(value))


def write_case(case, folder):
    data = os.path.join(folder, case.name, "test_data_set_0")
    os.makedirs(data)
    onnx.save(case.model, os.path.join(folder, case.name, "model.onnx"))
    with open(os.path.join(folder, case.name, "data.json"), "w") as f:
        f.write(f'{{"rtol": {case.rtol}, "atol": {case.atol}}}')
    for stem, values, infos in zip(("input", "output"), case.data_sets[0], (case.model.graph.input, case.model.graph.output)):
        for i, (value, info) in enumerate(zip(values, infos)):
            with open(os.path.join(data, f"{stem}_{i}.pb"), "wb") as f:
                f.write(as_proto(value, info.type).SerializeToString())


def generated(folder):
    """The node cases that the onnx package makes on the fly; those whose values its helpers cannot write are left out."""
    left_out = 0
    for case in collect_testcases(None):
        try:
            write_case(case, os.path.join(folder, "node"))
        except Exception:
            shutil.rmtree(os.path.join(folder, "node", case.name), ignore_errors=True)
            left_out += 1
    print(f"left out: {left_out}")
    return [os.path.join(folder, "node")]


def extracted(archive, folder):
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    root = os.path.join(folder, "onnx", "backend", "test", "data")
    return [os.path.join(root, name) for name in SUITES]


def main():
    archive = os.path.join(os.environ.get("HASTEN_TEST_DATA", ""), "onnx-backend-tests.tar.xz")
    given = os.path.exists(archive)
    with tempfile.TemporaryDirectory() as scratch:
        if not given:
            print("HASTEN_TEST_DATA has no onnx-backend-tests.tar.xz: running the cases of the onnx package")
        folders = extracted(archive, scratch) if given else generated(scratch)
        page = os.path.join(scratch, "page.md")
        done = subprocess.run([BIN, "--table", page] + folders, capture_output=True, text=True)
        counts = re.search(r"(\d+) passed, (\d+) failed", done.stdout)
        if not counts:
            print(done.stdout[-2000:], done.stderr[-2000:], f"exit status {done.returncode}")
            return 1
        passed, failed = int(counts[1]), int(counts[2])
        with open(page) as f:
            text = f.read()
    print(done.stdout.splitlines()[-1])
    if passed < FLOOR * (passed + failed):
        print(done.stdout[-8000:])
        print(f"must pass {FLOOR:.0%}, passes {passed / max(passed + failed, 1):.1%}")
        return 1
    if "--write" in sys.argv:
        with open(PAGE, "w") as f:
            f.write(text)
    elif given and open(PAGE).read() != text:
        print(f"{PAGE} is out of date: write it anew with `./dev docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
