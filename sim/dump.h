// dump - everything the shards were given, for whoever judges a client by it: JSON Lines.
//
// GET /log tells the log of each shard there ever was, also of streams that are deleted: its number
// here ("log"), stream, shard, hash range, parents, how many records it holds.
// GET /log/NUMBER?from=INDEX tells that log's records from that one on, as many as an answer should
// hold; nothing when there are no more. A record tells, besides what was put, its sequence number,
// the number of the request that brought it and what became of that request's reply (replies.h).
// Unsigned, as /control is.
#ifndef SIM_DUMP_H
#define SIM_DUMP_H

#include <stdbool.h>

struct account;
struct buf;
struct http_request;

// Whether the request is one for this door.
bool dump_is_asked(const struct http_request *request);

// Returns the status.
int dump_answer(
    const struct account *account, const struct http_request *request, struct buf *answer);

#endif
