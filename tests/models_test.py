"""Real models against ONNX Runtime with its optimisations off.

Every ONNX model in HASTEN_TEST_DATA/onnx, and those carried by the PyPI packages of tools/models.txt where they are
installed, runs on seeded random inputs and on its recorded ones.  The error of an output is the largest |a - b| over the
largest |b|.  Limits: 1e-4 for fp32, 1e-2 for fp16, or four times what rounding the
inputs alone moves ONNX Runtime's outputs; quantised models are held to one step of the output's scale
against an evaluation of the standard's formulas with exact sums (exact_evaluator.py).  Models in onnx-invalid must be refused
with an error that names the file and the node.

    HASTEN_BIN=build/release/hasten python tests/models_test.py [--write docs/models.md] [name ...]
"""
import glob
import os
import re
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime as ort
from exact_evaluator import evaluate
from onnx import numpy_helper

BIN = os.environ.get("HASTEN_BIN", "build/release/hasten")
DATA = os.environ.get("HASTEN_TEST_DATA", "")
LIMITS = {"fp32": 1e-4, "fp16": 1e-2}
NUMPY = {k: onnx.helper.tensor_dtype_to_np_dtype(k) for k in (1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13)}
# Sizes that a model's declaration leaves open and that 1 does not fit.
SIZES = {
    "ppocr-v2-cls": {0: 1, 2: 48, 3: 192}, "ppocrv3-det-en": {0: 1, 2: 160, 3: 224},
    "ch_PP-OCRv4_det_infer": {0: 1, 2: 160, 3: 224}, "ch_PP-OCRv4_rec_infer": {0: 1, 2: 48, 3: 160},
    "ch_ppocr_mobile_v2.0_cls_infer": {0: 1, 2: 48, 3: 192}, "mtcnn-pnet": {0: 1, 1: 36, 2: 48},
    "mtcnn-rnet": {0: 2},
}

# Pictures that are not normalised before the model: noise of another size would drown in its norms.
PICTURES = {"fns-candy-720", "yunet-n-320"}
# Integers are 0 or 1, valid as token types, lengths and ids alike, but where a model wants more: bytes of files, or its
# variances of nearly constant rows cancel to noise.
INTEGERS = {"standard_v3_3": 257}


def precision(model):
    ops = {n.op_type for n in model.graph.node}
    if any("Quant" in op or op.startswith("QLinear") or "Integer" in op for op in ops):
        return "int8"
    kinds = {t.data_type for t in model.graph.initializer}
    return "fp16" if onnx.TensorProto.FLOAT16 in kinds else "fp32"


def graph_inputs(model):
    constants = {t.name for t in model.graph.initializer}
    return [i for i in model.graph.input if i.name not in constants]


def random_inputs(name, model, seed):
    rng = np.random.default_rng(seed)
    out, symbols = [], {}
    for value in graph_inputs(model):
        kind = value.type.tensor_type
        dims = []
        for axis, d in enumerate(kind.shape.dim):
            size = d.dim_value
            if size <= 0:
                least = 512 if "silero" in name and value.name == "input" and axis == 1 else 1
                size = SIZES.get(name, {}).get(axis) or symbols.setdefault(d.dim_param or (value.name, axis), least)
            dims.append(size)
        dtype = NUMPY[kind.elem_type]
        if value.name == "sr":
            array = np.full(dims, 16000, dtype)  # samples a second
        elif dtype == np.bool_:
            array = rng.integers(0, 2, dims).astype(dtype)
        elif np.issubdtype(dtype, np.integer):
            array = rng.integers(0, INTEGERS.get(name, 2), dims).astype(dtype)
        else:
            array = (rng.uniform(0, 255, dims) if name in PICTURES else rng.standard_normal(dims)).astype(dtype)
        out.append((value.name, array))
    return out


def recorded_inputs(folder, model):
    out = []
    for i, value in enumerate(graph_inputs(model)):
        path = os.path.join(folder, f"input_{i}.pb")
        if not os.path.exists(path):
            return None
        with open(path, "rb") as f:
            out.append((value.name, numpy_helper.to_array(onnx.load_tensor_from_string(f.read()))))
    return out


def read_outputs(folder):
    out = []
    while os.path.exists(path := os.path.join(folder, f"output_{len(out)}.pb")):
        with open(path, "rb") as f:
            raw = f.read()
        try:
            out.append(numpy_helper.to_array(onnx.load_tensor_from_string(raw)))
        except Exception:
            sequence = onnx.SequenceProto()
            sequence.ParseFromString(raw)
            out.append(numpy_helper.to_list(sequence))
    return out


def write_inputs(folder, inputs):
    os.makedirs(folder, exist_ok=True)
    for i, (name, array) in enumerate(inputs):
        with open(os.path.join(folder, f"input_{i}.pb"), "wb") as f:
            f.write(numpy_helper.from_array(np.array(array, order="C"), name).SerializeToString())


def run_ours(path, inputs, folder):
    write_inputs(os.path.join(folder, "in"), inputs)
    out = os.path.join(folder, "out")
    done = subprocess.run([BIN, "run", path, "--input-dir", os.path.join(folder, "in"), "--output-dir", out,
                           "--output-format", "pb"], capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")
    return read_outputs(out)


def run_theirs(path, inputs):
    """None where ONNX Runtime does not run it.  With its optimisations off it reuses buffers wrongly in some models; with all of
    them on, what it makes for AVX-512 is refused by itself in others."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    level = ort.GraphOptimizationLevel
    for options.graph_optimization_level in (level.ORT_DISABLE_ALL, level.ORT_ENABLE_ALL, level.ORT_ENABLE_BASIC):
        try:
            return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run(None, dict(inputs))
        except Exception:
            continue
    return None


def error_of(ours, theirs):
    """Largest |a - b| over largest |b|; inf where shapes, kinds or exact contents differ."""
    if isinstance(theirs, list):
        if len(ours) != len(theirs):
            return np.inf
        if theirs and isinstance(theirs[0], dict):
            theirs = [np.array(list(d.values())) for d in theirs]
            ours = [np.array(list(d.values())) for d in ours]
        return max([error_of(a, b) for a, b in zip(ours, theirs)], default=0.0)
    a, b = np.asarray(ours), np.asarray(theirs)
    if a.shape != b.shape:
        return np.inf
    if b.dtype.kind not in "fc":
        return 0.0 if np.array_equal(a, b) else np.inf
    a, b = a.astype(np.float64), b.astype(np.float64)
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return np.inf
    keep = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(a[~keep & ~np.isnan(b)], b[~keep & ~np.isnan(b)]):
        return np.inf
    a, b = a[keep], b[keep]
    return float(np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-30)) if b.size and np.any(a != b) else 0.0


def step_of(model, output):
    """One step of the scale that quantises `output`: of the nearest DequantizeLinear or QLinear op above it; 0 if none."""
    initializers = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    producer = {o: n for n in model.graph.node for o in n.output}

    def constant(name):
        while name not in initializers and name in producer and producer[name].op_type == "Identity":
            name = producer[name].input[0]
        if name in initializers:
            return initializers[name]
        return numpy_helper.to_array(next(a.t for a in producer[name].attribute if a.name == "value"))

    node = producer.get(output)
    while node is not None:
        if node.op_type == "DequantizeLinear":
            return float(np.max(constant(node.input[1])))
        if node.op_type.startswith("QLinear"):
            return float(np.max(constant(node.input[-2])))
        node = producer.get(node.input[0]) if node.input else None
    return 0.0


def exact(model, path, inputs):
    """The outputs of a quantised model and who says so.  ONNX Runtime is off by many steps where it adds pairs of u8 * i8
    in 16 bits, so it judges only what the evaluator does not know."""
    try:
        return evaluate(model, inputs), "exact"
    except NotImplementedError:
        return run_theirs(path, inputs), "ONNX Runtime"


def sensitivity(path, inputs, theirs):
    """How far ONNX Runtime's outputs move where each number of the inputs is off by up to one rounding; 0 if that is not known."""
    moved, rng = 0.0, np.random.default_rng(0)
    for _ in range(3):
        off = [(n, (x * (1 + rng.uniform(-1, 1, np.shape(x)) * np.finfo(x.dtype).eps)).astype(x.dtype)
                if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x) for n, x in inputs]
        if (outputs := run_theirs(path, off)) is not None:
            moved = max(moved, max(error_of(a, b) for a, b in zip(outputs, theirs, strict=True)))
    return moved


def judge(name, path):
    """A row: (name, precision, where the inputs are from, error, limit, seconds, problem)."""
    model = onnx.load(path, load_external_data=False)
    kind = precision(model)
    rows = []
    sets = sorted(glob.glob(os.path.join(os.path.dirname(path), "test_data_set_*")))
    seeds = (1, 2, 3) if kind == "int8" else (1,)  # one integer off its place moves the output by several steps
    trials = [("random" if seed == 1 else f"random {seed}", random_inputs(name, model, seed), None) for seed in seeds]
    for folder in sets:
        inputs = recorded_inputs(folder, model)
        if inputs is not None:
            trials.append((os.path.basename(folder), inputs, folder))
    for source, inputs, folder in trials:
        row = {"name": name, "kind": kind, "source": source, "error": np.nan, "limit": LIMITS.get(kind, np.nan), "problem": ""}
        began = time.time()
        try:
            with tempfile.TemporaryDirectory() as scratch:
                ours = run_ours(path, inputs, scratch)
            row["seconds"] = time.time() - began
            if kind == "int8":
                theirs, judged_by = exact(model, path, inputs)
                row["source"] += f", {judged_by}"
                row["limit"] = (1 + 1e-6) * max(step_of(model, o.name) / max(float(np.max(np.abs(t))), 1e-30)  # in f32
                                                for o, t in zip(model.graph.output, theirs))
            else:
                theirs = run_theirs(path, inputs)
                if theirs is None:  # ONNX Runtime fails on it: the recorded evaluation judges, where there is one
                    if folder is None:
                        continue
                    theirs = read_outputs(folder)
            row["error"] = max(error_of(a, b) for a, b in zip(ours, theirs, strict=True))
            if row["error"] > row["limit"] and kind != "int8":  # two ways to round may differ by more than one rounding moves
                row["limit"] = max(row["limit"], 4 * sensitivity(path, inputs, theirs))
            if not row["error"] <= row["limit"]:
                row["problem"] = "differs"
        except Exception as problem:  # a failing model is a row, not the end of the table
            row["problem"] = str(problem)[:300]
        rows.append(row)
    return rows


def packaged_models():
    """Models that installed PyPI packages carry: (name, path)."""
    for pattern in ("rapidocr_onnxruntime/models/*.onnx", "silero_vad/data/*.onnx", "magika/models/*/*.onnx", "piper/**/*.onnx"):
        for root in sys.path:
            for path in sorted(glob.glob(os.path.join(root, pattern), recursive=True)):
                stem = os.path.splitext(os.path.basename(path))[0]
                yield os.path.basename(os.path.dirname(path)) if stem == "model" else stem, path


def check_refused(path):
    done = subprocess.run([BIN, "run", path], capture_output=True, text=True, timeout=300)
    located = re.search(r"model\.onnx: .*node \d+", done.stderr)
    if done.returncode == 1 and located:
        return ""
    return f"must be refused with exit status 1 and a located error, is: {done.returncode} {done.stderr.strip()[-300:]}"


def table(rows):
    lines = ["| model | precision | inputs | error | limit |", "|---|---|---|---|---|"]
    for r in rows:
        shown = r["problem"] if r["problem"] and r["problem"] != "differs" else f"{r['error']:.1e}"
        lines.append(f"| {r['name']} | {r['kind']} | {r['source']} | {shown} | {r['limit']:.1e} |")
    return "\n".join(lines) + "\n"


def main():
    args = sys.argv[1:]
    target = args[args.index("--write") + 1] if "--write" in args else None
    wanted = [a for a in args if not a.startswith("--") and a != target]
    if not DATA:
        print("HASTEN_TEST_DATA is not set: only models of installed packages are run")
    models = [(os.path.basename(os.path.dirname(p)), p) for p in sorted(glob.glob(os.path.join(DATA, "onnx", "*", "model.onnx")))]
    models += list(packaged_models())
    passed = failed = 0
    rows = []
    for name, path in models:
        if wanted and name not in wanted:
            continue
        for row in judge(name, path):
            rows.append(row)
            good = not row["problem"]
            passed, failed = passed + good, failed + (not good)
            if not good or wanted:
                print("ok" if good else "FAILED", name, row["source"], f"{row['error']:.2e}", row["problem"], flush=True)
    for path in sorted(glob.glob(os.path.join(DATA, "onnx-invalid", "*", "model.onnx"))) if not wanted else []:
        problem = check_refused(path)
        passed, failed = passed + (not problem), failed + bool(problem)
        if problem:
            print("FAILED", path, problem)
    if target:
        with open(target, "w") as f:
            f.write("# Real models against ONNX Runtime\n\nWritten by `python tests/models_test.py --write docs/models.md`; "
                    "error: largest |a - b| over largest |b|.\n\n" + table(rows))
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
