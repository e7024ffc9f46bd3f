"""A load whose every change can be told: five tables, several writers, and what they remember."""
import itertools
import random
import threading

import psycopg

# Tables of each kind of identity. "mark" names the change that made the row what it is.
TABLES = '''
    CREATE TABLE users (id int PRIMARY KEY, mark text);
    CREATE TABLE pairs (a int, b text, mark text, PRIMARY KEY (b, a));
    CREATE TABLE "Odd ones" (id int PRIMARY KEY, mark text, filler text);
    ALTER TABLE "Odd ones" REPLICA IDENTITY FULL;
    CREATE TABLE keyless (id int, mark text);
    ALTER TABLE keyless REPLICA IDENTITY FULL;
    CREATE TABLE log (mark text)'''
NAMES = {'public.users': 'users', 'public.pairs': 'pairs', 'public."Odd ones"': '"Odd ones"',
         'public.keyless': 'keyless', 'public.log': 'log'}

KEYS = 150       # Few, so that each has a history.
FAILED = 0.15    # Of the transactions, rolled back at their end.
SAVEPOINT = 0.3  # With a part that may be rolled back.
TRUNCATE = 0.01
PAUSE_S = 0.02   # Between transactions, so that a stream that throttles can follow.

# What a transaction is made of, with how often. Tables without a key have one partition key, whose
# records are sent one by one: they get fewer.
CHANGES = {
    'INSERT INTO users VALUES ({i}, {mark}) ON CONFLICT (id) DO UPDATE SET mark = {mark}': 6,
    'UPDATE users SET mark = {mark} WHERE id = {i}': 4,
    'UPDATE users SET id = {j}, mark = {mark} WHERE id = {i}'
    ' AND NOT EXISTS (SELECT FROM users WHERE id = {j})': 3,
    'DELETE FROM users WHERE id = {i}': 2,
    "INSERT INTO pairs VALUES ({i} % 9, 'b' || {j} % 9, {mark}) ON CONFLICT (b, a)"
    ' DO UPDATE SET mark = {mark}': 5,
    "UPDATE pairs SET mark = {mark} WHERE b = 'b' || {j} % 9 AND a < 3": 3,
    'DELETE FROM pairs WHERE a = {i} % 9': 1,
    "INSERT INTO \"Odd ones\" VALUES ({i}, {mark}, repeat('x', {j} * 10))"
    ' ON CONFLICT (id) DO UPDATE SET mark = {mark}': 4,
    'UPDATE "Odd ones" SET id = {j}, mark = {mark} WHERE id = {i}'
    ' AND NOT EXISTS (SELECT FROM "Odd ones" WHERE id = {j})': 2,
    'DELETE FROM "Odd ones" WHERE id = {i}': 1,
    'INSERT INTO keyless VALUES ({i}, {mark})': 1,
    'UPDATE keyless SET mark = {mark} WHERE id = {i}': 1,
    'DELETE FROM keyless WHERE id = {i}': 1,
    'INSERT INTO log VALUES ({mark})': 1,
}


class Writer(threading.Thread):
    """One session that makes changes until it is told to stop, over any loss of its connection.

    `committed` and `rolled_back` are marks of changes of which it knows what became; of those
    whose COMMIT got no answer it knows nothing.
    """

    def __init__(self, connect, number, seed):
        super().__init__(name=f'writer {number}', daemon=True)
        self.connect = connect
        self.random = random.Random(f'{seed} {number}')
        self.marks = (f'w{number}-{n}' for n in itertools.count(1))
        self.committed, self.rolled_back = set(), set()
        self.told_to_stop = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.told_to_stop.is_set():
                self._write_until_cut_off()
        except BaseException as failure:  # For the test's thread to raise.
            self.failure = failure

    def _write_until_cut_off(self):
        try:
            with self.connect() as connection:
                while not self.told_to_stop.wait(PAUSE_S):
                    self._transact(connection)
        except psycopg.OperationalError:
            self.told_to_stop.wait(PAUSE_S)  # The server is down, or was.

    def _transact(self, connection):
        marks, undone = set(), set()
        fails = self.random.random() < FAILED
        try:
            connection.execute('BEGIN')
            self._change(connection, marks)
            if self.random.random() < SAVEPOINT:
                connection.execute('SAVEPOINT s')
                self._change(connection, undone)
                connection.execute('ROLLBACK TO s')
                self._change(connection, marks)
            if fails:
                connection.execute('ROLLBACK')
        except (psycopg.errors.DeadlockDetected, psycopg.errors.UniqueViolation):
            connection.execute('ROLLBACK')
            fails = True
        if not fails:
            connection.execute('COMMIT')
            self.committed |= marks
        self.rolled_back |= undone | (marks if fails else set())

    def _change(self, connection, marks):
        if self.random.random() < TRUNCATE:
            connection.execute('TRUNCATE ' + self.random.choice(
                ['pairs', 'keyless', 'users, log', '"Odd ones"']))
        for sql in self.random.choices(list(CHANGES), CHANGES.values(), k=self.random.randint(1, 5)):
            mark = next(self.marks)
            i, j = self.random.sample(range(KEYS), 2)
            done = connection.execute(sql.format(i=i, j=j, mark=f"'{mark}'"))
            if done.rowcount > 0 and '{mark}' in sql:
                marks.add(mark)


class Load:
    """Writers at work, between entering and leaving."""

    WRITERS = 3

    def __init__(self, database, seed):
        self.writers = [Writer(database.connect, number, seed) for number in range(self.WRITERS)]

    def __enter__(self):
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_):
        for writer in self.writers:
            writer.told_to_stop.set()
        for writer in self.writers:
            writer.join()
            if writer.failure:
                raise writer.failure

    def committed(self):
        """Marks that must be in the stream."""
        return set().union(*(writer.committed for writer in self.writers))

    def rolled_back(self):
        """Marks that must not be in the stream."""
        return set().union(*(writer.rolled_back for writer in self.writers))


def rows(database, names=None):
    """What the tables hold: by a table's name as records tell it, a list of rows by column."""
    found = {}
    for name, table in (names or NAMES).items():
        cursor = database.connection.execute(f'SELECT * FROM {table}')
        columns = [column.name for column in cursor.description]
        found[name] = [{column: 'null' if value is None else str(value)
                        for column, value in zip(columns, row)} for row in cursor]
    return found
