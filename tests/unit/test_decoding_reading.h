// test_decoding_reading - a decoder of test_decoding's lines, and what it read last.
#ifndef PGK_TESTS_TEST_DECODING_READING_H
#define PGK_TESTS_TEST_DECODING_READING_H

#include "cmocka_prelude.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/event.h"
#include "postgres/test_decoding.h"
#include "show_event.h"

#include <stdlib.h>
#include <string.h>

// The line lies in memory of exactly its size, so that a sanitizer
// sees one byte too many.
struct reading {
    struct test_decoding *decoder;
    char *line;
    struct event event;
    struct err err;
    struct buf shown;
};

static inline struct reading reading_new(void)
{
    struct reading reading = {.decoder = test_decoding_new()};
    buf_init(&reading.shown, 10 << 20);
    return reading;
}

static inline void reading_release(struct reading *reading)
{
    test_decoding_free(reading->decoder);
    free(reading->line);
    buf_release(&reading->shown);
}

static inline bool read_bytes(struct reading *reading, struct str line)
{
    free(reading->line);
    reading->line = alloc_bytes(line.len);
    memcpy(reading->line, line.ptr, line.len);
    reading->err = (struct err){.kind = ERR_NONE};
    const struct wal_data data = {
        .start = 0x100, .end = 0x100, .payload = {.ptr = reading->line, .len = line.len}};
    return test_decoding_read(reading->decoder, data, &reading->event, &reading->err);
}

static inline bool read_line(struct reading *reading, const char *line)
{
    return read_bytes(reading, str_from_c(line));
}

static inline const char *show(struct reading *reading)
{
    buf_clear(&reading->shown);
    show_event(&reading->shown, &reading->event);
    return buf_c(&reading->shown);
}

static inline void assert_reads(struct reading *reading, const char *line, const char *shown)
{
    if (!read_line(reading, line))
        fail_msg("%s: %s", line, reading->err.text);
    assert_string_equal(show(reading), shown);
}

static inline void assert_refuses(struct reading *reading, const char *line)
{
    if (read_line(reading, line))
        fail_msg("%s: read as %s", line, show(reading));
    assert_int_equal(reading->err.kind, ERR_DATA);
}

#endif
