#!/usr/bin/env python3
"""Writes tests/fixtures again: models exported from PyTorch, as text, with seeded weights in place of the real ones.

    ./dev fixtures          # in an environment of its own (tools/requirements-fixtures.txt)

Both exporters, at those opsets of OPSETS that they support.  A weight becomes a generator of its mean and deviation, so
that a file is small and needs nothing; what is no weight (shapes, indices, short vectors) stays as it is.
"""
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import torch
from fixture_models import MODELS
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPSETS = {"torchscript": (13, 17, 20), "dynamo": (18, 20, 23)}
LEAST = 16  # floats from which on a constant is a weight


def export(exporter, opset, path, make):
    torch.manual_seed(0)
    model, inputs, names, axes = make()
    outputs = model.eval()(*inputs)
    count = len(outputs) if isinstance(outputs, tuple) else 1
    options = {"opset_version": opset, "input_names": names, "output_names": [f"y{i}" for i in range(count)], "dynamo": exporter == "dynamo"}
    if exporter == "dynamo":
        symbols = {}
        shapes = tuple({axis: symbols.setdefault(symbol, torch.export.Dim(symbol, min=1, max=64)) for axis, symbol in axes.get(name, {}).items()}
                       for name in names)
        options.update(dynamic_shapes=shapes, external_data=False, verbose=False)
    else:
        options.update(dynamic_axes=axes)
    torch.onnx.export(model, inputs, str(path), **options)


def generators(graph, found, seed):
    """The text of a generator for each weight, by name; subgraphs too."""
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.size < LEAST or np.ptp(array) == 0 or not np.isfinite(array).all():
            continue
        found[tensor.name] = f"normal(seed={seed + len(found)}, mean={float(array.mean()):.4g}, deviation={max(float(array.std()), 1e-3):.4g})"
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                generators(attribute.g, found, seed)
    return found


def seeded(text, found):
    """The text with generators in place of contents."""
    lines = []
    for line in text.splitlines():
        head, equals, rest = line.partition(" = ")
        name = head.strip().removeprefix('const "').split('"')[0] if head.strip().startswith('const "') else None
        if name in found:
            tail = ' declared' + rest.split(' declared', 1)[1] if ' declared' in rest else ""
            line = f"{head}{equals}{found[name]}{tail}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def write(make, exporter, opset, hasten):
    target = ROOT / "tests/fixtures" / f"{make.__name__}-{exporter}-{opset}.ir"
    with tempfile.TemporaryDirectory() as folder:
        path, text = pathlib.Path(folder) / "m.onnx", pathlib.Path(folder) / "m.ir"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                export(exporter, opset, path, make)
        except Exception as problem:  # an exporter that cannot: said, and no file
            target.unlink(missing_ok=True)
            return f"not supported: {str(problem).splitlines()[0][:100]}"
        model = onnx.load(path)
        real = next(o.version for o in model.opset_import if o.domain == "")
        if real != opset:
            target.unlink(missing_ok=True)
            return f"gives opset {real}"
        del model.metadata_props[:]
        for node in model.graph.node:  # stack traces of the exporting machine
            del node.metadata_props[:]
            node.doc_string = ""
        onnx.save(model, path)
        found = generators(model.graph, {}, sum(map(ord, target.stem)) % 1000)
        subprocess.run([hasten, "convert", str(path), str(text)], check=True, capture_output=True)
        target.write_text(seeded(text.read_text(), found))
        subprocess.run([hasten, "inspect", str(target)], check=True, capture_output=True)
    return f"{len(model.graph.node)} nodes, {math.ceil(target.stat().st_size / 1024)} KB"


def main():
    hasten = os.environ.get("HASTEN_BIN", str(ROOT / "build/release/hasten"))
    (ROOT / "tests/fixtures").mkdir(exist_ok=True)
    wanted = sys.argv[1:]
    for make in MODELS:
        for exporter, opsets in OPSETS.items():
            for opset in opsets:
                if not wanted or make.__name__ in wanted:
                    print(f"{make.__name__}, {exporter}, opset {opset}: {write(make, exporter, opset, hasten)}", flush=True)


if __name__ == "__main__":
    main()
