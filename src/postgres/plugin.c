#include "postgres/plugin.h"

#include "base/buf.h"
#include "postgres/quote.h"

#include <assert.h>

enum {
    NAMES_BYTES_MAX = 16384
};

static const struct str names[] = {
    [PLUGIN_TEST_DECODING] = STR_CONST("test_decoding"),
    [PLUGIN_PGOUTPUT] = STR_CONST("pgoutput"),
};

const char *plugin_name(enum plugin plugin)
{
    assert(plugin != PLUGIN_AUTO);
    return names[plugin].ptr;
}

enum plugin plugin_of_name(struct str name)
{
    if (str_equal(name, names[PLUGIN_TEST_DECODING]))
        return PLUGIN_TEST_DECODING;
    return str_equal(name, names[PLUGIN_PGOUTPUT]) ? PLUGIN_PGOUTPUT : PLUGIN_AUTO;
}

// A string constant: the replication protocol knows no escape but the doubled quote.
static void add_constant(struct buf *command, struct str text)
{
    buf_add_byte(command, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_add_byte(command, '\'');
        buf_add_byte(command, text.ptr[i]);
    }
    buf_add_byte(command, '\'');
}

// Names inside a constant: the plugin folds those that are not quoted to lower case.
static void add_publications(struct buf *command, const struct publications *publications)
{
    struct buf list;
    buf_init(&list, NAMES_BYTES_MAX);
    for (size_t i = 0; i < publications->count; i++) {
        if (i > 0)
            buf_add_byte(&list, ',');
        quote_always(&list, publications->names[i]);
    }
    add_constant(command, buf_str(&list));
    buf_release(&list);
}

void plugin_add_options(
    struct buf *command, enum plugin plugin, const struct publications *publications, bool messages)
{
    if (plugin == PLUGIN_TEST_DECODING) {
        buf_add(command, STR("(\"include-xids\" 'on', \"skip-empty-xacts\" 'on')"));
        return;
    }
    buf_add(command, STR("(proto_version '1', publication_names "));
    add_publications(command, publications);
    if (messages)
        buf_add(command, STR(", messages 'true'"));
    buf_add_byte(command, ')');
}
