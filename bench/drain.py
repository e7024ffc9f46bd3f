"""Draining a backlog: by the program, and by readers that throw everything away."""
import contextlib
import dataclasses
import os

from backlog import PUBLICATION
from cost import Bill
from figures import Figure, Section
from pg_kinesis_process import BUILD, environment
from processes import Watch, cpu_s, run
from sim_process import KinesisSim

STREAM = 'rows'
SHARDS = 4
NULL_READERS = {'eager': 1, 'coalesced': 65536, 'paced': 'paced'}  # As bench/null_reader.c says.

PGOUTPUT_OPTIONS = {'proto_version': '1', 'publication_names': PUBLICATION}

# How the program may send what it reads: name and options.
USUAL_WAY = 'CBOR'
WAYS = {USUAL_WAY: [], 'JSON': ['--wire', 'json'], 'aggregated': ['--aggregate']}


@dataclasses.dataclass
class Path:
    """How the three are connected. TCP on loopback, both ways in the clear, unless said."""
    query: str = ''                  # Of the source's URI.
    sim_options: tuple = ()
    environment: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Drain:
    """One drain by the program: what it took, and what the two beside it took meanwhile."""
    rows: int
    wall_s: float
    program_cpu_s: float
    walsender_cpu_s: float
    sim_cpu_s: float
    peak_bytes: int
    bill: Bill

    @property
    def rate(self):
        """Rows a second."""
        return self.rows / self.wall_s

    def cpu_us(self, cpu_s_in_all):
        """Microseconds a row."""
        return 1e6 * cpu_s_in_all / self.rows

    @property
    def all_cpu_us(self):
        """Of walsender, program and simulator together."""
        return self.cpu_us(self.walsender_cpu_s + self.program_cpu_s + self.sim_cpu_s)


def _uri(backlog, path, replication=False):
    parts = [part for part in (path.query, 'replication=database' if replication else '') if part]
    return backlog.database.uri + ('?' + '&'.join(parts) if parts else '')


def _null_reader(backlog, plugin, path, how):
    options = [f"{name} '{value}'" for name, value in PGOUTPUT_OPTIONS.items()]
    with backlog.copied_slot(plugin) as slot:
        cost = run([BUILD / 'bench' / 'null_reader', _uri(backlog, path, replication=True), slot,
                    backlog.end_lsn, how, *(options if plugin == 'pgoutput' else [])])
    return backlog.rows / cost.wall_s


def _recvlogical(backlog, plugin, path):
    options = [word for name, value in PGOUTPUT_OPTIONS.items()
               for word in ('-o', f'{name}={value}')]
    with backlog.copied_slot(plugin) as slot:
        cost = run([backlog.database.server.bin / 'pg_recvlogical', '-d', _uri(backlog, path),
                    '--slot', slot, '--start', '--endpos', backlog.end_lsn, '-f', '/dev/null',
                    *(options if plugin == 'pgoutput' else [])])
    return backlog.rows / cost.wall_s


@contextlib.contextmanager
def simulator(*options, shards=SHARDS):
    """kinesis_sim that checks and places everything, and forgets the data."""
    with KinesisSim().start('--stream', f'{STREAM}:{shards}', '--discard', *options) as sim:
        yield sim


def command(backlog, plugin, path, slot, url, ways):
    """The program's, to the end of the backlog."""
    return [BUILD / 'pg_kinesis', '--source', _uri(backlog, path), '--slot', slot,
            '--stream', STREAM, '--endpoint-url', url, '--endpos', backlog.end_lsn,
            *(['--publication', PUBLICATION] if plugin == 'pgoutput' else []), *ways]


def _pg_kinesis(backlog, plugin, path, ways):
    with simulator(*path.sim_options) as sim, backlog.copied_slot(plugin) as slot:
        walsender = Watch(lambda: backlog.reader_of(slot))
        sim_before_s = cpu_s(sim.process.pid)
        cost = run(command(backlog, plugin, path, slot, sim.url, ways),
                   env=environment(backlog.database.server.folder, path.environment))
        walsender.stop()
        sim_cpu_s = cpu_s(sim.process.pid) - sim_before_s
        bill = Bill.of(sim.counters())
    if '--aggregate' not in ways and bill.records != backlog.rows:
        raise RuntimeError(f'{bill.records} records were stored of {backlog.rows}')
    return Drain(backlog.rows, cost.wall_s, cost.cpu_s, walsender.cpu_s, sim_cpu_s,
                 cost.peak_bytes, bill)


def drain_once(backlog, plugin, path, ways, number):
    """One round: by everybody, one after the other. Who begins changes with its number, so that no
    one always finds a warm machine. A dict of rates, and of Drains by way."""
    readers = [
        ('recvlogical', lambda: _recvlogical(backlog, plugin, path)),
        *((reader, lambda how=how: _null_reader(backlog, plugin, path, how))
          for reader, how in NULL_READERS.items()),
        *((way, lambda way=way: _pg_kinesis(backlog, plugin, path, WAYS[way])) for way in ways)]
    first = number % len(readers)
    return {name: read() for name, read in readers[first:] + readers[:first]}


def _attainable(found, way):
    """What the machine allows: the server's own ceiling, or the CPU that three need. Which reader
    shows the ceiling differs: over TLS libpq reads a record of TLS at a time, so the coalesced one
    is the slowest there."""
    cpu_us = found[way].all_cpu_us
    by_cpu = 1e6 * os.cpu_count() / cpu_us if cpu_us > 0 else float('inf')
    return min(max(found[reader] for reader in NULL_READERS), by_cpu)


def _figures_of_way(rounds, way, goals):
    drains = [found[way] for found in rounds]
    against = [drain.rate / found['recvlogical'] for drain, found in zip(drains, rounds)]
    of_attainable = [drain.rate / _attainable(found, way) for drain, found in zip(drains, rounds)]

    def figure(name, values, form, goal=''):
        return Figure(f'{way}: {name}', values, form, goal)

    return [
        figure('rows a second', [drain.rate for drain in drains], '{:,.0f}'),
        figure('against pg_recvlogical', against, '{:.2f}', goals.get('against', '')),
        figure('of what is attainable', of_attainable, '{:.2f}', goals.get('attainable', '')),
        figure('our CPU, µs a row', [drain.cpu_us(drain.program_cpu_s) for drain in drains],
               '{:.2f}', goals.get('cpu', '')),
        figure("walsender's CPU", [drain.cpu_us(drain.walsender_cpu_s) for drain in drains],
               '{:.2f}'),
        figure("kinesis_sim's CPU", [drain.cpu_us(drain.sim_cpu_s) for drain in drains], '{:.2f}'),
        figure('peak MiB', [drain.peak_bytes / (1 << 20) for drain in drains], '{:.1f}',
               goals.get('peak', '')),
        figure('records a row', [drain.bill.records / drain.rows for drain in drains], '{:.3f}'),
        figure('bytes sent a row', [drain.bill.sent_bytes / drain.rows for drain in drains],
               '{:,.0f}'),
        *(figure(name, [1e6 * drain.bill.dollars()[name] / drain.rows for drain in drains],
                 '{:.4f}') for name in drains[0].bill.dollars()),
    ]


def drain_section(backlog, plugin, rounds, ways, goals, where=''):
    """The table of a backlog."""
    figures = [
        Figure('pg_recvlogical: rows a second', [found['recvlogical'] for found in rounds]),
        *(Figure(f'null reader, {reader}', [found[reader] for found in rounds])
          for reader in NULL_READERS),
        Figure('attainable', [_attainable(found, ways[0]) for found in rounds]),
    ]
    for way in ways:
        figures += _figures_of_way(rounds, way, goals)
    return Section(f'{backlog.shape.title}, {plugin}{where}', figures)
