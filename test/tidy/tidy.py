"""tidy.py - tests the source tree itself: layers, lengths, banned calls, unique file-scope names, folder READMEs.

Run from anywhere; prints what breaks a rule and ends with the number of findings. The rules:
  layers      every #include "folder/..." of src/ is allowed by tools/layers.txt; tools/ and bench/ include dbx.h only
  lengths     no file above 1,000 lines, no line above 120 columns but those with text in them (tables)
  calls       none of BANNED in src/ outside the files that may
  names       a function, type, variable, enumerator or header's macro is defined once in src/ (the library is one
              translation unit, too)
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
ALTERNATIVES = {("src/common/os_posix.c", "src/common/os_windows.c")}  # only one of them is compiled
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


TOKENS = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", re.S)


def strip_comments(text):
    """The text without comments, strings emptied and characters as 'c'; lines stay where they are."""
    def stripped(m):
        token = m.group(0)
        return '""' if token[0] == '"' else "'c'" if token[0] == "'" else "\n" * token.count("\n")
    return TOKENS.sub(stripped, text)


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


def file_scope(text):
    """The declarations of file scope as (offset, head, body): head is the text but what stands in braces, body that."""
    text = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.M)
    head, body, depth, start, at = "", "", 0, 0, 0
    for m in re.finditer(r"[{};]", text):
        piece, at = text[at:m.start()], m.end()
        if depth == 0:
            start = m.start() - len(piece.lstrip()) if not head else start
            head += piece if head else piece.lstrip()
        elif depth == 1:
            body += piece
        depth += {"{": 1, "}": -1, ";": 0}[m.group(0)]
        is_function = m.group(0) == "}" and head.rstrip().endswith(")")
        if depth == 0 and (m.group(0) == ";" or is_function):
            yield start, " ".join(head.split()) + ("{}" if is_function else ""), body
            head, body = "", ""


def names_of(head, body):
    """What a declaration of file scope defines: a function, type, variable or enumerators. Mere declarations define nothing."""
    flat = re.sub(r"__attribute__\s*\(\(.*?\)\)", " ", head)
    if re.search(r"\benum\b", flat):
        yield from re.findall(r"(?:^|,)\s*(\w+)", re.sub(r"\([^()]*\)", "", body))
    if flat.endswith("{}"):  # a function: the last name before parentheses
        calls = re.findall(r"(\w+)\s*\((?:[^()]|\([^()]*\))*\)\s*(?=\{\})", flat)
        yield from (name for name in calls if not name.isupper())
    elif flat.startswith("typedef"):
        pointer = re.search(r"\(\s*\*\s*(\w+)", flat)
        last = re.search(r"(\w+)(?:\s*\[[^\]]*\])*\s*$", flat)
        if pointer or last and (body or not re.match(r"typedef (?:struct|union) (\w+) \1$", flat)):
            yield (pointer or last).group(1)
    elif re.match(r"(?:struct|union)\s+\w+\s*$", flat):
        if body:
            yield flat.split()[1]
    elif "(" not in flat.split("=")[0] and not flat.startswith("extern"):
        variable = re.search(r"\b[\w*]+[\s*]+(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=|$)", flat)
        if variable and not re.match(r"enum\b", flat):
            yield variable.group(1)


def check_names():
    """The library is one translation unit, too (tools/amalgamate): what file scope defines, it defines once."""
    seen, macros = {}, {}
    for path, text in files("src", (".c", ".h")):
        text = strip_comments(text)
        if path.endswith("_tmpl.h"):  # names and macros made of parameters, which end with the template
            continue
        for offset, head, body in file_scope(text):
            for name in names_of(head, body):
                first = seen.setdefault(name, path)
                if (first, path) in ALTERNATIVES:
                    continue
                if os.path.splitext(first)[0] != os.path.splitext(path)[0]:  # x.h may stand in for x.c under #if
                    find(path, text[:offset].count("\n") + 1, "%s is also defined in %s" % (name, first))
        for m in re.finditer(r"^\s*#\s*define\s+(\w+)", text, re.M):
            if not re.search(r"#\s*undef\s+%s\b" % m.group(1), text):
                macros.setdefault(m.group(1), {})[path] = text[: m.start()].count("\n") + 2
    for name, places in macros.items():  # a macro of a .c file ends with the file, so only headers clash
        if len(places) > 1 and any(path.endswith(".h") for path in places):
            for path, line in list(places.items())[1:]:
                find(path, line, "the macro %s is also defined in %s" % (name, list(places)[0]))


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
