"""What a process costs: its time, its CPU, its memory."""
import dataclasses
import os
import pathlib
import subprocess
import threading
import time

TICKS_A_SECOND = os.sysconf('SC_CLK_TCK')
LOOK_EVERY_S = 0.02


def cpu_s(pid):
    """The CPU a process has used so far, user and system; raises OSError when it is gone."""
    stat = pathlib.Path(f'/proc/{pid}/stat').read_text(encoding='utf-8')
    user, system = stat.rsplit(')', 1)[1].split()[11:13]  # The name before may hold anything.
    return (int(user) + int(system)) / TICKS_A_SECOND


def peak_bytes(pid):
    """The most memory a process was resident with so far; 0 when it is ending."""
    for line in pathlib.Path(f'/proc/{pid}/status').read_text(encoding='utf-8').splitlines():
        if line.startswith('VmHWM:'):
            return int(line.split()[1]) << 10
    return 0


class Watch(threading.Thread):
    """Looks at a process until it ends, since nobody can afterwards unless it is a child's.

    `find` returns its number, None while there is none yet."""

    def __init__(self, find):
        super().__init__(daemon=True)
        self.cpu_s = 0.0
        self.peak_bytes = 0
        self._find = find
        self._stopped = threading.Event()
        self.start()

    def run(self):
        pid = None
        while not self._stopped.wait(LOOK_EVERY_S):
            pid = pid or self._find()
            if pid is None:
                continue
            try:
                self.cpu_s = max(self.cpu_s, cpu_s(pid))
                self.peak_bytes = max(self.peak_bytes, peak_bytes(pid))
            except OSError:
                return

    def stop(self):
        """Ends the watch; what was seen last stays."""
        self._stopped.set()
        self.join()


@dataclasses.dataclass
class Cost:
    """What one run of a program took."""
    wall_s: float
    cpu_s: float
    peak_bytes: int


def run(command, env=None):
    """Runs a program to its end, which must be a good one."""
    began = time.monotonic()
    with subprocess.Popen([str(word) for word in command], env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        watch = Watch(lambda: process.pid)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
    if process.returncode != 0:
        raise RuntimeError(f'{command[0]} exited with {process.returncode}:\n{errors}')
    # The peak that wait4 tells counts the memory of the process that it was forked from, too.
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, watch.peak_bytes)
