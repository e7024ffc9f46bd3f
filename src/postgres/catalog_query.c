#include "postgres/catalog_query.h"

#include "base/buf.h"
#include "model/selection.h"

#include <stdlib.h>
#include <string.h>

#define NAME "pg_kinesis_table"

enum {
    ARRAY_BYTES_MAX = 32 << 20 // Of the most and the longest patterns, each byte escaped.
};

const char catalog_query_name[] = NAME;

// The xid is brought to 64 bits by its distance to the snapshot's end.
// https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
//
// Whether commits wait for us only those may see who read all statistics; for others the name that
// both our connections bear decides, and rather too often than once too little: who waits for a
// commit that waits for him waits for ever.
//
// Visible means here what \dt means by it: search_path finds the table by its bare name. For a name
// that no table bears any more it means that search_path would have found it: no other table of
// that name comes earlier. The collation is psql's, which decides what \w is: a name's own is C.
//
// Left to choose, the server went on planning it anew for each table.
const char catalog_query_preparation[] =
    "SET plan_cache_mode = force_generic_plan; PREPARE " NAME " AS"
    " WITH RECURSIVE taken AS (SELECT pg_catalog.txid_current_snapshot() AS snapshot),"
    " ended AS (SELECT snapshot, pg_catalog.txid_snapshot_xmax(snapshot) AS xmax FROM taken),"
    " seen AS (SELECT pg_catalog.txid_visible_in_snapshot(xmax +"
    " ((($3::bigint - xmax) & 4294967295) # 2147483648) - 2147483648, snapshot) AS visible"
    " FROM ended),"
    " waiting AS (SELECT COALESCE("
    "  (SELECT r.sync_state IN ('sync', 'quorum') FROM pg_catalog.pg_stat_replication r"
    "   WHERE r.pid = $4::int),"
    "  pg_catalog.strpos(names, '*') > 0 OR"
    "  pg_catalog.strpos(pg_catalog.lower(names), NULLIF(pg_catalog.lower(ours), '')) > 0,"
    "  false) AS is_for_us"
    "  FROM (SELECT pg_catalog.current_setting('synchronous_standby_names'),"
    "   pg_catalog.current_setting('application_name')) AS settings(names, ours)),"
    " path AS (SELECT schema, place"
    "  FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY p(schema, place)),"
    " named AS (SELECT oid FROM pg_catalog.pg_class WHERE oid = $9::oid UNION ALL"
    "  SELECT c.oid FROM pg_catalog.pg_class c"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE n.nspname = $1::name AND c.relname = $2::name AND $9::oid = 0),"
    " lineage(oid, is_ancestor) AS (SELECT oid, false FROM named UNION"
    "  SELECT i.inhparent, true FROM lineage l JOIN pg_catalog.pg_inherits i ON i.inhrelid = "
    "l.oid),"
    " candidate(schema, name, visible, is_ancestor) AS ("
    "  SELECT $1::name, $2::name, COALESCE((SELECT pg_catalog.pg_table_is_visible(oid) FROM named),"
    "   EXISTS (SELECT FROM path WHERE path.schema = $1::name AND NOT EXISTS ("
    "    SELECT FROM path earlier"
    "    JOIN pg_catalog.pg_namespace n ON n.nspname = earlier.schema"
    "    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = $2::name"
    "    WHERE earlier.place < path.place))), false"
    "  UNION ALL"
    "  SELECT n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid), true FROM lineage l"
    "  JOIN pg_catalog.pg_class c ON c.oid = l.oid"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE l.is_ancestor),"
    " pattern(schema, name, excludes, matches) AS ("
    "  SELECT p.schema, p.name, p.excludes, EXISTS (SELECT FROM candidate c"
    "   WHERE (p.and_children OR NOT c.is_ancestor)"
    "   AND c.name::text OPERATOR(pg_catalog.~) p.name COLLATE pg_catalog.\"default\""
    "   AND CASE WHEN p.schema IS NULL THEN c.visible ELSE"
    "    c.schema::text OPERATOR(pg_catalog.~) p.schema COLLATE pg_catalog.\"default\" END)"
    "  FROM ROWS FROM (pg_catalog.unnest($5::text[]), pg_catalog.unnest($6::text[]),"
    "   pg_catalog.unnest($7::boolean[]), pg_catalog.unnest($8::boolean[]))"
    "   AS p(schema, name, excludes, and_children))"
    " SELECT seen.visible, waiting.is_for_us,"
    "  named.oid, a.attname, pg_catalog.format_type(a.atttypid, NULL),"
    "  (EXISTS (SELECT FROM pattern WHERE matches AND NOT excludes)"
    "   OR NOT EXISTS (SELECT FROM pattern WHERE NOT excludes))"
    "  AND NOT EXISTS (SELECT FROM pattern WHERE matches AND excludes)"
    " FROM seen CROSS JOIN waiting"
    " LEFT JOIN named ON true"
    " LEFT JOIN pg_catalog.pg_index i ON i.indrelid = named.oid AND i.indisprimary"
    " LEFT JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY k(attnum, place)"
    "  ON k.place <= i.indnkeyatts"
    " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = named.oid AND a.attnum = k.attnum"
    " ORDER BY k.place";

// An array's elements are quoted as
// https://www.postgresql.org/docs/current/arrays.html#ARRAYS-INPUT says.
static void add_text(struct buf *array, const char *text)
{
    if (!text) {
        buf_add(array, STR("NULL"));
        return;
    }
    buf_add_byte(array, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_byte(array, '\\');
        buf_add_byte(array, *text);
    }
    buf_add_byte(array, '"');
}

static void add_schema(struct buf *array, const struct table_pattern *pattern)
{
    add_text(array, pattern->schema);
}

static void add_name(struct buf *array, const struct table_pattern *pattern)
{
    add_text(array, pattern->name);
}

static void add_excludes(struct buf *array, const struct table_pattern *pattern)
{
    buf_add_byte(array, pattern->excludes ? 't' : 'f');
}

static void add_and_children(struct buf *array, const struct table_pattern *pattern)
{
    buf_add_byte(array, pattern->and_children ? 't' : 'f');
}

typedef void element_adder(struct buf *array, const struct table_pattern *pattern);

static char *array_of(const struct selection *selection, element_adder *add)
{
    struct buf array;
    buf_init(&array, ARRAY_BYTES_MAX);
    buf_add_byte(&array, '{');
    for (size_t i = 0; i < selection->count; i++) {
        if (i > 0)
            buf_add_byte(&array, ',');
        add(&array, &selection->patterns[i]);
    }
    buf_add_byte(&array, '}');
    char *text = strdup(buf_c(&array));
    buf_release(&array);
    return text;
}

struct catalog_selection catalog_selection_of(const struct selection *selection)
{
    return (struct catalog_selection){
        .arrays = {array_of(selection, add_schema), array_of(selection, add_name),
            array_of(selection, add_excludes), array_of(selection, add_and_children)},
    };
}

void catalog_selection_release(struct catalog_selection *selection)
{
    for (size_t i = 0; i < sizeof selection->arrays / sizeof *selection->arrays; i++)
        free(selection->arrays[i]);
    *selection = (struct catalog_selection){.arrays = {NULL}};
}
