#!/usr/bin/env python3
"""Sounds as inputs of `hasten run`.  The judge of resampling is a sine: its frequency and its amplitude are kept."""
import os
import pathlib
import struct
import unittest
import wave

import numpy as np
import onnx
from command_line import CommandLine
from onnx import TensorProto as T
from onnx import helper

MEDIA = pathlib.Path(os.environ.get("HASTEN_TEST_DATA", "nowhere"), "media/audio")


def sine(hertz, rate, seconds, amplitude):
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


class Sounds(CommandLine):
    def wav(self, samples, rate, name="s.wav", width=2):
        """`samples`: [frames] or [frames, channels] of -1 to 1."""
        samples = np.atleast_2d(np.asarray(samples, np.float64).T).T
        with wave.open(str(self.folder / name), "wb") as file:
            file.setnchannels(samples.shape[1])
            file.setsampwidth(width)
            file.setframerate(rate)
            scaled = np.round(samples * 2 ** (8 * width - 1)).astype(np.int64)
            if width == 1:
                data = (scaled + 128).astype(np.uint8).tobytes()
            else:
                data = b"".join(int(v).to_bytes(width, "little", signed=True) for v in scaled.ravel())
            file.writeframes(data)
        return name

    def back(self, model, *args):
        self.said = self.out("run", model, *args, "--output-dir", "o")
        return np.load(self.folder / "o/output_0.npy")

    def test_samples_of_every_width(self):
        samples = sine(440, 16000, 0.05, 0.8)
        for width, error in ((1, 1 / 255), (2, 1e-4), (3, 1e-6), (4, 1e-6)):
            got = self.back(self.identity(), "--input", self.wav(samples, 16000, width=width))
            self.assertEqual(got.shape, (800,))
            self.assertLess(np.abs(got - samples).max(), error)
        self.assertIn("sound: s.wav: 16000 Hz, 1 channel, 0.050 s to 16000 Hz, 800 samples\n", self.said)

    def test_resampling_keeps_frequency_and_amplitude(self):
        for rate, to in ((44100, 16000), (8000, 16000), (48000, 16000), (16000, 22050), (16000, 8000)):
            with self.subTest(rate=rate, to=to):
                got = self.back(self.identity(), "--input", self.wav(sine(1000, rate, 1, 0.5), rate), "--sample-rate", to).astype(np.float64)
                self.assertLessEqual(abs(len(got) - to), 1)
                middle = got[to // 4:to // 4 + to // 2]  # half a second: bins of 2 Hz, 1000 Hz is one of them
                spectrum = np.abs(np.fft.rfft(middle)) * 2 / len(middle)
                self.assertEqual(np.argmax(spectrum) * 2, 1000)
                self.assertLess(abs(spectrum.max() - 0.5), 1e-3)
                spectrum[np.argmax(spectrum)] = 0
                self.assertLess(spectrum.max(), 1e-3)

    def test_what_the_new_rate_cannot_hold_is_silent(self):
        got = self.back(self.identity(), "--input", self.wav(sine(6000, 48000, 0.5, 0.9), 48000), "--sample-rate", 8000)
        self.assertLess(np.abs(got[200:-200]).max(), 1e-3)

    def test_channels_are_averaged(self):
        left, right = sine(300, 16000, 0.1, 0.6), sine(500, 16000, 0.1, 0.2)
        got = self.back(self.identity(), "--input", self.wav(np.stack([left, right], 1), 16000))
        self.assertLess(np.abs(got - (left + right) / 2).max(), 1e-4)
        self.assertIn("2 channels", self.said)

    def test_the_shape_that_the_input_wants(self):
        samples = sine(440, 16000, 0.01, 0.5)
        name = self.wav(samples, 16000)
        for shape, want in (((1, "n"), (1, 160)), (("b", "n"), (1, 160)), ((1, 1, "n"), (1, 1, 160)), ((1, "n", 1), (1, 160, 1))):
            self.assertEqual(self.back(self.identity(shape=shape), "--input", name).shape, want)
        got = self.back(self.identity(shape=(1, 100)), "--input", name)
        self.assertLess(np.abs(got[0] - samples[:100]).max(), 1e-4)
        self.assertIn("160 samples, cut to the first 100", self.said)
        got = self.back(self.identity(shape=(1, 200)), "--input", name)
        self.assertLess(np.abs(got[0, :160] - samples).max(), 1e-4)
        self.assertFalse(got[0, 160:].any())
        self.assertIn("160 samples, filled up with silence to 200", self.said)
        got = self.back(self.identity(T.INT16), "--input", name)
        np.testing.assert_array_equal(got, np.round(samples * 32768))
        self.assertEqual(self.back(self.identity(shape=("b", 160)), "--input", name, "--input", name).shape, (2, 160))

    def test_rate_of_the_model(self):
        model = self.identity()
        name = self.wav(sine(440, 16000, 1, 0.5), 16000)
        loaded = onnx.load(self.folder / model)
        helper.set_model_props(loaded, {"hasten.sample_rate": "8000"})
        self.save(loaded)
        self.assertLessEqual(abs(len(self.back(model, "--input", name)) - 8000), 1)
        self.assertEqual(len(self.back(model, "--input", name, "--sample-rate", "16000")), 16000)
        self.assertEqual(self.json("run", model, "--input", name)["sound"], ["s.wav: 16000 Hz, 1 channel, 1.000 s to 8000 Hz, 8000 samples"])
        helper.set_model_props(loaded, {"hasten.sample_rate": "fast"})
        self.save(loaded)
        self.fails("run", model, "--input", name, says='metadata "hasten.sample_rate": must be samples a second, is "fast"')

    @unittest.skipUnless(MEDIA.exists(), "needs HASTEN_TEST_DATA")
    def test_real_recordings(self):
        with wave.open(str(MEDIA / "jfk.wav")) as file:
            want = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, file.getnchannels())[:, 0] / 32768
            rate = file.getframerate()
        got = self.back(self.identity(), "--input", MEDIA / "jfk.wav", "--sample-rate", rate)
        np.testing.assert_array_equal(got, want.astype(np.float32))
        flac = next(MEDIA.glob("*.flac"))
        got = self.back(self.identity(shape=(1, "n")), "--input", flac)
        rate, frames = flac_header(flac.read_bytes())
        self.assertEqual((rate, got.shape), (16000, (1, frames)))
        self.assertTrue(0.01 < np.sqrt((got.astype(np.float64) ** 2).mean()) < 0.5)

    def test_wrong_sounds(self):
        name = self.wav(sine(440, 16000, 0.01, 0.5), 16000)
        self.fails("run", self.identity(T.INT64), "--input", name, says='input "x": s.wav: i64[n] takes no sound: elements must be floats or i16')
        self.fails("run", self.identity(shape=(3, "n")), "--input", name, says="more than one axis is longer than 1")
        self.fails("run", self.identity(shape=(1, 1)), "--input", name, says="no axis has room for samples")
        self.misused("run", "m.onnx", "--sample-rate", "0", says="--sample-rate")
        self.fails("run", self.identity(), "--input", name, "--sample-rate", "5000000", says="16000 Hz cannot become 5000000 Hz: too far apart")
        (self.folder / "no.wav").write_bytes(b"no sound at all")
        self.fails("run", self.identity(), "--input", "no.wav", says="no.wav: is no sound: it must be WAV, FLAC, Ogg or AIFF")
        whole = (self.folder / name).read_bytes()
        (self.folder / "cut.wav").write_bytes(whole[:30])
        self.fails("run", self.identity(), "--input", "cut.wav", says="cut.wav: ")

    def test_a_header_that_lies_costs_nothing(self):
        whole = bytearray((self.folder / self.wav(sine(440, 16000, 0.01, 0.5), 16000)).read_bytes())
        struct.pack_into("<I", whole, whole.index(b"data") + 4, 0xFFFFFFF0)
        (self.folder / "lie.wav").write_bytes(bytes(whole))
        self.assertEqual(self.back(self.identity(), "--input", "lie.wav").shape, (160,))


def flac_header(bytes_):
    """Samples a second and samples, from the STREAMINFO block."""
    bits = int.from_bytes(bytes_[18:26], "big")
    return bits >> 44, bits & (1 << 36) - 1


if __name__ == "__main__":
    unittest.main()
