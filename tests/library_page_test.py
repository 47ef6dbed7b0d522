#!/usr/bin/env python3
"""Every snippet of docs/library.md compiles, and its first program runs."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("HASTEN_BIN", ROOT / "build/dev/hasten")).resolve().parent
SANITIZE = os.environ.get("HASTEN_SANITIZE", "")
SNIPPETS = re.findall(r"^```(cpp|c)\n(.*?)^```$", (ROOT / "docs/library.md").read_text(), re.M | re.S)

# What a snippet that is no whole file may use.
AROUND = {
    "cpp": """#include <hasten/hasten.hpp>
#include <cstdio>
static void Report(const hasten::Error& e) { std::printf("%s", e.message.c_str()); }
void Snippet(hasten::Model& model, hasten::Plan& plan, hasten::Executor& executor, std::vector<float>& pixels) {
  (void)model, (void)plan, (void)executor, (void)pixels, (void)Report;
""",
    "c": """#include <hasten/hasten.h>
#include <stdio.h>
void snippet(hasten_model* model, hasten_plan* plan, hasten_executor* executor);
void snippet(hasten_model* model, hasten_plan* plan, hasten_executor* executor) {
  (void)model, (void)plan, (void)executor;
""",
}
COMPILERS = {"cpp": ["g++", "-std=c++17"], "c": ["gcc", "-std=c11"]}
FLAGS = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-Wno-unused-variable", "-Wno-unused-but-set-variable",
         "-Wno-unused-result", "-I", str(ROOT / "include")]


class LibraryPage(unittest.TestCase):
    def compile(self, language, text, *more):
        with tempfile.NamedTemporaryFile("w", suffix="." + language) as file:
            file.write(text)
            file.flush()
            done = subprocess.run([*COMPILERS[language], *FLAGS, file.name, *more], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), text)

    def test_there_are_snippets(self):
        self.assertGreaterEqual(sum(language == "cpp" for language, _ in SNIPPETS), 6)
        self.assertGreaterEqual(sum(language == "c" for language, _ in SNIPPETS), 2)

    def test_every_snippet_compiles(self):
        for number, (language, text) in enumerate(SNIPPETS):
            with self.subTest(snippet=number):
                whole = "#include" in text
                self.compile(language, text if whole else AROUND[language] + text + "}\n", "-fsyntax-only")

    @unittest.skipIf(SANITIZE, "a plain program cannot load a library with a sanitizer")
    def test_the_first_program_runs_and_is_of_ten_lines(self):
        language, text = SNIPPETS[0]
        self.assertLessEqual(len([line for line in text.splitlines() if line]), 10)
        with tempfile.TemporaryDirectory() as folder:
            self.compile(language, text, "-o", folder + "/ten", str(BUILD / "libhasten.so"), f"-Wl,-rpath,{BUILD}")
            out = subprocess.run([folder + "/ten"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
            self.assertRegex(out, r"^(\d+: -?[\d.e+-]+\n){3}$")


if __name__ == "__main__":
    unittest.main()
