"""A control group of the kernel's that gives a process no more memory than so much."""
import os
import pathlib

import pytest

from waiting import wait_until

ROOT = pathlib.Path('/sys/fs/cgroup')


class MemoryGroup:
    """with MemoryGroup(96 << 20) as group: start(..., within=group.command)

    Whoever takes more is killed by the kernel. A test that asks for one where none can be made is
    skipped.
    """

    def __init__(self, bytes_max):
        is_first_version = (ROOT / 'memory').is_dir()
        self.folder = (ROOT / 'memory' if is_first_version else ROOT) / f'pgk-{os.getpid()}'
        self.limit, self.peak = (('memory.limit_in_bytes', 'memory.max_usage_in_bytes')
                                 if is_first_version else ('memory.max', 'memory.peak'))
        self.bytes_max = bytes_max
        self.command = ['sh', '-c', f'echo $$ >{self.folder}/cgroup.procs && exec "$0" "$@"']

    def most_bytes(self):
        """The most that the group has had, the kernel's part for it and all."""
        return int((self.folder / self.peak).read_text(encoding='ascii'))

    def __enter__(self):
        try:
            self.folder.mkdir()
            (self.folder / self.limit).write_text(str(self.bytes_max), encoding='ascii')
        except OSError as error:
            pytest.skip(f'needs root and control groups of memory: {error}')
        return self

    def __exit__(self, *_):
        def removed():
            try:
                self.folder.rmdir()
            except OSError:
                return False  # A process that has just ended is still in it.
            return True

        if self.folder.exists():
            wait_until(removed, f'{self.folder} to be empty')
