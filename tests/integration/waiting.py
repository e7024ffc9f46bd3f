"""Waiting for an event, never for a time: every wait says what it waits for and gives up loudly."""
import socket
import time

DEADLINE_S = 30.0  # Far above what anything takes, so that only what hangs meets it.
POLL_S = 0.02


def wait_until(event, what, deadline_s=DEADLINE_S, poll_s=POLL_S):
    """Asks event() until it answers with something true, and returns that."""
    end = time.monotonic() + deadline_s
    while True:
        answer = event()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f'waited {deadline_s:g} s for {what}')
        time.sleep(poll_s)


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
