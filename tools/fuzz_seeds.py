"""Files that the fuzzers of tests/fuzz start from, into build/corpus/NAME/seeds: small models of the conformance suite and of
HASTEN_TEST_DATA as ONNX, as text and as plans, the rules' cases, and small files of each input format.

    HASTEN_BIN=build/fuzz/hasten python tools/fuzz_seeds.py FUZZER...
"""
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import wave

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


def arrays(archive):
    """.npy files, or .npz archives of two, of each dtype and order."""
    import numpy as np
    for dtype in ("f4", ">f8", "f2", "i1", "u8", "?", "c8", "U3", "S2"):
        for shape in ((), (0,), (3,), (2, 3)):
            for order in "CF":
                array, out = np.zeros(shape, dtype, order), io.BytesIO()
                if archive:
                    (np.savez_compressed if order == "F" else np.savez)(out, x=array, y=array)
                else:
                    np.save(out, array)
                yield out.getvalue()


def texts_of_values():
    yield from (b'[[1, 2], [3, -4.5e3]]', b'{"x": [true, false], "y": ["a", "b"]}', b'{"shape": [2], "dtype": "f32", "data": [NaN, "Infinity"]}',
                b'{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}', b'{"sequence": [[1], [2]]}',
                b'{"keys": [1, 2], "values": [0.5, 0.25]}', b'7', b'[[], []]', b'[[1, 0], [0, 1]]')


def sounds():
    for channels, bits, rate in ((1, 8, 8000), (1, 16, 16000), (2, 16, 44100), (2, 24, 48000)):
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(bits // 8)
            file.setframerate(rate)
            file.writeframes(bytes(range(240)) * (channels * bits // 8))
        yield out.getvalue()
    for data in media(".flac", ".wav"):
        yield data[:20_000]


SEEDS = {
    "import_fuzz": models,
    "run_fuzz": models,
    "text_fuzz": texts,
    "plan_fuzz": plans,
    "tensor_fuzz": tensors,
    "npy_fuzz": lambda: arrays(archive=False),
    "npz_fuzz": lambda: arrays(archive=True),
    "json_fuzz": texts_of_values,
    "sound_fuzz": sounds,
    "picture_fuzz": lambda: media(".jpg", ".jpeg", ".png"),
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
