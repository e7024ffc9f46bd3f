#include "postgres/pace.h"

enum {
    WINDOW_MS = 4,
    // 4 MB/s are some 30,000 rows a second; what comes slower gains nothing from waiting.
    MUCH_BYTES_A_MS = 4000,
    // Long enough for some hundred rows at a walsender's full speed, and less than its socket
    // holds.
    REST_MS = 1
};

void pace_init(struct pace *pace, int64_t now_ms)
{
    *pace = (struct pace){.window_from_ms = now_ms};
}

void pace_note_message(struct pace *pace, size_t bytes)
{
    pace->window_bytes += bytes;
}

void pace_note_empty(struct pace *pace, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - pace->window_from_ms;
    if (elapsed_ms >= WINDOW_MS) {
        pace->much_comes = pace->window_bytes >= MUCH_BYTES_A_MS * (size_t)elapsed_ms;
        pace->window_bytes = 0;
        pace->window_from_ms = now_ms;
    }
    pace->rest_until_ms = pace->much_comes ? now_ms + REST_MS : now_ms;
}

bool pace_rests(const struct pace *pace, int64_t now_ms)
{
    return now_ms < pace->rest_until_ms;
}

int64_t pace_rest_until_ms(const struct pace *pace)
{
    return pace->rest_until_ms;
}
