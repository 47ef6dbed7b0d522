#!/usr/bin/env python3
"""How large Hasten is, how soon it starts, and what a loaded model takes, beside ONNX Runtime.

Sizes are those of the stripped files.  A cold start is a process whose binary is not in the page cache, a warm one the next.
Per model: milliseconds from the file to the first result, and peak memory above that of the process before loading, medians
of starts in alternating order, of which Hasten's very first, which times kernels, is no part.

Run by `./dev bench footprint`, which builds Hasten and the engines' environments.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import report
from compare import Progress, chosen_models, write_inputs, zoo_file
from engine import ROOT, TITLES, Engine, EngineFailed, binary

BEGIN, END = "<!-- footprint: begin -->", "<!-- footprint: end -->"
PAIR = ("hasten", "onnxruntime")


def stripped_bytes(path):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "copy")
        shutil.copy(path, copy)
        subprocess.run([shutil.which("strip") or "llvm-strip-16", "--strip-unneeded", str(copy)], check=True)
        return copy.stat().st_size


def sizes():
    """{what: bytes} of what is installed, and of the peer's packages."""
    found = {"hasten": stripped_bytes(binary())}
    library = pathlib.Path(binary()).parent / "libhasten.so"
    if library.exists():
        found["libhasten.so"] = stripped_bytes(library.resolve())
    package = next(ROOT.glob("build/peers-ort/lib/python*/site-packages/onnxruntime/capi"), None)
    if package:
        found["ONNX Runtime (its Python package's libraries)"] = sum(p.stat().st_size for p in package.glob("*.so*"))
    return found


def starts_ms(repeat):
    """Of `hasten version`: (cold, warm)."""
    cold, warm = [], []
    for _ in range(repeat):
        with open(binary(), "rb") as f:
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        for times in (cold, warm):
            began = time.perf_counter()
            subprocess.run([binary(), "version"], check=True, stdout=subprocess.DEVNULL)
            times.append(1e3 * (time.perf_counter() - began))
    return float(np.median(cold)), float(np.median(warm))


def start(name, path, scratch, options):
    engine = Engine(name, path, os.path.join(scratch, "inputs"), os.path.join(scratch, name), options.threads, options.timeout)
    engine.wake()
    try:
        return engine.first_result_ms(), engine.peak_mb()
    finally:
        engine.close()


def measure(name, path, options):
    row = {"model": name, "engines": {}}
    with tempfile.TemporaryDirectory() as scratch:
        write_inputs(name, onnx.load(path, load_external_data=False), os.path.join(scratch, "inputs"))
        starts = {engine: [] for engine in PAIR}
        for r in range(options.repeat + 1):
            for engine in PAIR if r % 2 else PAIR[::-1]:
                try:
                    starts[engine].append(start(engine, path, scratch, options))
                except EngineFailed as problem:
                    row.setdefault("problems", {})[engine] = str(problem)
    for engine, found in starts.items():
        if len(found) > 1:
            times, peaks = np.median(np.array(found[1:]), axis=0)
            row["engines"][engine] = {"first_result_ms": float(times), "peak_mb": float(peaks)}
    return row


def table(rows):
    figure = report.figure
    lines = ["| model | Hasten ms | ONNX Runtime ms | ratio | Hasten MB | ONNX Runtime MB |", "|---" * 6 + "|"]
    for row in rows:
        ours, theirs = (row["engines"].get(e, {}) for e in PAIR)
        cells = [row["model"]] + ["-" if v is None else figure(v) for v in (
            ours.get("first_result_ms"), theirs.get("first_result_ms"),
            ours["first_result_ms"] / theirs["first_result_ms"] if ours and theirs else None, ours.get("peak_mb"), theirs.get("peak_mb"))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def summary(rows):
    both = [[row["engines"][e] for e in PAIR] for row in rows if all(e in row["engines"] for e in PAIR)]
    under = lambda key: sum(ours[key] <= theirs[key] for ours, theirs in both)  # noqa: E731
    return (f"At or under {TITLES['onnxruntime']}, of {len(both)} models: first result on {under('first_result_ms')}, "
            f"peak memory on {under('peak_mb')}.")


def page(result):
    m = result["machine"]
    lines = [f"#### {report.today()}: {m['cpu']}, {m['cores']} cores ({' '.join(m['flags'])})", "",
             f"`{result['command']}`; load average {m['load_average']:.1f} at the start.", "", "| | bytes, stripped |", "|---|---|"]
    lines += [f"| {what} | {size:,} |" for what, size in result["sizes"].items()]
    lines += ["", "`hasten version`: {:.1f} ms cold, {:.1f} ms warm.".format(*result["starts_ms"]), ""]
    return "\n".join([*lines, table(result["rows"]), "", summary(result["rows"])]) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="./dev bench footprint", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--models", type=names, default=["*"], metavar="A,B", help="names, or patterns such as 'zoo:*' (all)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of both engines (all)")
    parser.add_argument("--repeat", type=int, default=3, help="starts of each engine that count (3)")
    parser.add_argument("--timeout", type=float, default=300, metavar="S", help="to wait for an engine's answer (300)")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args()
    result = {"machine": report.machine(), "rows": [], "sizes": sizes(), "starts_ms": starts_ms(15),
              "command": " ".join(["./dev bench footprint", *[a for a in sys.argv[1:] if a not in ("--write", "--json")]])}
    models = chosen_models(options)
    progress = Progress(len(models))
    for name, path in models:
        progress.at(name)
        result["rows"].append(measure(name, path or zoo_file(name), options))
    progress.clear()
    text = page(result)
    if options.write:
        report.write_page(text, BEGIN, END)
    print(json.dumps(result, indent=1) if options.json else text)


if __name__ == "__main__":
    main()
