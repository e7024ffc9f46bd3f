#!/usr/bin/env python3
"""capture_pgoutput - record what each server's pgoutput and test_decoding say of the same changes.

    tests/golden/capture_pgoutput.py [VERSION]...

Runs tests/golden/pgoutput/scenario.sql, a statement a line, on a server of its own of each version
(13 to 18 unless told otherwise; script/bootstrap brings them) and writes pgoutput/VERSION.txt:

    keyword WORD                  a keyword that this server quotes as a name
    type OID NAME                 format_type(OID, NULL), of every type that a table's column has
    pgoutput LSN HEX              a message of pgoutput, protocol 1
    test_decoding LSN HEX         a line of test_decoding
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'integration'))
from postgres_server import PostgresServer  # pylint: disable=wrong-import-position

VERSIONS = ['13', '14', '15', '16', '17', '18']
PLUGINS = ['pgoutput', 'test_decoding']


def options(plugin, version):
    """A plugin's options, as pg_kinesis gives them."""
    if plugin == 'test_decoding':
        return {'include-xids': 'on', 'include-timestamp': 'on', 'skip-empty-xacts': 'on'}
    messages = {'messages': 'true'} if int(version) >= 14 else {}
    return {'proto_version': '1', 'publication_names': '"golden"'} | messages


def changes(connection, plugin, version):
    """What a slot holds, as LSN and bytes."""
    pairs = [text for pair in options(plugin, version).items() for text in pair]
    rows = connection.execute(
        'SELECT lsn::text, data FROM pg_logical_slot_get_binary_changes(%s, NULL, NULL, '
        'VARIADIC %s::text[])', (f'golden_{plugin}', pairs)).fetchall()
    return [f'{plugin} {lsn} {bytes(data).hex()}' for lsn, data in rows]


def words_and_types(connection):
    """What a client must ask the server to write names and types as it does."""
    keywords = connection.execute(
        "SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'C', 'T') ORDER BY 1").fetchall()
    types = connection.execute(
        'SELECT DISTINCT atttypid::int8, format_type(atttypid, NULL) FROM pg_attribute a '
        "JOIN pg_class c ON c.oid = attrelid WHERE c.oid >= 16384 AND relkind IN ('r', 'p') "
        'AND attnum > 0 AND NOT attisdropped ORDER BY 1').fetchall()
    return ([f'keyword {word}' for word, in keywords] +
            [f'type {oid} {name}' for oid, name in types])


def capture(version):
    """Runs the scenario on a fresh server; the lines to keep."""
    server = PostgresServer(version)
    try:
        setup, workload = (HERE / 'pgoutput' / 'scenario.sql').read_text().split('-- @workload\n')
        with server.connect() as connection:
            for statement in setup.splitlines():
                connection.execute(statement)
            for plugin in PLUGINS:
                connection.execute('SELECT pg_create_logical_replication_slot(%s, %s)',
                                   (f'golden_{plugin}', plugin))
            before = words_and_types(connection)
            for statement in workload.splitlines():
                connection.execute(statement)
            after = words_and_types(connection)
            told = [line for plugin in PLUGINS for line in changes(connection, plugin, version)]
        return before + [line for line in after if line not in before] + told
    finally:
        server.stop()


def main():
    """Captures the versions named on the command line, or all."""
    for version in sys.argv[1:] or VERSIONS:
        lines = capture(version)
        (HERE / 'pgoutput' / f'{version}.txt').write_text('\n'.join(lines) + '\n')
        print(f'{version}: {len(lines)} lines')


if __name__ == '__main__':
    main()
