#include "cmocka_prelude.h"

#include "base/buf.h"
#include "sim/answer.h"

static void write_everything(struct answer *answer)
{
    answer_open_map(answer);
    answer_name(answer, STR("texts"));
    answer_open_array(answer);
    answer_text(answer, STR("a\"b"));
    buf_add(answer_begin_text(answer), STR("id-"));
    buf_add_u64(answer->body, 7);
    answer_end_text(answer);
    answer_close_array(answer);
    answer_name(answer, STR("none"));
    answer_open_map(answer);
    answer_close_map(answer);
    answer_name(answer, STR("number"));
    answer_number(answer, 300);
    answer_name(answer, STR("true"));
    answer_bool(answer, true);
    answer_name(answer, STR("blob"));
    answer_blob(answer, STR("\x00\xff"));
    answer_name(answer, STR("time"));
    answer_time(answer, 1001);
    answer_close_map(answer);
}

static void in_json_commas_separate_and_blobs_are_base64(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 1000);
    struct answer answer = answer_in(DOCUMENT_JSON, &body);

    write_everything(&answer);

    assert_string_equal(buf_c(&body),
        "{\"texts\":[\"a\\\"b\",\"id-7\"],\"none\":{},\"number\":300,\"true\":true,"
        "\"blob\":\"AP8=\",\"time\":1.001}");
    buf_release(&body);
}

static void in_cbor_nothing_tells_its_length_but_strings(void **state)
{
    (void)state;
    const struct str expected = STR("\xbf\x65texts\x9f\x63"
                                    "a\"b\x79\x00\x04id-7\xff"
                                    "\x64none\xbf\xff\x66number\x19\x01\x2c\x64true\xf5"
                                    "\x64"
                                    "blob\x42\x00\xff\x64time\xc1\x19\x03\xe9\xff");
    struct buf body;
    buf_init(&body, 1000);
    struct answer answer = answer_in(DOCUMENT_CBOR, &body);

    write_everything(&answer);

    assert_int_equal(body.len, expected.len);
    assert_memory_equal(body.ptr, expected.ptr, expected.len);
    buf_release(&body);
}

static void an_answer_that_finds_no_room_is_seen_by_its_buffer(void **state)
{
    (void)state;
    for (enum document_form form = DOCUMENT_JSON; form <= DOCUMENT_CBOR; form++) {
        for (size_t room = 0; room < 60; room++) {
            struct buf body;
            buf_init(&body, room);
            struct answer answer = answer_in(form, &body);

            write_everything(&answer);

            assert_false(buf_ok(&body));
            buf_release(&body);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_json_commas_separate_and_blobs_are_base64),
        cmocka_unit_test(in_cbor_nothing_tells_its_length_but_strings),
        cmocka_unit_test(an_answer_that_finds_no_room_is_seen_by_its_buffer),
    };
    return cmocka_run_group_tests_name("sim_answer", tests, NULL, NULL);
}
