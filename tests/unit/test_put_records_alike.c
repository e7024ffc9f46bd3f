// Replies whose entries look alike, or nearly: none is taken for another than it is.
#include "cmocka_prelude.h"

#include "base/cbor_write.h"
#include "base/random.h"
#include "read_plainly.h"

#include <stdio.h>
#include <string.h>

enum {
    ENTRIES = 5,
    REPLY_BYTES_MAX = 4096,
    SEEDS = 20000
};

static enum document_form form; // Of the replies: each test runs in both.

// How a peer writes what it says: the same draws, the same bytes but for the digits.
struct writer {
    struct buf *buf;
    struct random style;
    struct random values;
};

static bool once_in(struct random *random, uint64_t count)
{
    return random_below(random, count) == 0;
}

// As any string of JSON may be: the first character escaped, or all as they are.
static void write_json_text(struct writer *writer, struct str text)
{
    buf_add(writer->buf, STR("\""));
    if (text.len > 0 && once_in(&writer->style, 12)) {
        buf_printf(writer->buf, "\\u%04x", (unsigned)(uint8_t)text.ptr[0]);
        text = str_after(text, 1);
    }
    buf_add(writer->buf, text);
    buf_add(writer->buf, STR("\""));
}

// As any text of CBOR may be: in two pieces, or with a tag before it, or simple.
static void write_cbor_text(struct writer *writer, struct str text)
{
    if (once_in(&writer->style, 20))
        buf_add(writer->buf, STR("\xd9\xd9\xf7"));
    if (!once_in(&writer->style, 12)) {
        cbor_write_text(writer->buf, text);
        return;
    }
    const size_t first = (size_t)random_below(&writer->style, text.len + 1);
    cbor_write_open(writer->buf, CBOR_TEXT);
    cbor_write_text(writer->buf, (struct str){.ptr = text.ptr, .len = first});
    cbor_write_text(writer->buf, str_after(text, first));
    cbor_write_end(writer->buf);
}

static void write_text(struct writer *writer, struct str text)
{
    if (form == DOCUMENT_CBOR)
        write_cbor_text(writer, text);
    else
        write_json_text(writer, text);
}

static void write_null(struct writer *writer)
{
    buf_add(writer->buf, form == DOCUMENT_CBOR ? STR("\xf6") : STR("null"));
}

// Seldom something else in it, which may end the text before its end.
static void write_digits(struct writer *writer, const char *prefix, size_t digits)
{
    char text[80];
    size_t len = strlen(prefix);
    memcpy(text, prefix, len);
    for (size_t i = 0; i < digits; i++)
        text[len++] = (char)('0' + random_below(&writer->values, 10));
    if (len > 0 && once_in(&writer->values, 40)) {
        const char others[] = "\"\\x\n\xff:}";
        text[random_below(&writer->values, len)] = others[random_below(&writer->values, 7)];
    }
    write_text(writer, (struct str){.ptr = text, .len = len});
}

static void write_value(struct writer *writer, struct str name)
{
    static const size_t lengths[] = {56, 56, 56, 55, 12, 1, 0};
    if (once_in(&writer->style, 40))
        write_null(writer);
    else if (str_equal(name, STR("SequenceNumber")))
        write_digits(writer, "", lengths[random_below(&writer->style, 7)]);
    else if (str_equal(name, STR("ShardId")))
        write_digits(writer, "shardId-", once_in(&writer->style, 8) ? 3 : 12);
    else if (str_equal(name, STR("ErrorCode")))
        write_text(writer, once_in(&writer->style, 2) ? STR("") : STR("InternalFailure"));
    else
        write_null(writer);
}

static void write_member(struct writer *writer, struct str name, bool is_first)
{
    if (form == DOCUMENT_JSON && !is_first)
        buf_add(writer->buf, once_in(&writer->style, 4) ? STR(", ") : STR(","));
    write_text(writer, name);
    if (form == DOCUMENT_JSON)
        buf_add(writer->buf, once_in(&writer->style, 4) ? STR(": ") : STR(":"));
    write_value(writer, name);
}

// Usually the number and the shard, sometimes more members or one of them twice.
static void write_entry(struct writer *writer)
{
    static const struct str names[] = {
        STR_CONST("SequenceNumber"),
        STR_CONST("ShardId"),
        STR_CONST("ErrorCode"),
        STR_CONST("ErrorMessage"),
        STR_CONST("New"),
    };
    const size_t more = once_in(&writer->style, 3) ? (size_t)random_below(&writer->style, 3) : 0;
    const size_t turned = once_in(&writer->style, 3);
    const bool tells_length = form == DOCUMENT_CBOR && once_in(&writer->style, 2);
    if (tells_length)
        cbor_write_head(writer->buf, CBOR_MAP, 2 + more);
    else
        buf_add(writer->buf, form == DOCUMENT_CBOR ? STR("\xbf") : STR("{"));
    for (size_t i = 0; i < 2 + more; i++)
        write_member(
            writer, names[i < 2 ? i ^ turned : (size_t)random_below(&writer->style, 5)], i == 0);
    if (!tells_length)
        buf_add(writer->buf, form == DOCUMENT_CBOR ? STR("\xff") : STR("}"));
}

// Something that a peer would not say, at a place within the bytes from begin on.
static void spoil(struct buf *buf, size_t begin, struct random *random)
{
    static const char bytes[] = "\"\\{}[],:0 9nx\x60\x61\x78\x7f\x80\x81\xa1\xa2\xbf\xc0\xf6\xff";
    char *at = buf->ptr + begin + random_below(random, buf->len - begin);
    switch (random_below(random, 3)) {
    case 0:
        *at = bytes[random_below(random, sizeof bytes)];
        break;
    case 1:
        *at = (char)(*at ^ 1 << random_below(random, 8));
        break;
    default:
        memmove(at, at + 1, (size_t)(buf->ptr + buf->len - at) - 1);
        buf->len--;
    }
}

static void write_entries(struct buf *buf, struct random *random)
{
    const uint64_t style = random_below(random, UINT32_MAX);
    const bool is_spoiled = once_in(random, 3);
    for (size_t i = 0; i < ENTRIES; i++) {
        const uint64_t other = random_below(random, UINT32_MAX);
        struct writer writer = {
            .buf = buf,
            .style = random_from(once_in(random, 8) ? other : style),
            .values = random_from(other),
        };
        if (form == DOCUMENT_JSON && i > 0)
            buf_add(buf, once_in(&writer.style, 4) ? STR(", ") : STR(","));
        const size_t begin = buf->len;
        write_entry(&writer);
        if (is_spoiled)
            spoil(buf, begin, &writer.style);
    }
}

static void write_reply(struct buf *buf, struct random *random)
{
    const bool tells_length = once_in(random, 2);
    buf_add(buf, form == DOCUMENT_JSON ? STR("{\"Records\":[") : STR("\xbf\x67Records"));
    if (form == DOCUMENT_CBOR && tells_length)
        cbor_write_head(buf, CBOR_ARRAY, ENTRIES);
    else if (form == DOCUMENT_CBOR)
        cbor_write_open(buf, CBOR_ARRAY);
    write_entries(buf, random);
    if (form == DOCUMENT_JSON)
        buf_add(buf, STR("]}"));
    else
        buf_add(buf, tells_length ? STR("\xff") : STR("\xff\xff"));
    if (once_in(random, 4))
        spoil(buf, 0, random);
    if (once_in(random, 16))
        buf->len = (size_t)random_below(random, buf->len);
}

static void nothing_is_read_otherwise_than_by_itself(void **state)
{
    (void)state;
    size_t all_believed = 0;
    struct buf reply;
    buf_init(&reply, REPLY_BYTES_MAX);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct random random = random_from(seed);
        buf_clear(&reply);
        write_reply(&reply, &random);
        assert_true(buf_ok(&reply));

        bool believed;
        if (!is_read_as_plainly(buf_str(&reply), ENTRIES, &believed))
            fail_msg("seed %llu", (unsigned long long)seed);
        all_believed += believed;
    }
    assert_in_range(all_believed, SEEDS / 4, 3 * SEEDS / 4);
    buf_release(&reply);
}

#define NUMBER         "49543463076548007577105092703039560359975228518395012686"
#define VALUES(number) "\":\"" number "\",\"ShardId\":\"shardId-000000000000\"}"
#define PLAIN(number)  "{\"SequenceNumber" VALUES(number)

// Reading moves what follows an escape, or a piece's head, to the front: what then stands there is
// another entry, or none.
static void what_an_entry_became_by_reading_is_no_pattern(void **state)
{
    (void)state;
    const struct str replies[] = {
        STR("{\"Records\":[{\"Sequence\\u004eumber" VALUES(NUMBER) ",{\"SequenceNumberumber" VALUES(
            NUMBER) "]}"),
        STR("{\"Records\":[" PLAIN("1234567\\u0038") "," PLAIN("12345678u0038") "]}"),
        STR("{\"Records\":[" PLAIN("7\\\\") "," PLAIN("78\\") "]}"),
        STR("\xa1\x67Records\x82"
            "\xa2\x7f\x6eSequenceNumber\xff\x61\x37\x67ShardId\x69shardId-1"
            "\xa2\x7fSequenceNumberr\xff\x61\x38\x67ShardId\x69shardId-1"),
        STR("\xa1\x67Records\x82"
            "\xa2\x6eSequenceNumber\x7f\x61\x37\xff\x67ShardId\x69shardId-1"
            "\xa2\x6eSequenceNumber\x7f\x37\x37\xff\x67ShardId\x69shardId-1"),
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        bool believed;
        assert_true(is_read_as_plainly(replies[i], 2, &believed));
    }
}

static void more_or_fewer_than_were_sent_are_no_answer(void **state)
{
    (void)state;
    const struct str reply =
        STR("{\"Records\":[" PLAIN("1") "," PLAIN("2") "," PLAIN("3") "," PLAIN("4") "]}");
    bool believed;
    for (size_t sent = 1; sent <= 5; sent++) {
        assert_true(is_read_as_plainly(reply, sent, &believed));
        assert_int_equal(believed, sent == 4);
    }
}

// What stands behind the batch's places is as it was.
static void what_was_not_sent_has_no_place(void **state)
{
    (void)state;
    static struct batch batch = {.count = BATCH_RECORDS_MAX, .record_count = 1};
    struct buf body;
    buf_init(&body, 100 * (BATCH_RECORDS_MAX + 2));
    buf_add(&body, STR("{\"Records\":[" PLAIN("1")));
    for (size_t i = 0; i < BATCH_RECORDS_MAX; i++)
        buf_add(&body, STR("," PLAIN("2")));
    buf_add(&body, STR("]}"));
    assert_true(buf_ok(&body));

    struct put_records_counts counts;
    assert_false(put_records_read(&batch, &body, &counts, &batch.err));

    assert_int_equal(batch.count, BATCH_RECORDS_MAX);
    assert_int_equal(batch.record_count, 1);
    buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_read_otherwise_than_by_itself),
        cmocka_unit_test(what_an_entry_became_by_reading_is_no_pattern),
        cmocka_unit_test(more_or_fewer_than_were_sent_are_no_answer),
        cmocka_unit_test(what_was_not_sent_has_no_place),
    };
    int failed = 0;
    for (form = DOCUMENT_JSON; form <= DOCUMENT_CBOR; form++)
        failed += cmocka_run_group_tests_name(form == DOCUMENT_JSON
                                                  ? "put_records, entries alike in JSON"
                                                  : "put_records, entries alike in CBOR",
            tests, NULL, NULL);
    return failed;
}
