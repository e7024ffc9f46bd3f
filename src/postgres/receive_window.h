// receive_window - how much the kernel takes in ahead of us.
//
// Linux lets a connection's receive buffer grow with what its reader takes, to megabytes, so that a
// distant sender is never held up. A sender on this host needs nothing of that: there a full buffer
// is good, for while it is full the sender's kernel appends row to row and sends them in one piece,
// where else each is a packet, sent and received in the walsender's time. (tcp(7), SO_RCVBUF: a
// buffer whose size is set does not grow.)
#ifndef PGK_POSTGRES_RECEIVE_WINDOW_H
#define PGK_POSTGRES_RECEIVE_WINDOW_H

#include <stdbool.h>

// True when the peer is on this host and reached by TCP, and its window stays small from now on.
bool receive_window_hold(int fd);

#endif
