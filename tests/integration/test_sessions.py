"""Settings of a role or a database do not leak into records, and end no session."""
import json
import re

import pytest

from postgres_server import Database

SETTINGS = {
    'datestyle': "'SQL, DMY'", 'intervalstyle': 'iso_8601', 'bytea_output': 'escape',
    'extra_float_digits': '-5', 'quote_all_identifiers': 'on', 'client_encoding': 'LATIN1',
    'statement_timeout': '1', 'idle_in_transaction_session_timeout': '1'}
SLOTS = {'test_decoding': [], 'pgoutput': ['--publication', 'changes']}

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


@pytest.fixture(scope='module')
def written(postgres):
    """A database with changes that wait in a slot of each plugin, for looks that move neither."""
    database = Database.create(postgres, 'sessions')
    database.execute('CREATE TABLE t (id int PRIMARY KEY, d date, i interval, y bytea, f float8,'
                     ' t text, "user" int); CREATE PUBLICATION changes FOR ALL TABLES')
    for plugin in SLOTS:
        database.value('SELECT pg_create_logical_replication_slot(%s, %s)', [plugin, plugin])
    database.execute("INSERT INTO t VALUES (1, '2026-11-22', '1 day 02:03', '\\xff00',"
                     " 0.30000000000000004, 'ä€', 2)")
    yield database
    database.drop()


@pytest.fixture
def role(written):
    """Somebody whose settings differ."""
    written.execute('CREATE ROLE odd LOGIN REPLICATION')
    yield 'odd'
    written.execute('DROP ROLE odd')


def look(pg_kinesis, database, plugin):
    """What a run of the role makes of the changes."""
    run = pg_kinesis('--source', re.sub('user=[^ ]+', 'user=odd', database.dsn), '--slot', plugin,
                     '--dry-run', '--endpos', 'now', '--retry-initial', *SLOTS[plugin])
    assert run.wait() == 0, run.log()
    assert 'FATAL' not in run.log() and 'the stream broke off' not in run.log()
    record, = map(json.loads, run.stdout().splitlines())
    return {name: column['new']['v'] for name, column in record['columns'].items()}


@pytest.mark.parametrize('of', ['ROLE odd', 'DATABASE sessions'])
@pytest.mark.parametrize('setting', SETTINGS)
@pytest.mark.parametrize('plugin', SLOTS)
@pytest.mark.usefixtures('role')
def test_a_setting_does_not_show_in_records(pg_kinesis, written, plugin, setting, of):
    written.execute(f'ALTER {of} SET {setting} = {SETTINGS[setting]}')
    try:
        assert look(pg_kinesis, written, plugin) == {
            'id': '1', 'd': '2026-11-22', 'i': '1 day 02:03:00', 'y': '\\xff00',
            'f': '0.30000000000000004', 't': 'ä€', '"user"': '2'}
    finally:
        written.execute(f'ALTER {of} RESET {setting}')
