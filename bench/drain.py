"""Draining a backlog: by the program, and by readers that throw everything away."""
import dataclasses
import os
import statistics

from backlog import PUBLICATION
from pg_kinesis_process import BUILD, environment
from processes import Watch, cpu_s, run
from sim_process import KinesisSim

STREAM = 'rows'
SHARDS = 4
COALESCED_BYTES = 65536

PGOUTPUT_OPTIONS = {'proto_version': '1', 'publication_names': PUBLICATION}


@dataclasses.dataclass
class Drain:
    """One drain by the program: what it took, and what the two beside it took meanwhile."""
    rows: int
    wall_s: float
    program_cpu_s: float
    walsender_cpu_s: float
    sim_cpu_s: float
    peak_bytes: int

    @property
    def rate(self):
        """Rows a second."""
        return self.rows / self.wall_s

    def cpu_us_a_row(self):
        """Of walsender, program and simulator."""
        return [1e6 * cpu / self.rows
                for cpu in (self.walsender_cpu_s, self.program_cpu_s, self.sim_cpu_s)]


@dataclasses.dataclass
class Round:
    """One drain of a backlog by everybody, one after the other: rows a second of each."""
    recvlogical: float
    eager: float
    coalesced: float
    drain: Drain

    @property
    def attainable(self):
        """What the machine allows: the server's own ceiling, or the CPU that three need."""
        cpu_s_a_row = sum(self.drain.cpu_us_a_row()) / 1e6
        by_cpu = os.cpu_count() / cpu_s_a_row if cpu_s_a_row > 0 else float('inf')
        return min(self.coalesced, by_cpu)

    def figures(self):
        """In the order of HEADINGS."""
        return [self.recvlogical, self.eager, self.coalesced, self.drain.rate, self.attainable,
                self.drain.rate / self.attainable, self.drain.rate / self.recvlogical,
                *self.drain.cpu_us_a_row(), self.drain.peak_bytes / (1 << 20)]


HEADINGS = ['recvlogical', 'eager', 'coalesced', 'pg_kinesis', 'attainable', 'of it',
            'x recvlogical', 'CPU server', 'CPU ours', 'CPU sim', 'peak MiB']
FORMATS = ['{:,.0f}'] * 5 + ['{:.2f}'] * 2 + ['{:.2f}'] * 3 + ['{:.1f}']


def _null_reader(backlog, plugin, lowat_bytes):
    options = [f"{name} '{value}'" for name, value in PGOUTPUT_OPTIONS.items()]
    with backlog.copied_slot(plugin) as slot:
        cost = run([BUILD / 'bench' / 'null_reader',
                    f'{backlog.database.uri}?replication=database', slot, backlog.end_lsn,
                    lowat_bytes, *(options if plugin == 'pgoutput' else [])])
    return backlog.rows / cost.wall_s


def _recvlogical(backlog, plugin):
    options = [word for name, value in PGOUTPUT_OPTIONS.items()
               for word in ('-o', f'{name}={value}')]
    with backlog.copied_slot(plugin) as slot:
        cost = run([backlog.database.server.bin / 'pg_recvlogical', '-d', backlog.database.uri,
                    '--slot', slot, '--start', '--endpos', backlog.end_lsn, '-f', '/dev/null',
                    *(options if plugin == 'pgoutput' else [])])
    return backlog.rows / cost.wall_s


def _pg_kinesis(backlog, plugin):
    with KinesisSim().start('--stream', f'{STREAM}:{SHARDS}', '--discard') as sim, \
            backlog.copied_slot(plugin) as slot:
        walsender = Watch(lambda: backlog.reader_of(slot))
        sim_before_s = cpu_s(sim.process.pid)
        cost = run([BUILD / 'pg_kinesis', '--source', backlog.database.uri, '--slot', slot,
                    '--stream', STREAM, '--endpoint-url', sim.url, '--endpos', backlog.end_lsn,
                    *(['--publication', PUBLICATION] if plugin == 'pgoutput' else [])],
                   env=environment(backlog.database.server.folder))
        walsender.stop()
        sim_cpu_s = cpu_s(sim.process.pid) - sim_before_s
        stored = sim.counters()['records_stored']
        if stored != backlog.rows:
            raise RuntimeError(f'{stored} records were stored of {backlog.rows}')
    return Drain(backlog.rows, cost.wall_s, cost.cpu_s, walsender.cpu_s, sim_cpu_s,
                 cost.peak_bytes)


def drain_once(backlog, plugin, number):
    """One round. Who begins changes with its number, so that no one always finds a warm machine."""
    found = {}
    readers = [
        ('recvlogical', lambda: _recvlogical(backlog, plugin)),
        ('eager', lambda: _null_reader(backlog, plugin, 1)),
        ('coalesced', lambda: _null_reader(backlog, plugin, COALESCED_BYTES)),
        ('drain', lambda: _pg_kinesis(backlog, plugin)),
    ]
    first = number % len(readers)
    for name, read in readers[first:] + readers[:first]:
        found[name] = read()
    return Round(**found)


def table(rounds):
    """Lines of text: every run, and the medians."""
    rows = [one.figures() for one in rounds]
    medians = [statistics.median(column) for column in zip(*rows)]
    widths = [max(len(heading), 9) for heading in HEADINGS]

    def line(name, cells):
        return f'  {name:>6}  ' + '  '.join(cell.rjust(width)
                                            for cell, width in zip(cells, widths))

    def formatted(figures):
        return [form.format(figure) for form, figure in zip(FORMATS, figures)]

    return [line('run', HEADINGS),
            *(line(str(number), formatted(row)) for number, row in enumerate(rows, 1)),
            line('median', formatted(medians))]
