#include "cmocka_prelude.h"

#include "kinesis/credentials.h"
#include "kinesis/endpoint.h"
#include "kinesis/stream_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int forget_environment(void **state)
{
    (void)state;
    static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KINESIS",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials", 1);
    setenv("AWS_CONFIG_FILE", "/nowhere/config", 1);
    return 0;
}

static bool resolve(struct endpoint *endpoint, struct endpoint_options options,
    struct str stream_text, struct err *err)
{
    struct stream_name stream;
    struct aws_profile profile;
    options.url = options.url.ptr ? options.url : STR("");
    options.region = options.region.ptr ? options.region : STR("");
    assert_true(stream_name_parse(stream_text, &stream, err));
    assert_true(aws_profile_read(&profile, STR(""), err));
    bool ok = endpoint_resolve(endpoint, &options, &stream, &profile, err);
    aws_profile_release(&profile);
    return ok;
}

#define ARN STR("arn:aws:kinesis:eu-west-1:123456789012:stream/s")

static void assert_region(struct str option, struct str stream, const char *region)
{
    struct endpoint endpoint;
    struct err err;
    assert_true(resolve(&endpoint, (struct endpoint_options){.region = option}, stream, &err));
    assert_string_equal(endpoint.region, region);
}

static void the_region_is_looked_for_in_this_order(void **state)
{
    (void)state;
    char path[] = "/tmp/endpoint_XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "[default]\nregion = profile-1\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);

    setenv("AWS_CONFIG_FILE", path, 1);
    assert_region(STR(""), STR("s"), "profile-1");
    setenv("AWS_DEFAULT_REGION", "default-1", 1);
    assert_region(STR(""), STR("s"), "default-1");
    setenv("AWS_REGION", "environment-1", 1);
    assert_region(STR(""), STR("s"), "environment-1");
    assert_region(STR(""), ARN, "eu-west-1");
    assert_region(STR("option-1"), ARN, "option-1");
    unlink(path);
}

static void no_region_is_an_error_with_a_cure(void **state)
{
    (void)state;
    struct endpoint endpoint;
    struct err err;
    assert_false(resolve(&endpoint, (struct endpoint_options){.insecure = false}, STR("s"), &err));
    assert_int_equal(err.kind, ERR_OPERATOR);
    assert_non_null(strstr(err.text, "hint: give --region"));
}

static void a_region_is_a_part_of_a_host_name(void **state)
{
    (void)state;
    const struct str cases[] = {STR("us east"), STR("x.evil.example/"), STR("US-EAST-1"),
        STR("x\r\nHost: y"), STR("@evil")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct endpoint endpoint;
        struct err err;
        assert_false(
            resolve(&endpoint, (struct endpoint_options){.region = cases[i]}, STR("s"), &err));
        assert_int_equal(err.kind, ERR_USAGE);
    }
}

static void assert_url(struct str option, const char *region, const char *url, const char *host)
{
    struct endpoint endpoint;
    struct err err;
    assert_true(resolve(&endpoint,
        (struct endpoint_options){.url = option, .region = str_from_c(region)}, STR("s"), &err));
    assert_string_equal(endpoint.url, url);
    assert_string_equal(endpoint.host, host);
}

static void a_region_has_its_own_address(void **state)
{
    (void)state;
    assert_url(STR(""), "us-east-1", "https://kinesis.us-east-1.amazonaws.com/",
        "kinesis.us-east-1.amazonaws.com");
    assert_url(STR(""), "cn-north-1", "https://kinesis.cn-north-1.amazonaws.com.cn/",
        "kinesis.cn-north-1.amazonaws.com.cn");
}

static void the_address_is_looked_for_in_this_order(void **state)
{
    (void)state;
    setenv("AWS_ENDPOINT_URL", "https://general.example", 1);
    assert_url(STR(""), "r", "https://general.example/", "general.example");
    setenv("AWS_ENDPOINT_URL_KINESIS", "https://kinesis.example", 1);
    assert_url(STR(""), "r", "https://kinesis.example/", "kinesis.example");
    assert_url(STR("https://option.example"), "r", "https://option.example/", "option.example");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_url(STR(""), "r", "https://kinesis.r.amazonaws.com/", "kinesis.r.amazonaws.com");
    assert_url(STR("https://option.example"), "r", "https://option.example/", "option.example");
}

static void the_host_has_the_port_unless_it_is_the_schemes_own(void **state)
{
    (void)state;
    assert_url(STR("https://h.example:8443/"), "r", "https://h.example:8443/", "h.example:8443");
    assert_url(STR("https://h.example:443"), "r", "https://h.example/", "h.example");
    assert_url(STR("http://127.0.0.1:4567"), "r", "http://127.0.0.1:4567/", "127.0.0.1:4567");
    assert_url(STR("http://[::1]:4567"), "r", "http://[::1]:4567/", "[::1]:4567");
    assert_url(STR("http://localhost"), "r", "http://localhost/", "localhost");
}

static void plain_http_to_another_host_has_to_be_allowed(void **state)
{
    (void)state;
    const struct str hosts[] = {STR("http://kinesis.example"), STR("http://127.0.0.1.evil.example"),
        STR("http://10.0.0.1"), STR("http://localhost.evil.example")};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct endpoint endpoint;
        struct err err;
        struct endpoint_options options = {.url = hosts[i], .region = STR("r")};
        assert_false(resolve(&endpoint, options, STR("s"), &err));
        assert_int_equal(err.kind, ERR_USAGE);
        assert_non_null(strstr(err.text, "--insecure-endpoint"));
        options.insecure = true;
        assert_true(resolve(&endpoint, options, STR("s"), &err));
    }
}

static void an_address_is_scheme_host_and_port_alone(void **state)
{
    (void)state;
    const struct str cases[] = {STR("ftp://h.example"), STR("file:///etc/passwd"),
        STR("https://user:SECRET@h.example"), STR("https://h.example/path"),
        STR("https://h.example/?q"), STR("https://h.example/#f"), STR("nonsense://"),
        STR("https://h.example:99999"), STR("https://h ost")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct endpoint endpoint;
        struct err err;
        struct endpoint_options options = {.url = cases[i], .region = STR("r"), .insecure = true};
        assert_false(resolve(&endpoint, options, STR("s"), &err));
        assert_int_equal(err.kind, ERR_USAGE);
        assert_null(strstr(err.text, "SECRET"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_region_is_looked_for_in_this_order, forget_environment),
        cmocka_unit_test_setup(no_region_is_an_error_with_a_cure, forget_environment),
        cmocka_unit_test_setup(a_region_is_a_part_of_a_host_name, forget_environment),
        cmocka_unit_test_setup(a_region_has_its_own_address, forget_environment),
        cmocka_unit_test_setup(the_address_is_looked_for_in_this_order, forget_environment),
        cmocka_unit_test_setup(
            the_host_has_the_port_unless_it_is_the_schemes_own, forget_environment),
        cmocka_unit_test_setup(plain_http_to_another_host_has_to_be_allowed, forget_environment),
        cmocka_unit_test_setup(an_address_is_scheme_host_and_port_alone, forget_environment),
    };
    return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
