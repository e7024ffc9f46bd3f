#include "postgres/quote.h"

#include "base/buf.h"

void keywords_init(struct keywords *keywords)
{
    hash_map_init(&keywords->words);
}

void keywords_release(struct keywords *keywords)
{
    hash_map_release(&keywords->words);
}

void keywords_add(struct keywords *keywords, struct str word)
{
    static char held; // A set: what a word leads to does not matter.
    hash_map_put(&keywords->words, word, &held);
}

static bool may_begin_bare(char byte)
{
    return (byte >= 'a' && byte <= 'z') || byte == '_';
}

static bool is_bare(struct str name, const struct keywords *keywords)
{
    if (name.len == 0 || !may_begin_bare(name.ptr[0]))
        return false;
    for (size_t i = 1; i < name.len; i++)
        if (!may_begin_bare(name.ptr[i]) && !(name.ptr[i] >= '0' && name.ptr[i] <= '9'))
            return false;
    return !hash_map_get(&keywords->words, name);
}

void quote_always(struct buf *text, struct str name)
{
    buf_add_byte(text, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_add_byte(text, '"');
        buf_add_byte(text, name.ptr[i]);
    }
    buf_add_byte(text, '"');
}

void quote_identifier(struct buf *text, struct str name, const struct keywords *keywords)
{
    if (is_bare(name, keywords))
        buf_add(text, name);
    else
        quote_always(text, name);
}
