"""dbx.py - the part of dbx.h that the benches use, through ctypes."""
import ctypes
import os
import subprocess

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))


class Error(Exception):
    pass


class Option(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p)]


class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def library():
    """Loads libdbx.so of the release build (or $DBX_BUILD), building it when there is none."""
    build = os.environ.get("DBX_BUILD", os.path.join(ROOT, "build", "release"))
    path = os.path.join(build, "libdbx.so")
    if not os.path.exists(path):
        subprocess.check_call([os.path.join(ROOT, "tools", "setup")])
        subprocess.check_call(["cmake", "--preset", "release"], cwd=ROOT)
        subprocess.check_call(["cmake", "--build", build], cwd=ROOT)
    lib = ctypes.CDLL(path)
    lib.dbx_error_message.restype = ctypes.c_char_p
    lib.dbx_version.restype = ctypes.c_char_p
    lib.dbx_column_name.restype = ctypes.c_char_p
    lib.dbx_column_type_name.restype = ctypes.c_char_p
    lib.dbx_row_count.restype = ctypes.c_uint64
    lib.dbx_value_text.restype = Bytes
    lib.dbx_value_text.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64]
    lib.dbx_value_text_as.restype = Bytes
    lib.dbx_value_text_as.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_int]
    lib.dbx_error_class.restype = ctypes.c_char_p
    return lib


class Connection:
    def __init__(self, path=":memory:", **options):
        self.lib = library()
        self.db = ctypes.c_void_p()
        self.con = ctypes.c_void_p()
        items = (Option * max(len(options), 1))()
        for i, (name, value) in enumerate(options.items()):
            items[i] = Option(name.encode(), str(value).encode())
        message = ctypes.c_char_p()
        if self.lib.dbx_open(path.encode(), items, len(options), ctypes.byref(self.db), ctypes.byref(message)):
            raise Error((message.value or b"open failed").decode())
        self.lib.dbx_connect(self.db, ctypes.byref(self.con))

    def run(self, sql):
        """Runs SQL and drops its rows; returns their number."""
        result = ctypes.c_void_p()
        if self.lib.dbx_query(self.con, sql.encode(), ctypes.byref(result)):
            raise Error(self.lib.dbx_error_message(self.con).decode())
        rows = self.lib.dbx_row_count(result)
        self.lib.dbx_result_free(result)
        return rows

    def rows(self, sql, style=0):
        """Rows as tuples of text (None for NULL); style 1 is Spark's shell's."""
        result = ctypes.c_void_p()
        if self.lib.dbx_query(self.con, sql.encode(), ctypes.byref(result)):
            raise Error(self.lib.dbx_error_message(self.con).decode())
        columns = self.lib.dbx_column_count(result)
        out = []
        for row in range(self.lib.dbx_row_count(result)):
            values = []
            for column in range(columns):
                text = self.lib.dbx_value_text_as(result, column, row, style)
                values.append(ctypes.string_at(text.data, text.size).decode(errors="backslashreplace") if text.data else None)
            out.append(tuple(values))
        self.lib.dbx_result_free(result)
        return out

    def columns(self, sql):
        """(name, type name) of each result column."""
        result = ctypes.c_void_p()
        if self.lib.dbx_query(self.con, sql.encode(), ctypes.byref(result)):
            raise Error(self.lib.dbx_error_message(self.con).decode())
        out = [(self.lib.dbx_column_name(result, i).decode(), self.lib.dbx_column_type_name(result, i).decode())
               for i in range(self.lib.dbx_column_count(result))]
        self.lib.dbx_result_free(result)
        return out

    def close(self):
        self.lib.dbx_disconnect(self.con)
        self.lib.dbx_close(self.db)
