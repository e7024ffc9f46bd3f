#include "kinesis/wire.h"

#include "base/buf.h"
#include "base/cbor_write.h"
#include "kinesis/stream_name.h"

// Heads and names that are the same in every parcel, as the bytes they are: 0xa2 and 0xa3 begin a
// map of two or three members, 0x60 and a length a text.
#define MAP_OF_TWO   "\xa2"
#define MAP_OF_THREE "\xa3"
#define DATA                                                                                       \
    "\x64"                                                                                         \
    "Data"
#define PARTITION_KEY "\x6cPartitionKey"
#define EXPLICIT_HASH_KEY                                                                          \
    "\x6f"                                                                                         \
    "ExplicitHashKey"

static void write_name(struct buf *buf, const struct stream_name *stream, size_t members)
{
    cbor_write_head(buf, CBOR_MAP, members);
    cbor_write_text(buf, stream->is_arn ? STR("StreamARN") : STR("StreamName"));
    cbor_write_text(buf, stream->text);
}

static void write_stream(struct buf *buf, const struct stream_name *stream)
{
    write_name(buf, stream, 1);
}

static void begin_records(struct buf *buf, const struct stream_name *stream, size_t parcels)
{
    write_name(buf, stream, 2);
    cbor_write_text(buf, STR("Records"));
    cbor_write_head(buf, CBOR_ARRAY, parcels);
}

static char *put(char *out, struct str bytes)
{
    memcpy(out, bytes.ptr, bytes.len);
    return out + bytes.len;
}

// Room is asked for once: most of what happens here is the copy of the data.
static void write_parcel(struct buf *buf, const struct parcel *parcel)
{
    enum {
        BYTES_BESIDES =
            sizeof MAP_OF_THREE DATA PARTITION_KEY EXPLICIT_HASH_KEY + 3 * CBOR_HEAD_BYTES_MAX
    };
    const bool has_hash_key = parcel->hash_key.len > 0;
    char *const begin = buf_room(
        buf, parcel->data.len + parcel->partition_key.len + parcel->hash_key.len + BYTES_BESIDES);
    if (!begin)
        return;
    char *end = put(begin, has_hash_key ? STR(MAP_OF_THREE DATA) : STR(MAP_OF_TWO DATA));
    end = cbor_put_string(end, CBOR_BYTES, parcel->data);
    end = put(end, STR(PARTITION_KEY));
    end = cbor_put_string(end, CBOR_TEXT, parcel->partition_key);
    if (has_hash_key) {
        end = put(end, STR(EXPLICIT_HASH_KEY));
        end = cbor_put_string(end, CBOR_TEXT, parcel->hash_key);
    }
    buf_grow(buf, (size_t)(end - begin));
}

const struct wire wire_cbor = {
    .name = "CBOR",
    .content_type = STR_CONST("application/x-amz-cbor-1.1"),
    .write_stream = write_stream,
    .begin_records = begin_records,
    .write_parcel = write_parcel,
    .separator = STR_CONST(""),
    .end = STR_CONST(""),
};
