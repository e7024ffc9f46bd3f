"""A network namespace for the program, with a wire to the servers on which things can go wrong.

Servers listen on the loopback interface; a Relay at `outside` leads to them.
"""
import itertools
import os
import pathlib
import shutil
import subprocess

import pytest

NUMBERS = itertools.count()


def run(*command):
    """Runs a command. Where it fails, root or a feature of the kernel is missing: so is the test."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        complaint = done.stderr if done.returncode != 0 else ''
    except OSError as error:
        complaint = str(error)
    if complaint:
        pytest.skip(f'needs root and network namespaces: {" ".join(map(str, command))}: {complaint}')


class Namespace:
    """with Namespace() as net: pg_kinesis(..., within=net.command)

    A test that asks for one where none can be made is skipped.
    """

    def __init__(self):
        number = next(NUMBERS)
        self.name = f'pgk-{os.getpid()}-{number}'
        self.wire = f'pgk{os.getpid() % 65536:x}n{number}'
        subnet = f'10.{100 + number % 100}.{os.getpid() % 256}'
        self.outside, self.elsewhere, self.inside = (f'{subnet}.{host}' for host in (1, 2, 3))
        self.command = ['ip', 'netns', 'exec', self.name]
        # `ip netns exec` puts this file in the place of /etc/hosts.
        self.hosts = pathlib.Path('/etc/netns') / self.name / 'hosts'

    def names(self, **addresses):
        """From now on these names have these addresses. Written in place: the file is a mount."""
        lines = [f'{address} {name}.test\n' for name, address in addresses.items()]
        self.hosts.write_text('127.0.0.1 localhost\n' + ''.join(lines), encoding='ascii')

    def drop(self, port):
        """From now on no packet from or to that port outside arrives."""
        self._filter('-A', 'OUTPUT', '-p', 'tcp', '--dport', port, '-j', 'DROP')
        self._filter('-A', 'INPUT', '-p', 'tcp', '--sport', port, '-j', 'DROP')

    def lose(self, share):
        """From now on that share of the packets, either way, gets lost."""
        for chain in ('INPUT', 'OUTPUT'):
            self._filter('-A', chain, '-m', 'statistic', '--mode', 'random', '--probability', share,
                         '-j', 'DROP')

    def restore(self):
        """Packets arrive again."""
        self._filter('-F')

    def slow_down(self, bytes_a_second):
        """From now on no more than so much leaves the namespace."""
        run(*self.command, 'tc', 'qdisc', 'add', 'dev', 'wire', 'root', 'tbf',
            'rate', f'{8 * bytes_a_second}bit', 'burst', 4000, 'latency', '1s')

    def _filter(self, *rule):
        run(*self.command, 'iptables', '-w', *rule)

    def __enter__(self):
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # And the wire with it.
        subprocess.run(['ip', 'netns', 'delete', self.name], check=False, capture_output=True)
        shutil.rmtree(self.hosts.parent, ignore_errors=True)

    def _set_up(self):
        run('ip', 'netns', 'add', self.name)
        self.hosts.parent.mkdir(parents=True)
        self.names()
        run('ip', 'link', 'add', self.wire, 'type', 'veth', 'peer', 'name', 'wire',
            'netns', self.name)
        for address in (self.outside, self.elsewhere):
            run('ip', 'address', 'add', f'{address}/24', 'dev', self.wire)
        run('ip', 'link', 'set', self.wire, 'up')
        run('ip', '-n', self.name, 'address', 'add', f'{self.inside}/24', 'dev', 'wire')
        for link in ('lo', 'wire'):
            run('ip', '-n', self.name, 'link', 'set', link, 'up')
