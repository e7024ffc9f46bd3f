"""A private PostgreSQL cluster: Debian's version 15, or another one that npm brought."""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import psycopg

from waiting import free_port, wait_until

NODE_MODULES = pathlib.Path(__file__).parent.parent / 'node' / 'node_modules'
DEBIAN_VERSION = '15'

SHUT_DOWN_S = 60  # A fast shutdown waits for those who stream to confirm all they were sent.

# Room for a test that leaves slots behind, and no care for a crash of the machine. The shutdown
# checkpoint still writes, so a restarted server has its data.
SETTINGS = {
    'wal_level': 'logical',
    'max_wal_senders': 20,
    'max_replication_slots': 20,
    'wal_sender_timeout': '10s',
    'fsync': 'off',
    'full_page_writes': 'off',
    'shared_buffers': '32MB',
    'listen_addresses': '127.0.0.1',
    'timezone': 'UTC',
}


def account():
    """Who runs servers: PostgreSQL refuses root, so then it is Debian's postgres."""
    return pwd.getpwnam('postgres') if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def as_account():
    """What makes subprocess run a program as that account."""
    if os.geteuid() != 0:
        return {}
    entry = account()
    return {'user': entry.pw_uid, 'group': entry.pw_gid, 'extra_groups': []}


def installation(version):
    """The folder that holds bin/, lib/ and share/ of a version."""
    if version == DEBIAN_VERSION:
        return pathlib.Path('/usr/lib/postgresql') / version
    return NODE_MODULES / f'pg{version}' / 'native'


class PostgresServer:
    """A running cluster in a folder of its own. stop() ends it and removes the folder."""

    def __init__(self, version):
        self.version = version
        self.port = free_port()
        # Not pytest's tmp_path: a socket's path must be short, and the account must reach it.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f'pgk-postgres-{version}-'))
        self.log_path = self.folder / 'log'
        self.process = None
        try:
            self._take_over_folder()
            self.bin = self._reachable(installation(version)) / 'bin'
            self._initialise()
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def is_running(self):
        """Whether the server is up; a test may have shut it down."""
        return self.process is not None

    def dsn(self, database='postgres'):
        """How to reach a database by the Unix socket, as libpq's keywords."""
        return f'host={self.folder} port={self.port} user=postgres dbname={database}'

    def uri(self, database='postgres'):
        """How to reach a database by TCP, as a URI."""
        return f'postgres://postgres@127.0.0.1:{self.port}/{database}'

    def connect(self, database='postgres'):
        """A psycopg connection where every statement is its own transaction."""
        return psycopg.connect(self.dsn(database), autocommit=True)

    def await_standby(self, name):
        """Makes every commit wait for the standby of that name, or with '' for none."""
        def is_awaited():
            return connection.execute('SELECT count(*) FROM pg_stat_replication WHERE sync_state'
                                      " = 'sync'").fetchone()[0] == bool(name)

        with self.connect() as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
            connection.execute('SELECT pg_reload_conf()')
            wait_until(is_awaited, f'commits to wait for {name or "nobody"}')

    def log(self):
        """What the server said so far."""
        return self.log_path.read_text(encoding='utf-8', errors='replace')

    def start(self):
        """Starts the server, which must not run, and waits until it answers."""
        assert self.process is None
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen([self.bin / 'postgres', '-D', self.folder / 'data'],
                                            stdout=log, stderr=log, cwd=self.folder, **as_account())
        wait_until(self._answers, f'PostgreSQL {self.version} to answer')

    def shut_down(self, how=signal.SIGINT):
        """Ends the server but keeps its data: SIGINT is fast, SIGQUIT immediate, as if it crashed."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=SHUT_DOWN_S)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)  # SIGKILL would leave its children behind.
            self.process.wait()
            raise
        finally:
            self.process = None

    def stop(self):
        """Ends the server and removes all of it."""
        try:
            self.shut_down(signal.SIGQUIT)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _take_over_folder(self):
        entry = account()
        os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        self.folder.chmod(0o755)  # The program under test connects by the socket in it.

    def _reachable(self, home):
        """The installation, or a copy of it where its account may not go, as below /root."""
        initdb = home / 'bin' / 'initdb'
        if not initdb.exists():
            raise FileNotFoundError(f'{initdb} is missing: run script/bootstrap')
        allowed = subprocess.run(['test', '-x', initdb], check=False, **as_account())
        if allowed.returncode == 0:
            return home
        return pathlib.Path(shutil.copytree(home, self.folder / 'native', symlinks=True))

    def _initialise(self):
        data = self.folder / 'data'
        subprocess.run([self.bin / 'initdb', '-D', data, '-U', 'postgres', '-A', 'trust',
                        '--no-sync', '-E', 'UTF8', '--locale=C'],
                       check=True, capture_output=True, cwd=self.folder, **as_account())
        settings = SETTINGS | {'port': self.port, 'unix_socket_directories': self.folder}
        with open(data / 'postgresql.conf', 'a', encoding='utf-8') as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f'PostgreSQL {self.version} did not start:\n{self.log()}')
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


class Database:
    """A database of one test. Create it with create(); drop() removes it with its slots."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.dsn = server.dsn(name)
        self.uri = server.uri(name)
        self.connection = server.connect(name)

    @classmethod
    def create(cls, server, name, options=''):
        """A fresh, empty database; `options` are those of CREATE DATABASE."""
        with server.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" {options}')
        return cls(server, name)

    def connect(self):
        """A further connection, for what needs two sessions."""
        return self.server.connect(self.name)

    def execute(self, sql):
        """Runs statements, each of which commits unless they say otherwise."""
        self.connection.execute(sql)

    def value(self, sql, parameters=None):
        """The first column of the first row, None without a row."""
        row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def current_lsn(self):
        """Where the next change will be written."""
        return self.value('SELECT pg_current_wal_insert_lsn()')

    def slot_position(self, slot):
        """What the slot's reader confirmed, None when there is no such slot."""
        return self.value('SELECT confirmed_flush_lsn::text FROM pg_replication_slots'
                          ' WHERE slot_name = %s', [slot])

    def slot_is_active(self, slot):
        """Whether somebody reads from the slot now."""
        return self.value('SELECT active FROM pg_replication_slots WHERE slot_name = %s', [slot])

    def slot_is_streamed(self, slot):
        """Whether somebody is sent what is committed from now on. A slot that is being made is
        active, too, and what is committed before it is made does not come."""
        return self.value('SELECT count(*) > 0 FROM pg_replication_slots'
                          ' JOIN pg_stat_replication ON pid = active_pid'
                          " WHERE slot_name = %s AND state <> 'startup'", [slot])

    def slot_has_passed(self, slot, lsn):
        """Whether the reader has confirmed everything before the position."""
        return self.value('SELECT confirmed_flush_lsn >= %s::pg_lsn FROM pg_replication_slots'
                          ' WHERE slot_name = %s', [lsn, slot])

    def drop(self):
        """Removes the database and its slots, whoever still reads from them."""
        self.connection.close()
        with self.server.connect() as connection:
            self._drop_slots(connection)
            connection.execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')

    def clear(self):
        """Removes slots, publications and all in schemas: nearly a fresh database, far sooner."""
        self._drop_slots(self.connection)
        for publication, in self.connection.execute(
                'SELECT quote_ident(pubname) FROM pg_publication').fetchall():
            self.execute(f'DROP PUBLICATION {publication}')
        for schema, in self.connection.execute(
                "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_|^inf'"
                ).fetchall():
            self.execute(f'DROP SCHEMA {schema} CASCADE')
        self.execute('CREATE SCHEMA public')

    def _drop_slots(self, connection):
        for slot, in connection.execute('SELECT slot_name FROM pg_replication_slots'
                                        ' WHERE database = %s', [self.name]).fetchall():
            drop_slot(connection, slot)


def drop_slot(connection, slot):
    """Drops a slot as soon as its reader, which is told to leave, has left."""
    def dropped():
        connection.execute('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots'
                           ' WHERE slot_name = %s AND active', [slot])
        try:
            connection.execute('SELECT pg_drop_replication_slot(%s)', [slot])
        except psycopg.errors.ObjectInUse:
            return False
        except psycopg.errors.UndefinedObject:
            pass  # A temporary one, gone with its reader.
        return True

    wait_until(dropped, f'slot {slot} to be free')
