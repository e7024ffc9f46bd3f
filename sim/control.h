// control - the door for tests: what has happened so far, and what shall go wrong from now on.
//
// GET /control tells the counters and the faults as one JSON object. POST /control takes an object
// with any of fail_records, drop_replies (percent), delay_ms, stall, stall_after, distributes
// (every stream has the distribution strategy AUTO), throttle_shard (a shard's number, all its
// records are throttled; -1 for none), change_ms (how long a stream is CREATING, UPDATING and
// DELETING), clock_offset_s (how far the service's clock is off), and these, which "" ends:
// refuse_key (requests that hold it are refused whole), fail_key (its records fail), expired_token,
// stream_status (what every stream says of itself). Three more are about rules (fault_rule.h):
// "fault" adds one, "clear_fault" takes the one of that number away, "clear_faults": true all of
// them. It answers with what is in force then, a rule with its number, how many requests or records
// it met and how many it struck. Unsigned: the program listens on the loopback interface alone.
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

struct account;
struct buf;
struct http_request;

// Returns the status; spends the request's body.
int control_answer(struct account *account, const struct http_request *request, struct buf *answer);

#endif
