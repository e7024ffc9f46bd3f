#include "cmocka_prelude.h"

#include "base/pool.h"

#include <string.h>

static void sizes_are_rounded_up_to_lines(void **state)
{
    (void)state;
    assert_int_equal(pool_piece_bytes(0), POOL_STEP_BYTES);
    assert_int_equal(pool_piece_bytes(1), POOL_STEP_BYTES);
    assert_int_equal(pool_piece_bytes(POOL_STEP_BYTES), POOL_STEP_BYTES);
    assert_int_equal(pool_piece_bytes(POOL_STEP_BYTES + 1), 2 * POOL_STEP_BYTES);
    assert_int_equal(pool_piece_bytes(POOL_PIECE_BYTES_MAX), POOL_PIECE_BYTES_MAX);
    assert_int_equal(pool_piece_bytes(POOL_PIECE_BYTES_MAX + 1), POOL_PIECE_BYTES_MAX + 1);
}

static void a_piece_holds_what_was_asked_for(void **state)
{
    (void)state;
    struct pool pool = {.kept_bytes = 0};
    for (size_t bytes = 1; bytes <= POOL_PIECE_BYTES_MAX + POOL_STEP_BYTES; bytes += 31) {
        char *piece = pool_take(&pool, bytes);
        char *other = pool_take(&pool, bytes);
        memset(piece, 'x', bytes);
        memset(other, 'y', bytes);
        assert_null(memchr(piece, 'y', bytes));
        pool_give_back(&pool, piece, bytes);
        pool_give_back(&pool, other, bytes);
    }
    pool_release(&pool);
}

static void what_is_given_back_is_given_again_to_its_size(void **state)
{
    (void)state;
    struct pool pool = {.kept_bytes = 0};
    void *piece = pool_take(&pool, 100);
    pool_give_back(&pool, piece, 100);
    assert_int_equal(pool.kept_bytes, POOL_KEEPS ? pool_piece_bytes(100) : 0);

    void *larger = pool_take(&pool, 1000);
    void *same = pool_take(&pool, 120);

    assert_ptr_not_equal(larger, piece);
    assert_true(same == piece || !POOL_KEEPS);
    assert_int_equal(pool.kept_bytes, 0);
    pool_give_back(&pool, same, 120);
    pool_give_back(&pool, larger, 1000);
    pool_release(&pool);
}

static void no_more_is_kept_than_the_bound(void **state)
{
    (void)state;
    enum {
        PIECES = POOL_BYTES_MAX / POOL_PIECE_BYTES_MAX + 10
    };
    static void *pieces[PIECES];
    struct pool pool = {.kept_bytes = 0};
    for (size_t i = 0; i < PIECES; i++)
        pieces[i] = pool_take(&pool, POOL_PIECE_BYTES_MAX);
    for (size_t i = 0; i < PIECES; i++)
        pool_give_back(&pool, pieces[i], POOL_PIECE_BYTES_MAX);

    assert_int_equal(pool.kept_bytes, POOL_KEEPS ? POOL_BYTES_MAX : 0);
    pool_release(&pool);
    assert_int_equal(pool.kept_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_rounded_up_to_lines),
        cmocka_unit_test(a_piece_holds_what_was_asked_for),
        cmocka_unit_test(what_is_given_back_is_given_again_to_its_size),
        cmocka_unit_test(no_more_is_kept_than_the_bound),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
