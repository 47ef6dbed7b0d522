#!/usr/bin/env python3
"""How long `hasten simplify` takes: beside onnxsim and onnxslim on real graphs, against the nodes of a graph, and against `cp`
of large weights.

    HASTEN_BIN=build/release/hasten ONNXSIM=.. ONNXSLIM=.. build/venv/bin/python bench/simplify_speed.py
        [--nodes 1000,10000,100000] [--gigabytes 10] [--write docs/simplify-speed.md]

Without ONNXSIM and ONNXSLIM, the paths of their commands, nothing is compared with them.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import simplify_test  # noqa: E402

HASTEN = os.environ.get("HASTEN_BIN", "build/release/hasten")
RIVALS = {name: os.environ[name.upper()] for name in ("onnxsim", "onnxslim") if os.environ.get(name.upper())}
LARGE = 500  # nodes of the graphs that are compared
TURNS = 11

HEAD = """# How long simplifying takes

Written by `python bench/simplify_speed.py --write docs/simplify-speed.md`, on a machine with {cores} cores: seconds of whole commands.
"""


def large_graph(nodes, path):
    """Blocks of ten nodes, six of which a simplifier removes: Identity, a pair of Transposes, and a bias to fold."""
    width = 16
    rng = np.random.default_rng(0)
    weights = [numpy_helper.from_array((rng.standard_normal((width, width)) / 4).astype(np.float32), "w"),
               numpy_helper.from_array(rng.standard_normal(width).astype(np.float32), "b"),
               numpy_helper.from_array(np.zeros(width, np.float32), "zero")]
    body, last = [], "x"
    for block in range(max(1, nodes // 10)):
        v = [f"v{block}_{i}" for i in range(10)]
        body += [helper.make_node("Identity", [last], [v[0]]), helper.make_node("Transpose", [v[0]], [v[1]], perm=[1, 0]),
                 helper.make_node("Transpose", [v[1]], [v[2]], perm=[1, 0]), helper.make_node("MatMul", [v[2], "w"], [v[3]]),
                 helper.make_node("Add", [v[3], "b"], [v[4]]), helper.make_node("Add", [v[4], "zero"], [v[5]]),
                 helper.make_node("Tanh", [v[5]], [v[6]]), helper.make_node("Cast", [v[6]], [v[7]], to=T.FLOAT),
                 helper.make_node("Dropout", [v[7]], [v[8]]), helper.make_node("Add", [v[8], v[2]], [v[9]])]
        last = v[9]
    graph = helper.make_graph(body, "g", [helper.make_tensor_value_info("x", T.FLOAT, [4, width])],
                              [helper.make_tensor_value_info(last, T.FLOAT, [4, width])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return len(body)


def large_weights(gigabytes, folder):
    """A chain of products whose weights, 64 MB each, lie in a file beside the model."""
    side, bytes_each = 4096, 4096 * 4096 * 4
    count = max(1, int(gigabytes * 1e9 / bytes_each))
    block = np.random.default_rng(0).standard_normal((side, side), dtype=np.float32)
    nodes, weights, last = [], [], "x"
    with open(folder / "big.data", "wb") as data:
        for i in range(count):
            block[0, 0] = i  # no two are the same
            data.write(block.tobytes())
            w = T(name=f"w{i}", data_type=T.FLOAT, dims=[side, side], data_location=T.EXTERNAL)
            for key, value in (("location", "big.data"), ("offset", i * bytes_each), ("length", bytes_each)):
                w.external_data.add(key=key, value=str(value))
            weights.append(w)
            nodes += [helper.make_node("MatMul", [last, f"w{i}"], [f"p{i}"]), helper.make_node("Identity", [f"p{i}"], [f"q{i}"])]
            last = f"q{i}"
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", T.FLOAT, [1, side])],
                              [helper.make_tensor_value_info(last, T.FLOAT, [1, side])], weights)
    (folder / "big.onnx").write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString())


# In a small process of its own: a child's peak counts from what its parent holds.
TIMED = """import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
print(json.dumps([time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
                  done.stderr or "failed" if done.returncode else ""]))"""


def timed(*command):
    """(seconds, peak resident bytes)."""
    out = subprocess.run([sys.executable, "-I", "-S", "-c", TIMED, *map(str, command)], check=True, capture_output=True, text=True).stdout
    seconds, peak, error = json.loads(out)
    if error:
        raise SystemExit(f"{command}: {error}")
    return seconds, peak


def beside_rivals(say):
    """Real models of many nodes: medians of commands that take turns, hasten with its numeric check, the others without one."""
    say(f"\nGraphs of {LARGE} nodes and more, medians of {TURNS} commands that take turns; hasten's check is included, the others "
        "check nothing. A dash: it ends with an error.\n")
    say("| model | nodes | " + " | ".join(f"{r}, s" for r in RIVALS) + " | hasten, s | " +
        " | ".join(f"{r} / hasten" for r in RIVALS) + " |\n" + "|---" * (3 + 2 * len(RIVALS)) + "|")
    for name, source in simplify_test.models() + simplify_test.fixtures():
        with tempfile.TemporaryDirectory() as folder:
            path, out = simplify_test.as_onnx(source, folder), pathlib.Path(folder, "out.onnx")
            nodes = simplify_test.nodes_of(path)
            if nodes < LARGE:
                continue
            times = {who: [] for who in (*RIVALS, "hasten")}
            for _ in range(TURNS):
                for who in list(times):
                    command = [HASTEN, "simplify"] if who == "hasten" else [RIVALS[who]]
                    out.unlink(missing_ok=True)  # file systems write back at once what replaces a file
                    try:
                        times[who].append(timed(*command, path, out)[0])
                    except SystemExit:
                        if who == "hasten":
                            raise
                        del times[who]
            of = {who: statistics.median(t) for who, t in times.items()}
            cell = lambda who, scale, digits: f"{of[who] / scale:.{digits}f}" if who in of else "-"
            say(f"| {name} | {nodes:,} | " + " | ".join(cell(r, 1, 2) for r in RIVALS) + f" | {of['hasten']:.3f} | " +
                " | ".join(cell(r, of["hasten"], 1) for r in RIVALS) + " |")


def growth(counts, say):
    say("\nBlocks of ten nodes, six of which go.\n\n| nodes before | after | seconds, with its check | without | microseconds a node, without | peak MB |\n|---|---|---|---|---|---|")
    for nodes in counts:
        with tempfile.TemporaryDirectory() as folder:
            source, target = pathlib.Path(folder, "in.onnx"), pathlib.Path(folder, "out.onnx")
            before = large_graph(nodes, source)
            checked, _ = timed(HASTEN, "simplify", source, target)
            seconds, peak = timed(HASTEN, "simplify", source, target, 0)
            after = len(onnx.load(target).graph.node)
            say(f"| {before:,} | {after:,} | {checked:.2f} | {seconds:.2f} | {1e6 * seconds / before:.1f} | {peak / 1e6:.0f} |")


def bulk(gigabytes, where, say):
    with tempfile.TemporaryDirectory(dir=where) as name:
        folder = pathlib.Path(name)
        large_weights(gigabytes, folder)
        os.sync()
        copies, ours, peaks = [], [], []
        for _ in range(3):
            (folder / "copy").mkdir()
            copies.append(timed("cp", folder / "big.onnx", folder / "big.data", folder / "copy")[0])
            shutil.rmtree(folder / "copy")
            seconds, peak = timed(HASTEN, "simplify", folder / "big.onnx", folder / "out.onnx", 0)
            ours.append(seconds)
            peaks.append(peak)
            after = len(onnx.load(folder / "out.onnx", load_external_data=False).graph.node)
            for path in folder.glob("out.onnx*"):
                path.unlink()
        say(f"\n{gigabytes:g} GB of weights in external data, without the check, medians of 3 in turns, {after} nodes left: cp {np.median(copies):.1f} s, simplify {np.median(ours):.1f} s "
              f"(ratio {np.median(ours) / np.median(copies):.2f}), peak {max(peaks) / 1e6:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default="1000,10000,100000", help="sizes of graphs; empty: none")
    parser.add_argument("--gigabytes", type=float, default=10, help="of weights; 0: none")
    parser.add_argument("--dir", help="where the large files are written")
    parser.add_argument("--write", type=pathlib.Path, help="the page to write")
    options = parser.parse_args()
    lines = [HEAD.format(cores=os.cpu_count())]
    print(lines[0], end="")

    def say(line):
        print(line, flush=True)
        lines.append(line + "\n")

    if RIVALS:
        beside_rivals(say)
    if options.nodes:
        growth([int(n) for n in options.nodes.split(",")], say)
    if options.gigabytes:
        bulk(options.gigabytes, options.dir, say)
    if options.write:
        options.write.write_text("".join(lines))


if __name__ == "__main__":
    main()
