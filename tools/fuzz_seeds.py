"""Files that the fuzzers of tests/fuzz start from, into build/corpus/NAME/seeds: small models of the conformance suite and of
HASTEN_TEST_DATA as ONNX, as text and as plans, and the rules' cases.

    HASTEN_BIN=build/fuzz/hasten python tools/fuzz_seeds.py FUZZER...
"""
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = os.environ.get("HASTEN_TEST_DATA", "")
HASTEN = os.environ.get("HASTEN_BIN", "build/fuzz/hasten")
MOST_BYTES = 16_000
MADE = 150  # texts and plans, which the binary makes one by one


def from_archive(name):
    """The contents of the small files of that name in the conformance suite."""
    archive = pathlib.Path(DATA, "onnx-backend-tests.tar.xz")
    if not DATA or not archive.exists():
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith(name) and 0 < member.size <= MOST_BYTES:
                yield tar.extractfile(member).read()


def models():
    yield from from_archive("/model.onnx")


def tensors():
    yield from from_archive("/input_0.pb")


def made(*command):
    """What `hasten COMMAND` makes of each MADE-th of the small models, `{}` its files."""
    all_models = list(models()) or [(ROOT / "models/symbols/model.onnx").read_bytes()]
    with tempfile.TemporaryDirectory() as folder:
        for i, data in enumerate(all_models[::max(1, len(all_models) // MADE)]):
            source, target = pathlib.Path(folder, f"{i}.onnx"), pathlib.Path(folder, f"{i}.{command[0]}")
            source.write_bytes(data)
            words = [w.format(source=source, target=target) for w in command[1:]]
            if subprocess.run([HASTEN, *words], capture_output=True, timeout=60).returncode == 0:
                yield target.read_bytes()


def texts():
    yield from made("ir", "convert", "{source}", "{target}")
    for path in sorted((ROOT / "src/passes/rules").glob("*.ir")):
        yield path.read_bytes()


def plans():
    yield from made("plan", "plan", "{source}", "-o", "{target}", "--level", "0", "--no-timing-cache")


def media(*endings):
    for path in sorted(pathlib.Path(DATA, "media").rglob("*")) if DATA else []:
        if path.suffix in endings and path.stat().st_size <= 300_000:
            yield path.read_bytes()


SEEDS = {
    "import_fuzz": models,
    "run_fuzz": models,
    "text_fuzz": texts,
    "plan_fuzz": plans,
}


def main():
    for fuzzer in sys.argv[1:]:
        folder = pathlib.Path("build/corpus", fuzzer, "seeds")
        if folder.exists() or fuzzer not in SEEDS:
            continue
        folder.mkdir(parents=True)
        for i, data in enumerate(SEEDS[fuzzer]()):
            (folder / str(i)).write_bytes(data)
        print(f"{fuzzer}: {len(list(folder.iterdir()))} seeds")


if __name__ == "__main__":
    main()
