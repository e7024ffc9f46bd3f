#include "kinesis/wire.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/json_write.h"
#include "kinesis/stream_name.h"

static void write_name(struct buf *buf, const struct stream_name *stream)
{
    buf_add(buf, stream->is_arn ? STR("{\"StreamARN\":") : STR("{\"StreamName\":"));
    json_write_string(buf, stream->text);
}

static void write_stream(struct buf *buf, const struct stream_name *stream)
{
    write_name(buf, stream);
    buf_add_byte(buf, '}');
}

static void begin_records(struct buf *buf, const struct stream_name *stream, size_t parcels)
{
    (void)parcels;
    write_name(buf, stream);
    buf_add(buf, STR(",\"Records\":["));
}

static void write_parcel(struct buf *buf, const struct parcel *parcel)
{
    buf_add(buf, STR("{\"Data\":\""));
    base64_write(buf, parcel->data);
    buf_add(buf, STR("\",\"PartitionKey\":\""));
    json_write_text(buf, parcel->partition_key);
    if (parcel->hash_key.len > 0) {
        buf_add(buf, STR("\",\"ExplicitHashKey\":\""));
        buf_add(buf, parcel->hash_key);
    }
    buf_add(buf, STR("\"}"));
}

const struct wire wire_json = {
    .name = "JSON",
    .content_type = STR_CONST("application/x-amz-json-1.1"),
    .write_stream = write_stream,
    .begin_records = begin_records,
    .write_parcel = write_parcel,
    .separator = STR_CONST(","),
    .end = STR_CONST("]}"),
};
