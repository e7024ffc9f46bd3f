#include "kinesis/json_read.h"

json_t *json_read_object(struct str text)
{
    json_t *value = json_loadb(text.ptr, text.len, 0, NULL);
    if (json_is_object(value))
        return value;
    json_decref(value);
    return NULL;
}

struct str json_member_string(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_string(member))
        return STR("");
    return (struct str){.ptr = json_string_value(member), .len = json_string_length(member)};
}

int64_t json_member_integer(
    const json_t *object, const char *name, struct json_bounds bounds, int64_t otherwise)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_integer(member))
        return otherwise;
    int64_t number = json_integer_value(member);
    return number >= bounds.least && number <= bounds.most ? number : otherwise;
}
