"""A backlog of rows in a slot, to be drained again and again from copies of it."""
import contextlib
import itertools

from postgres_server import Database, drop_slot

PUBLICATION = 'bench'
NUMBERS = itertools.count(1)

# Records of about 400 bytes: half of that is what they say of their columns.
TABLE = 'CREATE TABLE r (id int PRIMARY KEY, a text, b text, n int)'
ROW = ("i, left(repeat(md5(i::text), 2), 30), left(repeat(md5((i * 7)::text), 2), 40), i * 3")


class Backlog:
    """A database of its own with a slot of each plugin before all of the rows."""

    def __init__(self, server, rows, rows_a_transaction):
        self.rows = rows
        self.rows_a_transaction = rows_a_transaction
        self.database = Database.create(server, f'bench_{next(NUMBERS)}')
        self.database.execute(TABLE)
        self.database.execute(f'CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES')
        for plugin in ('test_decoding', 'pgoutput'):
            self.database.connection.execute(
                'SELECT pg_create_logical_replication_slot(%s, %s)', [self._slot(plugin), plugin])
        self._fill()
        self.end_lsn = self.database.current_lsn()

    def __str__(self):
        size = f'of {self.rows_a_transaction:,} rows' if self.rows_a_transaction > 1 else 'of one'
        return f'{self.rows:,} rows in transactions {size}'

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
        self.database.execute(f'''DO $$ BEGIN
            FOR start IN 1..{self.rows} BY {self.rows_a_transaction} LOOP
                INSERT INTO r SELECT {ROW}
                    FROM generate_series(start, least({self.rows},
                        start + {self.rows_a_transaction} - 1)) i;
                COMMIT;
            END LOOP; END $$''')
