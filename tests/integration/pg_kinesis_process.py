"""The program under test as a process."""
import contextlib
import functools
import os
import pathlib
import re
import signal
import subprocess

from waiting import DEADLINE_S, wait_until

BUILD = pathlib.Path(os.environ.get('PGK_BUILD_DIR')
                     or pathlib.Path(__file__).parent.parent.parent / 'build').resolve()
# What the program may see of the machine's own environment: no AWS_*, no PG*.
INHERITED = ('PATH', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS')

# What a run may have resident at most, and besides twice the largest row, which libpq holds.
MEMORY_BYTES_MAX = 96 << 20


def environment(home, changes=None):
    """A clean environment, with credentials that every local endpoint takes."""
    env = {name: os.environ[name] for name in INHERITED if name in os.environ}
    env |= {
        'HOME': str(home),
        'TZ': 'UTC',
        'AWS_ACCESS_KEY_ID': 'test',
        'AWS_SECRET_ACCESS_KEY': 'test',
        'AWS_REGION': 'us-east-1',
        'AWS_EC2_METADATA_DISABLED': 'true',
    }
    if 'PGK_WIRE' in os.environ:
        env['PG_KINESIS_WIRE'] = os.environ['PGK_WIRE']
    env |= changes or {}
    return {name: value for name, value in env.items() if value is not None}


@functools.cache
def is_sanitized():
    """Whether the program under test is one whose memory is not what it will be."""
    return b'__asan_init' in (BUILD / 'pg_kinesis').read_bytes()


class PgKinesis:
    """A run of build/pg_kinesis. Standard output and error go to files below `folder`.

    `env` adds to the environment, or with None takes away from it. `stdout` is where standard
    output goes instead. `within` is a command that becomes the program, as `ip netns exec` does.
    """

    def __init__(self, folder, *arguments, env=None, stdout=None, within=()):
        folder.mkdir(parents=True, exist_ok=True)
        self.log_path = folder / 'stderr'
        self.stdout_path = folder / 'stdout'
        self.arguments = [str(argument) for argument in arguments]
        self.memory_bytes = 0  # The most that was resident when it was last looked at.
        self.row_bytes_max = 0  # A test with large rows says how large.
        with open(self.log_path, 'wb') as log, open(self.stdout_path, 'wb') as out:
            self.process = subprocess.Popen([*within, BUILD / 'pg_kinesis', *self.arguments],
                                            stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=log,
                                            env=environment(folder, env))

    @property
    def is_running(self):
        """Whether the process has not ended yet."""
        return self.process.poll() is None

    def log(self):
        """What it said on standard error so far."""
        return self.log_path.read_text(encoding='utf-8', errors='replace')

    def stdout(self):
        """What it wrote to standard output so far."""
        return self.stdout_path.read_text(encoding='utf-8', errors='replace')

    def wait_until(self, event, what, deadline_s=DEADLINE_S):
        """Waits for an event that only a running program can bring about."""
        def happened():
            was_running = self.is_running  # Asked first: the event may be its last deed.
            self.look_at_memory()
            answer = event()
            if not answer and not was_running:
                raise RuntimeError(f'pg_kinesis exited with {self.process.returncode} '
                                   f'before {what}:\n{self.log()}')
            return answer

        return wait_until(happened, what, deadline_s)

    def wait_for_log(self, pattern, deadline_s=DEADLINE_S):
        """Waits until standard error matches a regular expression; the match."""
        return self.wait_until(lambda: re.search(pattern, self.log(), re.M), f'log /{pattern}/',
                               deadline_s)

    def wait_until_slot_passes(self, database, slot, lsn, deadline_s=DEADLINE_S):
        """Waits until the program has confirmed everything before a position."""
        self.wait_until(lambda: database.slot_has_passed(slot, lsn), f'{slot} to pass {lsn}',
                        deadline_s)

    def wait_until_streaming(self, database, slot, deadline_s=DEADLINE_S):
        """Waits until the program is sent what is committed from now on."""
        self.wait_until(lambda: database.slot_is_streamed(slot), f'{slot} to be read', deadline_s)

    def wait(self, deadline_s=DEADLINE_S):
        """Waits until the program ends by itself; its exit status."""
        try:
            return self.process.wait(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f'pg_kinesis still runs after {deadline_s:g} s') from None

    def look_at_memory(self):
        """The most that the process has had resident, in bytes; 0 when it never was looked at."""
        status = pathlib.Path(f'/proc/{self.process.pid}/status')
        with contextlib.suppress(OSError):
            found = re.search(r'VmHWM:\s+(\d+) kB', status.read_text(encoding='utf-8'))
            if found:  # Not of one that has ended and is not waited for yet.
                self.memory_bytes = int(found.group(1)) << 10
        return self.memory_bytes

    def assert_memory_was_bounded(self, bytes_max=MEMORY_BYTES_MAX):
        """What holds of every run, whatever went wrong meanwhile."""
        bound = bytes_max + 2 * self.row_bytes_max
        assert is_sanitized() or self.memory_bytes < bound, f'{self.memory_bytes} bytes resident'

    def terminate(self, deadline_s=DEADLINE_S):
        """Asks the program to deliver what it holds and leave; its exit status."""
        self.look_at_memory()
        self.process.send_signal(signal.SIGTERM)
        return self.wait(deadline_s)

    def kill(self):
        """Ends the program on the spot, as a crash would."""
        self.look_at_memory()
        self.process.kill()
        self.process.wait()

    def report(self):
        """All that helps to understand a failure."""
        status = 'running' if self.is_running else f'exit status {self.process.returncode}'
        return (f'--- pg_kinesis {" ".join(self.arguments)} ({status})\n{self.log()}')
