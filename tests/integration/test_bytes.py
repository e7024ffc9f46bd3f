"""Bytes that are no character, and databases that are not UTF-8, by either plugin."""
import re

import pytest

from runs import SLOT, arguments, decoded, new_value
from streams import read_stream

pytestmark = [
    pytest.mark.parametrize('postgres', ['15'], indirect=True),
    pytest.mark.parametrize('plugin', [[], ['--publication', 'everything']],
                            ids=['test_decoding', 'pgoutput'])]


@pytest.fixture
def stream(pg_kinesis, make_database, kinesis_sim, plugin):
    """Starts a run from a database of an encoding, with the table t."""
    def start(encoding, *more):
        database = make_database(encoding)
        database.execute('CREATE TABLE t (id int PRIMARY KEY, v text);'
                         'CREATE PUBLICATION everything FOR ALL TABLES')
        run = pg_kinesis(*arguments(database, kinesis_sim, '--create', *plugin, *more))
        run.wait_until_streaming(database, SLOT)
        return database, run

    return start


def values(endpoint, count):
    """By id, what the records tell of v."""
    return {int(new_value(change, 'id')): new_value(change, 'v')
            for change in decoded(read_stream(endpoint.client(), 'test', until=count))}


@pytest.mark.parametrize('encoding, text', [('UTF8', 'ä€\U0001f600'), ('LATIN1', 'äÿ¡'),
                                            ('EUC_JP', '日本ｱ漢'), ('SQL_ASCII', 'ä€')])
def test_text_arrives_as_it_was_written(stream, kinesis_sim, encoding, text):
    database, run = stream(encoding)

    database.connection.execute(b"INSERT INTO t VALUES (1, '" + text.encode() + b"')")

    assert values(kinesis_sim, 1) == {1: text}
    assert run.terminate() == 0
    assert 'bytes replaced' not in run.log() and 'warning' not in run.log()


@pytest.mark.parametrize('encoding, stored, told', [
    ('SQL_ASCII', b'a\xe9\xffb', 'a\ufffd\ufffdb'),
    ('EUC_JP', b'a\xa9\xa1b', 'a\ufffd\ufffdb'),  # A place of its table where no character is.
    ('WIN1253', b'a\xd2b', 'a\ufffdb')])
def test_bytes_that_are_no_character_are_told_once_and_counted(
        stream, kinesis_sim, encoding, stored, told):
    database, run = stream(encoding)
    database.execute(f"SET client_encoding = '{encoding}'")
    replaced = told.count('\ufffd')

    database.connection.execute(b"INSERT INTO t VALUES (1, '" + stored + b"')")
    run.wait_for_log(f'warning: {replaced} bytes are no character and were replaced by U\\+FFFD,'
                     ' the first in table public.t$')
    database.connection.execute(b"INSERT INTO t VALUES (2, '" + stored + b"')")

    assert values(kinesis_sim, 2) == {1: told, 2: told}
    assert run.terminate() == 0
    assert run.log().count('no character') == 1  # A minute has not passed.
    assert f'altered: bytes replaced {2 * replaced}\n' in run.log()


def test_messages_are_bytes_whatever_the_encoding(stream, kinesis_sim):
    database, _run = stream('LATIN1', '--messages')

    database.execute("SELECT pg_logical_emit_message(true, 'ä', 'ö')")
    database.execute("SELECT pg_logical_emit_message(true, 'b', 'plain')")

    found = decoded(read_stream(kinesis_sim.client(), 'test', until=2))
    told = {change['prefix']: change.get('content', change.get('content_base64'))
            for change in found}
    assert told == {'ä': '9g==', 'b': 'plain'}
