"""The stream over TLS, a Unix socket and TCP: each delivers exactly, and hides nothing."""
import pathlib
import subprocess

import pytest

from postgres_server import PostgresServer, account
from runs import SLOT, Updates, arguments, assert_first_deliveries_in_order, numbers
from streams import read_stream

ROWS = 10_000  # In transactions of 1000, so that much comes at a time and the reader rests.
LONE = 10

TEST_DECODING, PGOUTPUT = [], ['--publication', 'changes']


class TlsServer(PostgresServer):
    """A server with a certificate of its own making."""

    def _initialise(self):
        super()._initialise()
        data = self.folder / 'data'
        certificate, key = data / 'server.crt', data / 'server.key'
        subprocess.run(['openssl', 'req', '-new', '-x509', '-nodes', '-days', '1', '-newkey',
                        'rsa:2048', '-subj', '/CN=localhost', '-out', certificate, '-keyout', key],
                       check=True, capture_output=True)
        for path in (certificate, key):
            path.chmod(0o600)
            subprocess.run(['chown', str(account().pw_uid), path], check=True)
        with open(data / 'postgresql.conf', 'a', encoding='utf-8') as conf:
            conf.write("ssl = 'on'\n")


@pytest.fixture(scope='module')
def postgres():
    """One for this module: it needs a certificate."""
    server = TlsServer('15')
    yield server
    server.stop()


def over_tls(database):
    return f'{database.uri}?sslmode=require'


def over_unix(database):
    assert pathlib.Path(database.server.folder, f'.s.PGSQL.{database.server.port}').is_socket()
    return database.dsn


def over_tcp(database):
    return f'{database.uri}?sslmode=disable'


@pytest.mark.parametrize('over, plugin', [(over_tls, TEST_DECODING), (over_tls, PGOUTPUT),
                                          (over_unix, TEST_DECODING), (over_tcp, PGOUTPUT)])
def test_all_that_is_sent_arrives_at_once(pg_kinesis, database, kinesis_sim, over, plugin):
    """Behind a flood, where the socket rests, and alone, where nothing further would wake us."""
    load = Updates(database, ROWS, 1000)
    database.execute('CREATE TABLE lone (id int PRIMARY KEY, n int);'
                     'CREATE PUBLICATION changes FOR ALL TABLES')
    run = pg_kinesis(*arguments(database, kinesis_sim, '--create', *plugin, '--source',
                                over(database)))
    run.wait_until_streaming(database, SLOT)
    assert database.value('SELECT ssl FROM pg_stat_ssl JOIN pg_replication_slots'
                          ' ON active_pid = pid WHERE slot_name = %s', [SLOT]) == (over is over_tls)

    load.run()
    for i in range(LONE):  # Each is the last of all until it has arrived.
        database.execute(f'INSERT INTO lone VALUES ({i}, -1)')
        run.wait_until(lambda: kinesis_sim.counters()['records_stored'] == ROWS + i + 1,
                       f'the lone commit {i}', deadline_s=5 if i else 60)

    found = numbers(read_stream(kinesis_sim.client(), 'test', until=ROWS + LONE))
    rows = [change for change in found if change[1] >= 0]
    assert len(rows) == ROWS and set(rows) == load.expected()
    assert_first_deliveries_in_order(rows)
    assert sorted(change[0] for change in found if change[1] < 0) == list(range(LONE))
