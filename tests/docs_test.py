#!/usr/bin/env python3
"""The generated pages of docs/ are those of this binary; the man pages and completions are well formed."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HASTEN = os.environ["HASTEN_BIN"]
DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"


def hasten(*args):
    return subprocess.run([HASTEN, *args], capture_output=True, text=True, check=True).stdout


def commands():
    """The names that `hasten help` lists."""
    lines = hasten("help").split("Commands:\n")[1].split("\n\n")[0].splitlines()
    return [line.split()[0] for line in lines]


class GeneratedPages(unittest.TestCase):
    def test_generated_pages_are_up_to_date(self):
        for page in ("commands", "ops", "zoo"):
            with self.subTest(page):
                path = DOCS / f"{page}.md"
                self.assertTrue(path.exists(), f"{path} does not exist: run ./dev docs")
                self.assertEqual(path.read_text(), hasten("docs", page), f"{path} is out of date: run ./dev docs")

    def test_every_command_has_a_man_page(self):
        with tempfile.TemporaryDirectory() as folder:
            hasten("docs", "man", folder + "/man1")
            pages = {p.name: p.read_text() for p in pathlib.Path(folder, "man1").iterdir()}
            self.assertEqual(set(pages), {"hasten.1"} | {f"hasten-{c}.1" for c in commands()})
            for name, text in pages.items():
                with self.subTest(name):
                    self.assertTrue(text.startswith(".TH HASTEN"))
                    self.assertIn("\n.SH NAME\n", text)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_man_pages_are_roff(self):
        with tempfile.TemporaryDirectory() as folder:
            hasten("docs", "man", folder)
            for path in pathlib.Path(folder).iterdir():
                done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", path], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_command_is_documented_by_examples(self):
        for command in commands():
            with self.subTest(command):
                text = hasten(command, "--help")
                self.assertIn("Usage: hasten " + command, text)
                self.assertIn("Examples:\n  ", text)
                self.assertEqual(text, hasten("help", command))


class Completion(unittest.TestCase):
    def complete(self, *words):
        """What bash offers at the end of `hasten WORDS...`."""
        script = hasten("completion", "bash")
        line = " ".join("'%s'" % w for w in ("hasten", *words))
        script += f"\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}; _hasten; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_completes(self):
        self.assertEqual(self.complete("ru"), ["run"])
        self.assertEqual(self.complete("run", "m.onnx", "--lab"), ["--labels"])
        self.assertEqual(self.complete("run", "m.onnx", "--output-format", "n"), ["npy", "npz"])
        self.assertEqual(self.complete("completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(self.complete("help", "insp"), ["inspect"])
        self.assertEqual(self.complete("run", "--labels", "x"), [])

    def reads(self, shell, check, mentions):
        """The shell finds no fault with its script."""
        script = hasten("completion", shell)
        self.assertIn(mentions, script)
        if not shutil.which(shell):
            self.skipTest(f"{shell} is not installed")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(script)
            file.flush()
            done = subprocess.run([shell, check, file.name], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_bash_reads_its_script(self):
        self.reads("bash", "-n", "--output-format")

    def test_zsh_reads_its_script(self):
        self.reads("zsh", "-n", "--output-format")

    def test_fish_reads_its_script(self):
        self.reads("fish", "--no-execute", "-l output-format")


if __name__ == "__main__":
    unittest.main()
