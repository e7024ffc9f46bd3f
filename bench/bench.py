#!/usr/bin/env python3
"""bench - what the program does beside what the machine allows. See script/bench."""
import argparse
import os
import pathlib
import platform
import signal
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))  # Its servers and simulators are ours, too.

from backlog import Backlog
from drain import drain_once, table
from latency import CLIENTS, COMMITS_A_SECOND, latencies_ms, line
from postgres_server import DEBIAN_VERSION, PostgresServer, account

PLUGINS = ['test_decoding', 'pgoutput']
# No checkpoint falls into one run and not into another, no stalled reader is thrown out.
SETTINGS = {'max_wal_size': '16GB', 'checkpoint_timeout': '1h', 'wal_sender_timeout': '60s',
            'autovacuum': 'off'}


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(prog='script/bench', description=__doc__)
    parser.add_argument('--rows', type=int, default=500_000, help='of transactions of 1,000')
    parser.add_argument('--single-rows', type=int, default=200_000, help='of transactions of one')
    parser.add_argument('--runs', type=int, default=5, help='of everybody, on copies of one slot')
    parser.add_argument('--seconds', type=int, default=20, help='of commits, to see latency')
    parser.add_argument('--plugin', choices=PLUGINS, action='append', help='these only')
    return parser.parse_args()


def describe_machine():
    """What the figures depend on besides the program."""
    with open('/proc/cpuinfo', encoding='utf-8') as cpuinfo:
        models = [text.split(':', 1)[1].strip() for text in cpuinfo
                  if text.startswith('model name')]
    print(f'{os.cpu_count()} CPUs ({models[0] if models else platform.machine()}), load '
          f'{os.getloadavg()[0]:.1f}, PostgreSQL {DEBIAN_VERSION}, TCP on loopback, fsync off')


def bench_drains(server, options, plugins):
    """Prints a table for each backlog and plugin."""
    for rows, rows_a_transaction in ((options.rows, 1000), (options.single_rows, 1)):
        if rows == 0:
            continue
        backlog = Backlog(server, rows, rows_a_transaction)
        for plugin in plugins:
            print(f'\n{backlog}, {plugin}: rows a second; CPU in microseconds a row', flush=True)
            rounds = [drain_once(backlog, plugin, number) for number in range(options.runs)]
            print('\n'.join(table(rounds)), flush=True)
        backlog.drop()


def bench_latency(server, options, plugins):
    """Prints a line for each plugin."""
    if options.seconds == 0:
        return
    print(f"\nfrom COMMIT's return to the endpoint, {COMMITS_A_SECOND} commits a second of "
          f'{CLIENTS} clients, synchronous_commit on, ms')
    for plugin in plugins:
        with tempfile.TemporaryDirectory(prefix='pgk-bench-') as folder:
            os.chown(folder, account().pw_uid, account().pw_gid)
            ordered = latencies_ms(server, plugin, pathlib.Path(folder), options.seconds)
            print(line(plugin, ordered), flush=True)


def main():
    """Runs everything on a server of its own, of which nothing is left."""
    options = parse()
    plugins = options.plugin or PLUGINS

    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    describe_machine()
    server = PostgresServer(DEBIAN_VERSION)
    try:
        with server.connect() as connection:
            for name, value in SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute('SELECT pg_reload_conf()')
        bench_drains(server, options, plugins)
        bench_latency(server, options, plugins)
    finally:
        server.stop()


if __name__ == '__main__':
    main()
