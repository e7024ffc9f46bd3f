"""The golden scenarios as a live run meets them: what to run, what to expect, how to compare.

tests/golden/README.md says what the files hold, and differences.json where the program differs from
the original. Nothing here is made by the program.
"""
import collections
import functools
import json
import re

from runs import GOLDEN, scenario

# A clock's reading is another in every run.
CLOCK = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?')
SHOWS_CLOCK = {'ddl_audit', 'ddl_rewrite'}
HEAD = re.compile(r'\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)",'
                  r'"lsn":"[0-9A-F]+/[0-9A-F]+"')
SHOWN = 600

# Where a statement changes what the catalog says of the one before: how many records each has. The
# next one waits for them.
PACES = {
    'ddl_audit': [1, 1, 1, 1],
    'ddl_columns': [0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1],
    'ddl_new_table': [0, 1, 1, 3, 3],
}

# Where psql says what is selected, and the original said otherwise. Each row is a VALUES (1).
BY_PATTERN = {'filter_T_unanchored', 'filter_caret', 'filter_t_camel', 'filter_t_dollar',
              'filter_t_exact', 'filter_t_noschema', 'filter_t_question', 'filter_t_regex'}


def names():
    """Every scenario."""
    return sorted(path.stem for path in GOLDEN.glob('*.sql'))


@functools.cache
def differences():
    """Where the program differs on purpose, by scenario."""
    return json.loads((GOLDEN / 'differences.json').read_text(encoding='utf-8'))


def options(name):
    """The options of a scenario's header, as {name: value}."""
    header = re.search(r'^-- options: (.*)', (GOLDEN / f'{name}.sql').read_text(encoding='utf-8'),
                       re.M)
    option, _, value = header.group(1).strip().partition('=')
    return {option: value} if option else {}


def selection(name):
    """The scenario's own arguments, which are all about tables."""
    return json.loads((GOLDEN / f'{name}.meta.json').read_text(encoding='utf-8'))['args']


def command_line(name):
    """What the program is run with; a record over the limit is left out, where the original hung."""
    return selection(name) + ['--oversize', 'skip'] * (name == 'large_over_1mb')


def steps(name):
    """The workload in pieces, each with the number of records to wait for before the next."""
    # psql ends CSV by \\. up to 17, and servers from 18 on take that for a row of it.
    workload = scenario(name)[1].replace('STDIN CSV;', 'STDIN;')
    if name not in PACES:
        return [(workload, 0)]
    return list(zip(workload.splitlines(keepends=True), PACES[name], strict=True))


def insert(table, key, *values):
    """The record of an INSERT into (id int primary key, v text), written by hand."""
    columns = ['"id":{"new":{"q":"false","t":"integer","v":"%s"}}',
               '"v":{"new":{"q":"true","t":"text","v":"%s"}}']
    shown = ','.join(column % value for column, value in zip(columns, values))
    return key, ('{"time":"2026-11-22T00:00:00Z","lsn":"0/0","table":%s,"operation":"INSERT",'
                 '"columns":{%s}}' % (json.dumps(table), shown))


def original(name):
    """What the original put to the stream, as (partition key, data)."""
    lines = (GOLDEN / f'{name}.jsonl').read_text(encoding='utf-8').split('\n')
    records = [json.loads(line) for line in lines if line]
    return [(record['partition_key'], record['data']) for record in records]


def replaced(records, texts):
    """The records, with texts in place of others in keys and data."""
    for old, new in texts:
        records = [(key.replace(old, new), data.replace(old, new)) for key, data in records]
    return records


def expected(name):
    """What is expected of us, as (partition key, data), in the order of the log."""
    if name == 'large_txn_6mb':  # The original's output was not recorded.
        return [insert('public.t', f'public.tidn{i}', i, 'x' * 60000) for i in range(1, 101)]
    own = differences().get(name, {})
    records = replaced(original(name), own.get('texts', []) + own.get('live_texts', []))
    for lsn, key in own.get('partition_keys', {}).items():
        at, = (i for i, (_, data) in enumerate(records) if f'"lsn":"{lsn}"' in data)
        records[at] = (key, records[at][1])
    later = [(record['partition_key'], record['data']) for record in own.get('later_records', [])]
    return records + later


def normalised(name, records):
    """The records without what is another in every run. The form of time and position stays."""
    def head(match):
        zone = 'UTC' if match.group(1) == 'Z' else 'offset'
        return '{"time":"(%s)","lsn":"(position)"' % zone

    result = []
    for key, data in records:
        data = HEAD.sub(head, data, count=1)
        if name in SHOWS_CLOCK:
            data = CLOCK.sub('(clock)', data)
        result.append((key, data))
    return result


def by_key(records):
    """What a stream keeps of the records' order: the data of each partition key."""
    lists = collections.defaultdict(list)
    for key, data in records:
        lists[key].append(data)
    return lists


def difference(wanted, found):
    """The first difference between records, None when there is none. Between keys there is no
    order."""
    wanted, found = by_key(wanted), by_key(found)
    for key in sorted(wanted.keys() | found.keys()):
        want, have = wanted.get(key, []), found.get(key, [])
        for i in range(max(len(want), len(have))):
            one, other = want[i:i + 1], have[i:i + 1]
            if one != other:
                return (f'record {i} of key {key}:\n  expected {"".join(one)[:SHOWN] or None}\n'
                        f'  found    {"".join(other)[:SHOWN] or None}')
    return None
