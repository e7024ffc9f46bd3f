#include "cmocka_prelude.h"

#include "sim/replies.h"

static void assert_fate(const struct replies *replies, uint64_t request, const char *name)
{
    assert_true(str_equal(replies_fate_name(replies, request), str_from_c(name)));
}

static void requests_are_numbered_from_one(void **state)
{
    (void)state;
    struct replies replies;
    replies_init(&replies);
    for (uint64_t i = 1; i <= 5000; i++)
        assert_int_equal(replies_begin(&replies), i);
    replies_release(&replies);
}

static void a_reply_is_pending_until_its_fate_is_known(void **state)
{
    (void)state;
    struct replies replies;
    replies_init(&replies);
    for (int i = 0; i < 5; i++)
        replies_begin(&replies);
    replies_settle(&replies, 5, REPLY_DELIVERED);
    replies_settle(&replies, 2, REPLY_DROPPED);
    replies_settle(&replies, 3, REPLY_SPOILED);
    replies_settle(&replies, 4, REPLY_BROKEN);

    assert_fate(&replies, 1, "pending");
    assert_fate(&replies, 2, "dropped");
    assert_fate(&replies, 3, "spoiled");
    assert_fate(&replies, 4, "broken");
    assert_fate(&replies, 5, "delivered");
    replies_release(&replies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_numbered_from_one),
        cmocka_unit_test(a_reply_is_pending_until_its_fate_is_known),
    };
    return cmocka_run_group_tests_name("sim_replies", tests, NULL, NULL);
}
