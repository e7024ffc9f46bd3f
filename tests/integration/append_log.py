"""What an endpoint stored, in the order in which it did, and what a consumer makes of it.

A consumer reads as the Kinesis Client Library does: a shard once its parents are read to their end,
and of an aggregate either every record or, when one of them belongs into another shard, none,
without a word (kpl.py).
"""
import collections
import datetime

import kpl

ANSWERED = 'delivered'  # The fate of a reply that its reader got whole. Any other leaves doubt.

Shard = collections.namedtuple('Shard', 'id first_key last_key parents')
# `hash_key` is the explicit one or None; `fate` is what became of the reply.
Stored = collections.namedtuple(
    'Stored', 'shard sequence arrived_ms key hash_key data request fate')


def as_shards(told):
    """Shards by identifier, of what kinesis_sim tells of them."""
    return {one['shard']: Shard(one['shard'], one['first_key'], one['last_key'], one['parents'])
            for one in told}


def read_log(sim, stream):
    """The shards that a stream of kinesis_sim ever had, and its log."""
    log = [Stored(one['shard'], int(one['sequence']), one['arrived_ms'], one['partition_key'],
                  one['explicit_hash_key'], one['data'], one['request'], one['reply'])
           for one in sim.log(stream)]
    return as_shards(sim.shards(stream)), sorted(log, key=lambda one: one.request)


def in_reading_order(shards):
    """The shards by identifier, each behind its parents."""
    ordered = {}

    def read(shard):
        if shard.id in ordered:
            return
        for parent in shard.parents:
            if parent in shards:  # Not one whose records have expired.
                read(shards[parent])
        ordered[shard.id] = shard

    for identifier in sorted(shards):
        read(shards[identifier])
    return ordered


def belongs(one):
    """The hash key of a stored record."""
    return kpl.placed(kpl.Row(one.key, one.hash_key, one.data))


def placement_problems(shard, records):
    """What the endpoint itself did wrong in a shard, so that nothing may be concluded from it."""
    problems = [f'the endpoint put {one.key} into {shard.id}, where it does not belong'
                for one in records if not shard.first_key <= belongs(one) <= shard.last_key]
    if any(a.sequence >= b.sequence for a, b in zip(records, records[1:])):
        problems.append(f'sequence numbers of {shard.id} do not rise')
    return problems


def lineage_problems(shard, by_shard):
    """Parents that took a record after a child had one."""
    records = by_shard[shard.id]
    return [f'{parent} took records after {shard.id} did' for parent in shard.parents
            if records and by_shard[parent]
            and by_shard[parent][-1].arrived_ms > records[0].arrived_ms]


def as_read(one):
    """A stored record in the form of GetRecords, with what we know of it besides."""
    arrived = datetime.datetime.fromtimestamp(one.arrived_ms / 1000, datetime.timezone.utc)
    return {'ShardId': one.shard, 'SequenceNumber': str(one.sequence), 'PartitionKey': one.key,
            'Data': one.data, 'ApproximateArrivalTimestamp': arrived,
            'ArrivedMs': one.arrived_ms, 'Request': one.request, 'Fate': one.fate}


def consume(shards, log):
    """All that a consumer reads of a log, in its order, and the problems on the way.

    `shards` are by identifier; `log` is in the order of arrival.
    """
    by_shard = collections.defaultdict(list)
    for one in log:
        by_shard[one.shard].append(one)
    problems, records = [], []
    for identifier, shard in in_reading_order(shards).items():
        problems += placement_problems(shard, by_shard[identifier])
        problems += lineage_problems(shard, by_shard)
        records += map(as_read, by_shard[identifier])
    read, dropped = kpl.consume(
        records, {one.id: (one.first_key, one.last_key) for one in shards.values()})
    problems += [f'{one["PartitionKey"]} of request {one["Request"]} in {one["ShardId"]} is '
                 'dropped by consumers: its aggregate does not belong there as a whole'
                 for one in dropped]
    return read, problems
