#include "cmocka_prelude.h"

#include "base/random.h"
#include "sim/fault_rules.h"

#include <stdio.h>

static struct fault_rules rules;
static struct random dice;

static int setup(void **state)
{
    (void)state;
    fault_rules_init(&rules);
    dice = random_from(1);
    return 0;
}

static struct fault_rule *add(const char *text)
{
    struct err err;
    if (!fault_rules_add(&rules, str_from_c(text), &err))
        fail_msg("%s: %s", text, err.text);
    return &rules.rules[rules.count - 1];
}

// A bit for each of a row of PutRecords requests that a rule with an effect strikes.
static unsigned struck_of(unsigned count)
{
    const struct fault_request request = {.operation = STR("PutRecords")};
    unsigned struck = 0;
    for (unsigned i = 0; i < count; i++)
        if (fault_rules_for_request(&rules, &request, &dice).rule)
            struck |= 1U << i;
    return struck;
}

static bool strikes(struct fault_request request)
{
    return fault_rules_for_request(&rules, &request, &dice).rule != NULL;
}

static void every_effect_has_a_word(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fault_effect effect;
        bool done;
    } cases[] = {
        {"delay=5", EFFECT_NONE, true},
        {"throttle", EFFECT_RECORD_ERROR, true},
        {"fail", EFFECT_RECORD_ERROR, true},
        {"record-error=KMSThrottlingException", EFFECT_RECORD_ERROR, true},
        {"error=InternalFailure", EFFECT_ERROR, false},
        {"error=InternalFailure done", EFFECT_ERROR, true},
        {"close", EFFECT_CLOSE, true},
        {"close undone", EFFECT_CLOSE, false},
        {"reset", EFFECT_RESET, true},
        {"undone reset", EFFECT_RESET, false},
        {"stall", EFFECT_STALL, true},
        {"truncate", EFFECT_TRUNCATE, true},
        {"garbage", EFFECT_GARBAGE, true},
        {"garbage undone", EFFECT_GARBAGE, false},
        {"few", EFFECT_FEW, true},
        {"many", EFFECT_MANY, true},
        {"drip=10", EFFECT_DRIP, true},
        {"last delay=5", EFFECT_LAST, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct fault_rule *rule = add(cases[i].text);
        assert_int_equal(rule->effect, cases[i].effect);
        assert_int_equal(rule->done, cases[i].done);
        assert_string_equal(rule->text, cases[i].text);
    }
}

static void words_without_sense_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", " ", "explode", "every=3", "close reset", "close=1",
        "delay=0", "delay=", "delay=x", "delay=3600001", "error", "error=", "share=0 close",
        "share=101 close", "share=x close", "share= close", "nth=0 close", "shard=-1 close",
        "shard=2147483648 close", "close status=500", "error=X status=200", "error=X status=600",
        "error=X body=xml", "close body=html", "throttle delay=5", "throttle reused",
        "throttle done", "throttle undone", "close done undone", "truncate undone", "few undone",
        "last undone", "delay=5 undone", "drip=5 undone", "drip=0", "close reused=1", "key= close",
        "key=%2 close", "key=%2g close", "key=% close", "key=a%", "throttle fail"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct err err = {.kind = ERR_NONE};
        if (fault_rules_add(&rules, str_from_c(wrong[i]), &err))
            fail_msg("'%s' was taken", wrong[i]);
        assert_int_equal(err.kind, ERR_USAGE);
    }
    assert_int_equal(rules.count, 0);
}

static void a_rule_has_a_length(void **state)
{
    (void)state;
    char text[FAULT_RULE_BYTES_MAX + 2];
    struct err err;
    snprintf(text, sizeof text, "%-*s", FAULT_RULE_BYTES_MAX, "close");
    assert_true(fault_rules_add(&rules, str_from_c(text), &err));
    snprintf(text, sizeof text, "%-*s", FAULT_RULE_BYTES_MAX + 1, "close");
    assert_false(fault_rules_add(&rules, str_from_c(text), &err));
    snprintf(text, sizeof text, "close key=%0*d", FAULT_KEY_BYTES_MAX, 0);
    assert_true(fault_rules_add(&rules, str_from_c(text), &err));
    snprintf(text, sizeof text, "close key=%0*d", FAULT_KEY_BYTES_MAX + 1, 0);
    assert_false(fault_rules_add(&rules, str_from_c(text), &err));
}

static void there_is_an_end_of_rules(void **state)
{
    (void)state;
    struct err err;
    for (int i = 0; i < FAULT_RULES_MAX; i++)
        add("close");
    assert_false(fault_rules_add(&rules, STR("close"), &err));
    fault_rules_clear(&rules);
    assert_int_equal(add("close")->number, FAULT_RULES_MAX + 1);
}

static void a_rule_strikes_those_that_its_numbers_say(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned struck; // Of eight.
    } cases[] = {
        {"close", 0xff},
        {"close nth=3", 0x04},
        {"close every=3", 0x24},
        {"close after=5", 0xe0},
        {"close times=2", 0x03},
        {"close every=2 times=2", 0x0a},
        {"close every=2 after=4", 0xa0},
        {"close after=3 times=1", 0x08},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fault_rules_clear(&rules);
        add(cases[i].text);
        assert_int_equal(struck_of(8), cases[i].struck);
    }
}

static void a_share_is_kept_and_repeats_with_its_seed(void **state)
{
    (void)state;
    const struct fault_rule *rule = add("close share=20");
    for (int i = 0; i < 10000; i++)
        struck_of(1);
    assert_in_range(rule->struck, 1900, 2100);
    assert_int_equal(rule->met, 10000);

    dice = random_from(7);
    const unsigned once = struck_of(32);
    dice = random_from(7);
    assert_int_equal(struck_of(32), once);
}

static void a_rule_is_about_put_records_unless_it_says(void **state)
{
    (void)state;
    add("close");
    assert_true(strikes((struct fault_request){.operation = STR("PutRecords")}));
    assert_false(strikes((struct fault_request){.operation = STR("PutRecord")}));
    fault_rules_clear(&rules);
    add("close on=ListShards");
    assert_true(strikes((struct fault_request){.operation = STR("ListShards")}));
    assert_false(strikes((struct fault_request){.operation = STR("PutRecords")}));
    fault_rules_clear(&rules);
    add("close on=any");
    assert_true(strikes((struct fault_request){.operation = STR("ListShards")}));
}

static void a_connection_may_have_to_be_used_before(void **state)
{
    (void)state;
    add("reset reused");
    assert_false(strikes((struct fault_request){.operation = STR("PutRecords")}));
    assert_true(strikes((struct fault_request){.operation = STR("PutRecords"), .reused = true}));
}

static void a_request_is_known_by_its_records(void **state)
{
    (void)state;
    const struct fault_record records[] = {{STR("a"), 0}, {STR("b c%"), 1}};
    const struct fault_request request = {
        .operation = STR("PutRecords"), .records = records, .records_count = 2};
    add("delay=5 every=2");
    assert_false(fault_rules_ask_records(&rules));
    add("throttle shard=1");
    assert_false(fault_rules_ask_records(&rules)); // Those are asked about one by one.
    static const struct {
        const char *text;
        bool strikes;
    } cases[] = {
        {"close shard=1", true},
        {"close shard=2", false},
        {"close key=b%20c%25", true},
        {"close key=b", false},
        {"close key=a shard=0", true},
        {"close key=a shard=1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fault_rules_clear(&rules);
        add(cases[i].text);
        assert_true(fault_rules_ask_records(&rules));
        assert_int_equal(strikes(request), cases[i].strikes);
    }
}

static void delays_add_up_and_the_first_effect_wins(void **state)
{
    (void)state;
    const struct fault_request request = {.operation = STR("PutRecords")};
    add("delay=5");
    add("close delay=10 every=2");
    const struct fault_rule *second = add("reset delay=100");
    struct strike strike = fault_rules_for_request(&rules, &request, &dice);
    assert_ptr_equal(strike.rule, second);
    assert_int_equal(strike.delay_ms, 105);
    strike = fault_rules_for_request(&rules, &request, &dice);
    assert_int_equal(strike.rule->effect, EFFECT_CLOSE);
    assert_int_equal(strike.delay_ms, 15);
    assert_int_equal(second->met, 1); // What came second was not met.
}

static const char *code_of(const char *key, uint32_t shard)
{
    const struct fault_record record = {str_from_c(key), shard};
    return fault_rules_for_record(&rules, STR("PutRecords"), &record, &dice);
}

static void records_are_struck_one_by_one(void **state)
{
    (void)state;
    const struct fault_rule *rule = add("fail shard=1 every=2");
    add("record-error=Odd key=k");
    assert_null(code_of("x", 0));
    assert_null(code_of("x", 1));
    assert_null(code_of("x", 0));
    assert_string_equal(code_of("x", 1), "InternalFailure");
    assert_string_equal(code_of("k", 0), "Odd");
    assert_int_equal(rule->met, 2);
    assert_int_equal(struck_of(4), 0); // Requests are not.

    const struct fault_record record = {STR("k"), 0};
    assert_null(fault_rules_for_record(&rules, STR("PutRecord"), &record, &dice));
    fault_rules_clear(&rules);
    add("throttle");
    assert_string_equal(code_of("x", 3), "ProvisionedThroughputExceededException");
}

static void a_rule_is_taken_away_by_its_number(void **state)
{
    (void)state;
    add("close nth=1");
    add("reset nth=2");
    add("stall nth=3");
    assert_true(fault_rules_remove(&rules, 2));
    assert_false(fault_rules_remove(&rules, 2));
    assert_int_equal(rules.count, 2);
    assert_int_equal(rules.rules[1].number, 3);
    assert_int_equal(struck_of(5), 0x9); // The first request was not met by the second rule.
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_effect_has_a_word, setup),
        cmocka_unit_test_setup(words_without_sense_are_refused, setup),
        cmocka_unit_test_setup(a_rule_has_a_length, setup),
        cmocka_unit_test_setup(there_is_an_end_of_rules, setup),
        cmocka_unit_test_setup(a_rule_strikes_those_that_its_numbers_say, setup),
        cmocka_unit_test_setup(a_share_is_kept_and_repeats_with_its_seed, setup),
        cmocka_unit_test_setup(a_rule_is_about_put_records_unless_it_says, setup),
        cmocka_unit_test_setup(a_connection_may_have_to_be_used_before, setup),
        cmocka_unit_test_setup(a_request_is_known_by_its_records, setup),
        cmocka_unit_test_setup(delays_add_up_and_the_first_effect_wins, setup),
        cmocka_unit_test_setup(records_are_struck_one_by_one, setup),
        cmocka_unit_test_setup(a_rule_is_taken_away_by_its_number, setup),
    };
    return cmocka_run_group_tests_name("sim_fault_rules", tests, NULL, NULL);
}
