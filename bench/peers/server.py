"""What the peers' servers share: load once, run as asked, tell how long it took.

    python ENGINE_server.py MODEL INPUTS OUTPUTS THREADS

INPUTS has names.json, the inputs' names in order, and input_0.npy, ...; outputs are written to OUTPUTS.  `hasten
serve-timing` speaks the same: one JSON object once the model has run, then a list of nanoseconds for every line "run N".
"""
import json
import os
import sys
import time

import numpy as np


def resident_kb():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def write(folder, stem, value):
    if isinstance(value, list):
        for i, element in enumerate(value):
            write(folder, f"{stem}_{i}", element)
    elif isinstance(value, dict):
        write(folder, f"{stem}_keys", np.array(list(value.keys())))
        write(folder, f"{stem}_values", np.array(list(value.values())))
    elif value is not None:
        np.save(os.path.join(folder, stem + ".npy"), np.asarray(value))


def serve(version, load):
    """load(model, {name: array}, threads) gives run, which runs once, and outputs, which gives the last run's."""
    model, inputs, folder, threads = sys.argv[1:]
    with open(os.path.join(inputs, "names.json")) as f:
        names = json.load(f)
    feed = {name: np.load(os.path.join(inputs, f"input_{i}.npy")) for i, name in enumerate(names)}
    before = resident_kb()
    began = time.perf_counter_ns()
    run, outputs = load(model, feed, int(threads))
    loaded = time.perf_counter_ns()
    run()
    ran = time.perf_counter_ns()
    for i, value in enumerate(outputs()):
        write(folder, f"output_{i}", value)
    print(json.dumps({"version": version, "load_ns": loaded - began, "first_run_ns": ran - loaded,
                      "before_kb": before}), flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        times = []
        for _ in range(int(line.split()[1])):
            start = time.perf_counter_ns()
            run()
            times.append(time.perf_counter_ns() - start)
        print(json.dumps(times), flush=True)
