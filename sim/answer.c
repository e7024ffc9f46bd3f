#include "sim/answer.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/cbor_write.h"
#include "base/json_write.h"

#include <assert.h>
#include <inttypes.h>

enum {
    // https://github.com/aws/aws-sdk-java-v2, SdkCborGenerator: RFC 8949's tag for seconds, with
    // milliseconds.
    TAG_TIME = 1,
    // A head that leaves 16 bits for a length which is told later.
    TEXT_HEAD_BYTES = 3
};

struct answer answer_in(enum document_form form, struct buf *body)
{
    return (struct answer){.form = form, .body = body, .is_first = true};
}

static bool is_json(const struct answer *answer)
{
    return answer->form == DOCUMENT_JSON;
}

// What stands between two items in JSON; CBOR needs nothing.
static void separate(struct answer *answer)
{
    if (is_json(answer) && !answer->is_first)
        buf_add_byte(answer->body, ',');
    answer->is_first = false;
}

static void open(struct answer *answer, enum cbor_major major, char bracket)
{
    separate(answer);
    if (is_json(answer))
        buf_add_byte(answer->body, bracket);
    else
        cbor_write_open(answer->body, major);
    answer->is_first = true;
}

static void close(struct answer *answer, char bracket)
{
    if (is_json(answer))
        buf_add_byte(answer->body, bracket);
    else
        cbor_write_end(answer->body);
    answer->is_first = false;
}

void answer_open_map(struct answer *answer)
{
    open(answer, CBOR_MAP, '{');
}

void answer_close_map(struct answer *answer)
{
    close(answer, '}');
}

void answer_open_array(struct answer *answer)
{
    open(answer, CBOR_ARRAY, '[');
}

void answer_close_array(struct answer *answer)
{
    close(answer, ']');
}

void answer_text(struct answer *answer, struct str text)
{
    separate(answer);
    if (is_json(answer))
        json_write_string(answer->body, text);
    else
        cbor_write_text(answer->body, text);
}

void answer_name(struct answer *answer, struct str name)
{
    answer_text(answer, name);
    if (is_json(answer))
        buf_add_byte(answer->body, ':');
    answer->is_first = true;
}

void answer_number(struct answer *answer, uint64_t number)
{
    separate(answer);
    if (is_json(answer))
        buf_add_u64(answer->body, number);
    else
        cbor_write_head(answer->body, CBOR_UNSIGNED, number);
}

void answer_bool(struct answer *answer, bool truth)
{
    separate(answer);
    if (is_json(answer))
        buf_add(answer->body, truth ? STR("true") : STR("false"));
    else
        cbor_write_bool(answer->body, truth);
}

void answer_blob(struct answer *answer, struct str bytes)
{
    separate(answer);
    if (!is_json(answer)) {
        cbor_write_bytes(answer->body, bytes);
        return;
    }
    buf_add_byte(answer->body, '"');
    base64_write(answer->body, bytes);
    buf_add_byte(answer->body, '"');
}

void answer_time(struct answer *answer, int64_t time_ms)
{
    separate(answer);
    if (is_json(answer)) {
        buf_printf(answer->body, "%" PRId64 ".%03" PRId64, time_ms / 1000, time_ms % 1000);
        return;
    }
    cbor_write_head(answer->body, CBOR_TAG, TAG_TIME);
    cbor_write_head(answer->body, CBOR_UNSIGNED, (uint64_t)time_ms);
}

struct buf *answer_begin_text(struct answer *answer)
{
    separate(answer);
    answer->text_at = answer->body->len;
    if (is_json(answer))
        buf_add_byte(answer->body, '"');
    else
        cbor_write_head(answer->body, CBOR_TEXT, UINT16_MAX);
    return answer->body;
}

void answer_end_text(struct answer *answer)
{
    struct buf *body = answer->body;
    if (is_json(answer)) {
        buf_add_byte(body, '"');
        return;
    }
    if (!buf_ok(body))
        return; // What was dropped has no head to mend.
    const size_t len = body->len - answer->text_at - TEXT_HEAD_BYTES;
    assert(len <= UINT16_MAX);
    body->ptr[answer->text_at + 1] = (char)(len >> 8);
    body->ptr[answer->text_at + 2] = (char)(len & 0xff);
}
