"""The stage: PostgreSQL under a load, an endpoint, and the program between them."""
import collections
import datetime
import pathlib
import re
import signal
import time

from append_log import as_shards, consume, read_log
from copies import Break
from load import NAMES, TABLES, rows
from pg_kinesis_process import PgKinesis
from postgres_server import DEBIAN_VERSION, Database, PostgresServer
from runs import SLOT, arguments
from sim_process import KinesisSim
from surge import SURGE_NAMES, SURGE_TABLES, SurgingLoad
from verdict import journal, judge_log, watch
from waiting import wait_until

STREAM = 'test'
SHARDS = 4
SETTLE_S = 300      # For what is left of the load, on a busy machine.
LEAVE_S = 60        # Three times what the program allows itself when it is told to leave.
SENDER_TIMEOUT_S = 3
MEMORY_MAX_KIB = 96 << 10
CHANGES_LEAST = 100

STORED_NONE = 'records stored 0 '
BEGUN = re.compile(r'^(\S+)Z pg_kinesis: info: streaming from slot', re.M)


def now_ms():
    """The wall clock, as the endpoint's."""
    return int(time.time() * 1000)


class Stage:
    """Everything that takes part, and what happened to it."""

    def __init__(self, folder, seed, plugin, more):
        self.folder = pathlib.Path(folder)
        self.began = time.monotonic()
        self.runs, self.stops, self.problems = [], [], []
        self.leaves_until = None  # When it was asked to leave.
        self.cuts = collections.Counter()  # Of a run's streams, by us; by the run's number.
        self.most_memory_kib = 0
        self.server = self.sim = None
        self.seed, self.plugin, self.more = seed, plugin, more

    def __enter__(self):
        try:
            self.server = PostgresServer(DEBIAN_VERSION)
            self.database = Database.create(self.server, 'chaos')
            self.sim = KinesisSim().start('--stream', f'{STREAM}:{SHARDS}', '--seed', self.seed)
            self.database.execute(f'{TABLES};{SURGE_TABLES};'
                                  'CREATE PUBLICATION everything FOR ALL TABLES')
            watch(self.database)
            self.load = SurgingLoad(self.database, self.seed)
            self.start_program()
            self.run.wait_until_streaming(self.database, SLOT)  # From now on its slot keeps all.
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for run in self.runs[-1:]:
            run.kill()
        if self.sim:
            self.sim.stop()
        if self.server:
            self.server.stop()

    @property
    def run(self):
        """The program that runs now, or ran last."""
        return self.runs[-1]

    def tell(self, text):
        """A line about what happens."""
        print(f'{time.monotonic() - self.began:7.1f} s  {text}', flush=True)

    # The program.

    def start_program(self):
        """A run that goes on where the last one was."""
        source = f"{self.database.dsn} options='-c wal_sender_timeout={SENDER_TIMEOUT_S}s'"
        line = arguments(self.database, self.sim, '--create', '--retry-initial',
                         *(['--publication', 'everything'] if self.plugin == 'pgoutput' else []),
                         *self.more)
        line[line.index('--source') + 1] = source
        self.runs.append(PgKinesis(self.folder / f'pg_kinesis-{len(self.runs) + 1}', *line))

    def note_memory(self):
        """The most memory that a run has had resident, asked while it lives."""
        status = pathlib.Path(f'/proc/{self.run.process.pid}/status')
        found = re.search(r'VmHWM:\s+(\d+) kB', status.read_text(encoding='ascii'))
        if found:  # Else it has just ended.
            self.most_memory_kib = max(self.most_memory_kib, int(found.group(1)))

    def last_words(self):
        """How the program ended, and why if it said so."""
        errors = re.findall(r'pg_kinesis: (?:error|warning): .*', self.run.log())
        return f'status {self.run.process.returncode}, {errors[-1] if errors else "no error"}'

    def left_early(self):
        """Whether the program ended before it had stored anything, because something was amiss:
        then who started it still looks, and is told."""
        log = self.run.log()
        return self.run.process.returncode == 1 and (STORED_NONE in log or not BEGUN.search(log))

    def supervise(self):
        """Starts the program again when it has left by itself, which it may do early only."""
        if self.run.is_running:
            self.note_memory()
            return
        if self.leaves_until:
            return  # It was asked to.
        self.tell(f'pg_kinesis left by itself: {self.last_words()}')
        if not self.left_early():
            self.problems.append(f'left by itself: {self.last_words()}')
        self.start_program()

    def kill_program(self):
        """As a crash would."""
        self.note_memory()
        self.run.kill()

    def begin_leave(self):
        """Asks the program to leave; has_left() tells when it has."""
        self.leaves_until = time.monotonic() + LEAVE_S
        self.run.process.send_signal(signal.SIGTERM)

    def has_left(self):
        """Whether the program has left as it should."""
        if self.run.is_running:
            self.note_memory()
            if time.monotonic() < self.leaves_until:
                return False
            self.problems.append(f'did not leave within {LEAVE_S} s')
            self.run.kill()
        self.leaves_until = None
        if self.run.process.returncode != 0 and not self.left_early():
            self.problems.append(f'was asked to leave: {self.last_words()}')
        return True

    def cut_stream(self):
        """Something is done that may end the stream of this run, which then begins another."""
        self.cuts[len(self.runs)] += 1

    def stood_still(self, begin_ms):
        """The program did nothing since then, and goes on: the server may have given it up, and
        replies may have come too late."""
        self.cut_stream()
        self.stops.append(Break(begin_ms, now_ms(), 'pg_kinesis stood still'))

    # The server.

    def start_server(self):
        """Starts the server, which was shut down."""
        self.server.start()
        self.database.connection = self.database.connect()

    def begin_shutdown(self, how):
        """Asks the server to end; server_is_up() tells until when it has not."""
        self.cut_stream()
        self.database.connection.close()
        self.server.process.send_signal(how)

    def server_is_up(self):
        """Whether it still waits for those who stream to confirm all they were sent."""
        if self.server.process.poll() is None:
            return True
        self.server.shut_down()
        return False

    def end_backends(self, condition):
        """Ends what the server does for somebody."""
        self.cut_stream()
        self.database.value(f'SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity'
                            f' WHERE {condition}')

    # The endpoint.

    def open_shards(self):
        """The shards that take records."""
        shards = as_shards(self.sim.shards(STREAM))
        closed = {parent for shard in shards.values() for parent in shard.parents}
        return [shard for shard in shards.values() if shard.id not in closed]

    # The verdict.

    def settle(self):
        """Waits until all that was committed is confirmed, then asks the program to leave."""
        end = self.database.current_lsn()

        def settled():
            self.supervise()
            return self.database.slot_has_passed(SLOT, end)

        try:
            wait_until(settled, f'{SLOT} to pass {end}', SETTLE_S, poll_s=0.2)
            self.tell('everything is delivered')
            self.run.terminate(LEAVE_S)
        except TimeoutError as failure:
            self.run.kill()
            self.problems.append(str(failure))
        if self.run.process.returncode != 0:
            self.problems.append(f'at the end: {self.last_words()}')

    def keep(self):
        """Puts what the server said and what was stored beside what the program said."""
        (self.folder / 'postgres').write_text(self.server.log(), encoding='utf-8')
        with open(self.folder / 'records', 'w', encoding='utf-8') as file:
            for one in read_log(self.sim, STREAM)[1]:
                print(*one, file=file)

    def breaks(self):
        """What makes copies rightful: each stream that began, and each time we stood still."""
        streams = [Break(at, at, 'a new stream') for run in self.runs for at in begun_at(run)]
        return streams + self.stops

    def verdict(self):
        """All problems, and what was judged, as a text; the load has ended and the program left."""
        shards, log = read_log(self.sim, STREAM)
        records, problems = consume(shards, log)
        committed = journal(self.database)
        unknown = self.load.committed() - {change.mark for change in committed}
        if unknown:
            problems.append(f'the journal lacks {sorted(unknown)[:3]}')
        found, copies = judge_log(committed, records, rows(self.database, NAMES | SURGE_NAMES),
                                  self.load.rolled_back(), self.breaks())
        told = (f'{len(committed)} changes, told {len(records)} times in {len(log)} records of '
                f'{len(shards)} shards; {len(self.runs)} runs, {self.most_memory_kib} KiB resident '
                f'at most; {told_copies(copies)}')
        if len(committed) < CHANGES_LEAST:
            problems.append('hardly any changes were made')
        return self.problems + problems + found + self.own_problems(), told

    def own_problems(self):
        """What no record shows."""
        problems = []
        for number, run in enumerate(self.runs, 1):
            begun = len(begun_at(run))
            if begun > 1 + self.cuts[number]:
                problems.append(f'run {number} began {begun} streams, of which something cut '
                                f'{self.cuts[number]}')
        if self.most_memory_kib > MEMORY_MAX_KIB:
            problems.append(f'{self.most_memory_kib} KiB were resident')
        return problems


def told_copies(copies):
    """How many copies there are, by their causes."""
    causes = collections.Counter(copy.cause for copy in copies)
    return f'{len(copies)} copies ({", ".join(f"{why}: {n}" for why, n in causes.most_common())})'


def begun_at(run):
    """When a run's streams began, in milliseconds of the wall clock."""
    return [int(datetime.datetime.fromisoformat(at + '+00:00').timestamp() * 1000)
            for at in BEGUN.findall(run.log())]
