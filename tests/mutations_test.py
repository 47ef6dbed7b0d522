"""Real models with seeded damage, through `hasten inspect` and `hasten run`: each ends by itself, with status 0 to 3, in the
memory it is given, and says what is wrong.

Half of the damage is to bytes (flips, cuts, repeats, zeros), half to what they mean (dims, attributes, names, types,
edges, ops, opsets).  Models: those of HASTEN_TEST_DATA under 2 MB, and the bundled one.  HASTEN_FULL=1 tries 10,000.

    HASTEN_BIN=build/dev/hasten python tests/mutations_test.py [--cases N] [--first SEED] [--keep DIR]
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

import onnx
from onnx import TensorProto as T

HASTEN = os.environ["HASTEN_BIN"]
ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = os.environ.get("HASTEN_TEST_DATA", "")
MOST_BYTES = 2_000_000
MEMORY = 3 << 30  # of address space, of which the threads' stacks and the libraries take a part
SECONDS = 60  # of a shared machine; a run has --timeout
INTEGERS = [-(2**63), -(2**31), -2, -1, 0, 1, 2, 3, 7, 255, 65537, 2**31 - 1, 2**40, 2**62, 2**63 - 1]
FLOATS = [0.0, -1.0, 1e38, float("inf"), float("nan"), 1e-45]
DTYPES = list(range(0, 28))


def models():
    found = [ROOT / "models/symbols/model.onnx"]
    if DATA:
        found += sorted(pathlib.Path(DATA, "onnx").glob("*/*.onnx"))
    return [p for p in found if p.stat().st_size < MOST_BYTES]


def damage_bytes(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        # Half of the hits are near an end, where the structure is densest.
        size = len(data)
        if size < 4:
            break
        at = rng.randrange(size) if rng.random() < 0.5 else min(size - 1, int(abs(rng.gauss(0, 400))))
        at = size - 1 - at if rng.random() < 0.5 else at
        kind = rng.randrange(7)
        span = min(size - at, rng.choice([1, 2, 8, 64, 4096]))
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            del data[at:at + span]
        elif kind == 3:
            data[at:at] = data[at:at + span]
        elif kind == 4:
            data[at:at + span] = bytes(span)
        elif kind == 5:
            del data[at:]
        else:
            data[at:at] = b"\xff" * rng.choice([1, 5, 9, 10])
    return bytes(data)


def graphs(graph):
    yield graph
    for n in graph.node:
        for a in n.attribute:
            for g in ([a.g] if a.HasField("g") else []) + list(a.graphs):
                yield from graphs(g)


def damage_attribute(node, rng):
    if not node.attribute:
        return
    a = rng.choice(node.attribute)
    if a.type == onnx.AttributeProto.INT:
        a.i = rng.choice(INTEGERS)
    elif a.type == onnx.AttributeProto.INTS:
        kind = rng.randrange(3)
        if kind == 0 and a.ints:
            a.ints[rng.randrange(len(a.ints))] = rng.choice(INTEGERS)
        elif kind == 1:
            a.ints.append(rng.choice(INTEGERS))
        elif a.ints:
            del a.ints[-1]
    elif a.type == onnx.AttributeProto.FLOAT:
        a.f = rng.choice(FLOATS)
    elif rng.random() < 0.5:
        node.attribute.remove(a)
    else:
        a.type = rng.randrange(0, 15)


def damage_tensor(t, rng):
    kind = rng.randrange(5)
    if kind == 0 and t.dims:
        t.dims[rng.randrange(len(t.dims))] = rng.choice(INTEGERS)
    elif kind == 1:
        t.data_type = rng.choice(DTYPES)
    elif kind == 2:
        t.raw_data = t.raw_data[:rng.randrange(len(t.raw_data) + 1)]
    elif kind == 3:
        t.dims.append(rng.choice(INTEGERS))
    else:
        t.data_location = T.EXTERNAL
        entry = t.external_data.add()
        entry.key, entry.value = "location", rng.choice(["../../etc/passwd", "/etc/passwd", "w.bin", "", "m.onnx"])
        entry = t.external_data.add()
        entry.key, entry.value = rng.choice(["offset", "length"]), str(rng.choice(INTEGERS))


def damage_type(value, rng):
    tensor = value.type.tensor_type
    if tensor.shape.dim and rng.random() < 0.7:
        dim = rng.choice(tensor.shape.dim)
        if rng.random() < 0.5:
            dim.dim_value = rng.choice(INTEGERS)
        else:
            dim.dim_param = rng.choice(["n", "", "a*b", "9" * 40])
    elif rng.random() < 0.5:
        tensor.elem_type = rng.choice(DTYPES)
    else:
        value.type.ClearField("tensor_type")


def damage_node(graph, node, rng, donor):
    names = [v for n in graph.node for v in n.output] + [i.name for i in graph.input] + [""]
    kind = rng.randrange(8)
    if kind == 0:
        damage_attribute(node, rng)
    elif kind == 1 and node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice(names)  # cycles, too
    elif kind == 2 and node.output:
        node.output[rng.randrange(len(node.output))] = rng.choice(names)  # names twice
    elif kind == 3:
        node.op_type = rng.choice(donor).op_type
    elif kind == 4:
        graph.node.remove(node)
    elif kind == 5 and node.input:
        del node.input[-1]
    elif kind == 6:
        node.input.append(rng.choice(names))
    else:
        node.domain = rng.choice(["", "ai.onnx.ml", "com.microsoft", "nowhere"])


def damage_meaning(model, rng):
    donor = list(model.graph.node)
    for _ in range(rng.choice([1, 1, 2, 4])):
        graph = rng.choice(list(graphs(model.graph)))
        kind = rng.randrange(10)
        if kind < 5 and graph.node:
            damage_node(graph, rng.choice(graph.node), rng, donor)
        elif kind == 5 and graph.initializer:
            damage_tensor(rng.choice(graph.initializer), rng)
        elif kind == 6 and graph.input:
            damage_type(rng.choice(graph.input), rng)
        elif kind == 7 and graph.output:
            rng.choice(graph.output).name = rng.choice([v for n in graph.node for v in n.output] or ["x"])
        elif kind == 8 and model.opset_import:
            rng.choice(model.opset_import).version = rng.choice([0, 1, 6, 7, 9, 11, 13, 18, 21, 99] + INTEGERS)
        elif graph.value_info:
            damage_type(rng.choice(graph.value_info), rng)
    return model.SerializeToString()


def damaged(seed, paths):
    rng = random.Random(seed)
    path = rng.choice(paths)
    data = path.read_bytes()
    if seed % 2:
        return path, damage_bytes(data, rng)
    try:
        return path, damage_meaning(onnx.load_from_string(data), rng)
    except ValueError:  # a number that does not fit its field
        return path, damage_bytes(data, rng)


def sanitized():
    return b"__asan_init" in pathlib.Path(HASTEN).read_bytes()


def limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sanitized():  # whose shadow is larger than any limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def ends_well(command):
    """None, or what is wrong with how `command` ended."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return f"runs after {SECONDS} s"
    tail = done.stderr.decode(errors="replace")[-600:]
    if done.returncode not in (0, 1, 2, 3):
        return f"status {done.returncode}: {tail}"
    if done.returncode and "hasten: error: " not in tail:
        return f"status {done.returncode} without a message: {tail}"
    return ("status", done.returncode)


COMMANDS = [["inspect"],
            ["run", "--level", "0", "--no-timing-cache", "--threads", "1", "--timeout", "5", "--max-memory", "1g"]]


def try_one(seed, paths, folder, keep):
    path, data = damaged(seed, paths)
    file = pathlib.Path(folder, f"{seed}.onnx")
    file.write_bytes(data)
    ended = []
    for command in COMMANDS:
        how = ends_well([HASTEN, command[0], str(file), *command[1:]])
        ended.append(how)
        if isinstance(how, str) and keep:
            pathlib.Path(keep, file.name).write_bytes(data)
    file.unlink()
    return seed, path, ended


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000 if os.environ.get("HASTEN_FULL") else 120)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", help="folder for the models that end badly")
    args = parser.parse_args()
    paths = models()
    if not DATA:
        print("HASTEN_TEST_DATA is not set: only the bundled model is damaged")
    tally, bad = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        seeds = range(args.first, args.first + args.cases)
        for seed, path, ended in pool.map(lambda s: try_one(s, paths, folder, args.keep), seeds):
            for command, how in zip(COMMANDS, ended):
                if isinstance(how, str):
                    bad += 1
                    print(f"seed {seed} ({path.parent.name}), {command[0]}: {how}", flush=True)
                else:
                    tally[f"{command[0]}: status {how[1]}"] += 1
    print(f"{args.cases} damaged models: " + ", ".join(f"{k} {v}" for k, v in sorted(tally.items())) + f"; {bad} ended badly")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
