"""A physical standby that only says that it has the log, and says so late.

With synchronous replication a commit is visible to others once the standby confirmed it; a logical
stream shows it at once. What lies between is a moment on a real standby; here it is `delay_s`.
"""
import collections
import struct
import threading
import time

from psycopg import pq

NAME = 'late_standby'
POLL_S = 0.002


class LateStandby:
    """with LateStandby(server): every commit waits for it."""

    def __init__(self, server, delay_s=0.01):
        self.server = server
        self.delay_s = delay_s
        self.left = threading.Event()
        self.thread = threading.Thread(target=self._follow, daemon=True)

    def _follow(self):
        dsn = f'{self.server.dsn()} replication=true application_name={NAME}'
        connection = pq.PGconn.connect(dsn.encode())
        start = connection.exec_(b'IDENTIFY_SYSTEM').get_value(0, 2).decode()
        high, low = (int(half, 16) for half in start.split('/'))
        answer = connection.exec_(f'START_REPLICATION PHYSICAL {start}'.encode())
        assert answer.status == pq.ExecStatus.COPY_BOTH, connection.error_message
        # (when, end of the log); the first is said unasked, for only who said something is awaited.
        received = collections.deque([(time.monotonic(), (high << 32) + low)])
        while not self.left.is_set():
            length, message = connection.get_copy_data(1)
            if length > 0:
                received.append((time.monotonic(), self._end(bytes(message))))
                continue
            while received and received[0][0] + self.delay_s < time.monotonic():
                self._confirm(connection, received.popleft()[1])
            time.sleep(POLL_S)
            connection.consume_input()
        connection.finish()

    @staticmethod
    def _end(message):
        """Up to where a message brought the log: 'w', start, the server's end, time, the log."""
        start, = struct.unpack('>Q', message[1:9])
        return start + len(message) - 25 if message[:1] == b'w' else start

    @staticmethod
    def _confirm(connection, position):
        """Written, flushed and applied up to there."""
        connection.put_copy_data(struct.pack('>cQQQQB', b'r', position, position, position, 0, 0))
        connection.flush()

    def __enter__(self):
        self.thread.start()
        self.server.await_standby(NAME)
        return self

    def __exit__(self, *_):
        self.server.await_standby('')
        self.left.set()
        self.thread.join()
