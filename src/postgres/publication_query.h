// publication_query - what the catalog is asked about publications: whether they are there, and
// what of the tables is in them. $1 is always their names.
#ifndef PGK_POSTGRES_PUBLICATION_QUERY_H
#define PGK_POSTGRES_PUBLICATION_QUERY_H

// A row for each name, in their order. $2 is the slot.
extern const char publications_query[];
enum {
    PUBLICATION_NAME, // Quoted.
    PUBLICATION_EXISTS,
    PUBLICATION_IS_WHOLE, // It publishes all operations.
    PUBLICATION_MAY_BE_YOUNGER,
    PUBLICATION_OF_DATABASE // All that there are, quoted; NULL: none.
};

// Published tables, by their quoted names, whose updates and deletes the server refuses: those
// without a replica identity.
extern const char publication_identity_query[];

// Tables, by their quoted names, of which the publications publish different columns, and the
// statements after which they do not; NULL where there are none. Since PostgreSQL 15.
extern const char publication_columns_query[];
enum {
    PUBLICATION_COLUMNS_TABLE,
    PUBLICATION_COLUMNS_CURE
};

// Tables that are selected and in none of the publications, those without replica identity first;
// not all, if they are many. $2 to $5 are a selection (catalog_query.h).
extern const char publication_gap_query[];
enum {
    PUBLICATION_GAP_TABLE, // Quoted.
    PUBLICATION_GAP_LACKS_IDENTITY,
    PUBLICATION_GAP_COUNT,         // Of all such tables.
    PUBLICATION_GAP_COVERED_COUNT, // Of the selected tables that are in one.
    PUBLICATION_GAP_PUBLICATION    // The first of the names, quoted.
};

#endif
