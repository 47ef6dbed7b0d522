#!/usr/bin/env python3
"""libhasten.so from outside: what it exports, its soname, and its headers in C11."""
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("HASTEN_BIN", ROOT / "build/dev/hasten")).resolve().parent
LIBRARY = BUILD / "libhasten.so"
SANITIZE = os.environ.get("HASTEN_SANITIZE", "")


def output(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout


class Library(unittest.TestCase):
    def test_exports_the_c_interface_alone(self):
        names = [line.split()[-1] for line in output("nm", "-D", "--defined-only", LIBRARY).splitlines()]
        self.assertGreater(len(names), 80)
        self.assertEqual([n for n in names if not n.startswith("hasten_")], [])

    def test_exports_what_the_headers_declare(self):
        names = {line.split()[-1] for line in output("nm", "-D", "--defined-only", LIBRARY).splitlines()}
        declared = set()
        for header in (ROOT / "include/hasten").glob("*.h"):
            for statement in header.read_text().split(";"):
                line = " ".join(l for l in statement.splitlines() if not l.strip().startswith(("//", "#")))
                if "HASTEN_API " in line or "HASTEN_CHECKED " in line:
                    declared.add(line.split("(")[0].split()[-1].lstrip("*"))
        self.assertEqual(declared, names)

    def test_soname(self):
        self.assertIn("Library soname: [libhasten.so.0]", output("readelf", "-d", LIBRARY))

    def test_headers_are_c11_and_the_library_works_from_c(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "in_c"
            # A sanitizer's library needs its runtime, which clang links.
            compiler = ["clang-16", f"-fsanitize={SANITIZE}"] if SANITIZE else ["gcc"]
            output(*compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I", ROOT / "include",
                   ROOT / "tests/library/in_c.c", "-o", program, LIBRARY, f"-Wl,-rpath,{BUILD}")
            self.assertRegex(output(program), r"^\d+\.\d+\.\d+: 22 28\n$")

    def test_verify_holds_an_op_to_its_reference(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            output("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-shared", "-fPIC", "-I",
                   ROOT / "include", ROOT / "tests/library/plugin.c", "-o", folder / "plugin.so")

            def verify(op, value):
                model = folder / "m.ir"
                model.write_text(f'hasten-ir 1\nopset "" 22\nopset "com.test" 1\ngraph "g" {{\n  in "n" f32[3]\n'
                                 f'  const "c" f32[3] = [1, 2, {value}]\n  "x" = Mul("n", "c")\n'
                                 f'  "y" = com.test.{op}("x") name "halved"\n  out "y"\n}}\n')
                (folder / "n.raw").write_bytes(struct.pack("3f", 1, 1, 1))
                done = subprocess.run([BUILD / "hasten", "run", model, "--verify", "--no-timing-cache", "--input",
                                       f"n={folder}/n.raw", "--plugins", folder / "plugin.so"],
                                      capture_output=True, text=True)
                return done.returncode, done.stdout + done.stderr

            self.assertEqual(verify("Half", 99)[0], 0)
            status, said = verify("Half", 100)
            self.assertEqual(status, 1)
            self.assertIn("'halved' (com.test.Half)", said)
            status, said = verify("Near", 100)
            self.assertEqual(status, 0, said)
            self.assertIn("application:com.test.Near", said)

    @unittest.skipIf(SANITIZE, "one compiler is enough")
    def test_headers_compile_by_themselves(self):
        for compiler, language, std in (("gcc", "c", "c11"), ("g++", "c++", "c++17"), ("clang++-16", "c++", "c++20")):
            for header in sorted((ROOT / "include/hasten").glob("hasten.h*")):
                if language == "c" and header.suffix == ".hpp":
                    continue
                with self.subTest(header=header.name, std=std):
                    output(compiler, "-x", language, f"-std={std}", "-Wall", "-Wextra", "-Werror", "-pedantic",
                           "-Wno-pragma-once-outside-header", "-fsyntax-only", "-I", ROOT / "include", "-include",
                           header, "/dev/null")


if __name__ == "__main__":
    unittest.main()
