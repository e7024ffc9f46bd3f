#include "app/misfits.h"

#include "app/dead_letter.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/json_reader.h"
#include "base/log.h"
#include "model/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGEST_BYTES_SHOWN = 8,
    HEAD_BYTES = 2048 // Two names of 63 bytes take 765 of them, however they are escaped.
};

// Enough of it to find a key that somebody has in mind, and nothing of the key itself.
struct key_digest {
    char hex[2 * DIGEST_BYTES_SHOWN + 1];
};

static struct key_digest digest_of(struct str partition_key)
{
    struct sha256 digest = sha256_of(partition_key);
    struct key_digest shown = {.hex = ""};
    struct buf hex;
    buf_init(&hex, sizeof shown.hex - 1);
    buf_add_hex(&hex, (struct str){(const char *)digest.bytes, DIGEST_BYTES_SHOWN});
    memcpy(shown.hex, buf_c(&hex), sizeof shown.hex);
    buf_release(&hex);
    return shown;
}

bool misfits_open(struct misfits *misfits, const struct config *config, struct err *err)
{
    *misfits = (struct misfits){.oversize = config->oversize, .refused = config->refused};
    if (!*config->dead_letter)
        return true;
    bool local = config->to_stdout || config->dry_run;
    struct dead_letter *letters = alloc_zeroed(1, sizeof *letters);
    if (!dead_letter_open(letters, config->dead_letter, local ? "" : config->stream, err)) {
        free(letters);
        return false;
    }
    misfits->letters = letters;
    return true;
}

void misfits_close(struct misfits *misfits)
{
    if (misfits->letters)
        dead_letter_close(misfits->letters);
    free(misfits->letters);
    misfits->letters = NULL;
}

static bool too_large(
    const struct misfits *misfits, const struct oversize_record *record, struct err *err)
{
    bool elided = misfits->oversize == OVERSIZE_ELIDE;
    err_set(err, ERR_FINAL,
        "a record of %zu bytes%s exceeds the stream's limit of %zu: table %s, at " LSN_FMT
        ", SHA-256 of its key %s",
        record->bytes, elided ? " without its values" : "", record->bytes_max,
        err_quote(record->table).text, LSN_ARG(record->lsn), digest_of(record->partition_key).hex);
    return err_hint(err,
        "raise the stream's limit (aws kinesis update-max-record-size), up to 10 MiB, or start "
        "with --oversize skip%s",
        elided ? "" : " or --oversize elide");
}

bool misfits_skip_oversize(struct misfits *misfits, const struct oversize_record *record,
    struct buf **letter, struct err *err)
{
    *letter = NULL;
    if (misfits->oversize != OVERSIZE_SKIP)
        return too_large(misfits, record, err);
    misfits->counts.oversize++;
    if (misfits->letters)
        *letter = dead_letter_begin(misfits->letters, &(struct letter){
                                                          .reason = "oversize",
                                                          .partition_key = record->partition_key,
                                                          .lsn = record->lsn,
                                                      });
    return true;
}

bool misfits_end(struct misfits *misfits, struct err *err)
{
    return dead_letter_end(misfits->letters, err);
}

static bool keep(struct misfits *misfits, const struct record *record, struct err *err)
{
    struct buf *data = dead_letter_begin(misfits->letters, &(struct letter){
                                                               .reason = "refused",
                                                               .partition_key = record_key(record),
                                                               .lsn = record->lsn,
                                                           });
    buf_add(data, record_data(record));
    return dead_letter_end(misfits->letters, err) && dead_letter_sync(misfits->letters, err);
}

const char *misfits_cause(const struct record *record, const struct err *cause)
{
    struct str key = record_key(record);
    bool quotes = memmem(cause->text, strlen(cause->text), key.ptr, key.len);
    return quotes ? "what it says of that quotes the key" : cause->text;
}

// A record tells it near its beginning. It is read there rather than kept with each record, which
// would cost all of them something for one that is refused.
static struct err_quote table_of(const struct record *record)
{
    char head[HEAD_BYTES];
    struct str data = record_data(record);
    size_t len = data.len < sizeof head ? data.len : sizeof head;
    memcpy(head, data.ptr, len);
    struct json_reader reader = json_reader_over(head, len);
    struct str name;
    struct str table = STR("");
    json_enter_object(&reader);
    while (table.len == 0 && json_member(&reader, &name)) {
        if (str_equal(name, STR("table")))
            table = json_string(&reader);
        else
            json_skip(&reader);
    }
    return err_quote(table.len > 0 ? table : STR("(none)"));
}

bool misfits_skip_refused(
    struct misfits *misfits, const struct record *record, const struct err *cause, struct err *err)
{
    if (misfits->refused == REFUSED_SKIP) {
        misfits->counts.refused++;
        return !misfits->letters || keep(misfits, record, err);
    }
    err_set(err, ERR_FINAL,
        "the service refuses a record of %zu bytes: table %s, at " LSN_FMT
        ", SHA-256 of its key %s: %s",
        record_request_bytes(record), table_of(record).text, LSN_ARG(record->lsn),
        digest_of(record_key(record)).hex, misfits_cause(record, cause));
    return err_hint(err, "start with --refused skip to go on without such records");
}

bool misfits_sync(struct misfits *misfits, struct err *err)
{
    return !misfits->letters || dead_letter_sync(misfits->letters, err);
}

void misfits_tell(struct misfits *misfits, int64_t now_ms)
{
    bool untold = memcmp(&misfits->told, &misfits->counts, sizeof misfits->told) != 0;
    if (!untold || !once_a_minute(&misfits->warning, now_ms))
        return;
    uint64_t oversize = misfits->counts.oversize - misfits->told.oversize;
    uint64_t refused = misfits->counts.refused - misfits->told.refused;
    uint64_t elided = misfits->counts.elided - misfits->told.elided;
    misfits->told = misfits->counts;
    log_event(LOG_WARNING,
        "skipped: %" PRIu64 " records over the stream's limit, %" PRIu64
        " that the service refuses; delivered without their largest values: %" PRIu64,
        oversize, refused, elided);
}
