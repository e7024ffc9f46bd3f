#include "cmocka_prelude.h"

#include "base/buf.h"
#include "postgres/quote.h"

static void a_name_is_quoted_where_the_server_would(void **state)
{
    (void)state;
    static const struct {
        struct str name;
        const char *quoted;
    } names[] = {
        {STR_CONST("id"), "id"},
        {STR_CONST("_1"), "_1"},
        {STR_CONST("a1_"), "a1_"},
        {STR_CONST("1a"), "\"1a\""},
        {STR_CONST("Id"), "\"Id\""},
        {STR_CONST("née"), "\"née\""},
        {STR_CONST("a b"), "\"a b\""},
        {STR_CONST("a\"b"), "\"a\"\"b\""},
        {STR_CONST("a$"), "\"a$\""},
        {STR_CONST(""), "\"\""},
        {STR_CONST("user"), "\"user\""},
        {STR_CONST("use"), "use"},
        {STR_CONST("users"), "users"},
    };
    struct keywords keywords;
    keywords_init(&keywords);
    keywords_add(&keywords, STR("user"));
    keywords_add(&keywords, STR("user"));
    struct buf text;
    buf_init(&text, 100);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        buf_clear(&text);
        quote_identifier(&text, names[i].name, &keywords);
        assert_string_equal(buf_c(&text), names[i].quoted);
    }
    buf_release(&text);
    keywords_release(&keywords);
}

static void a_name_can_be_quoted_without_need(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 100);

    quote_always(&text, STR("id"));
    quote_always(&text, STR("\""));

    assert_string_equal(buf_c(&text), "\"id\"\"\"\"\"");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_quoted_where_the_server_would),
        cmocka_unit_test(a_name_can_be_quoted_without_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
