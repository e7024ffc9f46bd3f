// Messages of pgoutput, each after its length in two bytes, one after the other through a decoder
// of UTF-8 and through one of EUC_JP; every event goes on into record and partition key, so that
// every byte it borrows is read.
#include "event_reader.h"

#include "base/alloc.h"
#include "base/cursor.h"
#include "postgres/encoding.h"
#include "postgres/pgoutput.h"
#include "postgres/quote.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    struct keywords keywords;
    struct pgoutput *decoder;
    struct event_reader reader;
};

// The message lies in memory of exactly its size, so that a sanitizer sees one byte too many.
static void read_message(struct target *target, struct str message)
{
    char *exact = alloc_bytes(message.len);
    memcpy(exact, message.ptr, message.len);
    const struct wal_data data = {
        .start = UINT64_MAX, .end = UINT64_MAX, .payload = {exact, message.len}};
    struct event event;
    struct err err = {.kind = ERR_NONE};
    if (pgoutput_read(target->decoder, data, &event, &err)) {
        size_t count = 0;
        struct relation *const *relations = pgoutput_relations(target->decoder, &count);
        event_reader_read(&target->reader, &event, relations, count);
    } else {
        assert(err.kind == ERR_DATA || err.kind == ERR_RETRY);
    }
    free(exact);
}

static void read_messages(struct str messages, struct encoding *encoding)
{
    struct target target = {.decoder = NULL};
    keywords_init(&target.keywords);
    keywords_add(&target.keywords, STR("user"));
    target.decoder = pgoutput_new(&target.keywords, encoding);
    event_reader_init(&target.reader);
    struct cursor input = cursor_over(messages);
    while (input.rest.len > 0 && cursor_ok(&input))
        read_message(&target, cursor_bytes(&input, cursor_u16(&input)));
    event_reader_release(&target.reader);
    pgoutput_free(target.decoder);
    keywords_release(&target.keywords);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str messages = {.ptr = (const char *)data, .len = size};
    struct encoding *encoding = encoding_new("EUC_JP");
    read_messages(messages, NULL);
    read_messages(messages, encoding);
    encoding_free(encoding);
    return 0;
}
