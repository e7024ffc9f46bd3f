#!/usr/bin/env python3
"""bench - what the program does beside what the machine allows. See script/bench."""
import argparse
import datetime
import os
import pathlib
import platform
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))  # Its servers and simulators are ours, too.

import backlog as shapes
from backlog import Backlog
from drain import USUAL_WAY, WAYS, Path, drain_once, drain_section
from figures import Figure, Section, text_of
from latency import latency_section, start_section
from pg_kinesis_process import BUILD
from postgres_server import DEBIAN_VERSION, PostgresServer, account
from report import write_chart, write_page
from shards import hot_key_section, limited_section

CONGESTION_CONTROL = pathlib.Path('/proc/sys/net/ipv4/tcp_congestion_control')
PLUGINS = ['test_decoding', 'pgoutput']
# No checkpoint falls into one run and not into another, no stalled reader is thrown out.
SETTINGS = {'max_wal_size': '16GB', 'checkpoint_timeout': '1h', 'wal_sender_timeout': '60s',
            'autovacuum': 'off'}
PEAK_MIB = 'below 96'


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(prog='script/bench', description=__doc__)
    parser.add_argument('--rows', type=int, default=500_000, help='of transactions of 1,000')
    parser.add_argument('--single-rows', type=int, default=200_000, help='of transactions of one')
    parser.add_argument('--shape-rows', type=int, default=25_000,
                        help='of 50 columns, updates, and over TLS; a tenth of it of 100 kB')
    parser.add_argument('--runs', type=int, default=5, help='of everybody, on copies of one slot')
    parser.add_argument('--seconds', type=int, default=5, help='of commits, to see latency')
    parser.add_argument('--limited-rows', type=int, default=1_150_000,
                        help='into sixteen shards with limits; twice as many aggregated')
    parser.add_argument('--plugin', choices=PLUGINS, action='append', help='these only')
    parser.add_argument('--part', choices=list(PARTS), action='append', help='these only')
    parser.add_argument('--output', type=pathlib.Path, default=ROOT / 'docs',
                        help='the folder that the page and the chart are written to')
    return parser.parse_args()


def describe_machine():
    """What the figures depend on besides the program."""
    with open('/proc/cpuinfo', encoding='utf-8') as cpuinfo:
        models = [text.split(':', 1)[1].strip() for text in cpuinfo
                  if text.startswith('model name')]
    version = subprocess.run([BUILD / 'pg_kinesis', '--version'], check=True, capture_output=True,
                             text=True).stdout.strip()
    congestion = CONGESTION_CONTROL.read_text(encoding='ascii').strip()
    return (f'{datetime.date.today()}: {version}, PostgreSQL {DEBIAN_VERSION}, {os.cpu_count()} CPUs '
            f'({models[0] if models else platform.machine()}), load {os.getloadavg()[0]:.1f}, TCP on '
            f'loopback ({congestion}), fsync off')


class Report:
    """Sections as they come: printed at once, and kept for the page."""

    def __init__(self):
        self.sections = []
        self.drains = []  # Those of the chart, with their short names.

    def add(self, section):
        """Prints and keeps it."""
        print(f'\n{text_of(section)}', flush=True)
        self.sections.append(section)


def goals_of(shape, plugin):
    """What is hoped for, for rows of four columns."""
    many = shape.rows_a_transaction > 1
    against = ('1.6' if plugin == 'pgoutput' else '1.3') if many else '2.0'
    return {'against': against, 'attainable': '0.85', 'peak': PEAK_MIB,
            **({'cpu': 'at most 1.20'} if many else {})}


def bench_drain(report, server, options, shape, ways, path=Path(), where='', goals=goals_of):
    """A section for each plugin."""
    backlog = Backlog(server, shape)
    for plugin in options.plugin:
        rounds = [drain_once(backlog, plugin, path, ways, number)
                  for number in range(options.runs)]
        section = drain_section(backlog, plugin, rounds, ways, goals(shape, plugin), where)
        report.add(section)
        if len(ways) > 1:
            size = 'one' if shape.rows_a_transaction == 1 else f'{shape.rows_a_transaction:,}'
            report.drains.append((f'{plugin}\\n{size} a transaction', section))
    backlog.drop()


def tls_path(server):
    """Encrypts both sides by a certificate of its own."""
    certificate, key = server.folder / 'certificate.pem', server.folder / 'key.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1',
                    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
                    '-keyout', key, '-out', certificate], check=True, capture_output=True)
    for file in (certificate, key):
        os.chown(file, account().pw_uid, account().pw_gid)
        file.chmod(0o600)
    with server.connect() as connection:
        for name, value in (('ssl_cert_file', certificate), ('ssl_key_file', key), ('ssl', 'on')):
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute('SELECT pg_reload_conf()')
    return Path('sslmode=require', ('--certificate', certificate, '--key', key),
                {'AWS_CA_BUNDLE': str(certificate)})


def only_peak(_shape, _plugin):
    """Goals were set for rows of four columns; memory has the same bound for all."""
    return {'peak': PEAK_MIB}


def bench_drains(report, server, options):
    """The two backlogs that goals were set for, each way of sending."""
    for shape in (shapes.many_a_transaction(options.rows),
                  shapes.one_a_transaction(options.single_rows)):
        bench_drain(report, server, options, shape, list(WAYS))


def bench_shapes(report, server, options):
    """Other rows."""
    rows = options.shape_rows
    for shape in (shapes.wide(rows), shapes.large(rows // 10), shapes.full_updates(rows)):
        bench_drain(report, server, options, shape, [USUAL_WAY], goals=only_peak)


def bench_tls(report, server, options):
    """The first backlog, encrypted, and shorter: the coalesced reader takes its time over TLS."""
    bench_drain(report, server, options, shapes.many_a_transaction(options.shape_rows),
                [USUAL_WAY], tls_path(server), ', TLS on both sides', only_peak)


def bench_latency(report, server, options):
    """Light load and more."""
    for plugin in options.plugin:
        for rate, goals in ((500, {50: 'below 1', 99: 'below 5'}), (5000, {})):
            report.add(latency_section(server, plugin, options.runs, options.seconds, rate, goals))


def bench_start(report, server, options):
    """How soon it is at work, and how large it is."""
    report.add(start_section(server, options.plugin, options.runs))
    report.add(size_section())


def bench_hot_key(report, server, options):
    """All changes are one key's."""
    report.add(hot_key_section(server, options.plugin[-1], options.runs))


def bench_shards(report, server, options):
    """Shards that are slower than the program."""
    plugin, rows = options.plugin[-1], options.limited_rows
    report.add(limited_section(server, plugin, 'plain', [], rows, 830, 'over 950'))
    report.add(limited_section(server, plugin, 'aggregated', ['--aggregate'], 2 * rows, 235,
                               'over 1,800'))


# In the order of the page.
PARTS = {'drains': bench_drains, 'shapes': bench_shapes, 'tls': bench_tls,
         'latency': bench_latency, 'start': bench_start, 'hot-key': bench_hot_key,
         'shards': bench_shards}


def size_section():
    """What is installed, its symbols stripped."""
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(['strip', '-o', stripped.name, BUILD / 'pg_kinesis'], check=True)
        kib = os.path.getsize(stripped.name) / 1024
    return Section('The program', [Figure('KiB, stripped', [kib])])


def main():
    """Runs everything on a server of its own, of which nothing is left."""
    options = parse()
    options.plugin = options.plugin or PLUGINS
    options.part = options.part or list(PARTS)

    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    machine = describe_machine()
    print(machine)
    report = Report()
    server = PostgresServer(DEBIAN_VERSION)
    try:
        with server.connect() as connection:
            for name, value in SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute('SELECT pg_reload_conf()')
        for part in options.part:
            PARTS[part](report, server, options)
    finally:
        server.stop()
    if report.drains:
        write_chart(options.output, report.drains)
    write_page(options.output, (ROOT / 'bench' / 'preface.md').read_text(encoding='utf-8'), machine,
               report.sections)


if __name__ == '__main__':
    main()
