#!/usr/bin/env python3
"""Fails where a file of src/ includes a folder that is not its own or below its own floor."""
import pathlib
import re
import sys

# Lowest first; folders that share a floor do not see each other.
FLOORS = [
    "base", "tensor", "ir", "ops", "import passes zoo kernels", "plan surgery", "runtime", "engine", "compress llm", "api",
    "server", "cli",
]
FLOOR = {folder: height for height, folders in enumerate(FLOORS) for folder in folders.split()}
INCLUDE = re.compile(r'\s*#\s*include\s*["<]([^/">]+)/([^">]+)[">]')
# A generated catalogue belongs to the floor whose records it lists.
CATALOG = {"onnx": "import", "rules": "passes", "commands": "cli"}
SUFFIXES = {".h", ".cc", ".cu", ".cuh", ".inc"}


def floor_of(folder, rest):
    if folder == "catalog":
        name = rest.removesuffix(".inc")
        folder = CATALOG.get(name, name)
    return folder if folder in FLOOR else None


def problems(root):
    for path in sorted(p for p in (root / "src").rglob("*") if p.suffix in SUFFIXES):
        where = path.relative_to(root)
        mine = where.parts[1]
        if mine not in FLOOR:
            yield f"{where}: {mine}/ is no floor; tools/check_floors.py lists them"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            theirs = match and floor_of(*match.groups())
            if theirs and theirs != mine and FLOOR[theirs] >= FLOOR[mine]:
                yield f"{where}:{number}: {mine}/ may not include {theirs}/"
    for path in sorted((root / "include").rglob("*.h*")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match and match[1] in FLOOR:
                yield f"{path.relative_to(root)}:{number}: a public header may not include src/"


def main():
    found = list(problems(pathlib.Path(__file__).resolve().parent.parent))
    print("\n".join(found) if found else "floors: no file looks up")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
