"""suite.py - what the benches share: two engines that alternate, comparison of rows, medians, ratios, results on file."""
import datetime
import decimal
import json
import math
import os
import platform
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))


class Failed(Exception):
    pass


class Engine:
    """dbx or duckdb in its own process, so that its peak memory is its own."""

    def __init__(self, name, path, threads):
        self.name = name
        self.child = subprocess.Popen([sys.executable, os.path.join(ROOT, "bench", "engine.py"), name, path, str(threads)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.child.stdin.write(json.dumps(request) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise Failed("%s has left with status %s" % (self.name, self.child.wait()))
        answer = json.loads(line)
        if "error" in answer:
            raise Failed("%s: %s" % (self.name, answer["error"]))
        return answer

    def run(self, sql):
        """Runs SQL; milliseconds."""
        return self.ask(sql=sql)["ms"]

    def rows(self, sql):
        return self.ask(sql=sql, rows=True)["rows"]

    def peak(self):
        return self.ask(peak=True)["peak"]

    def close(self):
        self.child.stdin.close()
        self.child.wait()


def data_folder(name):
    folder = os.path.join(ROOT, "bench", "data", name)
    os.makedirs(folder, exist_ok=True)
    return folder


def scratch(name):
    """A path in an otherwise empty place for databases."""
    folder = data_folder("scratch")
    for stale in os.listdir(folder):
        if stale.startswith(name):
            os.remove(os.path.join(folder, stale))
    return os.path.join(folder, name)


def corpus(name):
    base = os.environ.get("DBX_CORPUS", os.path.join(ROOT, "..", "shared", "corpus"))
    return os.path.join(base, "bench", name)


def need(module, package):
    try:
        __import__(module)
    except ImportError:
        if subprocess.call([sys.executable, "-m", "pip", "install", "-q", package]) != 0:
            print("%s cannot be installed" % package)
            sys.exit(3)


# ---- rows -----------------------------------------------------------------------------------------------------------


def number(text):
    try:
        return decimal.Decimal(text)
    except decimal.InvalidOperation:
        return None


def equal(a, b):
    """Two values as text: equal, or numbers that agree to 1e-9 relative or one unit in the last place shown."""
    if a == b:
        return True
    if a is None or b is None:
        return False
    x, y = number(a), number(b)
    if x is None or y is None:
        return a.split(" ")[0] == b.split(" ")[0] and a[10:] in ("", " 00:00:00") and b[10:] in ("", " 00:00:00")
    return abs(x - y) <= max(abs(x), abs(y)) * decimal.Decimal("1e-9") + decimal.Decimal("0.01") * (
        x.as_tuple().exponent != y.as_tuple().exponent)


def same_rows(ours, theirs):
    """"" when both are equal in order, else what differs first."""
    if len(ours) != len(theirs):
        return "rows: %d and %d" % (len(ours), len(theirs))
    for i, (x, y) in enumerate(zip(ours, theirs)):
        if len(x) != len(y) or not all(equal(a, b) for a, b in zip(x, y)):
            return "row %d: %s and %s" % (i + 1, x, y)
    return ""


def same_values(ours, theirs, column):
    """As same_rows of one column only: where LIMIT cuts among equal keys, rows may differ beside it."""
    return same_rows([[r[column]] for r in ours], [[r[column]] for r in theirs])


# ---- runs -----------------------------------------------------------------------------------------------------------


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def alternate(theirs, ours, sql_theirs, sql_ours, runs):
    """Medians of `runs` runs each after one to warm up, the engines in turn."""
    times = ([], [])
    for _ in range(runs + 1):
        times[0].append(theirs.run(sql_theirs))
        times[1].append(ours.run(sql_ours))
    return median(times[0][1:]), median(times[1][1:])


class Report:
    """A table of medians and ratios, their geometric mean, and one JSON object as the last line and on file."""

    def __init__(self, suite, **facts):
        self.suite = suite
        self.facts = facts
        self.lines = []
        self.wrong = []
        print("%-8s %10s %10s %8s" % ("", "DuckDB ms", "dbx ms", "ratio"))

    def add(self, name, theirs, ours, note=""):
        self.lines.append((name, theirs, ours))
        print("%-8s %10.1f %10.1f %8.2f  %s" % (name, theirs, ours, theirs / ours, note), flush=True)
        if note:
            self.wrong.append(name)

    def fail(self, name, why):
        print("%-8s %s" % (name, why), flush=True)
        self.wrong.append(name)

    def end(self, theirs=None, ours=None):
        """Prints the summary; true when every query ran and gave equal rows."""
        ratios = [t / o for _, t, o in self.lines]
        total = [sum(line[i] for line in self.lines) for i in (1, 2)]
        out = dict(self.facts, suite=self.suite, queries=len(self.lines), wrong=self.wrong,
                   geomean=round(math.exp(sum(map(math.log, ratios)) / len(ratios)), 3) if ratios else 0,
                   lowest=round(min(ratios, default=0), 3), duckdb_ms=round(total[0], 1), dbx_ms=round(total[1], 1))
        if theirs is not None:
            out["duckdb_peak_mib"], out["dbx_peak_mib"] = round(theirs.peak()), round(ours.peak())
        print("total    %10.1f %10.1f %8.2f" % (total[0], total[1], total[0] / total[1] if total[1] else 0))
        print("geomean ratio %.2f, lowest %.2f" % (out["geomean"], out["lowest"]))
        self.save(out)
        print(json.dumps(out))
        return not self.wrong

    def save(self, out):
        folder = os.path.join(ROOT, "bench", "results")
        os.makedirs(folder, exist_ok=True)
        now = datetime.datetime.now(datetime.timezone.utc)
        record = dict(out, at=now.isoformat(timespec="seconds"), machine=platform.processor() or platform.machine(),
                      cores=os.cpu_count(), versions=versions(),
                      medians={n: [round(t, 2), round(o, 2)] for n, t, o in self.lines})
        with open(os.path.join(folder, "%s-%s.json" % (self.suite, now.strftime("%Y%m%dT%H%M%S"))), "w") as f:
            json.dump(record, f, indent=1)


def versions():
    out = {}
    try:
        import duckdb
        out["duckdb"] = duckdb.__version__
    except ImportError:
        pass
    try:
        out["dbx"] = subprocess.check_output(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], text=True,
                                             stderr=subprocess.DEVNULL).strip()
    except (OSError, subprocess.CalledProcessError):
        pass
    return out
