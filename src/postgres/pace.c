#include "postgres/pace.h"

enum {
    MEASURE_MS = 4,
    // 4 MB/s are some 30,000 rows a second; what comes slower gains nothing from waiting.
    MUCH_BYTES_A_MS = 4000,
    // Long enough for some hundred rows at a walsender's full speed, and less than its socket
    // holds.
    REST_MS = 1,
    // So much fills a held window before the longer rest is over. Rests of 1, 5 and 8 ms were
    // tried: docs/decisions/0006-a-window-that-fills.md.
    FLOOD_BYTES_A_MS = 8000,
    FLOOD_REST_MS = 8,
    LARGE_MESSAGE_BYTES = 8 << 10,
    // More than comes while an empty socket is looked at twice.
    GATHERED_BYTES = 16 << 10
};

void pace_init(struct pace *pace, bool window_is_held, int64_t now_ms)
{
    *pace = (struct pace){.window_is_held = window_is_held, .measured_from_ms = now_ms};
}

void pace_note_message(struct pace *pace, size_t bytes)
{
    pace->measured_bytes += bytes;
    pace->measured_messages++;
    pace->found_bytes += bytes;
}

static int64_t rest_for(const struct pace *pace, int64_t elapsed_ms)
{
    if (pace->measured_bytes >= LARGE_MESSAGE_BYTES * pace->measured_messages)
        return 0;
    if (pace->window_is_held && pace->measured_bytes >= FLOOD_BYTES_A_MS * (size_t)elapsed_ms)
        return FLOOD_REST_MS;
    return pace->measured_bytes >= MUCH_BYTES_A_MS * (size_t)elapsed_ms ? REST_MS : 0;
}

void pace_note_empty(struct pace *pace, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - pace->measured_from_ms;
    if (elapsed_ms >= MEASURE_MS) {
        pace->rest_ms = rest_for(pace, elapsed_ms);
        pace->measured_bytes = 0;
        pace->measured_messages = 0;
        pace->measured_from_ms = now_ms;
    }
    pace->looks_again = pace->rest_ms == FLOOD_REST_MS && pace->found_bytes >= GATHERED_BYTES;
    pace->rest_until_ms = pace->looks_again ? now_ms : now_ms + pace->rest_ms;
    pace->found_bytes = 0;
}

bool pace_rests(const struct pace *pace, int64_t now_ms)
{
    return now_ms < pace->rest_until_ms;
}

int64_t pace_rest_until_ms(const struct pace *pace)
{
    return pace->rest_until_ms;
}

bool pace_looks_again(const struct pace *pace)
{
    return pace->looks_again;
}

bool pace_flows(const struct pace *pace)
{
    return pace->rest_ms > 0;
}
