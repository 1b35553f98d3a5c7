"""tidy.py - tests the source tree itself: layers, lengths, banned calls, unique file-scope names, folder READMEs.

Run from anywhere; prints what breaks a rule and ends with the number of findings. The rules:
  layers      every #include "folder/..." of src/ is allowed by tools/layers.txt; tools/ and bench/ include dbx.h only
  lengths     no file above 1,000 lines, no line above 120 columns but those with text in them (tables)
  calls       none of BANNED in src/ outside the files that may
  names       a static function, a type or an enumerator is defined once in src/ (the library is one translation unit, too)
  words       nothing that sounds unfinished
  readmes     each folder of src/ has a README.md
"""
import os
import re
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
MAX_LINES = 1000
MAX_COLUMNS = 120
BANNED = {
    r"\bprintf\(": (),
    r"\bfprintf\(": (),
    r"\bputs\(": (),
    r"\babort\(": (),
    r"\bexit\(": (),
    r"\blongjmp\(": (),
    r"\bstrcpy\(": (),
    r"\bstrcat\(": (),
    r"\bsprintf\(": (),
    r"\bgets\(": (),
    r"\balloca\(": (),
    r"\bstrtok\(": (),
    r"\b(?:malloc|calloc|realloc)\(": (
        "src/common/memory.c", "src/common/error.c", "src/common/os_posix.c", "src/common/os_windows.c",
        "src/session/database.c", "src/api/", "src/formats/arrow_export.c"),
    r"(?<![>.\w])(?:fopen|open|opendir)\(": ("src/common/os_posix.c", "src/common/os_windows.c"),
}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

findings = []


def find(path, line, text):
    findings.append("%s:%d: %s" % (path, line, text))


def files(top, endings):
    for folder, _, names in sorted(os.walk(os.path.join(ROOT, top))):
        for name in sorted(names):
            if name.endswith(endings):
                path = os.path.join(folder, name)
                yield os.path.relpath(path, ROOT), open(path, encoding="utf-8").read()


def strip_comments(text):
    keep_lines = lambda m: "\n" * m.group(0).count("\n")
    text = re.sub(r"/\*.*?\*/", keep_lines, text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def layers():
    table = {}
    for line in open(os.path.join(ROOT, "tools/layers.txt")):
        line = line.split("#")[0].strip()
        if line:
            folder, below = line.split(":")
            table[folder] = set(below.split()) | {folder}
    return table


def check_layers(table):
    for path, text in files("src", (".c", ".h", ".def")):
        folder = path.split("/")[1]
        if folder not in table:
            find(path, 1, "folder %s is not in tools/layers.txt" % folder)
            continue
        for number, line in enumerate(text.split("\n"), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not m or m.group(1) == "dbx.h":
                continue
            target = m.group(1).split("/")[0]
            if target not in table[folder]:
                find(path, number, "%s may not include %s" % (folder, m.group(1)))
            if m.group(1).endswith("_int.h") and target != folder:
                find(path, number, "%s is private to its folder" % m.group(1))
    for top in ("tools", "bench"):
        for path, text in files(top, (".c", ".h")):
            for number, line in enumerate(text.split("\n"), 1):
                m = re.match(r'\s*#\s*include\s+"([^"]+/[^"]+)"', line)
                if m and m.group(1).split("/")[0] in table:
                    find(path, number, "programs include dbx.h only")


def check_text():
    for top in ("src", "include", "tools", "bench", "test"):
        for path, text in files(top, (".c", ".h", ".py")):
            lines = text.split("\n")
            if len(lines) - 1 > MAX_LINES and path.startswith("src"):
                find(path, len(lines), "longer than %d lines" % MAX_LINES)
            for number, line in enumerate(lines, 1):
                if len(line) > MAX_COLUMNS and '"' not in line and path.startswith(("src", "include")):
                    find(path, number, "longer than %d columns" % MAX_COLUMNS)
                if path.startswith(("src", "include")) and UNFINISHED.search(line):
                    find(path, number, "sounds unfinished: " + line.strip())


def check_calls():
    for path, text in files("src", (".c", ".h")):
        for number, line in enumerate(strip_comments(text).split("\n"), 1):
            for pattern, allowed in BANNED.items():
                if re.search(pattern, line) and not path.startswith(allowed or ("-",)):
                    find(path, number, "banned call: " + line.strip())


def check_names():
    seen = {}
    static = re.compile(r"^(?:static|KERNEL_CLONES static)\b[^;={]*?\b(\w+)\s*\([^;]*$|^typedef struct (\w+) \{", re.M)
    for path, text in files("src", (".c",)):
        for m in static.finditer(strip_comments(text)):
            name = m.group(1) or m.group(2)
            if name.isupper():  # a macro of a generator line
                continue
            if name in seen and seen[name] != path:
                find(path, text[: m.start()].count("\n") + 1, "%s is also defined in %s" % (name, seen[name]))
            seen.setdefault(name, path)


def check_readmes(table):
    for folder in table:
        if not os.path.exists(os.path.join(ROOT, "src", folder, "README.md")):
            find("src/" + folder, 1, "no README.md")


def main():
    table = layers()
    check_layers(table)
    check_text()
    check_calls()
    check_names()
    check_readmes(table)
    for line in findings:
        print(line)
    print("tidy: %d findings" % len(findings))
    return 1 if findings else 0


sys.exit(main())
