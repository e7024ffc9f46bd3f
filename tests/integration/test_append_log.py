"""That the verdict on an append log sees what can be wrong: every defect is doctored in."""
import hashlib
import json

import pytest

import kpl
from append_log import ANSWERED, Shard, Stored, consume, in_reading_order
from copies import Break
from verdict import Change, judge_log

MIDDLE = 1 << 127
LAST = (1 << 128) - 1

# One shard, split, and its halves merged.
SHARDS = {one.id: one for one in (
    Shard('shardId-0', 0, LAST, []),
    Shard('shardId-1', 0, MIDDLE - 1, ['shardId-0']),
    Shard('shardId-2', MIDDLE, LAST, ['shardId-0']),
    Shard('shardId-3', 0, LAST, ['shardId-1', 'shardId-2']))}

COMMITTED = [Change(0x10 * n, 'public.log', 'INSERT', f'w-{n}') for n in range(1, 7)]
TABLES = {'public.log': [{'mark': change.mark} for change in COMMITTED]}


def data(change):
    """A record as the program writes it."""
    return json.dumps({'lsn': f'0/{change.lsn:X}', 'table': change.table,
                       'operation': change.operation,
                       'columns': {'mark': {'new': {'v': change.mark}}}}).encode()


def stored(n, shard='shardId-0', at=None, fate=ANSWERED, **more):
    """The n-th change, stored at a time, which is by default n seconds."""
    arrived_ms = 1000 * n if at is None else at
    return Stored(**{'shard': shard, 'sequence': arrived_ms, 'arrived_ms': arrived_ms,
                     'key': 'public.log', 'hash_key': MIDDLE, 'data': data(COMMITTED[n - 1]),
                     'request': n, 'fate': fate} | more)


def varint(number):
    """A number below 2^14 as protobuf has it."""
    return bytes([number]) if number < 0x80 else bytes([number & 0x7f | 0x80, number >> 7])


def field(tag, value):
    """A field of bytes."""
    return bytes([tag]) + varint(len(value)) + value


def aggregate(changes, hash_keys):
    """The changes as one record of the producer library."""
    message = b''.join([field(0x0a, b'public.log'),
                        *(field(0x12, str(key).encode()) for key in hash_keys),
                        *(field(0x1a, b'\x08\x00\x10' + varint(at) + field(0x1a, data(change)))
                          for at, change in enumerate(changes))])
    return kpl.MAGIC + message + hashlib.md5(message).digest()


CLEAN = [stored(1), stored(2), stored(3, 'shardId-2'), stored(4, 'shardId-2'),
         stored(5, 'shardId-3'), stored(6, 'shardId-3')]


def problems(log, breaks=(), rolled_back=frozenset()):
    """The verdict as one text."""
    records, found = consume(SHARDS, log)
    return '; '.join(found + judge_log(COMMITTED, records, TABLES, rolled_back, breaks)[0])


def test_a_clean_log_has_no_problem():
    assert problems(CLEAN) == ''


@pytest.mark.parametrize('gone', range(6))
def test_each_missing_record_is_seen(gone):
    assert problems(CLEAN[:gone] + CLEAN[gone + 1:]).startswith('missing')


def test_what_was_rolled_back_is_seen():
    assert problems(CLEAN, rolled_back={'w-4'}).startswith('rolled back')


def test_a_record_that_is_none_is_seen():
    assert 'no consumer can read' in problems([*CLEAN[:5], stored(6, 'shardId-3', data=b'{')])


def test_changes_that_are_swapped_are_seen():
    assert 'after a later change' in problems([stored(2, at=1), stored(1, at=2), *CLEAN[2:]])


def test_a_change_that_went_to_the_child_before_its_forerunner_to_the_parent_is_seen():
    early = stored(3, 'shardId-2', at=1500)
    found = problems([stored(1), early, stored(2), *CLEAN[3:]])
    assert 'shardId-0 took records after shardId-2 did' in found


def test_parents_are_read_before_their_children_wherever_they_stand_in_the_log():
    assert problems(CLEAN[4:] + CLEAN[2:4] + CLEAN[:2]) == ''


def test_parents_are_read_first_whatever_they_are_called():
    parent, child = Shard('shardId-8', 0, LAST, ['shardId-gone']), Shard('shardId-7', 0, LAST,
                                                                         ['shardId-8'])
    assert list(in_reading_order({one.id: one for one in (child, parent)})) == [
        'shardId-8', 'shardId-7']


def test_a_long_lineage_is_read_in_no_time():
    """A hundred times split and merged there are 2^100 ways from the last shard to the first."""
    shards = {'0': Shard('0', 0, LAST, [])}
    for n in range(0, 300, 3):
        parent, low, high, merged = (f'{n + at}' for at in range(4))
        shards[low] = Shard(low, 0, MIDDLE - 1, [parent])
        shards[high] = Shard(high, MIDDLE, LAST, [parent])
        shards[merged] = Shard(merged, 0, LAST, [low, high])
    assert sorted(map(int, in_reading_order(shards))) == list(range(301))


def test_sequence_numbers_that_do_not_rise_are_seen():
    again = stored(4, 'shardId-2', at=3500, sequence=CLEAN[2].sequence)
    assert 'sequence numbers of shardId-2 do not rise' in problems(
        [*CLEAN[:3], again, *CLEAN[4:]])


def test_a_record_in_a_shard_of_others_is_seen():
    assert 'does not belong' in problems([*CLEAN[:2], stored(3, 'shardId-1'), *CLEAN[3:]])


def test_a_copy_without_a_cause_is_seen():
    assert 'without a cause' in problems([*CLEAN, stored(6, 'shardId-3', at=6500)])


@pytest.mark.parametrize('fate', ['dropped', 'spoiled', 'broken', 'pending'])
def test_a_lost_reply_explains_a_copy(fate):
    assert problems([*CLEAN[:5], stored(6, 'shardId-3', fate=fate),
                     stored(6, 'shardId-3', at=6500)]) == ''


def test_the_reply_to_the_copy_explains_nothing():
    assert 'without a cause' in problems([*CLEAN, stored(6, 'shardId-3', at=6500, fate='dropped')])


@pytest.mark.parametrize('begin, end, explained', [
    (6200, 6200, True), (5000, 6100, True), (6400, 9000, True), (5000, 5900, False),
    (6600, 7000, False)])
def test_a_break_explains_copies_on_either_side_of_it(begin, end, explained):
    found = problems([*CLEAN, stored(6, 'shardId-3', at=6500)], [Break(begin, end, 'a kill')])
    assert ('without a cause' not in found) == explained


def test_copies_under_two_keys_are_in_the_order_of_their_arrivals():
    """As when a table's key was looked up after it had changed."""
    first = stored(3, 'shardId-2', fate='dropped')
    second = stored(3, 'shardId-1', at=3500, key='public.logidn3', hash_key=0)
    assert problems([*CLEAN[:2], first, second, *CLEAN[3:]]) == ''


@pytest.mark.parametrize('requests, wrong', [
    ((1, 2, 3), False), ((1, 2, 2), True), ((1, 1, 2), True), ((2, 1, 3), True), ((1, 3, 2), True)])
def test_a_truncate_stands_between_earlier_and_later_changes_of_its_table(requests, wrong):
    committed = [COMMITTED[0], Change(0x20, 'public.log', 'TRUNCATE', None), COMMITTED[2]]
    log = [stored(at + 1, key=f'key {at}', data=data(change), request=request)
           for at, (change, request) in enumerate(zip(committed, requests))]
    records, _ = consume(SHARDS, log)
    found, _ = judge_log(committed, records, {'public.log': [{'mark': 'w-3'}]}, set(), [])
    assert ['wrong side' in one for one in found] == [True] * wrong


def test_each_copy_of_several_needs_a_cause():
    log = [*CLEAN, stored(6, 'shardId-3', at=6500), stored(6, 'shardId-3', at=7000)]
    records, _ = consume(SHARDS, log)
    _, copies = judge_log(COMMITTED, records, TABLES, set(), [Break(6100, 6200, 'a kill')])
    assert [copy.cause for copy in copies] == ['a kill', None]


def test_an_old_copy_at_the_end_is_seen():
    assert 'last, but not the last' in problems(
        [*CLEAN, stored(5, 'shardId-3', at=6500)], [Break(5500, 6400, 'a kill')])


def test_an_old_copy_of_a_request_given_up_is_no_problem_once_its_resend_was_acknowledged():
    late = stored(5, 'shardId-3', at=6500, fate='broken')
    kill = [Break(5500, 6400, 'a kill')]
    assert problems([*CLEAN, late], kill) == ''
    unsure = [*CLEAN[:4], stored(5, 'shardId-3', fate='broken'), CLEAN[5], late]
    assert 'last, but not the last' in problems(unsure, kill)


def test_aggregates_are_read_through_a_split():
    whole = stored(1, data=aggregate(COMMITTED[:2], [MIDDLE, MIDDLE]))
    other = stored(3, 'shardId-2', data=aggregate(COMMITTED[2:4], [MIDDLE, LAST]))
    assert problems([whole, other, *CLEAN[4:]]) == ''


def test_an_aggregate_with_one_record_of_another_shard_is_dropped_whole():
    astray = stored(3, 'shardId-2', data=aggregate(COMMITTED[2:4], [MIDDLE, MIDDLE - 1]))
    found = problems([*CLEAN[:2], astray, *CLEAN[4:]])
    assert found.count('in shardId-2 is dropped by consumers') == 2
    assert found.count('missing') == 2
