#include "cmocka_prelude.h"

#include "kinesis/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char credentials_path[] = "/tmp/credentials_XXXXXX";
static char config_path[] = "/tmp/config_XXXXXX";

static int make_files(void **state)
{
    (void)state;
    close(mkstemp(credentials_path));
    close(mkstemp(config_path));
    setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_path, 1);
    setenv("AWS_CONFIG_FILE", config_path, 1);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(credentials_path);
    unlink(config_path);
    return 0;
}

static int forget_environment(void **state)
{
    (void)state;
    static const char *const names[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_files(const char *credentials, const char *config)
{
    write_file(credentials_path, credentials);
    write_file(config_path, config);
}

static bool find(struct credentials *credentials, struct str chosen, struct err *err)
{
    struct aws_profile profile;
    assert_true(aws_profile_read(&profile, chosen, err));
    bool ok = credentials_find(credentials, &profile, err);
    aws_profile_release(&profile);
    return ok;
}

static void assert_found(struct str chosen, struct str key_id, struct str secret, struct str token)
{
    struct credentials credentials;
    struct err err;
    assert_true(find(&credentials, chosen, &err));
    assert_true(str_equal(credentials.key_id, key_id));
    assert_true(str_equal(credentials.secret, secret));
    assert_true(str_equal(credentials.session_token, token));
    credentials_release(&credentials);
}

static void assert_refused(struct str chosen, const char *why)
{
    struct credentials credentials;
    struct err err = {.kind = ERR_NONE};
    assert_false(find(&credentials, chosen, &err));
    assert_int_equal(err.kind, ERR_OPERATOR);
    assert_non_null(strstr(err.text, why));
    assert_null(strstr(err.text, "HIDDEN"));
}

#define KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = HIDDEN" id "\n"

static void the_environment_comes_first(void **state)
{
    (void)state;
    write_files("[default]\n" KEYS("F"), "");
    setenv("AWS_ACCESS_KEY_ID", "E", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "SE", 1);
    assert_found(STR(""), STR("E"), STR("SE"), STR(""));
    setenv("AWS_SESSION_TOKEN", "TE", 1);
    assert_found(STR(""), STR("E"), STR("SE"), STR("TE"));
}

static void a_chosen_profile_disables_the_environment(void **state)
{
    (void)state;
    write_files("[p]\n" KEYS("F"), "");
    setenv("AWS_ACCESS_KEY_ID", "E", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "SE", 1);
    setenv("AWS_PROFILE", "p", 1);
    assert_found(STR(""), STR("E"), STR("SE"), STR(""));
    assert_found(STR("p"), STR("F"), STR("HIDDENF"), STR(""));
}

static void the_profile_is_chosen_named_or_default(void **state)
{
    (void)state;
    write_files("[default]\n" KEYS("D") "[a]\n" KEYS("A") "[b]\n" KEYS("B") "[c]\n" KEYS("C"), "");
    assert_found(STR(""), STR("D"), STR("HIDDEND"), STR(""));
    setenv("AWS_DEFAULT_PROFILE", "a", 1);
    assert_found(STR(""), STR("A"), STR("HIDDENA"), STR(""));
    setenv("AWS_PROFILE", "b", 1);
    assert_found(STR(""), STR("B"), STR("HIDDENB"), STR(""));
    assert_found(STR("c"), STR("C"), STR("HIDDENC"), STR(""));
}

static void keys_may_stand_in_the_config_file(void **state)
{
    (void)state;
    write_files("", "[profile p]\n" KEYS("C") "aws_session_token = T\n");
    assert_found(STR("p"), STR("C"), STR("HIDDENC"), STR("T"));
    write_files("[p]\n" KEYS("F"), "[profile p]\n" KEYS("C") "aws_session_token = T\n");
    assert_found(STR("p"), STR("F"), STR("HIDDENF"), STR(""));
}

static void half_a_pair_is_refused(void **state)
{
    (void)state;
    write_files("[default]\naws_access_key_id = F\n", "[default]\n" KEYS("C"));
    assert_refused(STR(""), "no secret");
    setenv("AWS_ACCESS_KEY_ID", "E", 1);
    assert_refused(STR(""), "in the environment, but no secret");
}

static void keys_that_would_break_a_header_are_refused(void **state)
{
    (void)state;
    write_files("", "");
    setenv("AWS_ACCESS_KEY_ID", "E", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "HIDDEN", 1);
    setenv("AWS_SESSION_TOKEN", "HIDDEN\r\nX-Evil: 1", 1);
    assert_refused(STR(""), "no AWS key has");
}

static void what_is_not_supported_is_named(void **state)
{
    (void)state;
    const char *const settings[] = {"role_arn", "web_identity_token_file", "sso_session",
        "sso_start_url", "credential_process"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        char config[100];
        snprintf(config, sizeof config, "[profile p]\n%s = x\n", settings[i]);
        write_files("", config);
        assert_refused(STR("p"), settings[i]);
    }
}

static void keys_beside_a_role_are_not_taken_for_the_roles(void **state)
{
    (void)state;
    write_files("[p]\n" KEYS("F"), "[profile p]\nrole_arn = x\n");
    assert_refused(STR("p"), "role_arn");
}

static void nothing_found_says_where_was_looked(void **state)
{
    (void)state;
    write_files("", "");
    assert_refused(STR(""), credentials_path);
    assert_refused(STR(""), "hint: set AWS_ACCESS_KEY_ID");
    assert_refused(STR("p"), "there is no profile \"p\"");
    write_files("", "[profile p]\nregion = r\n");
    assert_refused(STR("p"), "no AWS credentials in profile \"p\"");
}

static void settings_come_from_both_files(void **state)
{
    (void)state;
    write_files("[p]\nregion = r1\n", "[profile p]\nregion = r2\nendpoint_url = u\n");
    struct aws_profile profile;
    struct err err;
    assert_true(aws_profile_read(&profile, STR("p"), &err));
    assert_true(str_equal(aws_profile_value(&profile, STR("region")), STR("r1")));
    assert_true(str_equal(aws_profile_value(&profile, STR("endpoint_url")), STR("u")));
    assert_int_equal(aws_profile_value(&profile, STR("output")).len, 0);
    aws_profile_release(&profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_environment_comes_first, forget_environment),
        cmocka_unit_test_setup(a_chosen_profile_disables_the_environment, forget_environment),
        cmocka_unit_test_setup(the_profile_is_chosen_named_or_default, forget_environment),
        cmocka_unit_test_setup(keys_may_stand_in_the_config_file, forget_environment),
        cmocka_unit_test_setup(half_a_pair_is_refused, forget_environment),
        cmocka_unit_test_setup(keys_that_would_break_a_header_are_refused, forget_environment),
        cmocka_unit_test_setup(what_is_not_supported_is_named, forget_environment),
        cmocka_unit_test_setup(keys_beside_a_role_are_not_taken_for_the_roles, forget_environment),
        cmocka_unit_test_setup(nothing_found_says_where_was_looked, forget_environment),
        cmocka_unit_test_setup(settings_come_from_both_files, forget_environment),
    };
    return cmocka_run_group_tests_name("credentials", tests, make_files, remove_files);
}
