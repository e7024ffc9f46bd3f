#include "delivery/rate.h"

#define RECORDS_A_MS 1.0
#define BYTES_A_MS   (1048576.0 / 1000)

// What may be sent at once after a rest. The shard itself saves up a second's worth, but others may
// have had that.
#define BURST_MS 100.0

// A shard that takes nothing is still asked, 20 times a second.
#define SHARE_LEAST 0.02

// Growth a second: of itself, and of the way up to what the shard is known to take.
#define GROWTH_BEYOND 0.03
#define GROWTH_UP_TO  1.0

// More than this of a round throttled is more than the jitter of arrivals.
#define THROTTLED_MOST 0.03
#define FALL_MOST      0.7

// That many answers, or a second's, of which that part are throttles, show that the shard is over
// its limit.
#define LOOKED_ON_ANSWERS   100
#define LOOKED_ON_THROTTLED 0.2

// So many falls in a row that do not help are for nothing. More throttles than a fall may answer
// have not been answered yet.
#define FALLS_MAX     3
#define NOISE_MOST    0.3
#define NOISE_FORGETS 0.05

enum {
    ROUND_MS = 250,
    ROUND_ANSWERS_LEAST = 20, // Fewer say little, and are awaited for a while.
    ROUND_MS_MAX = 1000,
    OVER_AFTER_MS = 60000
};

static double least(double a, double b)
{
    return a < b ? a : b;
}

static double most(double a, double b)
{
    return a > b ? a : b;
}

static void begin_round(struct rate *rate)
{
    rate->stored = 0;
    rate->throttled = 0;
}

void rate_begin(struct rate *rate, int64_t now_ms)
{
    *rate = (struct rate){
        .share = 1,
        .taken = 1,
        .before = 1,
        .filled_ms = now_ms,
        .changed_ms = now_ms,
        .throttled_ms = now_ms,
    };
}

static double grown(const struct rate *rate, double elapsed_s)
{
    double missing = rate->closed ? 0 : most(rate->taken - rate->share, 0);
    return rate->share * (1 + GROWTH_BEYOND * elapsed_s) +
           missing * least(GROWTH_UP_TO * elapsed_s, 1);
}

bool rate_allows(struct rate *rate, int64_t now_ms)
{
    if (!rate->limits)
        return true;
    double elapsed_ms = most((double)(now_ms - rate->filled_ms), 0);
    rate->filled_ms = now_ms;
    rate->share = grown(rate, elapsed_ms / 1000);
    double records = rate->share * RECORDS_A_MS;
    double bytes = rate->share * BYTES_A_MS;
    // A record is let through by any tokens, so there must be some after the longest rest.
    rate->records = least(rate->records + records * elapsed_ms, most(records * BURST_MS, 1));
    rate->bytes = least(rate->bytes + bytes * elapsed_ms, bytes * BURST_MS);
    return rate->records >= 1 && rate->bytes > 0;
}

void rate_spend(struct rate *rate, size_t bytes)
{
    if (!rate->limits)
        return;
    rate->records -= 1;
    rate->bytes -= (double)bytes;
}

// A shard that closes for a while, whoever closes it, will take afterwards what it took before:
// nothing is learned from a round in which it took nothing, nor from those at its two ends.
static void learn(struct rate *rate, double taken)
{
    if (rate->stored == 0) {
        rate->taken = rate->before;
    } else if (!rate->closed) {
        rate->before = rate->taken;
        rate->taken = taken;
    }
}

static void fall(struct rate *rate, double throttled, int64_t now_ms)
{
    double taken = rate->share * (1 - throttled);
    learn(rate, taken);
    rate->share = most(most(taken, rate->share * FALL_MOST), SHARE_LEAST);
    rate->changed_ms = now_ms;
}

static void judge(struct rate *rate, double throttled, int64_t now_ms)
{
    if (throttled <= THROTTLED_MOST + rate->noise) {
        rate->falls = 0;
        rate->noise -= most(rate->noise - throttled, 0) * NOISE_FORGETS;
        return;
    }
    if (rate->falls == 0 || throttled > NOISE_MOST) {
        rate->falls = 0;
        rate->share_before_falls = rate->share;
    }
    if (rate->falls++ < FALLS_MAX) {
        fall(rate, throttled, now_ms);
        return;
    }
    rate->falls = 0;
    rate->noise = throttled;
    rate->share = rate->share_before_falls;
    rate->taken = rate->share_before_falls;
    rate->before = rate->taken;
    rate->changed_ms = now_ms;
}

static void begin_to_limit(struct rate *rate, int64_t now_ms)
{
    rate->limits = true;
    rate->filled_ms = now_ms;
    // What is under way from before takes the place of what is sent first.
    rate->changed_ms = now_ms + ROUND_MS;
}

static void end_round(struct rate *rate, uint32_t answers, int64_t now_ms)
{
    double throttled = (double)rate->throttled / answers;
    if (rate->limits)
        judge(rate, throttled, now_ms);
    else if (throttled >= LOOKED_ON_THROTTLED)
        begin_to_limit(rate, now_ms);
    rate->closed = rate->stored == 0;
    begin_round(rate);
}

static bool round_is_over(const struct rate *rate, uint32_t answers, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - rate->round_ms;
    if (!rate->limits)
        return answers >= LOOKED_ON_ANSWERS ||
               (answers >= ROUND_ANSWERS_LEAST && elapsed_ms >= ROUND_MS_MAX);
    return elapsed_ms >= (answers >= ROUND_ANSWERS_LEAST ? ROUND_MS : ROUND_MS_MAX);
}

static void count_answer(struct rate *rate, uint32_t *count, int64_t sent_ms, int64_t now_ms)
{
    if (sent_ms < rate->changed_ms)
        return;
    if (rate->stored + rate->throttled == 0)
        rate->round_ms = now_ms;
    ++*count;
    uint32_t answers = rate->stored + rate->throttled;
    if (round_is_over(rate, answers, now_ms))
        end_round(rate, answers, now_ms);
}

void rate_stored(struct rate *rate, int64_t sent_ms, int64_t now_ms)
{
    count_answer(rate, &rate->stored, sent_ms, now_ms);
}

void rate_throttled(struct rate *rate, int64_t sent_ms, int64_t now_ms)
{
    rate->throttled_ms = now_ms;
    count_answer(rate, &rate->throttled, sent_ms, now_ms);
}

int64_t rate_allows_at_ms(const struct rate *rate)
{
    if (!rate->limits)
        return rate->filled_ms;
    double records_ms = (1 - rate->records) / (rate->share * RECORDS_A_MS);
    double bytes_ms = -rate->bytes / (rate->share * BYTES_A_MS);
    double wait_ms = most(most(records_ms, bytes_ms), 0);
    return rate->filled_ms + 1 + (int64_t)wait_ms;
}

bool rate_is_over(const struct rate *rate, int64_t now_ms)
{
    return now_ms - rate->throttled_ms >= OVER_AFTER_MS;
}
