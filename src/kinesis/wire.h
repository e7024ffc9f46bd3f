// wire - the form that a request is written in: its type, and the writers of its parts.
//
// JSON 1.1 is what the API's reference documents. CBOR 1.1 is what AWS's SDK for Java speaks to
// Kinesis: the same members, with data as bytes rather than Base64, which is a quarter less to
// hash, to encrypt and to send. https://github.com/aws/aws-sdk-java-v2, aws-cbor-protocol.
//
// Replies need none of this: they are read in the form they come in (base/document.h).
#ifndef PGK_KINESIS_WIRE_H
#define PGK_KINESIS_WIRE_H

#include "base/str.h"

struct buf;
struct stream_name;

// An entry of PutRecords as the service will see it.
struct parcel {
    struct str partition_key;
    struct str hash_key; // "": none.
    struct str data;
};

struct wire {
    const char *name;
    struct str content_type;

    // A whole request that says no more than which stream it is about.
    void (*write_stream)(struct buf *buf, const struct stream_name *stream);

    // PutRecords: its beginning, then so many parcels with the separator between them, then its
    // end.
    void (*begin_records)(struct buf *buf, const struct stream_name *stream, size_t parcels);
    void (*write_parcel)(struct buf *buf, const struct parcel *parcel);
    struct str separator;
    struct str end;
};

extern const struct wire wire_cbor;
extern const struct wire wire_json;

#endif
