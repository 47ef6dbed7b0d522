"""What the pages of docs/ and the README show is true: every command named exists with its options, and consoles print what
they show.

A fenced block

    ```console
    $ hasten version
    hasten ...
    ```

is run in bash, in one folder per page, with `hasten` on the PATH, umbrella.jpg, labels.txt and model.onnx of models/symbols
there, and $DATA, the folder of test data.  In what is shown, `...` stands for anything in a line, a line of `...` for any
lines.  A block ```console data is run only where there is HASTEN_TEST_DATA.
"""
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

HASTEN = pathlib.Path(os.environ["HASTEN_BIN"]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = os.environ.get("HASTEN_TEST_DATA", "")
PAGES = sorted(p for p in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```", re.M | re.S)
GENERATED = {"commands.md"}


@functools.cache
def help_of(command):
    done = subprocess.run([HASTEN, "help", command], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def commands_in(text):
    """`hasten COMMAND ...` in code spans and code blocks, by line."""
    blocks = FENCED.findall(text)
    text = FENCED.sub("", text)
    code = re.findall(r"`([^`\n]+)`", text)
    for kind, block in blocks:
        if not kind.startswith("text") and "unknown option" not in block:
            code += block.splitlines()
    code += [line.strip() for line in re.findall(r"^ {4}(.*)$", text, re.M)]
    for line in code:
        for words in re.findall(r"(?:^|[|;&] *|\$ )(?:build/release/)?hasten ([a-z].*)", line):
            yield words.split("    ")[0]


def pattern(shown):
    """A regular expression for what a console shows."""
    out = ""
    for line in shown:
        if line.strip() == "...":
            out += r"(?:.*\n)*?"
        else:
            out += ".*?".join(re.escape(part) for part in line.split("...")) + "\n"
    return out


def consoles(text):
    """(needs data, [(command, lines shown)])."""
    for kind, block in FENCED.findall(text):
        if not kind.startswith("console"):
            continue
        entries = []
        for line in block.splitlines():
            if line.startswith("$ "):
                entries.append((line[2:], []))
            else:
                entries[-1][1].append(line)
        yield "data" in kind, entries


class Pages(unittest.TestCase):
    def test_commands_and_options_exist(self):
        for page in PAGES:
            if page.name in GENERATED:
                continue
            for words in commands_in(page.read_text()):
                command = re.match(r"[a-z]+", words)[0]
                with self.subTest(page=page.name, line=words):
                    text = help_of(command)
                    self.assertIsNotNone(text, f"there is no command {command}")
                    for flag in re.findall(r"(?<![\w-])(--?[a-z][\w-]*)", words.split("|")[0].split("#")[0]):
                        self.assertRegex(text, re.escape(flag) + r"(?![\w-])")

    def test_links_lead_somewhere(self):
        for page in [*PAGES, *ROOT.glob("*.md"), *ROOT.glob("examples/*.md")]:
            for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
                with self.subTest(page=page.name, target=target):
                    self.assertTrue((page.parent / target).exists())

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        symbols = ROOT / "models/symbols"
        for name in ("umbrella.jpg", "labels.txt", "model.onnx"):
            shutil.copy(symbols / name, folder.name)
        binaries = pathlib.Path(folder.name, ".bin")
        binaries.mkdir()
        (binaries / "hasten").symlink_to(HASTEN)
        environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "DATA": DATA, "XDG_CACHE_HOME": folder.name}
        return folder.name, environment

    def test_consoles_print_what_they_show(self):
        for page in PAGES:
            blocks = list(consoles(page.read_text()))
            if not blocks:
                continue
            folder, environment = self.folder()
            for needs_data, entries in blocks:
                if needs_data and not DATA:
                    print(f"{page.name}: a console is not run, there is no HASTEN_TEST_DATA")
                    continue
                for command, shown in entries:
                    with self.subTest(page=page.name, command=command):
                        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, timeout=120,
                                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                        if not any(line.startswith("hasten: error:") for line in shown):
                            self.assertEqual(done.returncode, 0, done.stdout)
                        if shown:
                            self.assertRegex(done.stdout, re.compile(r"\A" + pattern(shown) + r"\Z"))
                        else:
                            self.assertEqual((done.stdout, done.returncode), ("", 0))


if __name__ == "__main__":
    unittest.main()
