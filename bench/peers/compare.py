#!/usr/bin/env python3
"""Hasten beside ONNX Runtime and OpenVINO, on the same models, inputs, threads and processors.

One process per engine; while one is timed the others are stopped, since pools spin on after a run.  Windows of a few
hundred milliseconds are taken in alternating order over several rounds.  Outputs are compared before any time is.

Run by `./dev bench peers`, which builds Hasten and the engines' environments.
"""
import argparse
import fnmatch
import glob
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import report
from engine import ENGINES, ROOT, Engine, EngineFailed, binary

sys.path.insert(0, str(ROOT / "tests"))
import models_test  # noqa: E402  how inputs are made valid, and what an error is

DATA = os.environ.get("HASTEN_TEST_DATA", "")


def model_list():
    """(name, file, or None for one of the zoo)."""
    out = [(p.parent.name, str(p)) for p in sorted(pathlib.Path(DATA or "/nonexistent").glob("onnx/*/model.onnx"))]
    out += models_test.packaged_models()
    folder = ROOT / "src/zoo"
    out += [(f"zoo:{p.stem}", None) for p in sorted(folder.glob("*.cc")) if "\nextern const Topology k" in p.read_text()]
    return out


def zoo_file(name):
    """The model as a file, written again when Hasten is newer."""
    path = ROOT / "build/peers-zoo" / (name.removeprefix("zoo:") + ".onnx")
    if not path.exists() or path.stat().st_mtime < os.stat(binary()).st_mtime:
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([binary(), "convert", name, str(path)], check=True)
    return str(path)


def write_inputs(name, model, folder):
    inputs = models_test.random_inputs(name, model, seed=1)
    os.makedirs(folder, exist_ok=True)
    for i, (_, array) in enumerate(inputs):
        np.save(os.path.join(folder, f"input_{i}.npy"), array)
    with open(os.path.join(folder, "names.json"), "w") as f:
        json.dump([input_name for input_name, _ in inputs], f)


def start_all(path, inputs, scratch, threads, options, engines, problems):
    for name in options.engines:
        try:
            start = lambda: Engine(name, path, inputs, os.path.join(scratch, f"{name}-{threads}"), threads, options.timeout)  # noqa: E731
            engines[name] = start()
            if name == "hasten":  # whose first start of a model on a machine times kernels, and later ones do not
                first = engines[name].first_result_ms()
                engines.pop(name).close()
                engines[name] = start()
                engines[name].earlier_start_ms = first
        except EngineFailed as problem:
            problems[name] = str(problem)


def take_window(engine, options, r):
    whole = engine.estimate * (2 + max(3, options.window / engine.estimate))  # milliseconds
    if whole * options.rounds <= options.budget * 1e3:
        engine.window(options.window, unmeasured=2, least=3)
    elif r == 0 or engine.estimate * (r + 1) <= options.budget * 1e3:  # too slow for more than single runs
        engine.window(0, unmeasured=0, least=1)


def time_all(engines, problems, options):
    for r in range(options.rounds):
        order = list(engines)
        for name in order if r % 2 == 0 else reversed(order):
            try:
                take_window(engines[name], options, r)
            except EngineFailed as problem:
                problems[name] = str(problem)
                engines.pop(name).close()


def error_between(a, b):
    """Of all outputs; None where there is nothing to compare."""
    if set(a) != set(b) or not a:
        return None
    return max(models_test.error_of(a[name], b[name]) for name in a)


def judge_outputs(engines, row, path, model):
    """(error against the peer that is closer, whether it is small enough).  Peers round differently: one may judge."""
    if "hasten" not in engines:
        return None, False
    ours = engines["hasten"].read_outputs()
    errors = [error_between(ours, engines[e].read_outputs()) for e in report.PEERS if e in engines]
    errors = [e for e in errors if e is not None]
    if not errors:
        return None, False
    limit = models_test.LIMITS.get(row["precision"], np.inf)  # of int8 models the error is told, not judged
    if min(errors) > limit:
        inputs = models_test.random_inputs(row["model"], model, seed=1)
        limit = max(limit, 4 * models_test.sensitivity(path, inputs, models_test.run_theirs(path, inputs)))
    return min(errors), min(errors) <= limit


def compare(name, path, model, threads, scratch, options):
    engines, problems = {}, {}
    row = {"model": name, "precision": models_test.precision(model), "threads": threads}
    try:
        start_all(path, os.path.join(scratch, "inputs"), scratch, threads, options, engines, problems)
        row["error"], row["agrees"] = judge_outputs(engines, row, path, model)
        time_all(engines, problems, options)
        row["engines"] = {e: engine.facts() for e, engine in engines.items()}
        row["engines"].update({e: {"problem": problem} for e, problem in problems.items()})
    finally:
        for engine in engines.values():
            engine.close()
    return row


class Progress:
    """A line on the terminal that says how far this is."""

    def __init__(self, total):
        self.total, self.done, self.began, self.shown = total, 0, time.monotonic(), sys.stderr.isatty()

    def at(self, what):
        if self.shown:
            spent = time.monotonic() - self.began
            seconds = spent / self.done * (self.total - self.done) if self.done else 0
            left = f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
            print(f"\r\033[K[{self.done + 1}/{self.total}] {what}{f', about {left} left' if self.done else ''}", end="", file=sys.stderr, flush=True)
        self.done += 1

    def clear(self):
        if self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def parse_args():
    parser = argparse.ArgumentParser(prog="./dev bench peers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    cores = len(os.sched_getaffinity(0))
    names = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--models", type=names, default=["*"], metavar="A,B", help="names, or patterns such as 'zoo:*' (all)")
    parser.add_argument("--engines", type=names, default=list(ENGINES), metavar="A,B", help=f"of {', '.join(ENGINES)} (all)")
    parser.add_argument("--threads", type=lambda t: [int(n) for n in t.split(",")], default=sorted({1, cores}), metavar="N,M",
                        help=f"numbers of threads, each on as many processors (1 and all, {cores})")
    parser.add_argument("--rounds", type=int, default=7, help="windows of each engine (7)")
    parser.add_argument("--window", type=float, default=250, metavar="MS", help="length of a window (250)")
    parser.add_argument("--budget", type=float, default=30, metavar="S", help="most seconds of one engine on one model (30)")
    parser.add_argument("--timeout", type=float, default=300, metavar="S", help="to wait for an engine's answer (300)")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--list", action="store_true", help="list the models")
    options = parser.parse_args()
    if unknown := set(options.engines) - set(ENGINES):
        parser.error(f"no engine {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")
    return options


def chosen_models(options):
    everything = model_list()
    chosen = [(n, p) for n, p in everything if any(fnmatch.fnmatch(n, wanted) for wanted in options.models)]
    if not chosen:
        sys.exit(f"no model is called {', '.join(options.models)}; --list lists them")
    return chosen


def main():
    options = parse_args()
    models = chosen_models(options)
    if options.list:
        print("\n".join(name for name, _ in models))
        return 0
    result = {"date": report.today(), "machine": report.machine(), "rows": [],
              "command": " ".join(["./dev bench peers", *[a for a in sys.argv[1:] if a not in ("--write", "--json")]])}
    progress = Progress(len(models) * len(options.threads))
    for name, path in models:
        path = path or zoo_file(name)
        model = onnx.load(path, load_external_data=False)
        with tempfile.TemporaryDirectory() as scratch:
            write_inputs(name, model, os.path.join(scratch, "inputs"))
            for threads in options.threads:
                progress.at(f"{name}, {threads} thread{'s' if threads > 1 else ''}")
                result["rows"].append(compare(name, path, model, threads, scratch, options))
    progress.clear()
    result["versions"] = {e: row["engines"][e]["version"] for row in result["rows"] for e in ENGINES
                          if "version" in row["engines"].get(e, {})}
    result["summaries"] = {t: report.summary([r for r in result["rows"] if r["threads"] == t]) for t in options.threads}
    text = report.page(result)
    if options.write:
        report.write_page(text)
    print(json.dumps(result, indent=1) if options.json else text)
    return int(any(r["error"] is not None and not r["agrees"] for r in result["rows"]))


if __name__ == "__main__":
    sys.exit(main())
