"""How tests run the program against a database and an endpoint, and what they make of records."""
import json
import pathlib

GOLDEN = pathlib.Path(__file__).parent.parent / 'golden'
SLOT = 'pgk_test'


def arguments(database, endpoint, *more, stream='test', slot=SLOT):
    """The command line of a run from a database to a stream."""
    return ['--source', database.dsn, '--slot', slot, '--stream', stream,
            '--endpoint-url', endpoint.url, *more]


def scenario(name):
    """A golden scenario's statements: what to run before, and while, the program streams."""
    text = (GOLDEN / f'{name}.sql').read_text(encoding='utf-8')
    setup, workload = text.split('-- @setup', 1)[1].split('-- @workload', 1)
    return setup.split('\n', 1)[1], workload.split('\n', 1)[1]


def statements(sql):
    """One statement a line, as the scenarios have them."""
    return [line for line in sql.splitlines() if line.strip()]


def decoded(records):
    """The records' data, read as JSON."""
    return [json.loads(record['Data']) for record in records]


def new_value(change, column):
    """What a change's record says a column is now."""
    return change['columns'][column]['new']['v']


class Updates:
    """A load whose order can be told: every change of a row raises its number n."""

    KEYS = 1000

    def __init__(self, database, changes, rows_a_transaction):
        self.database = database
        self.changes = changes
        self.rows_a_transaction = rows_a_transaction
        database.execute('CREATE TABLE load (id int PRIMARY KEY, n int)')

    def run(self, connection=None):
        """Makes the changes: KEYS inserts, then updates, key after key."""
        (connection or self.database.connection).execute(f'''DO $$ BEGIN
            INSERT INTO load SELECT i, 0 FROM generate_series(0, {self.KEYS - 1}) i; COMMIT;
            FOR i IN 1..{self.changes - self.KEYS} LOOP
                UPDATE load SET n = i WHERE id = i % {self.KEYS};
                IF i % {self.rows_a_transaction} = 0 THEN COMMIT; END IF;
            END LOOP; END $$''')

    def expected(self):
        """Every change as (id, n)."""
        updates = {(i % self.KEYS, i) for i in range(1, self.changes - self.KEYS + 1)}
        return updates | {(i, 0) for i in range(self.KEYS)}


def numbers(records):
    """The load's changes as (id, n), in the order in which the stream holds them."""
    return [(int(new_value(change, 'id')), int(new_value(change, 'n')))
            for change in decoded(records)]


def assert_first_deliveries_in_order(found):
    """Of each key, no change comes for the first time after a later one."""
    highest, seen = {}, set()
    for key, n in found:
        if (key, n) not in seen:
            assert n > highest.get(key, -1), f'{n} of key {key} came after {highest[key]}'
            highest[key] = n
            seen.add((key, n))
