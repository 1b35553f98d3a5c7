#!/usr/bin/env python3
"""cost.py - a guard against slow growth of cost that no clock can see: instructions of a fixed set of queries.

  cost.py BUILD [--update] [--only NAME,NAME]

Each query runs in dbxsql under `valgrind --tool=callgrind`, on one thread, over tables that range() makes; the instructions of
`SELECT 1` are taken off. More than 10% above costs.txt is a failure, more than 10% below asks for --update, so that the gain is
kept. Counts depend on the compiler and its flags: costs.txt has a part for each build that it knows, by compiler, flags and
LTO; others are skipped (3), as is a machine without valgrind.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOLERANCE = 0.10
SKIPPED = 3

SETUP = """
CREATE TABLE f AS SELECT id, id DIV 4 AS k, CAST((id * 7919) % 20011 AS INT) AS d, (id * 1000003) % 1000000007 AS w,
  CASE id % 3 WHEN 0 THEN 'A' WHEN 1 THEN 'N' ELSE 'R' END AS g, CAST(id % 1000 AS DECIMAL(15,2)) AS p,
  CAST(id % 11 AS DECIMAL(15,2)) AS q, concat('a special text of row ', CAST(id % 5003 AS STRING), ' requests') AS t,
  date_add(DATE '2000-01-01', CAST(id % 2000 AS INT)) AS day FROM range(200000);
CREATE TABLE m AS SELECT CAST(id AS INT) AS d, concat('name ', CAST(id AS STRING)) AS name FROM range(20011);
"""

QUERIES = {
    "sum_few_groups": "SELECT g, sum(p), sum(p * (1 - q)), avg(q), count(*) FROM f GROUP BY g",
    "group_clustered": "SELECT count(*), max(s) FROM (SELECT k, sum(q) AS s FROM f GROUP BY k)",
    "group_dense": "SELECT count(*), max(s) FROM (SELECT d, sum(id) AS s FROM f GROUP BY d)",
    "group_sparse": "SELECT count(*), max(s) FROM (SELECT w, sum(id) AS s FROM f GROUP BY w)",
    "group_text": "SELECT count(*), max(c) FROM (SELECT t, count(*) AS c FROM f GROUP BY t)",
    "join_unique": "SELECT count(*), max(name) FROM f JOIN m ON f.d = m.d",
    "join_filtered": "SELECT count(*), sum(id) FROM f JOIN m ON f.d = m.d WHERE m.name LIKE '%77%'",
    "filter_ranges": "SELECT count(*), sum(p) FROM f WHERE day BETWEEN DATE '2001-01-01' AND DATE '2001-03-01' AND q < 5",
    "filter_like": "SELECT count(*) FROM f WHERE t NOT LIKE '%special%42%requests%'",
    "sort_all": "SELECT max(id) FROM (SELECT id, row_number() OVER (ORDER BY w) AS n FROM f)",
    "top_n": "SELECT w, t FROM f ORDER BY w, t LIMIT 10",
    "distinct": "SELECT count(DISTINCT d), count(DISTINCT g) FROM f",
}


def compiler(build):
    text = open(os.path.join(build, "CMakeCache.txt")).read()
    path = re.search(r"^CMAKE_C_COMPILER:\w+=(.*)$", text, re.M).group(1)
    flags = re.search(r"^CMAKE_C_FLAGS_RELEASE:\w+=(.*)$", text, re.M).group(1)
    version = subprocess.check_output([path, "-dumpfullversion"], text=True).strip()
    machine = subprocess.check_output([path, "-dumpmachine"], text=True).strip()
    lto = re.search(r"^DBX_LTO:\w+=(.*)$", text, re.M)
    return "%s %s %s%s" % (machine, version, flags, " LTO" if lto and lto.group(1) == "ON" else "")


def instructions(program, database, sql):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, database, "-c",
               "SET dbx.threads = 1; " + sql]
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    if run.returncode != 0 or found is None:
        sys.exit("cannot count %s\n%s" % (sql, run.stderr[-2000:]))
    return int(found.group(1))


def stored():
    """{compiler: {name: instructions}}"""
    path = os.path.join(HERE, "costs.txt")
    parts, part = {}, None
    for line in open(path).read().split("\n") if os.path.exists(path) else []:
        if line.startswith("compiler "):
            part = parts.setdefault(line[len("compiler "):], {})
        elif line and not line.startswith("#"):
            part[line.split()[0]] = int(line.split()[1])
    return parts


def save(parts):
    with open(os.path.join(HERE, "costs.txt"), "w") as f:
        f.write("# Instructions of the queries of cost.py, those of SELECT 1 taken off. Made by cost.py BUILD --update.\n")
        for by in sorted(parts):
            f.write("\ncompiler %s\n" % by)
            for name in QUERIES:
                if name in parts[by]:
                    f.write("%s %d\n" % (name, parts[by][name]))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("--update", action="store_true")
    p.add_argument("--only", default="")
    args = p.parse_args()
    program = os.path.join(args.build, "tools", "dbxsql", "dbxsql")
    if shutil.which("valgrind") is None or not os.path.exists(program):
        print("skipped: no valgrind, or no %s" % program)
        sys.exit(SKIPPED)
    parts = stored()
    here = compiler(args.build)
    if not args.update and here not in parts:
        print("skipped: costs.txt knows no build of %s" % here)
        sys.exit(SKIPPED)
    costs = parts.setdefault(here, {})
    chosen = [n for n in args.only.split(",") if n] or list(QUERIES)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "cost.dbx")
        subprocess.check_call([program, database, "-c", SETUP], stdout=subprocess.DEVNULL)
        base = instructions(program, database, "SELECT 1")
        for name in chosen:
            count = instructions(program, database, QUERIES[name]) - base
            was = costs.get(name)
            change = (count - was) / was if was else 0
            note = "" if abs(change) <= TOLERANCE else "costs more" if change > 0 else "costs less: run with --update"
            print("%-16s %12d %+6.1f%%  %s" % (name, count, 100 * change, note), flush=True)
            wrong += was is None or abs(change) > TOLERANCE
            costs[name] = count
    if args.update:
        save(parts)
    sys.exit(1 if wrong and not args.update else 0)


main()
