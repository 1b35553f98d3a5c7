"""engine.py - one database engine in a process of its own, driven line by line; used by suite.py.

  engine.py dbx|duckdb DATABASE THREADS

Standard input has one JSON object a line: {"sql": text, "rows": bool}. The answer is one line: {"ms": time, "rows": [[text
or null, …], …] when asked for} or {"error": text}. {"peak": true} asks for the process's peak memory in MiB.
"""
import json
import os
import resource
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


class Dbx:
    def __init__(self, path, threads):
        import dbx
        self.con = dbx.Connection(path, threads=threads)
        self.run = self.con.run
        self.rows = self.con.rows


class DuckDB:
    def __init__(self, path, threads):
        import duckdb
        self.con = duckdb.connect(path)
        self.con.execute("SET threads = %d" % threads)

    def run(self, sql):
        return self.con.execute(sql).fetchall()

    def rows(self, sql):
        return [[None if v is None else str(v) for v in row] for row in self.con.execute(sql).fetchall()]


def main():
    engine = {"dbx": Dbx, "duckdb": DuckDB}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
    for line in sys.stdin:
        request = json.loads(line)
        if "peak" in request:
            answer = {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        else:
            try:
                start = time.perf_counter()
                result = engine.rows(request["sql"]) if request.get("rows") else engine.run(request["sql"])
                answer = {"ms": (time.perf_counter() - start) * 1000}
                if request.get("rows"):
                    answer["rows"] = [list(row) for row in result]
                del result
            except Exception as e:  # of either engine: the suite tells it
                answer = {"error": str(e)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
