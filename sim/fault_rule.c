#include "sim/fault_rule.h"

#include "base/random.h"

#include <stdlib.h>

enum {
    HOUR_MS = 3600000,
};

const char fault_rule_help[] =
    "Faults by rule: --fault 'WORD...', repeatable; POST /control sets and clears them too.\n"
    "A rule strikes PutRecords requests, unless on= says otherwise, and of these\n"
    "  on=OPERATION, on=any       the requests of another operation, of every one\n"
    "  shard=N, key=KEY           those with a record of this shard, of this partition key\n"
    "                             (a blank is %20)\n"
    "  reused                     those on a connection that has served another before\n"
    "  nth=N, every=N, after=N    the Nth, each Nth, all after N of them\n"
    "  share=PERCENT, times=N     so many by chance, so many at most\n"
    "with a delay, one of the others, or both:\n"
    "  delay=MS                   the answer waits\n"
    "  throttle, fail             single records are refused: as ProvisionedThroughputExceeded-\n"
    "                             Exception, as InternalFailure. The words above choose records\n"
    "  record-error=CODE          likewise, with any code\n"
    "  error=CODE                 the request is refused whole; how that looks, where it is not\n"
    "                             as usual: status=N, body=html, body=empty,\n"
    "                             retry-after=SECONDS, x-amz-retry-after=MS\n"
    "  close, reset, stall        there is no reply: the connection ends, is reset, stays open\n"
    "  truncate, garbage          half of the reply comes, or 200 and bytes without meaning\n"
    "  few, many                  the reply has a result less, or more, than there were records\n"
    "  drip=MS                    a byte of the reply comes every so often\n"
    "  last                       the reply is right, and its connection ends with it\n"
    "  done, undone               whether the request is done all the same: it is, unless it is\n"
    "                             refused whole or one of these is said\n";

enum word_kind {
    WORD_NUMBER,
    WORD_PERCENT,
    WORD_TEXT,
    WORD_BODY,
    WORD_FLAG,
    WORD_EFFECT,
};

struct word {
    struct str name;
    enum word_kind kind;
    size_t offset;            // Of the number, the text or the flag that it sets.
    uint64_t least;           // Of a number.
    uint64_t most;            // Likewise; of a text, its length.
    enum fault_effect effect; // That it has besides.
    const char *code;         // The effect's.
};

#define AT(field) .offset = offsetof(struct fault_rule, field)
#define NUMBER(word, field, from, to)                                                              \
    {                                                                                              \
        .name = STR_CONST(word), .kind = WORD_NUMBER, AT(field), .least = (from), .most = (to)     \
    }
#define TEXT(word, field, bytes_max)                                                               \
    {                                                                                              \
        .name = STR_CONST(word), .kind = WORD_TEXT, AT(field), .most = (bytes_max)                 \
    }
#define EFFECT(word, what, its_code)                                                               \
    {                                                                                              \
        .name = STR_CONST(word), .kind = WORD_EFFECT, .effect = (what), .code = (its_code)         \
    }

static const struct word words[] = {
    TEXT("on", operation, FAULT_OPERATION_BYTES_MAX),
    TEXT("key", key, FAULT_KEY_BYTES_MAX),
    NUMBER("shard", shard, 0, INT32_MAX),
    {.name = STR_CONST("reused"), .kind = WORD_FLAG, AT(reused)},
    NUMBER("nth", nth, 1, INT64_MAX),
    NUMBER("every", every, 1, INT64_MAX),
    NUMBER("after", after, 1, INT64_MAX),
    NUMBER("times", times, 1, INT64_MAX),
    {.name = STR_CONST("share"), .kind = WORD_PERCENT, AT(share)},
    NUMBER("delay", delay_ms, 1, HOUR_MS),
    EFFECT("throttle", EFFECT_RECORD_ERROR, "ProvisionedThroughputExceededException"),
    EFFECT("fail", EFFECT_RECORD_ERROR, "InternalFailure"),
    {.name = STR_CONST("record-error"),
        .kind = WORD_TEXT,
        AT(code),
        .most = FAULT_CODE_BYTES_MAX,
        .effect = EFFECT_RECORD_ERROR},
    {.name = STR_CONST("error"),
        .kind = WORD_TEXT,
        AT(code),
        .most = FAULT_CODE_BYTES_MAX,
        .effect = EFFECT_ERROR},
    NUMBER("status", status, 400, 599),
    {.name = STR_CONST("body"), .kind = WORD_BODY},
    NUMBER("retry-after", retry_after_s, 1, 3600),
    NUMBER("x-amz-retry-after", retry_after_ms, 1, HOUR_MS),
    EFFECT("close", EFFECT_CLOSE, NULL),
    EFFECT("reset", EFFECT_RESET, NULL),
    EFFECT("stall", EFFECT_STALL, NULL),
    EFFECT("truncate", EFFECT_TRUNCATE, NULL),
    EFFECT("garbage", EFFECT_GARBAGE, NULL),
    EFFECT("few", EFFECT_FEW, NULL),
    EFFECT("many", EFFECT_MANY, NULL),
    {.name = STR_CONST("drip"),
        .kind = WORD_NUMBER,
        AT(drip_ms),
        .least = 1,
        .most = HOUR_MS,
        .effect = EFFECT_DRIP},
    EFFECT("last", EFFECT_LAST, NULL),
    {.name = STR_CONST("done"), .kind = WORD_FLAG, AT(done)},
    {.name = STR_CONST("undone"), .kind = WORD_FLAG, AT(undone)},
};

static const struct word *find_word(struct str name)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(words[i].name, name))
            return &words[i];
    return NULL;
}

static bool read_hex(char digit, unsigned *value)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = digit ? strchr(digits, digit) : NULL;
    *value = found ? (unsigned)(found - digits) : 0;
    return found != NULL;
}

// A percent sign and two digits are a byte: a value may hold what parts words.
static bool read_text(struct str value, char *text, size_t bytes_max)
{
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned high;
        unsigned low;
        if (len == bytes_max)
            return false;
        if (value.ptr[i] != '%') {
            text[len++] = value.ptr[i];
            continue;
        }
        if (i + 2 >= value.len || !read_hex(value.ptr[i + 1], &high) ||
            !read_hex(value.ptr[i + 2], &low))
            return false;
        text[len++] = (char)(high << 4 | low);
        i += 2;
    }
    text[len] = 0;
    return len > 0;
}

static bool read_percent(struct str value, double *percent)
{
    char copy[32] = "";
    if (value.len == 0 || value.len >= sizeof copy)
        return false;
    memcpy(copy, value.ptr, value.len);
    char *end;
    *percent = strtod(copy, &end);
    return *end == 0 && *percent > 0 && *percent <= 100;
}

static bool read_body(struct str value, enum fault_body *body)
{
    *body = str_equal(value, STR("html")) ? BODY_HTML : BODY_EMPTY;
    return *body == BODY_HTML || str_equal(value, STR("empty"));
}

// False when the value is none for this word.
static bool read_value(struct fault_rule *rule, const struct word *word, struct str value)
{
    void *field = (char *)rule + word->offset;
    switch (word->kind) {
    case WORD_NUMBER:
        return str_to_u64(value, word->least, word->most, field);
    case WORD_PERCENT:
        return read_percent(value, field);
    case WORD_TEXT:
        return read_text(value, field, word->most);
    case WORD_BODY:
        return read_body(value, &rule->body);
    case WORD_FLAG:
        *(bool *)field = true;
        return value.len == 0;
    case WORD_EFFECT:
        if (word->code)
            memcpy(rule->code, word->code, strlen(word->code) + 1);
        return value.len == 0;
    }
    return false;
}

static bool take_word(struct fault_rule *rule, struct str text, struct err *err)
{
    struct str value = text;
    struct str name = str_cut(&value, '=');
    const struct word *word = find_word(name);
    if (!word)
        return err_set(err, ERR_USAGE, "a fault has no word " STR_FMT, STR_ARG(name));
    if (word->effect != EFFECT_NONE && rule->effect != EFFECT_NONE)
        return err_set(
            err, ERR_USAGE, "a fault does one thing, not " STR_FMT " too", STR_ARG(name));
    if (!read_value(rule, word, value))
        return err_set(
            err, ERR_USAGE, "a fault's word " STR_FMT " has no such value", STR_ARG(name));
    if (word->effect != EFFECT_NONE)
        rule->effect = word->effect;
    return true;
}

static bool needs_reply(enum fault_effect effect)
{
    return effect == EFFECT_TRUNCATE || effect == EFFECT_FEW || effect == EFFECT_MANY ||
           effect == EFFECT_DRIP || effect == EFFECT_LAST;
}

// What each word may say, its neighbours may make senseless.
static bool check_sense(struct fault_rule *rule, struct err *err)
{
    const bool dressed = rule->status > 0 || rule->body != BODY_NORMAL || rule->retry_after_s > 0 ||
                         rule->retry_after_ms > 0;
    if (rule->effect == EFFECT_NONE && rule->delay_ms == 0)
        return err_set(err, ERR_USAGE, "a fault must do something");
    if (dressed && rule->effect != EFFECT_ERROR)
        return err_set(err, ERR_USAGE, "only error=CODE has a status, a body and a time to retry");
    if (rule->effect == EFFECT_RECORD_ERROR &&
        (rule->delay_ms > 0 || rule->done || rule->undone || rule->reused))
        return err_set(err, ERR_USAGE, "a fault of single records says nothing of the request");
    if (rule->done && rule->undone)
        return err_set(err, ERR_USAGE, "a request is done or undone, not both");
    if (rule->undone && (needs_reply(rule->effect) || rule->effect == EFFECT_NONE))
        return err_set(err, ERR_USAGE, "a request that gets its reply cannot be undone");
    return true;
}

bool fault_rule_parse(struct fault_rule *rule, struct str text, struct err *err)
{
    *rule = (struct fault_rule){
        .operation = "PutRecords",
        .shard = FAULT_ANY_SHARD,
        .share = 100,
    };
    if (text.len > FAULT_RULE_BYTES_MAX)
        return err_set(err, ERR_USAGE, "a fault has at most %d bytes", FAULT_RULE_BYTES_MAX);
    memcpy(rule->text, text.ptr, text.len);
    while (text.len > 0) {
        struct str word = str_cut(&text, ' ');
        if (word.len > 0 && !take_word(rule, word, err))
            return false;
    }
    if (!check_sense(rule, err))
        return false;
    rule->done = rule->done || (!rule->undone && rule->effect != EFFECT_ERROR);
    return true;
}

bool fault_rule_strikes(struct fault_rule *rule, struct random *random)
{
    // In millionths, so that a share may have a fraction. Nothing is drawn when all is certain:
    // what is off does not move the other faults' numbers.
    const uint64_t whole = 1000000;
    if (rule->times > 0 && rule->struck == rule->times)
        return false;
    rule->met++;
    if ((rule->nth > 0 && rule->met != rule->nth) ||
        (rule->every > 0 && rule->met % rule->every != 0) || rule->met <= rule->after)
        return false;
    if (rule->share < 100 &&
        random_below(random, whole) >= (uint64_t)(rule->share * (double)whole / 100))
        return false;
    rule->struck++;
    return true;
}
