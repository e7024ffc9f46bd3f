#include "postgres/decoder.h"

#include "base/alloc.h"
#include "model/event.h"
#include "postgres/encoding.h"
#include "postgres/pgoutput.h"
#include "postgres/test_decoding.h"

#include <assert.h>
#include <stdlib.h>

struct decoder {
    struct keywords keywords;
    struct pgoutput *pgoutput; // NULL: it is the other.
    struct test_decoding *test_decoding;
    struct encoding *encoding;
};

struct decoder *decoder_new(
    enum plugin plugin, struct keywords keywords, const char *server_encoding)
{
    assert(plugin != PLUGIN_AUTO);
    struct decoder *decoder = alloc_zeroed(1, sizeof *decoder);
    decoder->keywords = keywords;
    decoder->encoding = encoding_is_ours(server_encoding) ? encoding_new(server_encoding) : NULL;
    if (plugin == PLUGIN_PGOUTPUT)
        decoder->pgoutput = pgoutput_new(&decoder->keywords, decoder->encoding);
    else
        decoder->test_decoding = test_decoding_new();
    return decoder;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    pgoutput_free(decoder->pgoutput);
    test_decoding_free(decoder->test_decoding);
    encoding_free(decoder->encoding);
    keywords_release(&decoder->keywords);
    free(decoder);
}

// What a line says can be converted before it is read, with one exception: a message's content is
// of any bytes, and the line tells how many.
static bool read_line(
    struct decoder *decoder, struct wal_data data, struct event *event, struct err *err)
{
    if (!decoder->encoding)
        return test_decoding_read(decoder->test_decoding, data, event, err);
    if (!str_starts_with(data.payload, STR("message:")))
        data.payload = encoding_to_utf8(decoder->encoding, data.payload);
    if (!test_decoding_read(decoder->test_decoding, data, event, err))
        return false;
    if (event->kind == EVENT_MESSAGE)
        event->message.prefix = encoding_to_utf8(decoder->encoding, event->message.prefix);
    return true;
}

bool decoder_read(
    struct decoder *decoder, struct wal_data data, struct event *event, struct err *err)
{
    return decoder->pgoutput ? pgoutput_read(decoder->pgoutput, data, event, err)
                             : read_line(decoder, data, event, err);
}

struct relation *const *decoder_relations(const struct decoder *decoder, size_t *count)
{
    return decoder->pgoutput ? pgoutput_relations(decoder->pgoutput, count)
                             : test_decoding_relations(decoder->test_decoding, count);
}
