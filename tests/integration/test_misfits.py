"""Records that the stream cannot take: over its limit, or refused by the service."""
import json
import re

import pytest

from pg_kinesis_process import BUILD
from runs import SLOT, arguments, decoded, new_value
from streams import read_stream

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

ROW_BYTES = 3 << 20
NO_SYNC = BUILD / 'tests' / 'integration' / 'no_sync.so'
CREATE = 'CREATE TABLE docs (id int PRIMARY KEY, body text)'


def insert(database, number, size):
    database.execute(f"INSERT INTO docs VALUES ({number}, repeat('x', {size}))")


def make_slot(pg_kinesis, database, sim, stream='test'):
    """Leaves a slot from which nothing was read, so that what follows is a backlog."""
    run = pg_kinesis(*arguments(database, sim, '--create', '--endpos', 'now', stream=stream))
    assert run.wait() == 0


def to_the_end(pg_kinesis, database, sim, *more):
    return pg_kinesis(*arguments(database, sim, '--endpos', 'now', *more))


def error_line(run):
    """The one line at the end that says why, without its time."""
    errors = [line for line in run.log().splitlines() if ' error: ' in line]
    assert len(errors) == 1, run.log()
    return errors[0].split(' error: ', 1)[1]


def ids(records):
    return sorted(int(new_value(change, 'id')) for change in decoded(records))


@pytest.fixture
def backlog(pg_kinesis, database, start_kinesis_sim):
    """A stream of that limit, and a small, a large and a small row that wait for it."""
    def make(kib):
        sim = start_kinesis_sim('--stream', 'test:4', '--max-record-kib', kib)
        database.execute(CREATE)
        make_slot(pg_kinesis, database, sim)
        insert(database, 1, 10)
        insert(database, 2, ROW_BYTES)
        insert(database, 3, 10)
        return sim
    return make


def test_a_large_row_goes_where_the_stream_takes_it(pg_kinesis, database, backlog):
    sim = backlog(10240)

    assert to_the_end(pg_kinesis, database, sim).wait() == 0

    changes = decoded(read_stream(sim.client(), 'test', until=3))
    assert sorted(len(new_value(change, 'body')) for change in changes) == [10, 10, ROW_BYTES]


def test_an_oversize_record_stops_the_program_and_every_restart(pg_kinesis, database, backlog):
    sim = backlog(1024)

    first = to_the_end(pg_kinesis, database, sim)
    assert first.wait() == 3
    again = to_the_end(pg_kinesis, database, sim)
    assert again.wait() == 3

    line = error_line(first)
    assert re.match(r"a record of 3145\d\d\d bytes exceeds the stream's limit of 1048576: "
                    r'table public\.docs, at [0-9A-F]+/[0-9A-F]+, SHA-256 of its key [0-9a-f]{16}; '
                    r'hint: .*update-max-record-size.*--oversize skip or --oversize elide$', line)
    assert error_line(again) == line
    assert ids(read_stream(sim.client(), 'test', until=1)) == [1]

    assert to_the_end(pg_kinesis, database, sim, '--oversize', 'skip').wait() == 0
    assert ids(read_stream(sim.client(), 'test', until=2)) == [1, 3]


def test_a_skipped_record_is_in_the_dead_letter_file(pg_kinesis, database, backlog, tmp_path):
    sim = backlog(1024)
    letters = tmp_path / 'letters'
    letters.write_text('{"reason":"cut off by a cr')
    database.execute("INSERT INTO docs VALUES (4, '\"\\é' || chr(8232) || repeat('<', 1000000))")

    run = to_the_end(pg_kinesis, database, sim, '--oversize', 'skip', '--dead-letter', letters)

    assert run.wait() == 0
    assert ids(read_stream(sim.client(), 'test', until=2)) == [1, 3]
    _cut, *lines = letters.read_text(encoding='utf-8').splitlines()
    found = [json.loads(line) for line in lines]
    data = [json.loads(letter.pop('data')) for letter in found]
    assert [letter.pop('lsn') for letter in found] == [change['lsn'] for change in data]
    assert found == [{'reason': 'oversize', 'stream': 'test',
                      'partition_key': f'public.docsidn{number}'} for number in (2, 4)]
    assert new_value(data[0], 'body') == ROW_BYTES * 'x'
    assert new_value(data[1], 'body') == '"\\é\u2028' + 1000000 * '<'
    assert 'skipped: oversize 2\n' in run.log()
    assert run.log().count('records over the stream') == 1


def test_what_cannot_be_kept_is_not_confirmed(pg_kinesis, database, backlog):
    sim = backlog(1024)

    run = to_the_end(pg_kinesis, database, sim, '--oversize', 'skip', '--dead-letter', '/dev/full')
    assert run.wait() == 1
    assert 'no regular file' in error_line(run)

    run = to_the_end(pg_kinesis, database, sim, '--oversize', 'skip', '--dead-letter', '/none/x')
    assert run.wait() == 1
    assert 'cannot open dead-letter file /none/x: No such file or directory' in error_line(run)
    assert sim.counters()['records_stored'] == 0


def test_nothing_is_confirmed_before_what_was_skipped_is_on_the_disk(
        pg_kinesis, database, backlog, tmp_path):
    sim = backlog(1024)

    run = pg_kinesis(*arguments(database, sim, '--endpos', 'now', '--oversize', 'skip',
                                '--dead-letter', tmp_path / 'letters'),
                     env={'LD_PRELOAD': NO_SYNC,
                          'ASAN_OPTIONS': 'verify_asan_link_order=0:detect_leaks=0'})

    assert run.wait() == 1
    assert 'cannot write to dead-letter file' in error_line(run)
    again = to_the_end(pg_kinesis, database, sim, '--oversize', 'skip')
    assert again.wait() == 0
    assert 'changes 2, records stored 1 ' in again.log()  # The large row came again.
    assert ids(read_stream(sim.client(), 'test', until=2)) == [1, 3]


def test_an_elided_row_lacks_its_largest_value(pg_kinesis, database, backlog):
    sim = backlog(1024)

    run = to_the_end(pg_kinesis, database, sim, '--oversize', 'elide')

    assert run.wait() == 0
    records = read_stream(sim.client(), 'test', until=3)
    assert ids(records) == [1, 2, 3]
    elided = next(change for change in decoded(records) if new_value(change, 'id') == '2')
    assert elided['columns']['body'] == {
        'new': {'q': 'false', 't': 'text', 'v': 'elided-oversize-datum'}}
    assert 'altered: elided 1\n' in run.log()


@pytest.fixture
def refusing(pg_kinesis, database, start_kinesis_sim):
    """A stream that refuses requests with the row 250 among the 501 that wait for it."""
    sim = start_kinesis_sim('--stream', 'test:4')
    database.execute(CREATE)
    make_slot(pg_kinesis, database, sim)
    database.execute("INSERT INTO docs SELECT i, 'first' FROM generate_series(0, 500) i")
    database.execute("UPDATE docs SET body = 'second'")
    sim.control(refuse_key='public.docsidn250')
    return sim


def test_a_refused_record_is_found_and_skipped(pg_kinesis, database, refusing, tmp_path):
    letters = tmp_path / 'letters'

    run = to_the_end(pg_kinesis, database, refusing, '--refused', 'skip', '--dead-letter', letters)

    assert run.wait() == 0
    found = [(new_value(change, 'id'), new_value(change, 'body'))
             for change in decoded(read_stream(refusing.client(), 'test', until=1000))]
    others = [str(i) for i in range(501) if i != 250]
    assert len(found) == 1000
    for body in ('first', 'second'):
        assert sorted(i for i, b in found if b == body) == sorted(others)
    for i in others:
        assert [b for n, b in found if n == i] == ['first', 'second']
    kept = [json.loads(line) for line in letters.read_text(encoding='utf-8').splitlines()]
    assert [(letter['reason'], letter['partition_key']) for letter in kept] == (
        2 * [('refused', 'public.docsidn250')])
    assert [new_value(json.loads(letter['data']), 'body') for letter in kept] == ['first', 'second']
    assert 'skipped: refused 2\n' in run.log()


def test_a_refused_record_stops_the_program_and_every_restart(pg_kinesis, database, refusing):
    first = to_the_end(pg_kinesis, database, refusing)
    assert first.wait() == 3
    again = to_the_end(pg_kinesis, database, refusing)
    assert again.wait() == 3

    line = error_line(first)
    assert re.match(r'the service refuses a record of \d+ bytes: table public.docs, at'
                    r' [0-9A-F]+/[0-9A-F]+, SHA-256 of its key [0-9a-f]{16}: PutRecords: status 400 ValidationException: .*'
                    r'; hint: start with --refused skip', line)
    assert error_line(again) == line
    for run in first, again:  # Its transaction was not confirmed: each was sent all of it.
        assert 'info: changes 1002,' in run.log()

    refusing.control(refuse_key='')
    assert to_the_end(pg_kinesis, database, refusing).wait() == 0
    found = decoded(read_stream(refusing.client(), 'test', until=1002))
    assert {(new_value(change, 'id'), new_value(change, 'body')) for change in found} == {
        (str(i), body) for i in range(501) for body in ('first', 'second')}
