"""What befalls the program, its server and its endpoint.

An act is a generator: it does something, yields for how many seconds that shall last, and undoes
it. Acts of one track come one after the other, acts of different tracks at the same time.
"""
import collections
import os
import resource
import signal

from runs import SLOT
from stage import SENDER_TIMEOUT_S, STREAM, now_ms

# While nothing worse is done, some records fail and now and then a reply is lost.
USUAL = {'fail_records': 5, 'drop_replies': 1}
NO_FAULT = {'fail_records': 0, 'drop_replies': 0}

SHARDS_LEAST, SHARDS_MOST = 2, 12
CHANGED_S = 0.3  # After a change is over the stream surely takes the next one.

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
    run, seconds = stage.run, draw.uniform(0.5, 6)
    pid = run.process.pid
    opened = len(os.listdir(f'/proc/{pid}/fd'))
    allowed = max(3, opened - draw.choice([0, 0, 2, 5]))
    stage.tell(f'pg_kinesis may have {allowed} descriptors, of {opened}, for {seconds:.1f} s')
    stage.cut_stream()  # A table that is looked up needs a connection.
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (allowed, before[1]))
    yield seconds
    if run.is_running:
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

# Rules of kinesis_sim; `kinesis_sim --fault help` explains their words.
FAULTS = [
    'throttle', 'fail', 'record-error=KMSThrottlingException', 'record-error=NeverHeardOf',
    'delay=20', 'delay=300', 'delay=2000', 'drip=1', 'last',
    'close', 'reset', 'reset undone', 'reset reused', 'reset reused undone',
    'stall', 'stall undone', 'truncate', 'garbage', 'few', 'many',
    'error=InternalFailure', 'error=InternalFailure done', 'error=InternalFailure body=empty',
    'error=ServiceUnavailable status=503 body=html', 'error=ServiceUnavailable status=503 done',
    'error=ProvisionedThroughputExceededException', 'error=KMSThrottlingException',
    'error=LimitExceededException retry-after=1', 'error=ThrottlingException x-amz-retry-after=300',
    'error=ExpiredTokenException', 'error=AccessDeniedException',
    'error=KMSDisabledException', 'error=ResourceNotFoundException',
    'on=DescribeStreamSummary error=InternalFailure',
    'on=DescribeStreamSummary reset', 'on=ListShards reset', 'on=ListShards garbage',
    'on=ListShards stall',
]


def strike(stage, draw):
    """Some requests, or records, or all."""
    return faulty(stage, draw, f'{draw.choice(FAULTS)} share={draw.choice([5, 20, 50, 100])}')


def close_shard(stage, draw):
    """One shard takes nothing."""
    shard = draw.choice(stage.open_shards())
    return faulty(stage, draw, f'throttle shard={int(shard.id.rpartition("-")[2])}')


def faulty(stage, draw, rule):
    """The endpoint has this fault for a while."""
    seconds = draw.uniform(0.3, 6)
    stage.tell(f'the endpoint does "{rule}" for {seconds:.1f} s')
    with stage.sim.fault(rule):
        yield seconds


# The stream's shards.

def split(stage, draw):
    """A shard in two, not always equal ones."""
    shard = draw.choice(stage.open_shards())
    middle = shard.first_key + int((shard.last_key - shard.first_key) * draw.uniform(0.01, 0.99)) + 1
    return change(stage, draw, f'{shard.id} is split', 'SplitShard', ShardToSplit=shard.id,
                  NewStartingHashKey=str(middle))


def merge(stage, draw):
    """Two shards that are neighbours."""
    shards = sorted(stage.open_shards(), key=lambda shard: shard.first_key)
    at = draw.randrange(len(shards) - 1)
    first, second = shards[at].id, shards[at + 1].id
    return change(stage, draw, f'{first} and {second} are merged', 'MergeShards',
                  ShardToMerge=first, AdjacentShardToMerge=second)


def reshard(stage, draw):
    """Either, so that there are some shards always, and never many."""
    count = len(stage.open_shards())
    splits = count <= SHARDS_LEAST or count < SHARDS_MOST and draw.random() < 0.5
    return split(stage, draw) if splits else merge(stage, draw)


def change(stage, draw, text, operation, **members):
    """A change of the stream, over at once or not."""
    seconds = draw.choice([0, 1])
    stage.tell(text)
    stage.sim.control(change_ms=1000 * seconds)
    stage.sim.change(operation, STREAM, **members)
    yield seconds + CHANGED_S


TRACKS = [
    Track('program', (2, 8), {kill: 4, terminate: 2, stand_still: 2, starve: 2}),
    Track('server', (4, 15), {restart_fast: 1, restart_immediately: 2, cut: 3, cut_all: 1}),
    Track('endpoint', (0.2, 3), {strike: 8, close_shard: 2}),
    Track('endpoint too', (0.2, 5), {strike: 1}),
    Track('shards', (1, 7), {reshard: 1}),
]
