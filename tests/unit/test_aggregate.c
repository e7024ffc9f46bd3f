#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/random.h"
#include "model/aggregate.h"
#include "model/record.h"

#include <stdlib.h>

enum {
    ROWS_MAX = 300,
    BYTES_MAX = 1 << 20,
    DIGITS_MAX = 39
};

// 2^126, which is 38 digits long.
#define HASH_KEY STR("85070591730234615865843651857942052864")

struct chain {
    struct record *first;
    struct record *last;
};

static void chain_add(struct chain *chain, struct str key, struct str data)
{
    struct record *record = record_new(key, data);
    if (chain->last)
        chain->last->next = record;
    else
        chain->first = record;
    chain->last = record;
}

static void chain_free(struct chain *chain)
{
    while (chain->first) {
        struct record *next = chain->first->next;
        record_free(chain->first);
        chain->first = next;
    }
}

static size_t size_of(const struct chain *chain)
{
    struct aggregate_size size = aggregate_size_of(chain->first);
    for (const struct record *at = chain->first->next; at; at = at->next)
        size = aggregate_size_with(size, at);
    return aggregate_size_bytes(&size);
}

static void assert_written(struct chain *chain, const char *expected_hex)
{
    struct buf data;
    struct buf hex;
    buf_init(&data, BYTES_MAX);
    buf_init(&hex, BYTES_MAX);

    aggregate_write(&data, chain->first, HASH_KEY);
    aggregates_seal(&data, &data.len, 1);

    buf_add_hex(&hex, buf_str(&data));
    assert_string_equal(buf_c(&hex), expected_hex);
    buf_release(&data);
    buf_release(&hex);
    chain_free(chain);
}

static void rows_stand_there_with_their_keys_under_one_hash_key(void **state)
{
    (void)state;
    struct chain chain = {.first = NULL};
    chain_add(&chain, STR("k1"), STR("hello"));
    chain_add(&chain, STR("k2"), STR("world"));

    // As npm's aws-kinesis-agg 4.2.8 takes it apart into these rows.
    assert_written(&chain,
        "f3899ac2"
        "0a026b31"
        "0a026b32"
        "12263835303730353931373330323334363135383635383433363531383537393432303532383634"
        "1a0b080010001a0568656c6c6f"
        "1a0b080110001a05776f726c64"
        "4144b470182c5416ed768f00ffb2565e");
}

static void neighbours_share_their_key(void **state)
{
    (void)state;
    struct chain chain = {.first = NULL};
    chain_add(&chain, STR("k"), STR("1"));
    chain_add(&chain, STR("k"), STR("2"));
    chain_add(&chain, STR("x"), STR("3"));
    chain_add(&chain, STR("k"), STR("4"));

    assert_written(&chain,
        "f3899ac2"
        "0a016b0a01780a016b"
        "12263835303730353931373330323334363135383635383433363531383537393432303532383634"
        "1a07080010001a01311a07080010001a01321a07080110001a01331a07080210001a0134"
        "6b1a136b36b01b1091f4424fe6fee8ff");
}

static void one_row_weighs_what_it_is(void **state)
{
    (void)state;
    struct chain chain = {.first = NULL};
    chain_add(&chain, STR("k1"), STR("hello"));

    assert_int_equal(size_of(&chain), 7);

    chain_free(&chain);
}

static struct str some_of(char *bytes, struct random *random, size_t below)
{
    return (struct str){.ptr = bytes, .len = (size_t)random_below(random, below)};
}

static void add_some_row(struct chain *chain, struct random *random)
{
    static char bytes[20000];
    size_t below = random_below(random, 50) == 0 ? sizeof bytes : 300;
    struct str key = some_of(bytes, random, random_below(random, 10) == 0 ? 256 : 4);
    chain_add(chain, key, some_of(bytes, random, below));
}

// Keys, rows and data of one byte of length and of more, and key indices, too.
static void several_rows_weigh_what_is_written(void **state)
{
    (void)state;
    struct random random = random_from(1);
    for (size_t rows = 2; rows <= ROWS_MAX; rows++) {
        struct chain chain = {.first = NULL};
        for (size_t i = 0; i < rows; i++)
            add_some_row(&chain, &random);
        struct buf data;
        buf_init(&data, BYTES_MAX);

        aggregate_write(&data, chain.first, HASH_KEY);

        assert_true(buf_ok(&data));
        size_t spare = DIGITS_MAX - HASH_KEY.len;
        assert_int_equal(size_of(&chain), data.len + spare + sizeof AGGREGATE_PARTITION_KEY - 1);
        buf_release(&data);
        chain_free(&chain);
    }
}

// Of many lengths, side by side.
static void several_are_sealed_as_each_is_alone(void **state)
{
    (void)state;
    struct random random = random_from(2);
    struct chain chains[AGGREGATES_SEALED_MAX] = {0};
    size_t ends[AGGREGATES_SEALED_MAX];
    struct buf all;
    struct buf alone;
    buf_init(&all, AGGREGATES_SEALED_MAX * BYTES_MAX);
    buf_init(&alone, AGGREGATES_SEALED_MAX * BYTES_MAX);
    for (size_t i = 0; i < AGGREGATES_SEALED_MAX; i++) {
        for (size_t rows = 0; rows < 2 + 5 * i; rows++)
            add_some_row(&chains[i], &random);
        aggregate_write(&all, chains[i].first, HASH_KEY);
        ends[i] = all.len;
    }

    aggregates_seal(&all, ends, AGGREGATES_SEALED_MAX);

    for (size_t i = 0, begin = 0; i < AGGREGATES_SEALED_MAX; begin = ends[i++]) {
        buf_clear(&alone);
        aggregate_write(&alone, chains[i].first, HASH_KEY);
        aggregates_seal(&alone, &alone.len, 1);
        assert_int_equal(alone.len, ends[i] - begin);
        assert_memory_equal(alone.ptr, all.ptr + begin, alone.len);
        chain_free(&chains[i]);
    }
    buf_release(&all);
    buf_release(&alone);
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct chain chain = {.first = NULL};
    chain_add(&chain, STR("k1"), STR("hello"));
    chain_add(&chain, STR("k2"), STR("world"));
    for (size_t room = 0; room < 94; room++) {
        struct buf data;
        buf_init(&data, room);

        aggregate_write(&data, chain.first, HASH_KEY);

        assert_false(buf_ok(&data));
        assert_int_equal(buf_wanted(&data), 94);
        buf_release(&data);
    }
    chain_free(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_stand_there_with_their_keys_under_one_hash_key),
        cmocka_unit_test(neighbours_share_their_key),
        cmocka_unit_test(one_row_weighs_what_it_is),
        cmocka_unit_test(several_rows_weigh_what_is_written),
        cmocka_unit_test(several_are_sealed_as_each_is_alone),
        cmocka_unit_test(what_does_not_fit_is_told),
    };
    return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
