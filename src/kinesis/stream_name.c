#include "kinesis/stream_name.h"

#include <string.h>

enum {
    NAME_LEN_MAX = 128, // [a-zA-Z0-9_.-]{1,128}: API reference, StreamName.
    REGION_LEN_MAX = 63,
    ACCOUNT_LEN = 12
};

static bool is_made_of(struct str text, const char *extra, bool capitals)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    (capitals && c >= 'A' && c <= 'Z') || (c != 0 && strchr(extra, c));
        if (!fits)
            return false;
    }
    return true;
}

static bool is_name(struct str text)
{
    return text.len >= 1 && text.len <= NAME_LEN_MAX && is_made_of(text, "_.-", true);
}

bool region_is_valid(struct str region)
{
    return region.len >= 1 && region.len <= REGION_LEN_MAX && is_made_of(region, "-", false);
}

static bool is_account(struct str text)
{
    uint64_t number;
    return text.len == ACCOUNT_LEN && str_to_u64(text, 0, UINT64_MAX, &number);
}

// arn:aws:kinesis:us-east-1:123456789012:stream/name
static bool parse_arn(struct str text, struct stream_name *stream)
{
    struct str rest = text;
    bool ok = str_equal(str_cut(&rest, ':'), STR("arn"));
    struct str partition = str_cut(&rest, ':');
    ok = ok && str_starts_with(partition, STR("aws")) && is_made_of(partition, "-", false);
    ok = ok && str_equal(str_cut(&rest, ':'), STR("kinesis"));
    struct str region = str_cut(&rest, ':');
    ok = ok && region_is_valid(region) && is_account(str_cut(&rest, ':'));
    ok = ok && str_equal(str_cut(&rest, '/'), STR("stream")) && is_name(rest);
    *stream = (struct stream_name){.text = text, .name = rest, .region = region, .is_arn = true};
    return ok;
}

bool stream_name_parse(struct str text, struct stream_name *stream, struct err *err)
{
    if (str_starts_with(text, STR("arn:"))) {
        if (parse_arn(text, stream))
            return true;
        err_set(err, ERR_USAGE, "\"%s\" is no ARN of a stream", err_quote(text).text);
        return err_hint(err, "it looks like arn:aws:kinesis:us-east-1:123456789012:stream/example");
    }
    *stream = (struct stream_name){.text = text, .name = text, .region = STR("")};
    if (is_name(text))
        return true;
    err_set(err, ERR_USAGE, "\"%s\" is no name of a stream", err_quote(text).text);
    return err_hint(
        err, "1 to %d letters, digits, \"_\", \".\" and \"-\"; or an ARN", NAME_LEN_MAX);
}
