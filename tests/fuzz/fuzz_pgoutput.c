// Messages of pgoutput, each after its length in two bytes, one after the other through one
// decoder; every event goes on into record and partition key, so that every byte it borrows is
// read.
#include "event_reader.h"

#include "base/alloc.h"
#include "base/cursor.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target target = {.decoder = NULL};
    keywords_init(&target.keywords);
    keywords_add(&target.keywords, STR("user"));
    target.decoder = pgoutput_new(&target.keywords);
    event_reader_init(&target.reader);
    struct cursor input = cursor_over((struct str){.ptr = (const char *)data, .len = size});
    while (input.rest.len > 0 && cursor_ok(&input))
        read_message(&target, cursor_bytes(&input, cursor_u16(&input)));
    event_reader_release(&target.reader);
    pgoutput_free(target.decoder);
    keywords_release(&target.keywords);
    return 0;
}
