#!/usr/bin/env python3
"""What simplifying does to latency: ONNX Runtime's run of each model against its runs of what onnxsim, onnxslim and hasten make
of it, and hasten's own run before and after.  One thread; the variants take turns, round by round.

    HASTEN_BIN=build/release/hasten ONNXSIM=.. ONNXSLIM=.. build/venv/bin/python bench/simplify_latency.py
        [--made FOLDER] [--write docs/simplify-latency.md] [model ..]

--made keeps what the simplifiers made, for the next time.  Models and their inputs are those of tests/simplify_test.py.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime as ort  # noqa: E402
import simplify_test  # noqa: E402
from models_test import random_inputs, write_inputs  # noqa: E402

HASTEN = os.environ.get("HASTEN_BIN", "build/release/hasten")
ROUNDS, SLICE = 15, 0.02  # seconds a turn takes at least
TRIES = 6  # where ours looks slower: once more in sessions and processes of their own, whose memory lies elsewhere
FEW_ROUNDS, SLOW = 5, 0.05  # of models that take longer than that
NOISE = 1.03  # beyond which a ratio is a difference
SIMPLIFIERS = {"onnxsim": [os.environ.get("ONNXSIM", ""), "--no-certify"], "onnxslim": [os.environ.get("ONNXSLIM", "")],
               "hasten": [HASTEN, "simplify"]}

HEAD = """# Latency of simplified models

Written by `python bench/simplify_latency.py --write docs/simplify-latency.md`, on {machine}. Milliseconds of one
thread, medians of {rounds} rounds (5 where a run takes 50 ms) in which the variants take turns. First ONNX Runtime {version} with all its own optimisations: the
original, and what each simplifier makes of it; a dash: it makes nothing, or something whose outputs differ. Then `hasten run`
of the original and of the simplified model, the least median of three processes each. A ratio above 1 is slower; within {noise} it is noise.
Where hasten's came out slower than that, all of the row was measured again, up to {tries} times, and the least of each is given:
where memory comes to lie and who else runs on the machine makes runs longer, never shorter.
"""


def made(name, path, variant, folder):
    """The path of what a simplifier makes of a model; None where it fails."""
    command, out = SIMPLIFIERS[variant], folder / f"{name}.{variant}.onnx"
    if not command[0] or not (out.exists() or subprocess.run(
            [*command, path, out], capture_output=True, timeout=900).returncode == 0):
        return None
    return str(out) if out.exists() else None


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def same(want, got):
    return all(np.shape(a) == np.shape(b) and
               np.max(np.abs(np.subtract(a, b, dtype=np.float64)), initial=0) <= 0.02 * np.max(np.abs(a), initial=1e-30)
               for a, b in zip(want, got, strict=True) if isinstance(a, np.ndarray) and a.dtype.kind in "fiub")


def theirs(paths, feeds, turn):
    """Milliseconds by variant.  Which session is made first, and so lies best, changes with the turn."""
    sessions, outputs = {}, {}
    for variant in sorted(paths, key=lambda v: (list(paths).index(v) + turn) % len(paths)):
        try:
            s = session(paths[variant])
            wanted = {i.name for i in s.get_inputs()}
            run = lambda s=s, f={k: v for k, v in feeds.items() if k in wanted}: s.run(None, f)
            outputs[variant], sessions[variant] = run(), run
        except Exception:  # what ONNX Runtime does not take
            continue
    if "original" not in sessions:
        return {}
    sessions = {v: sessions[v] for v in paths if v in sessions and same(outputs["original"], outputs[v])}
    times = {variant: [] for variant in sessions}
    counts, slowest = {}, 0
    for variant, run in sessions.items():
        began = time.perf_counter()
        run()
        spent = time.perf_counter() - began
        counts[variant], slowest = max(1, int(SLICE / max(spent, 1e-6))), max(slowest, spent)
    order = list(sessions)
    for r in range(ROUNDS if slowest < SLOW else FEW_ROUNDS):
        for variant in order[r % len(order):] + order[:r % len(order)]:
            run, n = sessions[variant], counts[variant]
            run()
            began = time.perf_counter()
            for _ in range(n):
                run()
            times[variant].append((time.perf_counter() - began) / n * 1e3)
    return {variant: statistics.median(t) for variant, t in times.items()}


def ours(paths, folder):
    """Milliseconds of `hasten run` on the inputs in `folder`, the least median of three processes each, by variant."""
    times = {variant: [] for variant in paths}
    repeat = 3
    for turn in range(4):
        for variant, path in paths.items():
            done = subprocess.run([HASTEN, "run", path, "--input-dir", folder, "--threads", "1", "--warmup", "2",
                                   "--repeat", str(repeat), "--json"], capture_output=True, text=True)
            if done.returncode:
                return {}
            median = json.loads(done.stdout)["latency_ms"]["median"]
            if turn:  # the first one plans, and tells how often
                times[variant].append(median)
        if not turn:
            repeat = int(min(2000, max(3, 200 / max(median, 1e-3))))
    return {variant: min(t) for variant, t in times.items()}


def ratio_of(row):
    """Hasten's to the slowest of the others; None where one is missing."""
    others = [t for variant, t in row.items() if variant != "hasten"]
    return row["hasten"] / max(others) if "hasten" in row and others else None


def least(measure):
    """By variant, of as many tries as it takes until ours is not the slowest."""
    row = measure(0)
    for turn in range(1, TRIES):
        if (ratio_of(row) or 0) <= NOISE:
            break
        again = measure(turn)
        row = {variant: min(t, again.get(variant, t)) for variant, t in row.items()}
    return row


def row_of(name, source, folder):
    with tempfile.TemporaryDirectory() as scratch:
        path = simplify_test.as_onnx(source, scratch)
        inputs = random_inputs(name, onnx.load(path), 1)
        paths = {"original": path} | {v: p for v in SIMPLIFIERS if (p := made(name, path, v, folder))}
        row = least(lambda turn: theirs(paths, dict(inputs), turn))
        own = {}
        if "hasten" in paths:
            write_inputs(os.path.join(scratch, "in"), inputs)
            own = least(lambda _: ours({v: paths[v] for v in ("original", "hasten")}, os.path.join(scratch, "in")))
    return row, own


def line_of(name, row, own):
    number = lambda value, digits: f"{value:.{digits}f}" if value else "-"
    others = [row[v] for v in row if v != "hasten"]
    best = row["hasten"] / min(others) if "hasten" in row and others else None
    cells = [name, *(number(row.get(v), 3) for v in ("original", *SIMPLIFIERS)), number(ratio_of(row), 2), number(best, 2)]
    cells += [number(own.get("original"), 3), number(own.get("hasten"), 3), number(ratio_of(own), 2)]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="names; none: all")
    parser.add_argument("--made", type=pathlib.Path, help="a folder for what the simplifiers make")
    parser.add_argument("--write", type=pathlib.Path, help="the page to write")
    options = parser.parse_args()
    folder = options.made or pathlib.Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    machine = f"a machine with {os.cpu_count()} cores"
    lines = [HEAD.format(machine=machine, rounds=ROUNDS, tries=TRIES, version=ort.__version__, noise=NOISE),
             "| model | original | onnxsim | onnxslim | hasten | to the slowest other | to the fastest other | own, before | own, after | ratio |",
             "|---" * 10 + "|"]
    ratios, own_ratios = {}, {}
    for name, source in simplify_test.models() + simplify_test.fixtures():
        if options.models and name not in options.models:
            continue
        row, own = row_of(name, source, folder)
        lines.append(line_of(name, row, own))
        print(lines[-1], flush=True)
        ratios |= {name: ratio_of(row)} if ratio_of(row) else {}
        own_ratios |= {name: ratio_of(own)} if ratio_of(own) else {}
    for text, values in (("ONNX Runtime with hasten's result, to the slowest of the others", ratios),
                         ("hasten's own run, after to before", own_ratios)):
        if values:
            slower = [f"{n} {r:.2f}" for n, r in values.items() if r > NOISE]
            lines.append(f"\n{text}: geometric mean {np.exp(np.mean(np.log(list(values.values())))):.3f} over {len(values)} models; "
                         f"above {NOISE}: {', '.join(slower) or 'none'}.")
            print(lines[-1])
    if options.write:
        options.write.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
