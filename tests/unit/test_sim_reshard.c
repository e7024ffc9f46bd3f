#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/random.h"
#include "sim/reshard.h"

#include <stdio.h>

static const int64_t NOW_MS = 1795347436640;

static struct streams streams;

static int set_up(void **state)
{
    (void)state;
    streams_init(&streams);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    streams_release(&streams);
    return 0;
}

static struct stream *create(struct str name, uint32_t shards_count)
{
    const struct stream_plan plan = {
        .name = name, .shards_count = shards_count, .record_kib_max = 1024};
    return streams_create(&streams, plan, NOW_MS);
}

static void append(struct shard *shard)
{
    shard_log_append(&shard->log,
        (struct log_record){.partition_key = STR("k"), .data = STR("d"), .arrived_ms = NOW_MS});
}

// The open shards share all hash keys among them.
static void assert_whole(struct stream *stream)
{
    hash_key_t next = 0;
    for (uint32_t i = 0; i < stream->open_count; i++) {
        struct shard *shard = &stream->shards[stream->open[i]];
        assert_true(shard->first_key == next && shard->first_key <= shard->last_key);
        assert_int_equal(shard->closed_ms, 0);
        assert_ptr_equal(stream_shard_for(stream, shard->first_key), shard);
        assert_ptr_equal(stream_shard_for(stream, shard->last_key), shard);
        next = shard->last_key + 1;
    }
    assert_true(next == 0); // 2^128.
}

static void assert_before(struct sequence earlier, struct sequence later)
{
    struct buf texts[2];
    buf_init(&texts[0], 64);
    buf_init(&texts[1], 64);
    sequence_write(&texts[0], earlier);
    sequence_write(&texts[1], later);
    assert_true(str_compare(buf_str(&texts[0]), buf_str(&texts[1])) < 0);
    buf_release(&texts[0]);
    buf_release(&texts[1]);
}

static void a_split_shard_gives_way_to_two(void **state)
{
    (void)state;
    struct stream *stream = create(STR("s"), 2);
    append(&stream->shards[1]);
    const hash_key_t first = stream->shards[1].first_key;
    reshard_split(&streams, stream, 1, first + 1000, NOW_MS + 5);

    assert_whole(stream);
    assert_int_equal(stream->open_count, 3);
    assert_int_equal(stream->shards[1].closed_ms, NOW_MS + 5);
    assert_int_equal(stream->shards[1].log.count, 1);
    for (uint32_t i = 2; i < 4; i++) {
        assert_int_equal(stream->shards[i].parents_count, 1);
        assert_int_equal(stream->shards[i].parents[0], 1);
        assert_true(shard_is_parent(&stream->shards[1], &stream->shards[i]));
    }
    assert_int_equal(stream_shard_for(stream, first + 999)->number, 2);
    assert_int_equal(stream_shard_for(stream, first + 1000)->number, 3);
    assert_false(shard_is_parent(&stream->shards[0], &stream->shards[2]));
}

static void merged_shards_give_way_to_one(void **state)
{
    (void)state;
    struct stream *stream = create(STR("s"), 3);
    reshard_merge(&streams, stream, 1, NOW_MS + 5);

    assert_whole(stream);
    assert_int_equal(stream->open_count, 2);
    const struct shard *child = &stream->shards[3];
    assert_int_equal(child->parents_count, 2);
    assert_int_equal(child->parents[0], 1);
    assert_int_equal(child->parents[1], 2);
    assert_true(child->last_key == HASH_KEY_MAX);
    assert_int_equal(stream->shards[0].closed_ms, 0);
}

static void sequence_numbers_go_on_in_children(void **state)
{
    (void)state;
    struct stream *stream = create(STR("s"), 1);
    // All within one second of the clock.
    for (uint32_t generation = 0; generation < 40; generation++) {
        struct shard *parent = &stream->shards[stream->open[0]];
        append(parent);
        append(parent);
        const struct sequence last = shard_sequence(parent, 1, NOW_MS);
        const uint32_t open_before = stream->open_count;
        if (open_before == 1)
            reshard_split(&streams, stream, 0, parent->first_key + 1, NOW_MS);
        else
            reshard_merge(&streams, stream, 0, NOW_MS);
        const struct shard *child = &stream->shards[stream->open[0]];
        assert_before(last, shard_first_sequence(child));
    }
}

static void a_closed_shard_ends_behind_its_records(void **state)
{
    (void)state;
    struct stream *stream = create(STR("s"), 1);
    append(&stream->shards[0]);
    reshard_split(&streams, stream, 0, 5, NOW_MS);
    const struct shard *closed = &stream->shards[0];
    assert_before(shard_sequence(closed, 0, NOW_MS), shard_last_sequence(closed));
}

static void a_stream_made_again_goes_on_in_sequence_numbers(void **state)
{
    (void)state;
    struct stream *first = create(STR("s"), 1);
    append(&first->shards[0]);
    const struct sequence last = shard_sequence(&first->shards[0], 0, NOW_MS);
    streams_delete(&streams, first);
    const struct stream *second = create(STR("s"), 1);
    assert_before(last, shard_first_sequence(&second->shards[0]));
    assert_int_equal(second->shards[0].log.count, 0);
    const struct stream *other = create(STR("t"), 1);
    assert_int_equal(other->shards[0].epoch_s, NOW_MS / 1000);
}

static void a_count_of_shards_is_reached_from_any_other(void **state)
{
    (void)state;
    for (uint32_t from = 1; from <= 9; from++) {
        for (uint32_t to = 1; to <= 18; to++) {
            char name[16];
            snprintf(name, sizeof name, "s%u-%u", from, to);
            struct stream *stream = create(str_from_c(name), from);
            reshard_to_count(&streams, stream, to, NOW_MS);
            assert_int_equal(stream->open_count, to);
            assert_whole(stream);
        }
    }
}

static void doubled_shards_are_all_as_wide(void **state)
{
    (void)state;
    struct stream *stream = create(STR("s"), 4);
    reshard_to_count(&streams, stream, 8, NOW_MS);
    for (uint32_t i = 0; i < 8; i++) {
        const struct shard *shard = &stream->shards[stream->open[i]];
        assert_true(shard->last_key - shard->first_key == HASH_KEY_MAX / 8);
    }
}

static void assert_children_after_parents(const struct stream *stream)
{
    for (uint32_t i = 0; i < stream->shards_count; i++)
        for (uint32_t j = 0; j < stream->shards[i].parents_count; j++)
            assert_before(shard_last_sequence(&stream->shards[stream->shards[i].parents[j]]),
                shard_first_sequence(&stream->shards[i]));
}

static void hash_keys_and_order_stay_whole_through_any_changes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        char name[16];
        snprintf(name, sizeof name, "s%u", (unsigned)seed);
        struct random random = random_from(seed);
        struct stream *stream = create(str_from_c(name), 1 + (uint32_t)random_below(&random, 5));
        for (int i = 0; i < 60; i++) {
            uint32_t place = (uint32_t)random_below(&random, stream->open_count);
            const struct shard *shard = &stream->shards[stream->open[place]];
            if (random_below(&random, 2) == 0 && shard->last_key > shard->first_key) {
                uint64_t above = random_below(&random, 100);
                if (shard->first_key + above >= shard->last_key)
                    above = 0;
                reshard_split(&streams, stream, place, shard->first_key + 1 + above, NOW_MS + i);
            } else if (place + 1 < stream->open_count) {
                reshard_merge(&streams, stream, place, NOW_MS + i);
            }
            assert_whole(stream);
        }
        assert_children_after_parents(stream);
    }
}

static void a_change_lasts_until_its_time(void **state)
{
    (void)state;
    struct stream *stream = create(STR("s"), 1);
    stream->status = STREAM_UPDATING;
    stream->status_until_ms = NOW_MS + 10;
    streams_settle(&streams, NOW_MS + 9);
    assert_int_equal(stream->status, STREAM_UPDATING);
    streams_settle(&streams, NOW_MS + 10);
    assert_int_equal(stream->status, STREAM_ACTIVE);

    stream->status = STREAM_DELETING;
    stream->status_until_ms = NOW_MS + 20;
    streams_settle(&streams, NOW_MS + 19);
    assert_ptr_equal(streams_find(&streams, STR("s")), stream);
    streams_settle(&streams, NOW_MS + 20);
    assert_null(streams_find(&streams, STR("s")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_split_shard_gives_way_to_two),
        FACT(merged_shards_give_way_to_one),
        FACT(sequence_numbers_go_on_in_children),
        FACT(a_closed_shard_ends_behind_its_records),
        FACT(a_stream_made_again_goes_on_in_sequence_numbers),
        FACT(a_count_of_shards_is_reached_from_any_other),
        FACT(doubled_shards_are_all_as_wide),
        FACT(hash_keys_and_order_stay_whole_through_any_changes),
        FACT(a_change_lasts_until_its_time),
    };
    return cmocka_run_group_tests_name("sim_reshard", tests, NULL, NULL);
}
