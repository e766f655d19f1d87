#pragma once
#include <sqlite3.h>

// SQLITE_STATIC and SQLITE_TRANSIENT are casts of numbers to function pointers, which Swift does not import.

/// The bytes must stay as they are until the statement is reset.
static inline int sluice_bind_static_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", count, SQLITE_STATIC);
}

static inline int sluice_bind_text(sqlite3_stmt *statement, int index, const char *text) {
    return sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}
