#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/digest.h"

static void sha256_is_fips_180s(void **state)
{
    (void)state;
    struct sha256 digest = sha256_of(STR("abc"));
    struct buf hex;
    buf_init(&hex, 64);
    buf_add_hex(&hex, sha256_str(&digest));
    assert_string_equal(
        buf_c(&hex), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    buf_release(&hex);
}

static void hmac_is_rfc_4231s(void **state)
{
    (void)state;
    struct sha256 mac = hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"));
    struct buf hex;
    buf_init(&hex, 64);
    buf_add_hex(&hex, sha256_str(&mac));
    assert_string_equal(
        buf_c(&hex), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    buf_release(&hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_fips_180s),
        cmocka_unit_test(hmac_is_rfc_4231s),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
