"""A load that surges: besides many small transactions, large ones, and tables that change."""
import psycopg

from load import Load, Writer

SURGE_TABLES = 'CREATE TABLE bulk (id int PRIMARY KEY, mark text)'
SURGE_NAMES = {'public.bulk': 'bulk'}

PAUSE_S = (0.5, 5)
ROWS = (50, 2000)
IDS = 6000


class Surge(Writer):
    """A session of large transactions, of COPY and of statements that change tables."""

    def _transact(self, connection):
        self.told_to_stop.wait(self.random.uniform(*PAUSE_S))
        act = self.random.choice([self._write_much, self._write_much, self._copy,
                                  self._change_columns, self._change_identity, self._pass])
        fails = self.random.random() < 0.2
        marks = set()
        try:
            connection.execute('BEGIN')
            act(connection, marks)
            connection.execute('ROLLBACK' if fails else 'COMMIT')
        except (psycopg.errors.DeadlockDetected, psycopg.errors.UniqueViolation):
            connection.execute('ROLLBACK')
            fails = True
        (self.rolled_back if fails else self.committed).update(marks)

    def _write(self, connection, marks, sql):
        """A statement with a mark of its own."""
        mark = next(self.marks)
        if connection.execute(sql.format(mark=f"'{mark}'")).rowcount > 0:
            marks.add(mark)

    def _write_much(self, connection, marks):
        first = self.random.randrange(IDS)
        last = first + self.random.randint(*ROWS)
        connection.execute(f'DELETE FROM bulk WHERE id BETWEEN {first} AND {last}')
        self._write(connection, marks, 'INSERT INTO bulk SELECT i, {mark}'
                    f' FROM generate_series({first}, {last}) i')
        self._write(connection, marks, 'UPDATE bulk SET mark = {mark}'
                    f' WHERE id % 7 = {first % 7} AND id BETWEEN {first} AND {last}')

    def _copy(self, connection, marks):
        """Rows that the log holds at one position each need a mark each."""
        first = 100000 + self.random.randrange(IDS)
        connection.execute(f'DELETE FROM bulk WHERE id BETWEEN {first} AND {first + 300}')
        with connection.cursor().copy('COPY bulk FROM STDIN') as copy:
            for id_ in range(first, first + 300):
                mark = next(self.marks)
                copy.write_row((id_, mark))
                marks.add(mark)

    def _change_columns(self, connection, marks):
        table = self.random.choice(['users', 'log'])
        connection.execute(f'ALTER TABLE {table} DROP COLUMN IF EXISTS extra')
        if self.random.random() < 0.7:
            connection.execute(f'ALTER TABLE {table} ADD COLUMN extra text')
        if table == 'log':
            self._write(connection, marks, 'INSERT INTO log (mark) VALUES ({mark})')
        else:
            self._write(connection, marks, 'UPDATE users SET mark = {mark} WHERE id < 5')

    def _change_identity(self, connection, marks):
        identity = self.random.choice(['FULL', 'DEFAULT'])
        connection.execute(f'ALTER TABLE users REPLICA IDENTITY {identity}')
        self._write(connection, marks, 'UPDATE users SET mark = {mark} WHERE id < 5')

    def _pass(self, connection, marks):
        """A table that is gone when its changes are read, or soon after."""
        table = f'passing_{next(self.marks)}'.replace('-', '_')
        connection.execute(f'CREATE TABLE {table} (id int PRIMARY KEY, mark text)')
        self._write(connection, marks, f'INSERT INTO {table} SELECT i, {{mark}}'
                    f' FROM generate_series(1, {self.random.randint(1, 50)}) i')
        if self.random.random() < 0.5:
            connection.execute('COMMIT')
            self.committed |= marks
            marks.clear()
            connection.execute('BEGIN')
        connection.execute(f'DROP TABLE {table}')


class SurgingLoad(Load):
    """The load of the other tests, and surges between it."""

    def __init__(self, database, seed):
        super().__init__(database, seed)
        self.writers.append(Surge(database.connect, len(self.writers), seed))
