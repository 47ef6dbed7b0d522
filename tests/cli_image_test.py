#!/usr/bin/env python3
"""Pictures as inputs of `hasten run`; the judge of decoding and resizing is Pillow."""
import unittest

import numpy as np
import onnx
from command_line import SYMBOLS, CommandLine
from onnx import TensorProto as T
from onnx import helper
from PIL import Image

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


class Pictures(CommandLine):
    def picture(self, name="p.png", size=(4, 6), mode="RGB"):
        channels = {"RGB": 3, "L": 1}[mode]
        pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels), np.uint8)
        Image.fromarray(pixels.squeeze()).save(self.folder / name)
        return name, pixels

    def ran(self, model, *args):
        """The model's input, which it gives back."""
        self.out("run", model, *args, "--output-dir", "o")
        return np.load(self.folder / "o/output_0.npy")

    def test_demo(self):
        text = self.out("run", SYMBOLS / "model.onnx", "--image", SYMBOLS / "umbrella.jpg", "--labels", SYMBOLS / "labels.txt", "--top", "5")
        self.assertRegex(text, r"umbrella.jpg: 256x208 to 64x64, RGB, bilinear, times 1/255, mean 0.485 0.456 0.406, deviation")
        self.assertRegex(text, r"latency: [0-9.]+ m?s")
        self.assertRegex(text, r'top 5 of output "\w+" \(softmax applied\):\n +(9\d|100)\.\d\d %  umbrella\n')
        for name, label in (("cup.png", "cup"), ("knight.png", "chess knight")):
            top = self.json("run", SYMBOLS / "model.onnx", "--image", SYMBOLS / name, "--labels", SYMBOLS / "labels.txt")
            self.assertEqual(top["top"][0][0]["label"], label)
            self.assertGreater(top["top"][0][0]["score"], 0.9)
            self.assertEqual(len(top["top"][0]), 5)
            self.assertIs(top["softmax"], True)

    def test_usual_preprocessing(self):
        name, pixels = self.picture()
        got = self.ran(self.identity(shape=(1, 3, 6, 4)), "--image", name)
        want = ((pixels / 255 - MEAN) / STD).transpose(2, 0, 1)[None]
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
        got = self.ran(self.identity(shape=(1, 6, 4, 3)), "--image", f"x={name}")
        np.testing.assert_allclose(got, want.transpose(0, 2, 3, 1), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(self.ran(self.identity(T.UINT8, (1, 6, 4, 3)), "--image", name)[0], pixels)
        np.testing.assert_array_equal(self.ran(self.identity(T.INT8, (1, 6, 4, 3)), "--image", name)[0], pixels.astype(int) - 128)
        name, gray = self.picture("g.png", mode="L")
        got = self.ran(self.identity(shape=(1, 1, 6, 4)), "--image", name)
        np.testing.assert_allclose(got[0, 0], gray[..., 0] / 255, rtol=1e-5)

    def test_open_sizes_are_the_pictures_own(self):
        name, _ = self.picture(size=(5, 7))
        self.assertEqual(self.ran(self.identity(shape=("b", 3, "h", "w")), "--image", name).shape, (1, 3, 7, 5))
        self.assertEqual(self.ran(self.identity(shape=("b", 3, "h", "w")), "--image", name, "--shape", "x=1x3x2x2").shape, (1, 3, 2, 2))

    def test_settings_by_flags_and_metadata(self):
        name, pixels = self.picture()
        model = self.identity(shape=(1, 3, 6, 4))
        got = self.ran(model, "--image", name, "--color", "bgr", "--scale", "0.5", "--mean", "1,2,3", "--std", "2")
        np.testing.assert_allclose(got[0], ((pixels[..., ::-1] * 0.5 - [1, 2, 3]) / 2).transpose(2, 0, 1), rtol=1e-5, atol=1e-5)
        loaded = onnx.load(self.folder / model)
        helper.set_model_props(loaded, {"hasten.image": '{"scale": "1/2", "mean": 1, "std": [1, 2, 4], "color": "bgr"}'})
        self.save(loaded)
        got = self.ran(model, "--image", name, "--color", "rgb")
        np.testing.assert_allclose(got[0], ((pixels * 0.5 - 1) / [1, 2, 4]).transpose(2, 0, 1), rtol=1e-5, atol=1e-5)
        helper.set_model_props(loaded, {"hasten.image": '{"scale": }'})
        self.save(loaded)
        self.fails("run", model, "--image", name, says='metadata "hasten.image": no JSON at byte')

    def test_bgr_is_short(self):
        name, pixels = self.picture()
        got = self.ran(self.identity(T.UINT8, (1, 6, 4, 3)), "--image", name, "--bgr")
        np.testing.assert_array_equal(got[0], pixels[..., ::-1])
        self.misused("run", "m.onnx", "--bgr", "--color", "rgb", says="--color")

    def test_pictures_are_inputs_like_others(self):
        name, pixels = self.picture()
        model = self.identity(T.UINT8, ("n", 6, 4, 3))
        np.testing.assert_array_equal(self.ran(model, "--input", f"x={name}", "--input", name), np.stack([pixels, pixels]))
        self.save_npy("x.npy", pixels[None])
        self.fails("run", model, "--input", name, "--input", "x.npy", says='input "x" is given pictures and other files')

    def cropped(self, image, shorter, height, width):
        """As torchvision has it: Resize(shorter), then CenterCrop."""
        pixels = np.asarray(image)
        h, w = pixels.shape
        to = (shorter, int(shorter * w / h)) if h < w else (int(shorter * h / w), shorter)
        rows, columns = [(2 * np.arange(n) + 1) * old // (2 * n) for n, old in zip(to, (h, w))]
        above, left = round((to[0] - height) / 2), round((to[1] - width) / 2)
        return pixels[rows][:, columns][above:above + height, left:left + width]

    def test_the_middle_is_cut_out(self):
        for w, h in ((60, 40), (40, 60), (50, 50), (31, 97)):
            image = Image.effect_noise((w, h), 80)
            image.save(self.folder / "n.png")
            for shorter, height, width in ((30, 30, 30), (33, 20, 31), (40, 21, 21), (64, 10, 60)):
                with self.subTest(size=(w, h), shorter=shorter, to=(height, width)):
                    got = self.ran(self.identity(T.UINT8, (1, 1, height, width)), "--image", "n.png", "--resize", "nearest", "--resize-to", shorter)
                    np.testing.assert_array_equal(got[0, 0], self.cropped(image, shorter, height, width))
        image = Image.effect_noise((60, 40), 80)
        image.save(self.folder / "n.png")
        model = self.identity(T.UINT8, (1, 1, 20, 20))
        got = self.ran(model, "--image", "n.png", "--resize", "nearest", "--crop", "center")  # 30x20 just covers it
        np.testing.assert_array_equal(got[0, 0], self.cropped(image, 20, 20, 20))
        got = self.ran(model, "--image", "n.png", "--resize", "nearest", "--crop", "none", "--resize-to", "30")
        np.testing.assert_array_equal(got[0, 0], np.asarray(image.resize((20, 20), Image.NEAREST)))
        self.assertIn("n.png: 60x40 to 20x20, GRAY, nearest, centre cut out", self.out("run", model, "--image", "n.png", "--resize", "nearest", "--crop", "center"))
        self.fails("run", model, "--image", "n.png", "--resize-to", "19", says="n.png: resized to 28x19, which has no 20x20 to cut out: --resize-to must be larger")
        loaded = onnx.load(self.folder / model)
        helper.set_model_props(loaded, {"hasten.image": '{"resize": "nearest", "crop": "center", "resize_to": 31}'})
        self.save(loaded)
        np.testing.assert_array_equal(self.ran(model, "--image", "n.png")[0, 0], self.cropped(image, 31, 20, 20))

    def test_letterbox(self):
        for w, h in ((60, 40), (40, 60), (50, 50), (97, 31), (300, 1)):
            image = Image.effect_noise((w, h), 80)
            image.save(self.folder / "n.png")
            for height, width in ((30, 30), (20, 31)):
                with self.subTest(size=(w, h), to=(height, width)):
                    ratio = min(width / w, height / h)
                    inside = max(1, int(w * ratio + 0.5)), max(1, int(h * ratio + 0.5))
                    want = Image.new("L", (width, height), 114)
                    want.paste(image.resize(inside, Image.NEAREST), (-round((inside[0] - width) / 2), -round((inside[1] - height) / 2)))
                    model = self.identity(T.UINT8, (1, 1, height, width))
                    got = self.ran(model, "--image", "n.png", "--resize", "nearest", "--crop", "letterbox")
                    np.testing.assert_array_equal(got[0, 0], np.asarray(want))
        self.assertIn("n.png: 300x1 to 31x20, GRAY, bilinear, letterboxed", self.out("run", model, "--image", "n.png", "--crop", "letterbox"))
        self.misused("run", model, "--image", "n.png", "--crop", "leterbox", says="letterbox")

    def test_resizing(self):
        image = Image.effect_noise((60, 40), 80)
        image.save(self.folder / "n.png")
        model = self.identity(T.FLOAT, (1, 1, 10, 20))
        for flag, pillow in (("antialias", Image.BILINEAR), ("nearest", Image.NEAREST)):
            got = self.ran(model, "--image", "n.png", "--resize", flag, "--scale", "1")
            want = np.asarray(image.resize((20, 10), pillow), np.float32)
            self.assertLess(np.abs(got[0, 0] - want).max(), 1.5 if flag == "antialias" else 1e-6)
        pixels = np.asarray(image, np.float64)
        got = self.ran(model, "--image", "n.png", "--scale", "1")  # ratios 4 and 3: centres between two rows, on a column
        np.testing.assert_allclose(got[0, 0], (pixels[1::4, 1::3] + pixels[2::4, 1::3]) / 2, rtol=1e-5)

    def test_a_batch(self):
        a, first = self.picture("a.png")
        b, _ = self.picture("b.png", size=(9, 9))
        got = self.ran(self.identity(T.UINT8, ("n", 6, 4, 3)), "--image", a, "--image", b)
        self.assertEqual(got.shape, (2, 6, 4, 3))
        np.testing.assert_array_equal(got[0], first)
        self.fails("run", self.identity(T.UINT8, (1, 6, 4, 3)), "--image", a, "--image", b, says="takes 1 pictures, 2 given")

    def test_layout_where_the_shape_does_not_tell(self):
        name, pixels = self.picture()
        model = self.identity(T.UINT8, ("n", "a", "b", "c"))
        self.fails("run", model, "--image", name, says="no axis has 1 or 3 channels")
        self.assertEqual(self.ran(model, "--image", name, "--layout", "nhwc").shape, (1, 6, 4, 3))
        self.assertEqual(self.ran(model, "--image", name, "--layout", "nchw").shape, (1, 3, 6, 4))

    def test_wrong_pictures(self):
        name, _ = self.picture()
        model = self.identity(shape=(1, 3, 6, 4))
        (self.folder / "text.png").write_text("no picture")
        (self.folder / "cut.png").write_bytes((self.folder / name).read_bytes()[:60])
        self.fails("run", model, "--image", "absent.png", says="absent.png: No such file")
        self.fails("run", model, "--image", "text.png", says="text.png: ")
        self.fails("run", model, "--image", "cut.png", says="cut.png: ")
        self.fails("run", model, "--image", f"w={name}", says='the model has no input "w"')
        self.fails("run", model, "--image", name, "--mean", "1,2", says="mean must have 1 number or 3, has 2")
        self.fails("run", self.identity(shape=(1, 10)), "--image", name, says="takes no picture: rank must be 4")
        self.fails("run", self.identity(shape=(1, 4, 6, 6)), "--image", name, says='input "x": f32[1,4,6,6] takes no picture: no axis')
        self.fails("run", self.identity(T.STRING, (1, 3, 6, 6)), "--image", name, says="elements must be numbers")


if __name__ == "__main__":
    unittest.main()
