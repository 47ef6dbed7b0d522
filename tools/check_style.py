#!/usr/bin/env python3
"""Checks what a compiler does not: length, names, layout, and what a library may not do."""
import pathlib
import re
import sys

SOURCE = {".h", ".hpp", ".cc", ".cu", ".cuh"}
FILE_WARN, FILE_MAX, FUNCTION_MAX, COLUMNS = 400, 600, 150, 120
BAD_NAME = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")
OPEN_WORK = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
LEAVES = re.compile(
    r"\bstd::(cout|cerr|exit|abort|terminate|quick_exit)\b|(?<![\w:.>])(printf|fprintf|puts|exit|abort|_exit)\s*\(")
# src/cli talks to a person; base/check ends the process on a bug of ours.
MAY_LEAVE = re.compile(r"src/(cli/|base/check\.)|_test\.cc$")
DIRECTIVE = re.compile(r"^[ ]*#(?:[^\n\\]|\\.)*", re.M | re.S)
SCOPE = re.compile(r"^(inline )?namespace\b|^extern \"|^[^()]*\b(class|struct|enum|union)\b[^()]*$|=\s*$")
NAMESPACE = re.compile(r"^namespace ?([\w:]*) ?\{$")
TYPE = re.compile(r"^(?:struct|class|enum(?: class)?|union) (?:alignas\(\w+\) )?(\w+)(?!\w|::)[^;(]*\{")
BLANK = re.compile(
    r"//[^\n]*|/\*.*?\*/|R\"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.S)


def blanked(text):
    """The text with comments and literals emptied and every line break kept."""
    def blank(match):
        found = match[0]
        if found[0] == "'" and match.start() and text[match.start() - 1].isalnum():
            return found  # a digit separator
        quotes = "" if found[0] == "/" else '""'
        return quotes + "\n" * found.count("\n")
    return BLANK.sub(blank, text)


def functions(code):
    """(first line, length) of each outermost brace pair that is a body and not a scope, found by its opening."""
    scopes, start, head, line = [], None, "", 1
    for char in DIRECTIVE.sub(lambda match: "\n" * match[0].count("\n"), code):
        line += char == "\n"
        if char == "{":
            is_scope = start is None and bool(SCOPE.search(head.replace("\n", " ").strip()))
            if start is None and not is_scope:
                start = (line, len(scopes))
            scopes.append(is_scope)
            head = ""
        elif char == "}" and scopes:
            scopes.pop()
            if start and len(scopes) == start[1]:
                yield start[0], line - start[0] + 1
                start = None
            head = ""
        elif char == ";":
            head = ""
        else:
            head += char


def line_problems(where, lines, code_lines):
    for number, (line, code) in enumerate(zip(lines, code_lines), 1):
        if len(line) > COLUMNS:
            yield number, f"{len(line)} columns, at most {COLUMNS}"
        if "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if OPEN_WORK.search(line):
            yield number, "work left open: do it, or file it"
        if where.startswith("src/") and not MAY_LEAVE.search(where) and (leaves := LEAVES.search(code)):
            yield number, f"a library neither prints nor exits: {leaves[0].rstrip('( ')}"


def problems(where, text):
    lines = text.split("\n")
    code = blanked(text)
    for part in pathlib.PurePath(where).parts:
        if BAD_NAME.search(part.split(".")[0]):
            yield 1, f"'{part}' does not say what is in it"
    if len(lines) - 1 > FILE_MAX:
        yield 1, f"{len(lines) - 1} lines, at most {FILE_MAX}"
    # An -inl.h is read once per instruction set.
    if where.endswith((".h", ".hpp", ".cuh")) and not where.endswith("-inl.h") and "#pragma once" not in text:
        yield 1, "a header without #pragma once"
    if text and not text.endswith("\n"):
        yield len(lines), "no line break at the end"
    yield from line_problems(where, lines, code.split("\n"))
    for start, length in functions(code):
        if length > FUNCTION_MAX:
            yield start, f"a function of {length} lines, at most {FUNCTION_MAX}"


def types(text):
    """(line, qualified name) of each type that a file defines for others to see.  Two of one name in two files are one to
    the linker, which takes either's functions."""
    spaces = []
    for number, line in enumerate(text.split("\n"), 1):
        if opened := NAMESPACE.match(line):
            spaces.append(opened[1])
        elif line.startswith("}  // namespace") and spaces:
            spaces.pop()
        elif (found := TYPE.match(line)) and "" not in spaces:
            yield number, "::".join([*spaces, found[1]])


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    folders = [root / name for name in ("src", "include", "tests", "bench")]
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in SOURCE)
    count, seen = 0, {}
    for path in files:
        where, text = path.relative_to(root).as_posix(), path.read_text()
        for number, problem in problems(where, text):
            print(f"{where}:{number}: {problem}")
            count += 1
        for number, name in types(text) if where.startswith("src/") else ():
            if seen.setdefault(name, where) != where:
                print(f"{where}:{number}: there is another {name}, in {seen[name]}")
                count += 1
        if FILE_WARN < text.count("\n") <= FILE_MAX:
            print(f"{where}: warning: {text.count(chr(10))} lines; is it one idea?")
    print(f"style: {count} problems in {len(files)} files")
    return count > 0


if __name__ == "__main__":
    sys.exit(main())
