"""How long a committed row takes to the endpoint, under light load."""
import itertools
import subprocess

from backlog import PUBLICATION
from pg_kinesis_process import PgKinesis
from postgres_server import Database, as_account
from sim_process import KinesisSim
from waiting import wait_until

STREAM = 'rows'
CLIENTS = 8
COMMITS_A_SECOND = 500
IDS_A_CLIENT = 1_000_000
NUMBERS = itertools.count(1)

# pgbench's variables outlive a transaction: each client counts its own rows.
SCRIPT = f'''\\set n :n + 1
\\set id :client_id * {IDS_A_CLIENT} + :n
INSERT INTO l VALUES (:id, 'a row that somebody waits for');
'''


def _commit_for(database, folder, seconds):
    """Commits at an even pace; when each commit returned, in microseconds since 1970, by row."""
    script = folder / 'commit.sql'
    script.write_text(SCRIPT, encoding='utf-8')
    subprocess.run([database.server.bin / 'pgbench', '-n', '-f', script, '-D', 'n=0',
                    '-c', str(CLIENTS), '-j', '1', '-R', str(COMMITS_A_SECOND), '-T', str(seconds),
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


def latencies_ms(server, plugin, folder, seconds):
    """From each COMMIT's return to the simulator's receipt, sorted. A record may well arrive before
    the client hears of its commit: then it is below zero."""
    database = Database.create(server, f'latency_{next(NUMBERS)}')
    database.execute('CREATE TABLE l (id int PRIMARY KEY, t text)')
    database.execute(f'CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES')
    arrivals = folder / 'arrivals'
    with KinesisSim().start('--stream', f'{STREAM}:4', '--log-arrivals', arrivals) as sim:
        program = PgKinesis(folder, '--source', database.uri, '--slot', database.name, '--create',
                            '--stream', STREAM, '--endpoint-url', sim.url, '--plugin', plugin,
                            *(['--publication', PUBLICATION] if plugin == 'pgoutput' else []))
        try:
            program.wait_until_streaming(database, database.name)
            returned_us = _commit_for(database, folder, seconds)
            wait_until(lambda: sim.counters()['records_stored'] >= len(returned_us),
                       f'{len(returned_us)} records')
        finally:
            program.kill()
    arrived_us = _arrivals(arrivals)
    database.drop()
    return sorted((arrived_us[row] - returned_us[row]) / 1000 for row in returned_us)


def percentile(ordered, percent):
    """The nearest rank of an ordered list."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def line(plugin, ordered):
    """What they were, in one line."""
    figures = '  '.join(f'p{percent} {percentile(ordered, percent):.2f}'
                        for percent in (50, 90, 99))
    return (f'  {plugin:>13}: {figures}  most {ordered[-1]:.2f} ms, over {len(ordered):,} commits')
