"""Real pictures and sounds through real models: what is decoded from Hasten's outputs equals what is decoded from ONNX
Runtime's, and is what the picture shows or the sound says.

Classes, boxes, text and speech are decoded here, by plain numpy steps that know neither engine.  What each medium must
show was read off the picture or heard, not off an engine.
Where HASTEN_FULL is 1, streamed networks hear more.

    HASTEN_BIN=build/dev/hasten HASTEN_TEST_DATA=... python tests/media_test.py [--write docs/media.md] [part of a row ...]
"""
import os
import pathlib
import sys
import tempfile
import wave

import media_decoding as decode
import numpy as np
import onnx
import onnxruntime
from command_line import HASTEN
from models_test import packaged_models, run_ours
from PIL import Image

DATA = os.environ.get("HASTEN_TEST_DATA", "")
onnxruntime.set_default_logger_severity(4)
MEDIA = pathlib.Path(DATA, "media")
PACKAGED = dict(packaged_models())
FULL = os.environ.get("HASTEN_FULL") == "1" or "--write" in sys.argv
PAGE = "docs/media.md"
CHECKS = []


def model_path(name):
    own = pathlib.Path(DATA, "onnx", name, "model.onnx")
    if not own.exists() and name not in PACKAGED:
        raise NotInstalled(name)
    return str(own) if own.exists() else PACKAGED[name]


class NotInstalled(Exception):
    """The model comes with a package of tools/models.txt that is not there."""


class Both:
    """A model in both engines."""

    def __init__(self, name):
        self.path = model_path(name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self.session = onnxruntime.InferenceSession(self.path, options, ["CPUExecutionProvider"])

    def theirs(self, *arrays):
        return self.session.run(None, {i.name: a for i, a in zip(self.session.get_inputs(), arrays)})

    def ours(self, *arrays):
        with tempfile.TemporaryDirectory() as folder:
            return run_ours(self.path, [(i.name, a) for i, a in zip(self.session.get_inputs(), arrays)], folder)


def check(label, kind):
    """Registers a function that yields rows: (medium, what Hasten's outputs say, what ONNX Runtime's say, is it as seen)."""
    def register(function):
        CHECKS.append((label, kind, function))
        return function
    return register


def picture(name, mode="RGB"):
    return Image.open(next(MEDIA.glob(f"images/{name}.*"))).convert(mode)


def sound(name):
    with wave.open(str(MEDIA / "audio" / f"{name}.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, file.getnchannels())
    return samples[:, 0].astype(np.float32) / 32768


IMAGENET_MEAN, IMAGENET_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
SEEN = {"kitten_224": "cat", "elephants": "elephant", "pineapple": "pineapple", "vulture": "vulture", "wolves": "wolf", "fish": "tench"}


def classes(name, prepare):
    labels = (MEDIA / "labels/imagenet_synset.txt").read_text().splitlines()
    model = Both(name)
    for medium, word in SEEN.items():
        x = prepare(picture(medium))
        said = [[labels[k].split(" ", 1)[1] for k in decode.top(outputs[0], 5)] for outputs in (model.ours(x), model.theirs(x))]
        right = word in " ".join(said[0]).lower()
        yield medium, said[0][0], said[1][0], right


def normalised(side):
    return lambda image: decode.planes((np.asarray(decode.center(image, side)) / 255 - IMAGENET_MEAN) / IMAGENET_STD)


@check("squeezenet1.1-fp32-rebuilt", "class")
def squeezenet():
    return classes("squeezenet1.1-fp32-rebuilt", normalised(224))


@check("shufflenet-v2-12-int8", "class")
def shufflenet():
    return classes("shufflenet-v2-12-int8", normalised(224))


@check("mobilenetv2-int8-qdq", "class")
def mobilenet():
    return classes("mobilenetv2-int8-qdq", normalised(244))


@check("squeezenet1.0-fp16", "class")
def squeezenet_fp16():
    mean = np.array([103.94, 116.78, 123.68])
    return classes("squeezenet1.0-fp16", lambda image: decode.planes(np.asarray(decode.center(image, 224))[..., ::-1] - mean).astype(np.float16))


@check("mnist-8", "digit")
def digits():
    model = Both("mnist-8")
    images, labels = decode.mnist(MEDIA / "mnist", 12)
    for i, (image, label) in enumerate(zip(images, labels)):
        x = image[None, None].astype(np.float32)
        ours, theirs = (int(np.argmax(run(x)[0])) for run in (model.ours, model.theirs))
        yield f"test digit {i}", ours, theirs, ours == label


def boxes_agree(ours, theirs):
    """One box of the other engine for each, of the same class, on the same place."""
    return len(ours) == len(theirs) and all(a.label == b.label and decode.overlap(a.box, b.box) > 0.99 for a, b in zip(ours, theirs))


def boxes(name, prepare, read, media):
    """`media`: the least and most things that the picture shows, by name."""
    model = Both(name)
    for medium, seen in media.items():
        image = picture(medium)
        x = prepare(image)
        ours, theirs = read(model.ours(x)), read(model.theirs(x))
        same = boxes_agree(ours, theirs)
        if isinstance(seen, tuple):
            right = seen[0] <= len(ours) <= seen[1]
            text = [f"{len(found)} face{'s' * (len(found) != 1)}" for found in (ours, theirs)]
        else:
            right = set(seen) <= {b.label for b in ours}
            text = [decode.listed(found) for found in (ours, theirs)]
        yield medium, text[0], text[1] if same else text[1] + " elsewhere", right


FACES = {"obama": (1, 1), "faces_2": (4, 4), "faces_11": (18, 30), "grace_hopper": (1, 1)}


@check("ultraface-rfb-320", "faces")
def ultraface_small():
    return boxes("ultraface-rfb-320", lambda i: decode.planes((np.asarray(i.resize((320, 240))) - 127.0) / 128), decode.ultraface,
                 {k: v for k, v in FACES.items() if k != "faces_11"})


@check("ultraface-rfb-640", "faces")
def ultraface_large():
    return boxes("ultraface-rfb-640", lambda i: decode.planes((np.asarray(i.resize((640, 480))) - 127.0) / 128), decode.ultraface, FACES)


@check("yunet-n-320", "faces")
def yunet():
    return boxes("yunet-n-320", lambda i: decode.planes(np.asarray(i.resize((320, 320)))[..., ::-1]), decode.yunet,
                 {k: v for k, v in FACES.items() if k != "faces_11"})


@check("openseeface-retinaface-640x640-opt", "faces")
def retinaface():
    return boxes("openseeface-retinaface-640x640-opt", lambda i: decode.planes(np.asarray(i.resize((640, 640)))[..., ::-1] - np.array([104.0, 117, 123])),
                 decode.retinaface, FACES)


THINGS = {"bus": ["bus", "person"], "bike": ["bicycle", "person"], "elephants": ["elephant"]}


@check("yolox-nano", "things")
def yolox():
    names = (MEDIA / "labels/coco80.names").read_text().splitlines()
    return boxes("yolox-nano", lambda i: decode.planes(np.asarray(decode.letterbox(i, 416))[..., ::-1]), lambda o: decode.yolox(o, names), THINGS)


@check("fastestdet-opset16", "things")
def fastestdet():
    names = (MEDIA / "labels/coco80.names").read_text().splitlines()
    return boxes("fastestdet-opset16", lambda i: decode.planes(np.asarray(i.resize((352, 352)))[..., ::-1] / 255), lambda o: decode.fastestdet(o, names),
                 {"bus": ["bus", "person"], "bike": ["person"], "elephants": ["elephant"]})


SIGNS = {"ocr_gt_113": ["雄梅石材", "13924301893", "极光宽带"], "ocr_gt_97": ["山寨"]}


def text_of(image, characters, run):
    """Lines of text: detected, turned upright, recognised; `run`: model name and input to outputs."""
    x, scale = decode.text_input(image)
    lines = []
    for box in decode.text_boxes(run("ch_PP-OCRv4_det_infer", x)[0][0, 0], scale, image.size):
        crop = image.crop(box)
        if crop.height > 1.5 * crop.width:
            crop = crop.rotate(90, expand=True)
        upright = run("ch_ppocr_mobile_v2.0_cls_infer", decode.text_line(crop, 192))[0][0]
        if upright[1] > 0.9:
            crop = crop.rotate(180)
        lines.append(decode.greedy_text(run("ch_PP-OCRv4_rec_infer", decode.text_line(crop, None))[0][0], characters))
    return [line for line in lines if line]


def alphabet():
    """The recogniser's characters, which its metadata lists; the first is the blank."""
    metadata = {p.key: p.value for p in onnx.load(model_path("ch_PP-OCRv4_rec_infer")).metadata_props}
    return [""] + metadata["character"].splitlines() + [" "]


@check("PP-OCRv4 detection, direction, recognition", "text")
def signs():
    characters = alphabet()
    models = {k: Both(k) for k in ("ch_PP-OCRv4_det_infer", "ch_ppocr_mobile_v2.0_cls_infer", "ch_PP-OCRv4_rec_infer")}
    for medium, seen in list(SIGNS.items())[:2 if FULL else 1]:
        ours, theirs = (text_of(picture(medium), characters, run) for run in (lambda n, x: models[n].ours(x), lambda n, x: models[n].theirs(x)))
        yield medium, "; ".join(ours), "; ".join(theirs), all(any(part in line for line in ours) for part in seen)


def streamed(name, samples, seconds):
    """Speech probabilities of frames of 512 samples, each after 64 of the frame before it; by Hasten and by ONNX Runtime."""
    model, kinds = Both(name), [i.name for i in onnxruntime.InferenceSession(model_path(name)).get_inputs()]
    out = []
    for run in (model.ours, model.theirs):
        state, context, probabilities = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32), []
        for frame in samples[:int(seconds * 16000)].reshape(-1, 512):
            x = np.concatenate([context, frame])[None]
            given = {"input": x, "state": state, "sr": np.array(16000, np.int64)}
            p, state = run(*[given[k] for k in kinds])
            context = frame[-64:]
            probabilities.append(float(np.ravel(p)[0]))
        out.append(np.array(probabilities))
    return out


def spoken(name):
    for medium, seconds in (("jfk", 3.2), ("silero_test", 3.2)) if FULL else (("jfk", 2.4),):
        samples = sound(medium)
        ours, theirs = streamed(name, samples, seconds)
        told = ["".join("#" if p > 0.5 else "." for p in each) for each in (ours, theirs)]
        close = np.max(np.abs(ours - theirs)) < 1e-3
        yield medium, told[0], told[1] if close else told[1] + " of other probabilities", "#####" in told[0] and "." in told[0]


for each in ("silero-vad-16k-opset15", "silero-vad-half", "silero-vad-opset18", "silero-vad-16k-static", "silero_vad", "silero_vad_op18_ifless",
             "silero_vad_openvino_16k"):
    CHECKS.append((each, "speech", lambda each=each: spoken(each)))


@check("silero_vad_16k_sequence", "speech")
def sequence():
    model = Both("silero_vad_16k_sequence")
    samples = sound("jfk")[:512 * 320]
    rows = np.stack([np.concatenate([samples[max(i - 64, 0):i] if i else np.zeros(64, np.float32), samples[i:i + 512]])
                     for i in range(0, len(samples), 512)])
    start = np.zeros((1, 1, 128), np.float32)
    ours, theirs = (np.ravel(run(rows, start, start)[0]) for run in (model.ours, model.theirs))
    told = ["".join("#" if p > 0.5 else "." for p in each) for each in (ours, theirs)]
    close = np.max(np.abs(ours - theirs)) < 1e-3
    yield "jfk, 10 s", told[0], told[1] if close else told[1] + " of other probabilities", "#####" in told[0] and "....." in told[0]


def page(rows):
    lines = ["# Pictures and sounds", "", "What is decoded from Hasten's outputs on real media; ONNX Runtime's say the same. Written by",
             "`./dev docs` where the test data is at hand. Speech: a frame of 32 ms each, # is speech.", "",
             "| model | medium | decoded |", "|---|---|---|"]
    lines += [f"| {label} | {medium} | {str(ours) if len(str(ours)) < 110 else str(ours)[:107] + '...'} |" for label, medium, ours in rows]
    return "\n".join(lines) + "\n"


def main():
    args = sys.argv[1:]
    target = args[args.index("--write") + 1] if "--write" in args else None
    wanted = [a for a in args if not a.startswith("--") and a != target]
    if not MEDIA.exists():
        print("HASTEN_TEST_DATA has no media: nothing is tested")
        return 0
    rows, passed, failed = [], 0, 0
    for label, kind, function in CHECKS:
        if wanted and not any(w in f"{label} {kind}" for w in wanted):
            continue
        try:
            for medium, ours, theirs, right in function():
                good = ours == theirs and right
                passed, failed = passed + good, failed + (not good)
                rows.append((label, medium, ours))
                if not good or wanted:
                    print("ok" if good else "FAILED", label, medium, "Hasten:", ours, "ONNX Runtime:", theirs, "" if right else "NOT AS SEEN", flush=True)
        except NotInstalled as missing:
            print(f"{label}: no model {missing}: not tested")
        except Exception as error:  # a failing model is a row, not the end of the test
            failed += 1
            print("FAILED", label, repr(error)[:300], flush=True)
    if target:
        pathlib.Path(target).write_text(page(rows))
    elif FULL and not wanted and pathlib.Path(PAGE).read_text() != page(rows):
        failed += 1
        print(f"{PAGE} is out of date: write it anew with `./dev docs`")
    print(f"{passed} passed, {failed} failed ({HASTEN})")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
