// Lines of test_decoding, separated by zero bytes, one after the other through one decoder; every
// event goes on into record and partition key, so that every byte it borrows is read.
#include "event_reader.h"

#include "base/alloc.h"
#include "postgres/test_decoding.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    struct test_decoding *decoder;
    struct event_reader reader;
};

// The line lies in memory of exactly its size, so that a sanitizer sees one byte too many.
static void read_line(struct target *target, struct str line)
{
    char *exact = alloc_bytes(line.len);
    memcpy(exact, line.ptr, line.len);
    const struct wal_data data = {.start = 1, .end = 1, .payload = {exact, line.len}};
    struct event event;
    struct err err = {.kind = ERR_NONE};
    if (test_decoding_read(target->decoder, data, &event, &err)) {
        size_t count = 0;
        struct relation *const *relations = test_decoding_relations(target->decoder, &count);
        event_reader_read(&target->reader, &event, relations, count);
    } else {
        assert(err.kind == ERR_DATA);
    }
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target target = {.decoder = test_decoding_new()};
    event_reader_init(&target.reader);
    struct str rest = {.ptr = (const char *)data, .len = size};
    while (rest.len > 0)
        read_line(&target, str_cut(&rest, 0));
    event_reader_release(&target.reader);
    test_decoding_free(target.decoder);
    return 0;
}
