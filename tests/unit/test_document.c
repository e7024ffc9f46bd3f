#include "cmocka_prelude.h"

#include "base/document.h"

#include <stdlib.h>
#include <string.h>

// {"name": "x", "list": [1, null], "other": {"deep": true}} in either form.
static const struct str json =
    STR_CONST("{\"name\":\"x\",\"list\":[1,null],\"other\":{\"deep\":true}}");
static const struct str cbor = STR_CONST("\xbf\x64name\x61x\x64list\x82\x01\xf6\x65other\xa1\x64"
                                         "deep\xf5\xff");

static void assert_document(enum document_form form, struct str bytes)
{
    char *copy = malloc(bytes.len);
    memcpy(copy, bytes.ptr, bytes.len);
    struct document document = document_over_either(copy, bytes.len);
    struct str name;

    assert_int_equal(document.form, form);
    assert_int_equal(document_peek(&document), CBOR_KIND_MAP);
    document_enter_map(&document);
    assert_true(document_member(&document, &name));
    assert_true(str_equal(name, STR("name")));
    assert_int_equal(document_peek(&document), CBOR_KIND_TEXT);
    assert_true(str_equal(document_text(&document), STR("x")));
    assert_true(document_member(&document, &name));
    document_enter_array(&document);
    assert_true(document_element(&document));
    assert_float_equal(document_number(&document), 1, 0);
    assert_true(document_element(&document));
    assert_int_equal(document_text_or_skip(&document).len, 0);
    assert_false(document_element(&document));
    assert_true(document_member(&document, &name));
    document_skip(&document);
    assert_false(document_member(&document, &name));
    assert_true(document_done(&document));
    free(copy);
}

static void both_forms_are_walked_alike(void **state)
{
    (void)state;
    assert_document(DOCUMENT_JSON, json);
    assert_document(DOCUMENT_CBOR, cbor);
}

static void the_first_byte_tells_the_form(void **state)
{
    (void)state;
    const struct str jsons[] = {json, STR(" \r\n\t{}"), STR("<html>"), STR("null"), STR("")};
    for (size_t i = 0; i < sizeof jsons / sizeof *jsons; i++)
        assert_int_equal(document_form_of(jsons[i]), DOCUMENT_JSON);
    const struct str cbors[] = {cbor, STR("\xa0"), STR("\xb8\x18"), STR("\xd9\xd9\xf7\xa0")};
    for (size_t i = 0; i < sizeof cbors / sizeof *cbors; i++)
        assert_int_equal(document_form_of(cbors[i]), DOCUMENT_CBOR);
}

static void a_document_can_be_failed_by_its_reader(void **state)
{
    (void)state;
    for (enum document_form form = DOCUMENT_JSON; form <= DOCUMENT_CBOR; form++) {
        char text[] = "1";
        struct document document = document_over(form, text, 1);
        document_skip(&document);
        assert_true(document_done(&document));
        assert_false(document_has_failed(&document));

        document_fail(&document);

        assert_false(document_done(&document));
        assert_true(document_has_failed(&document));
    }
}

static void what_is_known_is_passed(void **state)
{
    (void)state;
    const struct str arrays[] = {
        [DOCUMENT_JSON] = STR("[1, {\"a\":[2]} ,3]"),
        [DOCUMENT_CBOR] = STR("\x9f\x01\xa1\x61\x61\x81\x02\x03\xff"),
    };
    const struct str second[] = {
        [DOCUMENT_JSON] = STR(" {\"a\":[2]}"),
        [DOCUMENT_CBOR] = STR("\xa1\x61\x61\x81\x02"),
    };
    for (enum document_form form = DOCUMENT_JSON; form <= DOCUMENT_CBOR; form++) {
        char bytes[32];
        memcpy(bytes, arrays[form].ptr, arrays[form].len);
        struct document document = document_over(form, bytes, arrays[form].len);
        assert_true(str_equal(document_rest(&document), arrays[form]));
        document_enter_array(&document);
        assert_true(document_element(&document));
        assert_float_equal(document_number(&document), 1, 0);
        assert_true(document_element(&document));

        assert_true(str_starts_with(document_rest(&document), second[form]));
        document_pass(&document, second[form].len);

        assert_true(document_element(&document));
        assert_float_equal(document_number(&document), 3, 0);
        assert_false(document_element(&document));
        assert_int_equal(document_rest(&document).len, 0);
        assert_true(document_done(&document));
    }
}

static void after_a_failure_nothing_is_left(void **state)
{
    (void)state;
    for (enum document_form form = DOCUMENT_JSON; form <= DOCUMENT_CBOR; form++) {
        char bytes[] = "12345678";
        struct document document = document_over(form, bytes, strlen(bytes));
        document_fail(&document);
        assert_int_equal(document_rest(&document).len, 0);

        document = document_over(form, NULL, 0);
        assert_non_null(document_rest(&document).ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_are_walked_alike),
        cmocka_unit_test(the_first_byte_tells_the_form),
        cmocka_unit_test(a_document_can_be_failed_by_its_reader),
        cmocka_unit_test(what_is_known_is_passed),
        cmocka_unit_test(after_a_failure_nothing_is_left),
    };
    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
