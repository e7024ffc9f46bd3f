"""What goes wrong ends in one line with its cure and an exit status, and works after the cure."""
import contextlib
import re
import subprocess

import psycopg
import pytest

from postgres_server import PostgresServer, as_account
from runs import SLOT, arguments, decoded
from streams import read_stream
from waiting import free_port, wait_until

ONE_VERSION = pytest.mark.parametrize('postgres', ['15'], indirect=True)

NOTHING = 'postgres://127.0.0.1:1/'  # Nobody listens there.


def expect(run, status, *said):
    """The run ends with that status and one line of error, which says all that and a hint."""
    assert run.wait() == status, run.log()
    errors = [line for line in run.log().splitlines() if ' error: ' in line]
    assert len(errors) == 1, run.log()
    for text in said:
        assert text in errors[0]


def expect_success(run):
    assert run.wait() == 0, run.log()


@pytest.fixture
def table(database):
    """A table with a row a run, so that a run after the cure has something to deliver."""
    database.execute('CREATE TABLE t (id serial PRIMARY KEY)')
    return database


def streaming(source, sim, *more, slot=SLOT):
    """The command line of a run to the end of the log, from any source."""
    return ['--source', source, '--slot', slot, '--stream', 'test', '--endpoint-url', sim.url,
            '--endpos', 'now', *more]


# The command line.

@pytest.mark.parametrize('command, said', {
    'no stream': ([], ['no stream is named', 'hint: --stream NAME']),
    'an empty stream': (['--stream='], ['--stream: "" is not a name']),
    'no stream name': (['--stream', 'a b'], ['"a b" is no name of a stream', 'hint: ']),
    'create and drop': (['--create', '--drop'], ['--create and --drop exclude each other']),
    'an unknown option': (['--nonsense=secret'], ['--nonsense', 'hint: pg_kinesis --help']),
    'no value': (['--stream'], ['--stream', 'hint: pg_kinesis --help']),
    'a stray word': (['--stream', 'x', 'secret'], ['argument 3', 'hint: pg_kinesis --help']),
    'no policy': (['--stream', 'x', '--oversize', 'loose'], ['is not stop, skip or elide']),
    'no source': (['--dry-run', '--source', 'secret'], ['hint: write postgres://user@host']),
    'half a password for a port': (['--dry-run', '--source', 'postgres://u:x@y:secret@h/d'],
                                   ['hint: write --source as postgres://user@host']),
}.values(), ids=lambda value: None)
def test_a_wrong_command_line_says_what_is_wrong(pg_kinesis, command, said):
    run = pg_kinesis(*command)

    expect(run, 2, *said)
    assert 'secret' not in run.log()


# The server.

def test_an_unreachable_server(pg_kinesis, kinesis_sim):
    for source in (NOTHING, 'host=/nowhere', 'host=nowhere.invalid'):
        expect(pg_kinesis(*streaming(source, kinesis_sim)), 1,
               'cannot connect to PostgreSQL', 'hint: check host and port in --source')
    expect(pg_kinesis('--source', NOTHING, '--drop'), 1, 'hint: check host and port in --source')


@ONE_VERSION
def test_a_database_that_is_not_there(pg_kinesis, table, kinesis_sim):
    source = table.uri + '_not'
    expect(pg_kinesis(*streaming(source, kinesis_sim)), 1, f'database "{table.name}_not"',
           'hint: name an existing database in --source')
    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')))


@contextlib.contextmanager
def role(server, name, attributes):
    """A role that must show a password, scram-sha-256, when it comes by TCP."""
    hba = server.folder / 'data' / 'pg_hba.conf'
    before = hba.read_text(encoding='utf-8')
    with server.connect() as connection:
        hba.write_text(f'host all {name} 127.0.0.1/32 scram-sha-256\n{before}', encoding='utf-8')
        connection.execute(f"CREATE ROLE {name} {attributes} PASSWORD 'the-right-one'")
        connection.execute('SELECT pg_reload_conf()')
        wait_until(lambda: connection.execute(
            'SELECT count(*) FROM pg_hba_file_rules WHERE %s = ANY (user_name)', [name]
        ).fetchone()[0], 'the rule to be read')
        try:
            yield connection
        finally:
            hba.write_text(before, encoding='utf-8')
            connection.execute(f'DROP ROLE {name}')
            connection.execute('SELECT pg_reload_conf()')


@ONE_VERSION
def test_a_wrong_password_and_none(pg_kinesis, table, kinesis_sim, postgres):
    with role(postgres, 'scram', 'LOGIN REPLICATION'):
        wrong = table.uri.replace('postgres@', 'scram:the-wrong-one@')
        for source, said in ((wrong, 'password authentication failed for user "scram"'),
                             (table.uri.replace('postgres@', 'scram@'), 'no password supplied')):
            run = pg_kinesis(*streaming(source, kinesis_sim))
            expect(run, 1, said, 'hint: ', 'PGPASSWORD')
            assert 'the-wrong-one' not in run.log()

        right = table.uri.replace('postgres@', 'scram:the-right-one@')
        expect_success(pg_kinesis(*streaming(right, kinesis_sim, '--create')))


@ONE_VERSION
def test_a_role_without_replication(pg_kinesis, table, kinesis_sim, postgres):
    with role(postgres, 'plain', 'LOGIN') as connection:
        source = table.uri.replace('postgres@', 'plain:the-right-one@')
        expect(pg_kinesis(*streaming(source, kinesis_sim, '--create')), 1,
               'hint: ', 'ALTER ROLE ... REPLICATION')

        connection.execute('ALTER ROLE plain REPLICATION')
        expect_success(pg_kinesis(*streaming(source, kinesis_sim, '--create')))


@pytest.fixture
def pgbouncer(postgres):
    """A connection pooler before the server; its port."""
    port = free_port()
    conf = postgres.folder / 'pgbouncer.ini'
    conf.write_text(f'''[databases]
* = host={postgres.folder} port={postgres.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
logfile = {postgres.folder}/pgbouncer.log
''', encoding='utf-8')
    with subprocess.Popen(['/usr/sbin/pgbouncer', '-q', conf], stderr=subprocess.DEVNULL,
                          cwd=postgres.folder, **as_account()) as process:
        def answers():
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(f'host=127.0.0.1 port={port} user=postgres dbname=postgres').close()
                return True
            return False

        wait_until(answers, 'pgbouncer to answer')
        yield port
        process.terminate()


@ONE_VERSION
def test_a_pooler_in_between(pg_kinesis, table, kinesis_sim, pgbouncer):
    source = f'host=127.0.0.1 port={pgbouncer} user=postgres dbname={table.name}'
    expect(pg_kinesis(*streaming(source, kinesis_sim, '--create')), 1,
           'hint: connect to PostgreSQL itself: a connection pooler cannot pass replication on')
    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')))


@pytest.fixture(scope='module')
def odd_server():
    """A server to be set up wrong; configure() restarts it with other settings."""
    server = PostgresServer('15')

    def configure(**settings):
        with server.connect() as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.shut_down()
        server.start()

    server.configure = configure
    yield server
    server.stop()


def test_a_server_without_logical_decoding(pg_kinesis, kinesis_sim, odd_server):
    command = streaming(odd_server.uri(), kinesis_sim, '--create')
    odd_server.configure(wal_level='replica')
    expect(pg_kinesis(*command), 1, 'wal_level', 'hint: set wal_level = logical')

    odd_server.configure(wal_level='logical')
    expect_success(pg_kinesis(*command))
    expect_success(pg_kinesis('--source', odd_server.uri(), '--slot', SLOT, '--drop'))


def test_a_server_without_a_free_slot(pg_kinesis, kinesis_sim, odd_server):
    command = streaming(odd_server.uri(), kinesis_sim, '--create')
    odd_server.configure(max_replication_slots=1)
    with odd_server.connect() as connection:
        connection.execute("SELECT pg_create_physical_replication_slot('taken')")
        expect(pg_kinesis(*command), 1, 'all replication slots are in use',
               'hint: raise max_replication_slots, or drop a slot')

        connection.execute("SELECT pg_drop_replication_slot('taken')")
    expect_success(pg_kinesis(*command))
    expect_success(pg_kinesis('--source', odd_server.uri(), '--slot', SLOT, '--drop'))


def test_a_server_without_a_free_sender(pg_kinesis, kinesis_sim, odd_server):
    command = streaming(odd_server.uri(), kinesis_sim, '--create')
    odd_server.configure(max_wal_senders=1, max_replication_slots=2)
    with psycopg.connect(odd_server.dsn() + ' replication=database'):
        expect(pg_kinesis(*command), 1, 'max_wal_senders', 'hint: raise max_wal_senders')

    expect_success(pg_kinesis(*command))
    expect_success(pg_kinesis('--source', odd_server.uri(), '--slot', SLOT, '--drop'))


# How a server refuses a plugin: the minor releases from August 2026 on by a list of those that it
# trusts, any release by not having it.
UNTRUSTED = ({'output_plugin_libraries': 'pgoutput'}, {'output_plugin_libraries': 'test_decoding'},
             'library "test_decoding" may not be used as an output plugin',
             'hint: add the plugin to output_plugin_libraries')
UNAVAILABLE = ({'dynamic_library_path': '/nowhere'}, {'dynamic_library_path': '$libdir'},
               'could not access file "test_decoding"', 'hint: install the output plugin')


def test_a_server_that_refuses_the_plugin(pg_kinesis, kinesis_sim, odd_server):
    command = streaming(odd_server.uri().replace('postgres@', 'trusting@'), kinesis_sim, '--create')
    with odd_server.connect() as connection:
        connection.execute('CREATE ROLE trusting LOGIN REPLICATION')
        listed = connection.execute('SELECT FROM pg_settings'
                                    " WHERE name = 'output_plugin_libraries'").fetchall()
    for refusing, mended, said, hint in [UNAVAILABLE] + ([UNTRUSTED] if listed else []):
        odd_server.configure(max_wal_senders=5, **refusing)
        expect(pg_kinesis(*command), 1, said, hint)

        odd_server.configure(**mended)
        expect_success(pg_kinesis(*command))
        expect_success(pg_kinesis('--source', odd_server.uri(), '--slot', SLOT, '--drop'))


# The slot.

@ONE_VERSION
def test_a_slot_that_is_not_there(pg_kinesis, table, kinesis_sim):
    expect(pg_kinesis(*arguments(table, kinesis_sim)), 1, f'slot "{SLOT}"',
           'hint: create it with --create')
    expect(pg_kinesis('--source', table.dsn, '--slot', SLOT, '--drop'), 1, f'slot "{SLOT}"',
           'hint: SELECT slot_name FROM pg_replication_slots')
    expect(pg_kinesis('--source', table.dsn, '--slot', 'Not-A-Slot', '--drop'), 2,
           '"Not-A-Slot" is no name for a slot', 'hint: use 1 to 63 lower case letters')
    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')))


@ONE_VERSION
def test_a_slot_of_another_kind(pg_kinesis, table, kinesis_sim):
    drop = f"SELECT pg_drop_replication_slot('{SLOT}')"
    table.execute(f"SELECT pg_create_physical_replication_slot('{SLOT}')")
    expect(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')), 1, 'physical', 'hint: ')
    table.execute(drop)

    table.execute(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'pgoutput')")
    expect(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')), 1, 'pgoutput', 'hint: ')
    table.execute(drop)

    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')))


@ONE_VERSION
def test_a_slot_of_another_database(pg_kinesis, table, kinesis_sim, postgres):
    with postgres.connect() as other:
        other.execute(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')")
        expect(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')), 1,
               f'slot "{SLOT}"', 'database "postgres"', 'hint: ')
        other.execute(f"SELECT pg_drop_replication_slot('{SLOT}')")
    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')))


@ONE_VERSION
def test_a_slot_that_somebody_reads(pg_kinesis, table, kinesis_sim):
    reader = pg_kinesis(*arguments(table, kinesis_sim, '--create'))
    reader.wait_until_streaming(table, SLOT)
    expect(pg_kinesis(*streaming(table.uri, kinesis_sim)), 1, f'slot "{SLOT}" is active',
           'hint: another process reads this slot', '--retry-initial')
    assert reader.terminate() == 0
    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim)))


def test_a_slot_that_the_server_gave_up(pg_kinesis, kinesis_sim, odd_server):
    command = streaming(odd_server.uri(), kinesis_sim)
    odd_server.configure(max_slot_wal_keep_size='1MB', max_replication_slots=2, min_wal_size='32MB')
    expect_success(pg_kinesis(*command, '--create'))
    with odd_server.connect() as connection:
        for _ in range(2):
            connection.execute("SELECT pg_logical_emit_message(false, '', 'x'), pg_switch_wal()")
        connection.execute('CHECKPOINT')

    for _ in range(2):
        expect(pg_kinesis(*command), 3, f'slot "{SLOT}" is lost',
               'hint: drop it with --drop, create it with --create, load the tables anew')
    expect_success(pg_kinesis('--source', odd_server.uri(), '--slot', SLOT, '--drop'))
    expect_success(pg_kinesis(*command, '--create'))


# The stream.

@ONE_VERSION
def test_a_stream_that_is_not_there(pg_kinesis, table, kinesis_sim):
    command = arguments(table, kinesis_sim, '--create', '--endpos', 'now', stream='other')
    expect(pg_kinesis(*command), 1, 'stream "other" in region us-east-1', 'ResourceNotFound',
           'hint: create the stream, or check --stream, --region')
    assert table.slot_position(SLOT) is None

    kinesis_sim.client().create_stream(StreamName='other', ShardCount=1)
    expect_success(pg_kinesis(*command))


@ONE_VERSION
@pytest.mark.parametrize('status, said', [('CREATING', 'hint: wait until it is'),
                                          ('DELETING', 'hint: name another one')])
def test_a_stream_that_is_not_active(pg_kinesis, table, kinesis_sim, status, said):
    kinesis_sim.control(stream_status=status)
    expect(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')), 1, 'stream "test"', said)

    kinesis_sim.control(stream_status='')
    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')))


@ONE_VERSION
def test_a_stream_that_keeps_no_order(pg_kinesis, table, kinesis_sim):
    kinesis_sim.control(distributes=True)
    expect(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')), 1, 'stream "test"',
           'would not stay in order', 'hint: set its RecordDistributionStrategy')

    kinesis_sim.control(distributes=False)
    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')))


@ONE_VERSION
def test_a_stream_of_another_region(pg_kinesis, table, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:1', '--region', 'eu-west-1')
    command = streaming(table.uri, sim, '--create')
    expect(pg_kinesis(*command), 1, 'stream "test" in region us-east-1', 'hint: check --region')
    expect_success(pg_kinesis(*command, '--region', 'eu-west-1'))


@ONE_VERSION
def test_who_may_only_put_records_is_told_once(pg_kinesis, table, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:1', '--deny', 'DescribeStreamSummary')
    expect_success(pg_kinesis(*streaming(table.uri, sim, '--create')))
    table.execute('INSERT INTO t DEFAULT VALUES')

    run = pg_kinesis(*streaming(table.uri, sim))

    expect_success(run)
    assert len(decoded(read_stream(sim.client(), 'test', until=1))) == 1
    assert re.findall('warning: .*', run.log()) == [
        'warning: stream "test" may not be described: taking records of up to 1 MiB; '
        'allow kinesis:DescribeStreamSummary to have its own limit']


@ONE_VERSION
def test_who_may_not_put_records_loses_none(pg_kinesis, table, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:1', '--deny', 'PutRecords')
    expect_success(pg_kinesis(*streaming(table.uri, sim, '--create')))
    table.execute('INSERT INTO t DEFAULT VALUES')
    expect(pg_kinesis(*streaming(table.uri, sim)), 1, 'AccessDeniedException',
           'hint: allow kinesis:PutRecords on the stream')

    allowed = start_kinesis_sim('--stream', 'test:1')
    expect_success(pg_kinesis(*streaming(table.uri, allowed)))
    assert len(read_stream(allowed.client(), 'test', until=1)) == 1


@ONE_VERSION
@pytest.mark.parametrize('environment, said', {
    'none': ({'AWS_ACCESS_KEY_ID': None, 'AWS_SECRET_ACCESS_KEY': None},
             ['no AWS credentials', 'hint: set AWS_ACCESS_KEY_ID']),
    'another key': ({'AWS_ACCESS_KEY_ID': 'AKIAOTHER'},
                    ['UnrecognizedClientException', 'hint: check the access key']),
    'a wrong secret': ({'AWS_SECRET_ACCESS_KEY': 'wrong-secret'},
                       ['InvalidSignatureException', 'hint: check the secret access key']),
    'no region': ({'AWS_REGION': None}, ['the AWS region is not known', 'hint: give --region']),
}.values(), ids=lambda value: None)
def test_credentials_that_do_not_do(pg_kinesis, table, kinesis_sim, environment, said):
    run = pg_kinesis(*streaming(table.uri, kinesis_sim, '--create'), env=environment)

    expect(run, 1, *said)
    assert 'wrong-secret' not in run.log()
    expect_success(pg_kinesis(*streaming(table.uri, kinesis_sim, '--create')))


def write_credentials(path, token):
    path.write_text('[default]\naws_access_key_id = test\naws_secret_access_key = test\n'
                    f'aws_session_token = {token}\n', encoding='utf-8')


@ONE_VERSION
def test_expired_credentials_are_told_and_new_ones_taken_up(pg_kinesis, table, kinesis_sim,
                                                            tmp_path):
    credentials = tmp_path / 'credentials'
    environment = {'AWS_ACCESS_KEY_ID': None, 'AWS_SECRET_ACCESS_KEY': None,
                   'AWS_SHARED_CREDENTIALS_FILE': str(credentials)}
    write_credentials(credentials, 'token-one')
    kinesis_sim.control(expired_token='token-one')
    expect(pg_kinesis(*streaming(table.uri, kinesis_sim), env=environment), 1,
           'ExpiredTokenException', 'hint: get new credentials')

    write_credentials(credentials, 'token-two')
    run = pg_kinesis(*arguments(table, kinesis_sim, '--create'), env=environment)
    run.wait_until_streaming(table, SLOT)
    table.execute('INSERT INTO t DEFAULT VALUES')
    read_stream(kinesis_sim.client(), 'test', until=1)
    write_credentials(credentials, 'token-three')
    kinesis_sim.control(expired_token='token-two')
    table.execute('INSERT INTO t DEFAULT VALUES')

    read_stream(kinesis_sim.client(), 'test', until=2)
    assert 'new credentials were found' in run.log()
    assert 'token-' not in run.log()
