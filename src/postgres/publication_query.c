#include "postgres/publication_query.h"

// Of a table c.
#define LACKS_IDENTITY                                                                             \
    "(c.relreplident = 'n' OR c.relreplident IN ('d', 'i') AND NOT EXISTS"                         \
    "  (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND"                            \
    "   CASE c.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END))"

// Whether a pattern p, whose name fits that of an ancestor a, is of it.
#define REACHES                                                                                    \
    " AND (p.and_children OR a.is_itself)"                                                         \
    "  AND CASE WHEN p.schema IS NULL THEN pg_catalog.pg_table_is_visible(a.ancestor) ELSE"        \
    "   a.schema OPERATOR(pg_catalog.~) p.schema COLLATE pg_catalog.\"default\" END"

// What is in a publication: partitions where changes are theirs, else the partitioned table.
#define PUBLISHED                                                                                  \
    "published AS (SELECT t.pubname, c.oid FROM pg_catalog.pg_publication_tables t"                \
    " JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname"                                  \
    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename"            \
    " WHERE t.pubname = ANY ($1::name[]))"

// Where a publication was committed nobody tells. It was certainly before what is still to come
// when the slot keeps nothing of the catalog from its transaction's time, or when nothing is to
// come at all. An age below 0 is that of a row older than half of all transaction numbers.
const char publications_query[] =
    "SELECT pg_catalog.quote_ident(n.name), p.oid IS NOT NULL,"
    " p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate,"
    " COALESCE(pg_catalog.age(p.xmin) BETWEEN 0 AND pg_catalog.age(s.catalog_xmin) AND"
    "  CASE WHEN pg_catalog.pg_is_in_recovery() THEN true"
    "  ELSE s.confirmed_flush_lsn < pg_catalog.pg_current_wal_insert_lsn() END, false),"
    " (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(pubname), ', ' ORDER BY pubname)"
    "  FROM pg_catalog.pg_publication)"
    " FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY n(name, place)"
    " LEFT JOIN pg_catalog.pg_publication p ON p.pubname = n.name::name"
    " LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = $2::name"
    " ORDER BY n.place";

// The server asks the partition that the row is in.
const char publication_identity_query[] =
    "WITH " PUBLISHED " SELECT DISTINCT pg_catalog.format('%I.%I', n.nspname, c.relname)"
    " FROM published JOIN pg_catalog.pg_publication p USING (pubname)"
    " LEFT JOIN LATERAL pg_catalog.pg_partition_tree(published.oid) leaf ON leaf.isleaf"
    " JOIN pg_catalog.pg_class c ON c.oid = COALESCE(leaf.relid, published.oid)"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE (p.pubupdate OR p.pubdelete) AND " LACKS_IDENTITY " ORDER BY 1";

// Those that name the table give way to those that publish all, and these to the first of them: out
// of a publication of all tables, or of a schema's, none can be taken.
const char publication_columns_query[] =
    "WITH listed AS (SELECT t.pubname, t.attnames::text AS columns, r.oid IS NOT NULL AS by_name,"
    "  pg_catalog.format('%I.%I', t.schemaname, t.tablename) AS name"
    "  FROM pg_catalog.pg_publication_tables t"
    "  JOIN pg_catalog.pg_publication p ON p.pubname = t.pubname"
    "  JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname"
    "  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename"
    "  LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid"
    "  WHERE t.pubname = ANY ($1::name[])),"
    " judged AS (SELECT *, by_name AND columns <> pg_catalog.first_value(columns)"
    "  OVER (PARTITION BY name ORDER BY by_name, pubname) AS gives_way FROM listed)"
    " SELECT name, pg_catalog.string_agg(pg_catalog.format('ALTER PUBLICATION %I DROP TABLE ',"
    "  pubname) || name, '; ' ORDER BY pubname) FILTER (WHERE gives_way)"
    " FROM judged GROUP BY name HAVING pg_catalog.count(DISTINCT columns) > 1 ORDER BY 1";

// The selection as catalog_query.c has it, but of all tables together; and what is covered as one
// set, since to search the publications for each table would take a minute with a few thousand.
// It is joined: IN would search it, too, where the server guesses that no hash of it fits in
// work_mem, and it takes each published table for a thousand partitions. A pattern that is but a
// name is found by that: a thousand expressions, each tried on thousands of tables, take a minute.
const char publication_gap_query[] =
    "WITH RECURSIVE " PUBLISHED ","
    " covered AS (SELECT oid FROM published UNION SELECT leaf.relid FROM published p,"
    "  pg_catalog.pg_partition_tree(p.oid) leaf),"
    " lineage(oid, ancestor) AS (SELECT oid, oid FROM pg_catalog.pg_class"
    "  WHERE relkind = 'r' AND relpersistence = 'p' AND oid >= 16384 UNION"
    "  SELECT l.oid, i.inhparent FROM lineage l"
    "  JOIN pg_catalog.pg_inherits i ON i.inhrelid = l.ancestor),"
    " ancestor AS (SELECT l.oid, l.ancestor, l.ancestor = l.oid AS is_itself,"
    "  c.relname::text AS name, n.nspname::text AS schema FROM lineage l"
    "  JOIN pg_catalog.pg_class c ON c.oid = l.ancestor"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace),"
    " pattern AS (SELECT *, pg_catalog.substring(name, '^.[(]([[:alnum:]_ -]+)[)][$]$') AS bare"
    "  FROM ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]),"
    "   pg_catalog.unnest($4::boolean[]), pg_catalog.unnest($5::boolean[]))"
    "   AS p(schema, name, excludes, and_children)),"
    " expression AS MATERIALIZED (SELECT * FROM pattern WHERE bare IS NULL),"
    " matched AS (SELECT oid, NULL::boolean AS excludes FROM lineage UNION ALL"
    "  SELECT a.oid, p.excludes FROM ancestor a"
    "  JOIN pattern p ON p.bare COLLATE pg_catalog.\"C\" = a.name" REACHES " UNION ALL"
    "  SELECT a.oid, p.excludes FROM ancestor a JOIN expression p"
    "  ON a.name OPERATOR(pg_catalog.~) p.name COLLATE pg_catalog.\"default\"" REACHES "),"
    " judged AS (SELECT oid, pg_catalog.bool_or(NOT excludes) AS is_included,"
    "  pg_catalog.bool_or(excludes) AS is_excluded FROM matched GROUP BY oid),"
    " selected AS (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,"
    "  " LACKS_IDENTITY " AS lacks_identity, covered.oid IS NOT NULL AS is_covered"
    "  FROM judged JOIN pg_catalog.pg_class c ON c.oid = judged.oid"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "  LEFT JOIN covered ON covered.oid = c.oid"
    "  WHERE (judged.is_included OR NOT EXISTS (SELECT FROM pattern WHERE NOT excludes))"
    "  AND judged.is_excluded IS NOT TRUE)"
    " SELECT name, lacks_identity, pg_catalog.count(*) OVER (),"
    "  (SELECT pg_catalog.count(*) FROM selected WHERE is_covered),"
    "  pg_catalog.quote_ident(($1::text[])[1])"
    " FROM selected WHERE NOT is_covered ORDER BY lacks_identity DESC, name LIMIT 50";
