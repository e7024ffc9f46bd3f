#include "cmocka_prelude.h"

#include "base/buf.h"
#include "model/event.h"
#include "model/relation.h"
#include "postgres/decoder.h"
#include "postgres/quote.h"

// A message in a literal: its bytes, zeros included, without the terminator.
#define BYTES(literal) ((struct str){.ptr = (literal), .len = sizeof(literal) - 1})

static struct decoder *decoder_of(enum plugin plugin, const char *server_encoding)
{
    struct keywords keywords;
    keywords_init(&keywords);
    return decoder_new(plugin, keywords, server_encoding);
}

static struct event read(struct decoder *decoder, struct str message)
{
    struct event event;
    struct err err = {.kind = ERR_NONE};
    const struct wal_data data = {.start = 0x130, .end = 0x130, .payload = message};
    if (!decoder_read(decoder, data, &event, &err))
        fail_msg("%s", err.text);
    return event;
}

static void assert_text(struct str found, const char *expected)
{
    assert_true(str_equal(found, str_from_c(expected)));
}

static void assert_message(struct event event, const char *prefix, struct str content)
{
    assert_int_equal(event.kind, EVENT_MESSAGE);
    assert_text(event.message.prefix, prefix);
    assert_true(str_equal(event.message.content, content));
}

static void a_messages_content_is_bytes_and_its_prefix_is_text(void **state)
{
    (void)state;
    struct decoder *line = decoder_of(PLUGIN_TEST_DECODING, "LATIN1");
    struct decoder *bytes = decoder_of(PLUGIN_PGOUTPUT, "LATIN1");

    assert_message(
        read(line, BYTES("message: transactional: 0 prefix: \xe4, sz: 2 content:\xf6\xff")), "ä",
        BYTES("\xf6\xff"));
    assert_message(
        read(bytes, BYTES("M\0\0\0\0\0\0\0\1\x30\xe4\0\0\0\0\2\xf6\xff")), "ä", BYTES("\xf6\xff"));

    decoder_free(line);
    decoder_free(bytes);
}

static void every_text_of_a_row_is_converted(void **state)
{
    (void)state;
    struct decoder *decoder = decoder_of(PLUGIN_PGOUTPUT, "EUC_JP");
    read(decoder, BYTES("B\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\x2a\0\0\0\7"));
    read(decoder, BYTES("Y\0\0\x50\1\xc9\xbd\0\xcc\xbe\0"));
    read(decoder, BYTES("R\0\0\x40\x10public\0\xc9\xbd\0d\0\2\1\xcc\xbe\0\0\0\x50\1\xff\xff\xff\xff"
                        "\0v\0\0\0\0\x19\xff\xff\xff\xff"));

    struct event event = read(decoder, BYTES("U\0\0\x40\x10K\0\2t\0\0\0\2\xcb\xdcnN\0\2"
                                             "t\0\0\0\5\xc6\xfc\xcb\xdc!t\0\0\0\4x\xa9\xa1y"));

    const struct change *change = &event.change;
    assert_text(change->relation->quoted, "public.\"表\"");
    assert_text(change->relation->columns[0].name, "名");
    assert_text(change->relation->columns[0].type, "\"表\".\"名\"");
    assert_text(change->old_row[0].text, "本");
    assert_text(change->new_row[0].text, "日本!");
    assert_text(change->new_row[1].text, "x\xff\xffy"); // A place where no character is.
    decoder_free(decoder);
}

static void what_nobody_can_convert_stays_as_it_is(void **state)
{
    (void)state;
    const char *const names[] = {"UTF8", "SQL_ASCII", "MULE_INTERNAL", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct decoder *decoder = decoder_of(PLUGIN_PGOUTPUT, names[i]);
        const struct event event = read(decoder, BYTES("M\0\0\0\0\0\0\0\1\x30\xe4\xbd\0\0\0\0\0"));
        assert_text(event.message.prefix, "\xe4\xbd");
        decoder_free(decoder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_messages_content_is_bytes_and_its_prefix_is_text),
        cmocka_unit_test(every_text_of_a_row_is_converted),
        cmocka_unit_test(what_nobody_can_convert_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
