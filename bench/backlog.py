"""A backlog of changes in a slot, to be drained again and again from copies of it."""
import contextlib
import dataclasses
import itertools

from postgres_server import Database, drop_slot

PUBLICATION = 'bench'
NUMBERS = itertools.count(1)


@dataclasses.dataclass
class Shape:
    """What the changes are: `rows` of them, so many a transaction, each by `change`, which speaks
    of rows `first` to `last`. `before` makes what they change, and is no part of the backlog."""
    title: str
    rows: int
    rows_a_transaction: int
    table: str
    change: str
    before: str = ''


def _text(bytes_long, multiplier=1):
    copies = bytes_long // 32 + 1
    return f'left(repeat(md5((i * {multiplier})::text), {copies}), {bytes_long})'


# Records of about 400 bytes: half of that is what they say of their columns.
TABLE = 'CREATE TABLE r (id int PRIMARY KEY, a text, b text, n int)'
SERIES = 'FROM generate_series(first, last) i'
INSERT = f'INSERT INTO r SELECT i, {_text(30)}, {_text(40, 7)}, i * 3 {SERIES}'


def many_a_transaction(rows):
    """Rows of four columns, a thousand a transaction."""
    return Shape(f'{rows:,} rows in transactions of 1,000', rows, 1000, TABLE, INSERT)


def one_a_transaction(rows):
    """The same rows, each a transaction of its own."""
    return Shape(f'{rows:,} rows in transactions of one', rows, 1, TABLE, INSERT)


def wide(rows):
    """Rows of fifty columns."""
    names = [f'c{number}' for number in range(1, 50)]
    table = f'CREATE TABLE r (id int PRIMARY KEY, {", ".join(f"{name} text" for name in names)})'
    values = ', '.join(_text(12, number) for number in range(1, 50))
    return Shape(f'{rows:,} rows of 50 columns', rows, 1000, table,
                 f'INSERT INTO r SELECT i, {values} {SERIES}')


def large(rows):
    """Rows with a value of 100 kB, which the server keeps outside of the table."""
    table = 'CREATE TABLE r (id int PRIMARY KEY, a text)'
    return Shape(f'{rows:,} rows with a value of 100 kB', rows, 100, table,
                 f'INSERT INTO r SELECT i, {_text(100_000)} {SERIES}')


def full_updates(rows):
    """Updates that show all old values, too."""
    return Shape(f'{rows:,} updates under REPLICA IDENTITY FULL', rows, 1000,
                 f'{TABLE}; ALTER TABLE r REPLICA IDENTITY FULL',
                 'UPDATE r SET n = n + 1, a = reverse(a) WHERE id BETWEEN first AND last',
                 f'INSERT INTO r SELECT i, {_text(30)}, {_text(40, 7)}, i * 3'
                 f' FROM generate_series(1, {rows}) i')


def of_size(rows, value_bytes):
    """Rows of many keys, with a value of that size."""
    return Shape(f'{rows:,} rows', rows, 1000, 'CREATE TABLE r (id int PRIMARY KEY, n int, a text)',
                 f'INSERT INTO r SELECT i, i, {_text(value_bytes)} {SERIES}')


def of_one_key(rows, value_bytes):
    """A row that is changed again and again."""
    return Shape(f'{rows:,} updates of one row', rows, 1000,
                 'CREATE TABLE r (id int PRIMARY KEY, n int, a text) WITH (fillfactor = 10)',
                 'FOR i IN first..last LOOP UPDATE r SET n = i; END LOOP',
                 f'INSERT INTO r SELECT i, i, {_text(value_bytes)} FROM generate_series(1, 1) i')


class Backlog:
    """A database of its own with a slot of each plugin before all of the changes."""

    def __init__(self, server, shape):
        self.shape = shape
        self.rows = shape.rows
        self.database = Database.create(server, f'bench_{next(NUMBERS)}')
        self.database.execute(shape.table)
        self.database.execute(f'CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES')
        if shape.before:
            self.database.execute(shape.before)
        for plugin in ('test_decoding', 'pgoutput'):
            self.database.connection.execute(
                'SELECT pg_create_logical_replication_slot(%s, %s)', [self._slot(plugin), plugin])
        self._fill()
        self.end_lsn = self.database.current_lsn()

    @contextlib.contextmanager
    def copied_slot(self, plugin):
        """The name of a slot that holds all of the backlog, gone afterwards."""
        name = f'{self._slot(plugin)}_copy'
        connection = self.database.connection
        connection.execute('SELECT pg_copy_logical_replication_slot(%s, %s)',
                           [self._slot(plugin), name])
        try:
            yield name
        finally:
            drop_slot(connection, name)

    def reader_of(self, slot):
        """The walsender that reads from a slot; None while there is none."""
        return self.database.value('SELECT active_pid FROM pg_replication_slots'
                                   ' WHERE slot_name = %s', [slot])

    def drop(self):
        """Removes the database and its slots."""
        self.database.drop()

    def _slot(self, plugin):
        return f'{self.database.name}_{plugin}'

    def _fill(self):
        self.database.execute(f'''DO $$ DECLARE first int; last int; BEGIN
            FOR first IN 1..{self.rows} BY {self.shape.rows_a_transaction} LOOP
                last := least({self.rows}, first + {self.shape.rows_a_transaction} - 1);
                {self.shape.change};
                COMMIT;
            END LOOP; END $$''')
