// catalog_query - what the catalog is asked about a relation, in one round trip: its primary key,
// and whether it is selected.
//
// Patterns travel as parameters, never inside of the SQL.
#ifndef PGK_POSTGRES_CATALOG_QUERY_H
#define PGK_POSTGRES_CATALOG_QUERY_H

struct selection;

// $1 schema, $2 table, $3 the transaction's 32-bit xid, $4 the process that streams to us, then the
// selection, an array for each member of a pattern; last the table's oid: where it is known, not 0,
// it alone says which table the key is of, whatever its name is now.
enum {
    CATALOG_PARAMETER_SCHEMA,
    CATALOG_PARAMETER_TABLE,
    CATALOG_PARAMETER_XID,
    CATALOG_PARAMETER_PID,
    CATALOG_PARAMETERS_SELECTION,
    CATALOG_PARAMETER_OID = CATALOG_PARAMETERS_SELECTION + 4,
    CATALOG_PARAMETERS
};

// The answer's columns. It has a row at least, with the verdict on visibility and the selection;
// then one for each key column, in the index's order, without INCLUDE columns.
enum {
    CATALOG_COLUMN_VISIBLE, // The transaction is.
    CATALOG_COLUMN_AWAITED, // We are, by commits: they are visible only when we confirmed them.
    CATALOG_COLUMN_OID,
    CATALOG_COLUMN_NAME,
    CATALOG_COLUMN_TYPE,
    CATALOG_COLUMN_SELECTED
};

// It is prepared on a connection once and then asked by its name: to plan it takes the server eight
// times as long as to answer it, and there may be thousands of tables, each to be asked for anew
// every minute.
extern const char catalog_query_name[];
extern const char catalog_query_preparation[];

// A selection as the query's parameters; its own.
struct catalog_selection {
    char *arrays[CATALOG_PARAMETER_OID - CATALOG_PARAMETERS_SELECTION];
};

struct catalog_selection catalog_selection_of(const struct selection *selection);
void catalog_selection_release(struct catalog_selection *selection);

#endif
