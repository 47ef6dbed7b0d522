#!/usr/bin/env python3
"""`hasten run --draw`: models whose outputs are constants of every known form, with boxes whose places are known; and
real detectors on pictures of which it is known what they show."""
import os
import pathlib
import unittest

import numpy as np
from command_line import CommandLine, info, model_of, node
from onnx import TensorProto as T
from onnx import numpy_helper
from PIL import Image

DATA = pathlib.Path(os.environ.get("HASTEN_TEST_DATA", "nowhere"))
BOXES = [(10, 20, 40, 60, 0.9, 1), (12, 21, 41, 61, 0.8, 1), (12, 21, 41, 61, 0.7, 0), (50, 8, 60, 30, 0.6, 2), (0, 0, 9, 9, 0.1, 1)]
KEPT = [BOXES[0], BOXES[2], BOXES[3]]  # the second is the first again, the last too uncertain
CELLS = 8 * 8 + 4 * 4 + 2 * 2  # of strides 8, 16 and 32 over 64x64


def middle(box):
    left, above, right, below = box[:4]
    return (left + right) / 2, (above + below) / 2, right - left, below - above


class Drawing(CommandLine):
    SIDE = 64

    def constant_model(self, outputs):
        """Gives these arrays for any picture; each depends on the input, so that nothing is folded away."""
        nodes, initializers = [node("ReduceMin", ["x"], ["low"], keepdims=0), node("Sub", ["low", "low"], ["zero"])], []
        for name, array in outputs.items():
            dtype = T.FLOAT if array.dtype == np.float32 else T.INT64
            initializers.append(numpy_helper.from_array(array, name + "_value"))
            nodes += [node("Cast", ["zero"], [name + "_zero"], to=dtype), node("Add", [name + "_value", name + "_zero"], [name])]
        infos = [info(n, a.shape, T.FLOAT if a.dtype == np.float32 else T.INT64) for n, a in outputs.items()]
        return self.save(model_of(nodes, [info("x", (1, 3, self.SIDE, self.SIDE))], infos, initializers))

    def picture(self, name="p.png", width=SIDE, height=SIDE):
        Image.fromarray(np.full((height, width, 3), 200, np.uint8)).save(self.folder / name)
        return name

    def found(self, outputs, *args):
        report = self.json("run", self.constant_model(outputs), "--image", self.picture(), "--draw", "o.png", *args)
        return report["recognised"], report["detections"]

    def assert_kept(self, outputs, *args, says, shift=0):
        recognised, found = self.found(outputs, *args)
        self.assertIn(says, recognised)
        self.assertEqual([d["class"] + shift for d in found], [b[5] for b in KEPT])
        for d, want in zip(found, KEPT):
            np.testing.assert_allclose(d["box"], want[:4], atol=1e-3)
            self.assertAlmostEqual(d["score"], want[4], places=5)


class Forms(Drawing):
    def yolo(self, rows, classes=3, objectness=False, unit=False):
        out = np.zeros((rows, 4 + objectness + classes), np.float32)
        for i, box in enumerate(BOXES):
            out[7 * i, :4] = np.array(middle(box)) / (self.SIDE if unit else 1)
            out[7 * i, 4] = 1
            out[7 * i, 4 + objectness + box[5]] = box[4]
            if not objectness:
                out[7 * i, 4:] = 0
                out[7 * i, 4 + box[5]] = box[4]
        return out[None]

    def test_yolo(self):
        self.assert_kept({"y": self.yolo(CELLS).transpose(0, 2, 1).copy()}, says=f"YOLOv8 or later: {CELLS} boxes as centre and size in pixels, 3 classes")
        self.assert_kept({"y": self.yolo(CELLS, unit=True).transpose(0, 2, 1).copy()}, says="as parts of the input, 3 classes")
        self.assert_kept({"y": self.yolo(3 * CELLS, objectness=True)}, says="YOLOv5 or v7: 252 boxes as centre and size in pixels, objectness, 3 classes")
        self.assert_kept({"y": self.yolo(CELLS)}, says="YOLOv8 or later: 84 boxes as centre and size in pixels, 3 classes")
        self.assert_kept({"y": self.yolo(CELLS, classes=80, objectness=True)}, says="objectness, 80 classes")
        (self.folder / "labels.txt").write_text("cat\ndog\nowl\n")
        self.assert_kept({"y": self.yolo(CELLS, objectness=True)}, "--labels", "labels.txt", says="objectness, 3 classes")

    def test_yolox(self):
        out = np.full((1, CELLS, 8), 0, np.float32)
        for i, box in enumerate(BOXES):
            row, (x, y, w, h) = 8 * 3 + i, middle(box)  # row 3 of the grid of stride 8
            out[0, row, :4] = x / 8 - i, y / 8 - 3, np.log(w / 8), np.log(h / 8)
            out[0, row, 4], out[0, row, 5 + box[5]] = 0.5, 2 * box[4] if box[4] <= 0.5 else 1
            out[0, row, 4] = box[4] if box[4] > 0.5 else 0.5
        self.assert_kept({"y": out}, says="YOLOX: 84 boxes as centre and size in cells of the grids, objectness, 3 classes")

    def test_after_suppression(self):
        rows = np.array([(*b[:5], b[5]) for b in KEPT + [BOXES[4]]], np.float32)
        self.assert_kept({"y": rows}, says="boxes after suppression: corners, score, class, in pixels")
        self.assert_kept({"y": rows[None] / np.float32([64, 64, 64, 64, 1, 1])}, says="as parts of the input")
        self.assert_kept({"y": np.array([(0, *b[:4], b[5], b[4]) for b in KEPT], np.float32)}, says="item, corners, class, score")
        self.assertEqual(self.found({"y": np.zeros((0, 6), np.float32)})[1], [])

    def test_ssd(self):
        corners, scores = np.array([b[:4] for b in BOXES], np.float32), np.array([b[4] for b in BOXES], np.float32)
        labels = np.array([b[5] for b in BOXES])
        self.assert_kept({"boxes": corners, "labels": labels, "scores": scores}, says="SSD: boxes as corners in pixels")
        self.assert_kept({"bboxes": corners[None] / np.float32(64), "labels": labels[None], "scores": scores[None]}, says="as parts of the input")
        swapped = corners[None][..., [1, 0, 3, 2]] / np.float32(64)
        self.assert_kept({"num_detections": np.float32([len(BOXES)]), "detection_boxes": swapped, "detection_scores": scores[None],
                          "detection_classes": labels[None].astype(np.float32)}, says="vertical first")

    def test_probabilities_with_background(self):
        corners = np.array([b[:4] for b in BOXES], np.float32)[None] / np.float32(64)
        scores = np.zeros((1, len(BOXES), 4), np.float32)
        for i, box in enumerate(BOXES):
            scores[0, i, 1 + box[5]], scores[0, i, 0] = box[4], 1 - box[4]
        self.assert_kept({"scores": scores, "boxes": corners}, says="SSD: 5 boxes as corners as parts of the input, 4 probabilities each, the first of which is that of nothing")

    def test_thresholds(self):
        outputs = {"y": self.yolo(3 * CELLS, objectness=True)}
        self.assertEqual([round(d["score"], 3) for d in self.found(outputs, "--score-threshold", "0.05")[1]], [0.9, 0.7, 0.6, 0.1])
        self.assertEqual([round(d["score"], 3) for d in self.found(outputs, "--score-threshold", "0.65")[1]], [0.9, 0.7])
        self.assertEqual([round(d["score"], 3) for d in self.found(outputs, "--iou-threshold", "0.95")[1]], [0.9, 0.8, 0.7, 0.6])

    def test_what_is_not_known(self):
        model = self.constant_model({"y": np.zeros((1, 7, 9), np.float32)})
        self.fails("run", model, "--image", self.picture(), "--draw", "o.png",
                   says=['--draw: the outputs ("y" f32[1,7,9]) have no form that can be drawn for a 64x64 input; known are: YOLO'])
        self.assertFalse((self.folder / "o.png").exists())
        self.fails("run", model, "--draw", "o.png", says="--draw needs a picture as an input: give --image")
        self.misused("run", model, "--draw", "o.jpg", says="'o.jpg' must end in .png")
        self.misused("run", model, "--score-threshold", "0.5", says="--draw")
        self.misused("run", model, "--draw", "o.png", "--iou-threshold", "1.5", says="--iou-threshold")


class Pixels(Drawing):
    def drawn(self, name="o.png"):
        return np.asarray(Image.open(self.folder / name))

    def test_frames_lie_where_the_boxes_are(self):
        rows = np.array([(16, 16, 48, 40, 0.9, 1)], np.float32)
        text = self.out("run", self.constant_model({"y": rows}), "--image", self.picture(width=256, height=128), "--draw", "o.png")
        self.assertIn("recognised boxes after suppression", text)
        self.assertIn("p.png: 1 box\n   90.00 %  class 1  64.0,32.0 to 192.0,80.0\nwrote o.png\n", text)
        out = self.drawn()
        self.assertEqual(out.shape, (128, 256, 3))
        changed = (out != 200).any(-1)
        ys, xs = np.nonzero(changed[32:])
        self.assertEqual((xs.min(), xs.max(), ys.min() + 32, ys.max() + 32), (64, 191, 32, 79))
        self.assertTrue(changed[79, 64:192].all() and changed[32:80, 64].all() and changed[32:80, 191].all())
        self.assertFalse(changed[34:78, 66:190].any())
        self.assertTrue(changed[20:32, 64:120].any())  # the label stands on it
        self.assertFalse(changed[:20].any())

    def test_the_crop_is_undone(self):
        rows = np.array([(0, 0, 64, 64, 0.9, 0)], np.float32)
        report = self.json("run", self.constant_model({"y": rows}), "--image", self.picture(width=200, height=100), "--draw", "o.png", "--crop", "center")
        np.testing.assert_allclose(report["detections"][0]["box"], [50, 0, 150, 100], atol=1e-6)

    def test_the_letterbox_is_undone(self):
        rows = np.array([(0, 16, 32, 48, 0.9, 0), (16, 0, 64, 64, 0.8, 1)], np.float32)  # the second reaches into the grey
        report = self.json("run", self.constant_model({"y": rows}), "--image", self.picture(width=200, height=100), "--draw", "o.png", "--crop", "letterbox")
        np.testing.assert_allclose(report["detections"][0]["box"], [0, 0, 100, 100], atol=1e-6)
        np.testing.assert_allclose(report["detections"][1]["box"], [50, 0, 200, 100], atol=1e-6)

    def test_a_label_is_text(self):
        (self.folder / "labels.txt").write_text("i\nW\n")
        ink = []
        for label in (0, 1):
            rows = np.array([(10, 40, 60, 60, 1, label)], np.float32)
            self.out("run", self.constant_model({"y": rows}), "--image", self.picture(), "--draw", "o.png", "--labels", "labels.txt")
            field = self.drawn()[31:40, 10:17]
            ink.append(((field == 0).all(-1) | (field == 255).all(-1)).sum())
        self.assertEqual(ink, [sum(bin(int(c, 32)).count("1") for c in glyph) for glyph in ("40C444E", "HHHLLLA")])

    def test_masks(self):
        scores = np.zeros((1, 3, 16, 16), np.float32)
        scores[0, 0] = 1
        scores[0, 2, 4:8, 8:] = 2
        report = self.json("run", self.constant_model({"y": scores}), "--image", self.picture(width=128), "--draw", "o.png")
        self.assertIn("a map of 16x16: the largest of 3 classes, of which the first is nothing", report["recognised"])
        self.assertEqual(report["detections"], [{"item": 0, "class": 2, "share": 32 / 256}])
        want = np.zeros((64, 128), bool)
        want[16:32, 64:] = True
        np.testing.assert_array_equal((self.drawn() != 200).any(-1), want)
        last = scores.transpose(0, 2, 3, 1).copy()
        self.out("run", self.constant_model({"y": last}), "--image", self.picture(width=128), "--draw", "o.png")
        np.testing.assert_array_equal((self.drawn() != 200).any(-1), want)

    def test_maps_of_one_class(self):
        p = np.zeros((1, 1, 16, 16), np.float32)
        p[0, 0, :8, :8] = 0.4
        p[0, 0, 8:, 8:] = 0.6
        run = ("run", self.constant_model({"y": p}), "--image", self.picture(), "--draw", "o.png")
        self.assertEqual(self.json(*run)["detections"][0]["share"], 0.25)
        self.assertEqual(self.json(*run, "--score-threshold", "0.3")["detections"][0]["share"], 0.5)
        report = self.json("run", self.constant_model({"y": (p * 20 - 10)[0]}), "--image", self.picture(), "--draw", "o.png")
        self.assertIn("sigmoid of at least 0.5", report["recognised"])
        self.assertEqual(report["detections"][0]["share"], 0.25)
        classes = np.zeros((1, 16, 16), np.int64)
        classes[0, 0] = 3
        report = self.json("run", self.constant_model({"y": classes}), "--image", self.picture(), "--draw", "o.png")
        self.assertEqual(report["detections"], [{"item": 0, "class": 3, "share": 1 / 16}])

    def test_several_pictures(self):
        model = self.save(model_of([node("Slice", ["x", "from", "to", "axes"], ["y"])], [info("x", ("n", 3, 8, 8))], [info("y", ("n", 1, 8, 8))],
                                   [numpy_helper.from_array(np.array(v), n) for n, v in (("from", [0]), ("to", [1]), ("axes", [1]))]))
        a = self.picture("a.png")
        self.assertIn("wrote o_1.png", self.out("run", model, "--image", a, "--image", a, "--draw", "o.png"))
        self.assertEqual(self.drawn("o_0.png").shape, (64, 64, 3))


@unittest.skipUnless((DATA / "onnx").exists(), "needs HASTEN_TEST_DATA")
class RealModels(CommandLine):
    def labels(self, model, picture, *args):
        path = next((DATA / "media/images").glob(picture + ".*"))
        report = self.json("run", DATA / "onnx" / model / "model.onnx", "--image", path, "--draw", "o.png", "--level", "0", *args)
        with Image.open(self.folder / "o.png") as drawn, Image.open(path) as given:
            self.assertEqual(drawn.size, given.size)
        return report["recognised"], [d.get("label") for d in report["detections"]]

    def test_faces(self):
        for model, args in (("ultraface-rfb-320", ("--scale", "1/128", "--mean", "0.9921875")), ("ultraface-rfb-640", ("--scale", "1/128", "--mean", "0.9921875")),
                            ("yunet-n-320", ("--bgr", "--scale", "1")),
                            ("openseeface-retinaface-640x640-opt", ("--bgr", "--scale", "1", "--mean", "104,117,123"))):
            for picture, faces in (("obama", 1), ("faces_2", 4)):
                with self.subTest(model=model, picture=picture):
                    self.assertEqual(len(self.labels(model, picture, "--score-threshold", "0.7", "--iou-threshold", "0.3", *args)[1]), faces)

    def test_things(self):
        names = ("--labels", DATA / "media/labels/coco80.names", "--score-threshold", "0.35")
        recognised, found = self.labels("yolox-nano", "bus", "--bgr", "--scale", "1", *names)
        self.assertIn("YOLOX", recognised)
        self.assertLessEqual({"bus", "person"}, set(found))
        recognised, found = self.labels("fastestdet-opset16", "bus", "--bgr", "--scale", "1/255", *names)
        self.assertIn("FastestDet", recognised)
        self.assertLessEqual({"bus", "person"}, set(found))

    def test_maps(self):
        recognised, found = self.labels("ppocrv3-det-en", "ocr_gt_113", "--shape", "x=1x3x320x320", "--score-threshold", "0.3")
        self.assertIn("probability of at least 0.3", recognised)
        self.assertEqual(len(found), 1)


if __name__ == "__main__":
    unittest.main()
