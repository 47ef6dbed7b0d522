#!/usr/bin/env python3
"""docs/formats/inputs.md and outputs.md name what the binary takes: each extension and pseudo file is read, each form written."""
import pathlib
import re
import unittest

import numpy as np
from command_line import CommandLine

FORMATS = pathlib.Path(__file__).resolve().parent.parent / "docs/formats"


def rows(page):
    """The first cells of a page's first table."""
    lines = (FORMATS / page).read_text().split("\n\n|")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class Pages(CommandLine):
    def test_every_input_form_is_known(self):
        names = [name for row in rows("inputs.md") for name in re.findall(r"`([^`]+)`", row[0])]
        self.assertIn(".npz", names)
        for name in names:
            with self.subTest(name):
                if name.startswith("."):
                    (self.folder / ("f" + name)).write_bytes(b"\x00?!")
                    stderr = self.hasten("run", self.identity(shape=(1, 3, 4, 4)), "--input", "f" + name, status=1).stderr
                    self.assertNotIn("in no form that is known", stderr)
                else:
                    self.out("run", self.identity(), "--input", name.replace("LOW,HIGH", "-1,1"))
        self.fails("run", "m.onnx", "--input", "f.xyz", says="f.xyz: No such file")
        (self.folder / "f.xyz").write_bytes(b"\x00?!")
        self.fails("run", "m.onnx", "--input", "f.xyz", says="f.xyz: must be .npy, .npz, .pb, .raw, .json or .txt, is in no form that is known")

    def test_every_output_form_is_written(self):
        self.save_npy("x.npy", np.zeros(3, np.float32))
        stated = {row[0].strip("`"): row[1:4] for row in rows("outputs.md")}
        choices = re.search(r"--output-format ([a-z]+(?:\|[a-z]+)+)", self.out("run", "--help"))[1]
        self.assertEqual(set(stated), set(choices.split("|")))
        for form, (file, folder, standard) in stated.items():
            run = ("run", self.identity(), "--input", "x.npy")
            self.hasten(*run, "--output", f"y.{form}", status=0 if file == "yes" else 1)
            self.hasten(*run, "--output-dir", "o", "--output-format", form, status=0 if folder == "yes" else 1)
            if standard == "no":
                self.fails(*run, "--output", "-", "--output-format", form, says="must be npy or json on standard output")


if __name__ == "__main__":
    unittest.main()
