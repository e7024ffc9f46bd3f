"""The verdict on a stream: whether it holds what was committed, nothing else, in order, and no
record twice without a cause.

What was committed is told by the server itself: a second slot, which nobody reads meanwhile, holds
every change in the order of the commits. Of a change only what tells it from any other is compared;
whether a record's data is right, replaying the stream into tables shows.
"""
import collections
import json
import re

from append_log import ANSWERED
from copies import copies_of, unexplained

ORACLE = 'oracle'  # The second slot.
TOLD_MAX = 5       # Examples of each kind of problem.
NULL = 'null'      # As records tell it; no value of the load is this text.

# What finds a row, None: all that it holds. A table that is not here is only added to.
IDENTITY = {'public.users': ['id'], 'public.pairs': ['b', 'a'], 'public."Odd ones"': ['id'],
            'public.keyless': None, 'public.bulk': ['id']}

# `mark` is the new row's, None when there is no new row.
Change = collections.namedtuple('Change', 'lsn table operation mark')
# A record that a consumer read: which change it is, under which partition key, with which columns.
Delivery = collections.namedtuple('Delivery', 'change key columns record')


def watch(database):
    """From now on the server keeps every change for the verdict."""
    database.value(f"SELECT pg_create_logical_replication_slot('{ORACLE}', 'test_decoding')")


def position(lsn):
    """A position as a number."""
    high, low = lsn.split('/')
    return int(high, 16) << 32 | int(low, 16)


def changes_of_line(lsn, line):
    """The changes that a line of test_decoding tells of: none, one, or one for each table."""
    found = re.match(r'table (.*?): (INSERT|UPDATE|DELETE|TRUNCATE):', line)
    if not found:
        return []
    tables, operation = found.groups()
    marks = re.findall(r"mark\[text\]:'([^']*)'", line) if operation in ('INSERT', 'UPDATE') else []
    return [Change(position(lsn), table, operation, marks[-1] if marks else None)
            for table in tables.split(', ')]


def journal(database):
    """Every committed change since watch(), in the order of the commits."""
    lines = database.connection.execute(
        'SELECT lsn::text, data FROM pg_logical_slot_peek_changes(%s, NULL, NULL)', [ORACLE])
    return [change for lsn, line in lines for change in changes_of_line(lsn, line)]


def delivery(record):
    """What a record of the stream tells."""
    data = json.loads(record['Data'])
    columns = data['columns']
    mark = columns.get('mark', {}).get('new', {}).get('v')
    change = Change(position(data['lsn']), data['table'], data['operation'], mark)
    return Delivery(change, record['PartitionKey'], columns, record)


def judge(committed, records, tables, rolled_back=frozenset()):
    """Problems of a stream, none when all is well.

    `committed` is a journal, `records` are in each key's order as the stream holds them, `tables`
    are the rows of the database at the end, `rolled_back` marks that nobody may see.
    """
    deliveries, problems = read(committed, records)
    return (problems or membership_problems(committed, deliveries, rolled_back)
            or stream_problems(committed, deliveries, tables))


def judge_log(committed, records, tables, rolled_back, breaks):
    """Problems as judge() has them and those that only a log shows, and every copy in it.

    `records` are those of append_log.py; `breaks`, of copies.py, may be the causes of copies.
    """
    deliveries, problems = read(committed, records)
    copies = copies_of(deliveries, breaks)
    problems = (problems or membership_problems(committed, deliveries, rolled_back)
                or stream_problems(committed, deliveries, tables)
                + barrier_problems(committed, deliveries))
    return problems + examples('without a cause', unexplained(copies)), copies


def read(committed, records):
    """The records read; or the problems because of which nothing can be concluded from them."""
    if len(set(committed)) != len(committed):
        return [], ['the journal has changes that cannot be told apart']
    try:
        return [delivery(record) for record in records], []
    except (ValueError, KeyError) as failure:
        return [], [f'a record that no consumer can read: {failure!r}']


def stream_problems(committed, deliveries, tables):
    """What is wrong with a stream that holds all that it should."""
    return order_problems(committed, deliveries) + replay_problems(deliveries, tables)


def membership_problems(committed, deliveries, rolled_back):
    """What is missing, what is too much."""
    delivered = {one.change for one in deliveries}
    known = set(committed)
    return (examples('missing', [change for change in committed if change not in delivered])
            + examples('never committed', sorted(delivered - known, key=str))
            + examples('rolled back', [one for one in delivered if one.mark in rolled_back]))


def examples(what, found):
    """Some of the things found, and how many there are."""
    told = [f'{what}: {one}' for one in found[:TOLD_MAX]]
    return told + ([f'{what}: {len(found)} in all'] if len(found) > TOLD_MAX else [])


def order_problems(committed, deliveries):
    """Keys whose first deliveries are not in commit order, or whose last is not their last change."""
    place = {change: at for at, change in enumerate(committed)}
    newest, last, early, seen = {}, {}, [], set()
    acknowledged = set()
    for one in deliveries:
        at = place[one.change]
        if one.change not in seen and at < newest.get(one.key, -1):
            early.append(f'{one.change} of {one.key}')
        seen.add(one.change)
        newest[one.key] = max(at, newest.get(one.key, -1))
        if not is_late_copy(one, acknowledged):
            last[one.key] = at
        if one.record.get('Fate') == ANSWERED:
            acknowledged.add(one.change)
    stale = [f'{committed[at]} of {key}' for key, at in last.items() if at < newest[key]]
    return examples('after a later change', early) + examples('last, but not the last', stale)


def is_late_copy(one, acknowledged):
    """Whether it is of a request that the program gave up, stored when its resend was acknowledged
    already: nobody can help that, and consumers know it by its position."""
    return one.change in acknowledged and one.record.get('Fate', ANSWERED) != ANSWERED


def barrier_problems(committed, deliveries):
    """Changes of a table that were not stored before a later TRUNCATE of it was sent, or that were
    sent before an earlier one was stored."""
    sent = {}
    for one in deliveries:
        sent[one.change] = min(one.record['Request'], sent.get(one.change, one.record['Request']))
    newest, barrier, problems = {}, {}, []
    for change in committed:
        at, table = sent[change], change.table
        is_barrier = change.operation == 'TRUNCATE'
        if at <= barrier.get(table, 0) or is_barrier and at <= newest.get(table, 0):
            problems.append(change)
        if is_barrier:
            barrier[table] = at
        newest[table] = max(at, newest.get(table, 0))
    return examples('on the wrong side of a TRUNCATE', problems)


def replay_problems(deliveries, tables):
    """Where a consumer who replays the stream by position, each change once, ends elsewhere."""
    once = {one.change: one for one in deliveries}
    state = collections.defaultdict(lambda: collections.defaultdict(list))
    problems = []
    for change in sorted(once):
        problems += replay(state[change.table], change, once[change].columns)
    for table, rows in tables.items():
        replayed = [row for same in state[table].values() for row in same]
        columns = {column for row in rows for column in row}
        if texts(replayed, columns) != texts(rows, columns):
            problems.append(f'{table} has {len(rows)} rows, replayed it has {len(replayed)}, '
                            'or others')
    return problems[:TOLD_MAX]


def replay(rows, change, columns):
    """Applies a change to a table's rows by their identity."""
    if change.operation == 'TRUNCATE':
        rows.clear()
        return []
    new = {name: value['new']['v'] for name, value in columns.items() if 'new' in value}
    if change.operation != 'INSERT':
        old = new | {name: value['old']['v'] for name, value in columns.items() if 'old' in value}
        same = rows[identity(change.table, old)]
        if not same:
            return [f'{change} is of a row that is not there']
        same.pop()
    if change.operation != 'DELETE':
        rows[identity(change.table, new)].append(new)
    return []


def identity(table, row):
    """What finds the row again."""
    names = IDENTITY.get(table) or sorted(row)
    return tuple(row[name] for name in names)


def texts(rows, columns):
    """Rows as texts that can be compared: without columns that are gone, and with those that came
    later, which are NULL in older rows."""
    return sorted(str([(column, row.get(column, NULL)) for column in sorted(columns)])
                  for row in rows)
