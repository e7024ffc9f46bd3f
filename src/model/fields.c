#include "model/fields.h"

static bool *field_of(struct fields *fields, struct str name)
{
    if (str_equal(name, STR("xid")))
        return &fields->xid;
    if (str_equal(name, STR("seq")))
        return &fields->seq;
    if (str_equal(name, STR("commit_lsn")))
        return &fields->commit_lsn;
    return str_equal(name, STR("commit_time")) ? &fields->commit_time : NULL;
}

bool fields_read(struct fields *fields, struct str names, struct err *err)
{
    *fields = (struct fields){.xid = false};
    do {
        struct str name = str_trim(str_cut(&names, ','));
        bool *field = field_of(fields, name);
        if (!field)
            return err_set(err, ERR_USAGE, "\"%s\" is not xid, seq, commit_lsn or commit_time",
                err_quote(name).text);
        *field = true;
    } while (names.len > 0);
    return true;
}
