#include "cmocka_prelude.h"

#include "base/buf.h"
#include "sim/blob.h"
#include "sim/streams.h"

#include <stdio.h>
#include <string.h>

static const int64_t NOW_MS = 1795347436640;

static struct stream *create(struct streams *streams, struct str name, uint32_t shards_count)
{
    struct stream_plan plan = {.name = name, .shards_count = shards_count, .record_kib_max = 1024};
    return streams_create(streams, plan, NOW_MS);
}

static void assert_decimal(hash_key_t key, const char *decimal)
{
    struct buf text;
    buf_init(&text, 64);
    hash_key_write(&text, key);
    assert_string_equal(buf_c(&text), decimal);
    buf_release(&text);
}

static void a_hash_key_is_the_md5_of_the_partition_key(void **state)
{
    (void)state;
    const struct str partition_keys[] = {STR("k1"), STR("k2")};
    hash_key_t keys[2];

    hash_keys_of(partition_keys, 2, keys);

    assert_decimal(keys[0], "242208671286853988395785178707875403226");
    assert_decimal(keys[1], "129444150167719404002017707097629467898");
}

static void hash_keys_are_read_up_to_the_last(void **state)
{
    (void)state;
    hash_key_t key;
    assert_true(hash_key_parse(STR("0"), &key));
    assert_true(key == 0);
    assert_true(hash_key_parse(STR("340282366920938463463374607431768211455"), &key));
    assert_true(key == HASH_KEY_MAX);
    assert_false(hash_key_parse(STR("340282366920938463463374607431768211456"), &key));
    assert_false(hash_key_parse(STR("999999999999999999999999999999999999999"), &key));
    static const struct str malformed[] = {STR_CONST(""), STR_CONST("00"), STR_CONST("01"),
        STR_CONST("-1"), STR_CONST("1a"), STR_CONST("1000000000000000000000000000000000000000")};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        assert_false(hash_key_is_well_formed(malformed[i]));
}

static void shards_share_the_hash_keys_evenly_as_the_service_does(void **state)
{
    (void)state;
    struct streams streams;
    streams_init(&streams);
    const struct stream *stream = create(&streams, STR("three"), 3);
    assert_decimal(stream->shards[0].last_key, "113427455640312821154458202477256070484");
    assert_decimal(stream->shards[1].first_key, "113427455640312821154458202477256070485");
    assert_decimal(stream->shards[1].last_key, "226854911280625642308916404954512140969");
    assert_decimal(stream->shards[2].first_key, "226854911280625642308916404954512140970");
    stream = create(&streams, STR("two"), 2); // Which divide 2^128 without a rest.
    assert_decimal(stream->shards[1].first_key, "170141183460469231731687303715884105728");
    streams_release(&streams);
}

static void every_hash_key_has_exactly_one_shard(void **state)
{
    (void)state;
    struct streams streams;
    streams_init(&streams);
    for (uint32_t count = 1; count <= 300; count++) {
        char name[16];
        snprintf(name, sizeof name, "s%u", count);
        struct stream *stream = create(&streams, str_from_c(name), count);
        assert_true(stream->shards[0].first_key == 0);
        assert_true(stream->shards[count - 1].last_key == HASH_KEY_MAX);
        for (uint32_t i = 0; i < count; i++) {
            struct shard *shard = &stream->shards[i];
            if (i > 0)
                assert_true(shard->first_key == shard[-1].last_key + 1);
            assert_ptr_equal(stream_shard_for(stream, shard->first_key), shard);
            assert_ptr_equal(stream_shard_for(stream, shard->last_key), shard);
        }
    }
    streams_release(&streams);
}

static struct buf written(struct sequence sequence)
{
    struct buf text;
    buf_init(&text, 64);
    sequence_write(&text, sequence);
    return text;
}

static void sequence_numbers_strictly_increase_within_a_shard(void **state)
{
    (void)state;
    struct streams streams;
    streams_init(&streams);
    const struct stream *stream = create(&streams, STR("s"), 20);
    const struct shard *shard = &stream->shards[19];
    struct buf before = written(shard_first_sequence(shard));
    for (uint64_t i = 0; i < 5000; i++) {
        // Also when the clock stands still, and when it moves on.
        struct buf after = written(shard_sequence(shard, i, NOW_MS + 1000 * (int64_t)(i / 100)));
        assert_int_equal(after.len, 56);
        assert_true(str_compare(buf_str(&before), buf_str(&after)) < 0);
        buf_release(&before);
        before = after;
    }
    buf_release(&before);
    streams_release(&streams);
}

static void a_sequence_number_is_read_back(void **state)
{
    (void)state;
    const struct sequence sequences[] = {
        {.index = 0, .shard_created_s = 1, .arrived_s = 1, .shard = 0},
        {.index = 1, .shard_created_s = NOW_MS / 1000, .arrived_s = NOW_MS / 1000, .shard = 9999},
        {.index = UINT64_MAX >> 1,
            .shard_created_s = (1LL << 36) - 1,
            .arrived_s = (1LL << 36) - 1,
            .shard = INT32_MAX},
    };
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
        struct buf text = written(sequences[i]);
        struct sequence read;
        assert_true(sequence_parse(buf_str(&text), &read));
        assert_int_equal(read.index, sequences[i].index);
        assert_int_equal(read.shard, sequences[i].shard);
        assert_int_equal(read.arrived_s, sequences[i].arrived_s);
        assert_int_equal(read.shard_created_s, sequences[i].shard_created_s);
        buf_release(&text);
    }
}

static void what_is_no_sequence_number_is_refused(void **state)
{
    (void)state;
    struct sequence read;
    assert_false(sequence_parse(STR(""), &read));
    assert_false(sequence_parse(STR("0"), &read));
    assert_false(
        sequence_parse(STR("99999999999999999999999999999999999999999999999999999999"), &read));
    assert_false(
        sequence_parse(STR("4968045867911758371106131953926258428114441151679823872x"), &read));
    // One more than a number that kinesis_sim writes: its last four bits are no version.
    assert_false(
        sequence_parse(STR("49680458679117583711061319539262584281144411516798238723"), &read));
}

static void streams_are_found_by_name_and_listed_in_order(void **state)
{
    (void)state;
    struct streams streams;
    streams_init(&streams);
    create(&streams, STR("b"), 1);
    create(&streams, STR("c"), 1);
    struct stream *first = create(&streams, STR("a"), 1);

    assert_null(create(&streams, STR("b"), 1));
    assert_ptr_equal(streams_find(&streams, STR("a")), first);
    assert_null(streams_find(&streams, STR("aa")));
    assert_int_equal(streams_after(&streams, STR("")), 0);
    assert_int_equal(streams_after(&streams, STR("a")), 1);
    streams_delete(&streams, first);
    assert_null(streams_find(&streams, STR("a")));
    assert_string_equal(streams.sorted[0]->name, "b");
    assert_string_equal(streams.sorted[1]->name, "c");
    streams_release(&streams);
}

static void a_deleted_stream_leaves_its_records(void **state)
{
    (void)state;
    struct streams streams;
    streams_init(&streams);
    struct stream *first = create(&streams, STR("s"), 2);
    shard_log_append(&first->shards[1].log,
        (struct log_record){.partition_key = STR("k"), .data = STR("d"), .arrived_ms = NOW_MS});
    streams_delete(&streams, first);
    const struct stream *second = create(&streams, STR("s"), 1);

    assert_int_equal(second->shards[0].log.count, 0);
    assert_int_equal(streams_ever(&streams), 2);
    assert_int_equal(streams_ever_at(&streams, 0)->shards[1].log.count, 1);
    assert_ptr_equal(streams_ever_at(&streams, 1), second);
    assert_int_equal(second->shards[0].log_number, 2);
    streams_release(&streams);
}

static void a_log_gives_back_what_it_took(void **state)
{
    (void)state;
    static char large[100000];
    struct shard_log log;
    shard_log_init(&log, NOW_MS);
    for (uint64_t i = 0; i < 5000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%u", (unsigned)i);
        memset(large, (int)('a' + i % 26), sizeof large);
        struct str data = {large, i % 500 == 7 ? sizeof large : (size_t)(i % 50)};
        shard_log_append(&log, (struct log_record){.partition_key = str_from_c(key),
                                   .data = data,
                                   .arrived_ms = NOW_MS + (int64_t)i / 10,
                                   .request = (uint32_t)i / 3,
                                   .has_hash_key = i % 3 == 0,
                                   .hash_key = i % 3 == 0 ? HASH_KEY_MAX - i : 0});
    }
    assert_int_equal(log.count, 5000);
    for (uint64_t i = 0; i < 5000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%u", (unsigned)i);
        struct log_record record = shard_log_at(&log, i);
        assert_true(str_equal(record.partition_key, str_from_c(key)));
        assert_int_equal(record.data.len, i % 500 == 7 ? sizeof large : i % 50);
        if (record.data.len > 0)
            assert_int_equal(record.data.ptr[record.data.len - 1], 'a' + i % 26);
        assert_int_equal(record.arrived_ms, NOW_MS + (int64_t)i / 10);
        assert_int_equal(record.request, i / 3);
        assert_int_equal(record.has_hash_key, i % 3 == 0);
        assert_true(record.hash_key == (i % 3 == 0 ? HASH_KEY_MAX - i : 0));
    }
    assert_int_equal(shard_log_since(&log, NOW_MS), 0);
    assert_int_equal(shard_log_since(&log, NOW_MS + 100), 1000);
    assert_int_equal(shard_log_since(&log, NOW_MS + 10000), 5000);
    shard_log_release(&log);
}

static void a_clock_set_back_does_not_turn_the_order_round(void **state)
{
    (void)state;
    struct shard_log log;
    shard_log_init(&log, NOW_MS);
    struct log_record record = {.partition_key = STR("k"), .data = STR("")};
    record.arrived_ms = NOW_MS + 1000;
    shard_log_append(&log, record);
    record.arrived_ms = NOW_MS - 1000;
    shard_log_append(&log, record);
    assert_int_equal(shard_log_at(&log, 1).arrived_ms, NOW_MS + 1000);
    shard_log_release(&log);
}

static void a_shard_takes_a_thousand_records_a_second(void **state)
{
    (void)state;
    struct shard_pace pace;
    shard_pace_init(&pace, NOW_MS);
    for (int i = 0; i < 1000; i++)
        assert_true(shard_pace_take(&pace, 1, NOW_MS));
    assert_false(shard_pace_take(&pace, 1, NOW_MS));
    assert_true(shard_pace_take(&pace, 1, NOW_MS + 1));
    assert_false(shard_pace_take(&pace, 1, NOW_MS + 1));
}

static void a_shard_takes_a_mebibyte_a_second(void **state)
{
    (void)state;
    struct shard_pace pace;
    shard_pace_init(&pace, NOW_MS);
    assert_true(shard_pace_take(&pace, LIMIT_SHARD_BYTES, NOW_MS));
    assert_false(shard_pace_take(&pace, 1, NOW_MS));
    assert_true(shard_pace_take(&pace, LIMIT_SHARD_BYTES / 2, NOW_MS + 500));
    assert_false(shard_pace_take(&pace, 2000, NOW_MS + 501));
}

static void a_record_larger_than_the_bucket_leaves_a_debt(void **state)
{
    (void)state;
    struct shard_pace pace;
    shard_pace_init(&pace, NOW_MS);
    assert_true(shard_pace_take(&pace, 4 * LIMIT_SHARD_BYTES, NOW_MS));
    assert_false(shard_pace_take(&pace, 1, NOW_MS + 3000));
    assert_true(shard_pace_take(&pace, 1, NOW_MS + 3001));
}

static void shard_identifiers_are_read_strictly(void **state)
{
    (void)state;
    uint32_t number;
    assert_true(shard_id_parse(STR("shardId-000000000042"), &number));
    assert_int_equal(number, 42);
    assert_false(shard_id_parse(STR("shardId-42"), &number));
    assert_false(shard_id_parse(STR("shardId-00000000004x"), &number));
    assert_false(shard_id_parse(STR("shardid-000000000042"), &number));
    assert_false(shard_id_parse(STR("shardId-0000000000042"), &number));
}

static void base64_is_measured_strictly(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool valid;
        size_t bytes;
    } cases[] = {
        {STR_CONST(""), true, 0},
        {STR_CONST("AA=="), true, 1},
        {STR_CONST("AAA="), true, 2},
        {STR_CONST("AAAA"), true, 3},
        {STR_CONST("+/+/AAAA"), true, 6},
        {STR_CONST("A"), false, 0},
        {STR_CONST("AA"), false, 0},
        {STR_CONST("AAA"), false, 0},
        {STR_CONST("===="), false, 0},
        {STR_CONST("A==="), false, 0},
        {STR_CONST("AA=A"), false, 0},
        {STR_CONST("AA==AAAA"), false, 0},
        {STR_CONST("AB=="), false, 0},
        {STR_CONST("AAB="), false, 0},
        {STR_CONST("AA-_"), false, 0},
        {STR_CONST("AA A"), false, 0},
        {STR_CONST("AA\0A"), false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t bytes = 0;
        assert_int_equal(blob_measure(cases[i].text, &bytes), cases[i].valid);
        assert_int_equal(bytes, cases[i].bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_key_is_the_md5_of_the_partition_key),
        cmocka_unit_test(hash_keys_are_read_up_to_the_last),
        cmocka_unit_test(shards_share_the_hash_keys_evenly_as_the_service_does),
        cmocka_unit_test(every_hash_key_has_exactly_one_shard),
        cmocka_unit_test(sequence_numbers_strictly_increase_within_a_shard),
        cmocka_unit_test(a_sequence_number_is_read_back),
        cmocka_unit_test(what_is_no_sequence_number_is_refused),
        cmocka_unit_test(streams_are_found_by_name_and_listed_in_order),
        cmocka_unit_test(a_deleted_stream_leaves_its_records),
        cmocka_unit_test(a_log_gives_back_what_it_took),
        cmocka_unit_test(a_clock_set_back_does_not_turn_the_order_round),
        cmocka_unit_test(a_shard_takes_a_thousand_records_a_second),
        cmocka_unit_test(a_shard_takes_a_mebibyte_a_second),
        cmocka_unit_test(a_record_larger_than_the_bucket_leaves_a_debt),
        cmocka_unit_test(shard_identifiers_are_read_strictly),
        cmocka_unit_test(base64_is_measured_strictly),
    };
    return cmocka_run_group_tests_name("sim_streams", tests, NULL, NULL);
}
