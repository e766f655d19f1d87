#include <postgresql/libpq-fe.h>

// Swift cannot import macros that are character literals.
static const int SLUICE_PG_SQLSTATE = PG_DIAG_SQLSTATE;
static const int SLUICE_PG_MESSAGE = PG_DIAG_MESSAGE_PRIMARY;
static const int SLUICE_PG_DETAIL = PG_DIAG_MESSAGE_DETAIL;
static const int SLUICE_PG_HINT = PG_DIAG_MESSAGE_HINT;
static const int SLUICE_PG_CONTEXT = PG_DIAG_CONTEXT;
static const int SLUICE_PG_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME;
