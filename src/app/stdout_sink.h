// stdout_sink - standard output as a sink: one record's data a line, in commit order.
//
// A batch is stored once its last byte is written; a regular file is synced first. A pipe's reader
// owns what was written. Half a line that stands in the file before is ended first. When the reader
// is gone the batch comes back with ERR_OPERATOR.
#ifndef PGK_APP_STDOUT_SINK_H
#define PGK_APP_STDOUT_SINK_H

struct sink;

// Writes to that descriptor, which it makes non-blocking until it is freed.
struct sink *stdout_sink_new(int fd);

#endif
