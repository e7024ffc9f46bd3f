"""What befalls the program, its server and its endpoint.

An act is a generator: it does something, yields for how many seconds that shall last, and undoes
it. Acts of one track come one after the other, acts of different tracks at the same time.
"""
import collections
import os
import resource
import signal

from runs import SLOT
from stage import SENDER_TIMEOUT_S, now_ms

# While nothing worse is done, some records fail and now and then a reply is lost.
USUAL = {'fail_records': 5, 'drop_replies': 1, 'delay_ms': 0, 'stall': False, 'throttle_shard': -1}

NO_FAULT = {**USUAL, 'fail_records': 0, 'drop_replies': 0}

# `pause_s` is between two acts, from least to most; `acts` are with how often.
Track = collections.namedtuple('Track', 'name pause_s acts')


# The program.

def kill(stage, _draw):
    """A crash."""
    stage.tell('pg_kinesis is killed')
    stage.kill_program()
    stage.start_program()
    yield 0


def terminate(stage, _draw):
    """What a service manager does to restart it."""
    stage.tell('pg_kinesis is asked to leave')
    stage.begin_leave()
    while not stage.has_left():
        yield 0.1
    stage.start_program()


def stand_still(stage, draw):
    """Until the server gives it up, or not quite."""
    seconds = draw.uniform(0.3, 3 * SENDER_TIMEOUT_S)
    stage.tell(f'pg_kinesis stands still for {seconds:.1f} s')
    begin_ms = now_ms()
    stage.run.process.send_signal(signal.SIGSTOP)
    yield seconds
    stage.run.process.send_signal(signal.SIGCONT)
    stage.stood_still(begin_ms)


def starve(stage, draw):
    """It has no descriptor left, or fewer than it has open."""
    pid, seconds = stage.run.process.pid, draw.uniform(0.5, 6)
    opened = len(os.listdir(f'/proc/{pid}/fd'))
    allowed = max(3, opened - draw.choice([0, 0, 2, 5]))
    stage.tell(f'pg_kinesis may have {allowed} descriptors, of {opened}, for {seconds:.1f} s')
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (allowed, before[1]))
    yield seconds
    if stage.run.is_running:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


# The server.

def shut_down(stage, draw, how, name):
    """The server is down for a while."""
    down_s = draw.uniform(0.1, 3)
    stage.tell(f'PostgreSQL {name}, to be back after {down_s:.1f} s')
    stage.begin_shutdown(how)
    while stage.server_is_up():
        yield 0.1
    yield down_s
    stage.start_server()


def restart_fast(stage, draw):
    """As before an upgrade."""
    return shut_down(stage, draw, signal.SIGINT, 'shuts down')


def restart_immediately(stage, draw):
    """As if it had crashed."""
    return shut_down(stage, draw, signal.SIGQUIT, 'ends at once')


def cut(stage, _draw):
    """The walsender is ended."""
    stage.tell('the walsender is ended')
    stage.end_backends('pid IN (SELECT active_pid FROM pg_replication_slots'
                       f" WHERE slot_name = '{SLOT}')")
    yield 0


def cut_all(stage, _draw):
    """Each connection of the program is ended."""
    stage.tell('each connection of pg_kinesis is ended')
    stage.end_backends("application_name = 'pg_kinesis'")
    yield 0


# The endpoint.

def faulty(stage, draw, text, **faults):
    """The endpoint has these faults for a while."""
    seconds = draw.uniform(0.3, 6)
    stage.tell(f'the endpoint {text} for {seconds:.1f} s')
    stage.sim.control(**faults)
    yield seconds
    stage.sim.control(**USUAL)


def fail_records(stage, draw):
    """Some records, or all."""
    percent = draw.choice([20, 50, 90, 100])
    return faulty(stage, draw, f'fails {percent} % of the records', fail_records=percent)


def drop_replies(stage, draw):
    """Stored, but who knows."""
    percent = draw.choice([10, 50, 100])
    return faulty(stage, draw, f'drops {percent} % of the replies', drop_replies=percent)


def delay(stage, draw):
    """A slow endpoint."""
    delay_ms = draw.choice([20, 100, 500, 2000])
    return faulty(stage, draw, f'answers after {delay_ms} ms', delay_ms=delay_ms)


def stall(stage, draw):
    """Stored, but never answered."""
    return faulty(stage, draw, 'answers nothing', stall=True)


def close_shard(stage, draw):
    """One shard takes nothing."""
    shard = draw.choice(stage.open_shards())
    number = int(shard.id.rpartition('-')[2])
    return faulty(stage, draw, f'throttles all for {shard.id}', throttle_shard=number)


TRACKS = [
    Track('program', (2, 8), {kill: 4, terminate: 2, stand_still: 2, starve: 2}),
    Track('server', (4, 15), {restart_fast: 1, restart_immediately: 2, cut: 3, cut_all: 1}),
    Track('endpoint', (0.2, 3), {fail_records: 3, drop_replies: 3, delay: 2, stall: 2,
                                 close_shard: 2}),
]
