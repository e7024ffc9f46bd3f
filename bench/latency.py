"""How long a committed row takes to the endpoint, under light load and under more."""
import itertools
import os
import pathlib
import subprocess
import tempfile
import time

from backlog import PUBLICATION
from figures import Figure, Section
from pg_kinesis_process import PgKinesis
from postgres_server import Database, account, as_account
from sim_process import KinesisSim
from waiting import wait_until

STREAM = 'rows'
CLIENTS = 8
IDS_A_CLIENT = 1_000_000
NUMBERS = itertools.count(1)
TABLE = 'CREATE TABLE l (id int PRIMARY KEY, t text)'

# pgbench's variables outlive a transaction: each client counts its own rows.
SCRIPT = f'''\\set n :n + 1
\\set id :client_id * {IDS_A_CLIENT} + :n
INSERT INTO l VALUES (:id, 'a row that somebody waits for');
'''


def _commit_for(database, folder, seconds, commits_a_second):
    """Commits at an even pace; when each commit returned, in microseconds since 1970, by row."""
    script = folder / 'commit.sql'
    script.write_text(SCRIPT, encoding='utf-8')
    subprocess.run([database.server.bin / 'pgbench', '-n', '-f', script, '-D', 'n=0',
                    '-c', str(CLIENTS), '-j', '1', '-R', str(commits_a_second), '-T', str(seconds),
                    '-l', '--log-prefix', folder / 'commits', database.dsn],
                   check=True, capture_output=True, cwd=folder, **as_account())
    returned_us = {}
    counts = [itertools.count(1) for _ in range(CLIENTS)]
    for log in folder.glob('commits.*'):
        for line in log.read_text(encoding='utf-8').splitlines():
            client, _, _, _, epoch_s, epoch_us, *_ = map(int, line.split())
            row = client * IDS_A_CLIENT + next(counts[client])
            returned_us[row] = epoch_s * 1_000_000 + epoch_us
        log.unlink()
    return returned_us


def _arrivals(log):
    """When each row arrived, in microseconds since 1970."""
    lines = (line.split(' ', 1) for line in log.read_text(encoding='utf-8').splitlines())
    return {int(key.rsplit('idn', 1)[1]): int(arrived_us) for arrived_us, key in lines}


def _streams_to(sim, database, folder, plugin, *more):
    return PgKinesis(folder, '--source', database.uri, '--slot', database.name, '--create',
                     '--stream', STREAM, '--endpoint-url', sim.url, '--plugin', plugin,
                     *(['--publication', PUBLICATION] if plugin == 'pgoutput' else []), *more)


def _new_database(server):
    database = Database.create(server, f'latency_{next(NUMBERS)}')
    database.execute(TABLE)
    database.execute(f'CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES')
    return database


def _latencies_ms(server, plugin, folder, seconds, commits_a_second):
    """From each COMMIT's return to the simulator's receipt, sorted. A record may well arrive before
    the client hears of its commit: then it is below zero."""
    database = _new_database(server)
    arrivals = folder / 'arrivals'
    with KinesisSim().start('--stream', f'{STREAM}:4', '--log-arrivals', arrivals) as sim:
        program = _streams_to(sim, database, folder, plugin)
        try:
            program.wait_until_streaming(database, database.name)
            returned_us = _commit_for(database, folder, seconds, commits_a_second)
            wait_until(lambda: sim.counters()['records_stored'] >= len(returned_us),
                       f'{len(returned_us)} records')
        finally:
            program.kill()
    arrived_us = _arrivals(arrivals)
    database.drop()
    return sorted((arrived_us[row] - returned_us[row]) / 1000 for row in returned_us)


def _percentile(ordered, percent):
    """The nearest rank of an ordered list."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _in_a_folder(measure):
    """What `measure` returns of a folder that server and program may use."""
    with tempfile.TemporaryDirectory(prefix='pgk-bench-') as name:
        os.chown(name, account().pw_uid, account().pw_gid)
        return measure(pathlib.Path(name))


def latency_section(server, plugin, runs, seconds, commits_a_second, goals):
    """From COMMIT's return to the endpoint."""
    found = [_in_a_folder(lambda folder: _latencies_ms(server, plugin, folder, seconds,
                                                       commits_a_second))
             for _ in range(runs)]
    figures = [Figure(f'p{percent}, ms', [_percentile(one, percent) for one in found], '{:.2f}',
                      goals.get(percent, '')) for percent in (50, 90, 99)]
    figures.append(Figure('most, ms', [one[-1] for one in found], '{:.2f}'))
    figures.append(Figure('commits', [len(one) for one in found]))
    return Section(f"From COMMIT's return to the endpoint, {commits_a_second:,} commits a second of "
                   f'{CLIENTS} clients, {plugin}', figures)


def _first_record_ms(server, plugin, folder):
    """From starting the program to the first record stored, one commit waiting in the slot."""
    database = _new_database(server)
    database.value('SELECT pg_create_logical_replication_slot(%s, %s)', [database.name, plugin])
    database.execute("INSERT INTO l VALUES (1, 'a row')")
    arrivals = folder / 'arrivals'
    with KinesisSim().start('--stream', f'{STREAM}:4', '--log-arrivals', arrivals) as sim:
        began_us = time.time_ns() / 1000
        program = _streams_to(sim, database, folder, plugin)
        try:
            wait_until(lambda: sim.counters()['records_stored'] >= 1, 'a record')
        finally:
            program.kill()
    database.drop()
    return (_arrivals(arrivals)[1] - began_us) / 1000


def start_section(server, plugins, runs):
    """How soon it is at work."""
    return Section('From the start of the program to the first record stored', [
        Figure(f'{plugin}, ms', [_in_a_folder(lambda folder: _first_record_ms(
            server, plugin, folder)) for _ in range(runs)], '{:.0f}', 'below 100')
        for plugin in plugins])
