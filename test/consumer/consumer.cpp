// consumer.cpp - dbx.h from C++: every handle in a std::unique_ptr.
#include <dbx.h>

#include <cstdio>
#include <memory>

int main() {
    dbx_database *database = nullptr;
    dbx_connection *connection = nullptr;
    dbx_result *rows = nullptr;
    if (dbx_open(":memory:", nullptr, 0, &database, nullptr) != DBX_OK) return 1;
    std::unique_ptr<dbx_database, decltype(&dbx_close)> db(database, dbx_close);
    if (dbx_connect(db.get(), &connection) != DBX_OK) return 1;
    std::unique_ptr<dbx_connection, decltype(&dbx_disconnect)> con(connection, dbx_disconnect);
    if (dbx_query(con.get(), "SELECT sum(id) FROM range(10)", &rows) != DBX_OK) return 1;
    std::unique_ptr<dbx_result, decltype(&dbx_result_free)> result(rows, dbx_result_free);
    auto sum = dbx_value_int64(result.get(), 0, 0);
    std::printf("C++ adds up to %d\n", static_cast<int>(sum));
    return sum == 45 ? 0 : 1;
}
