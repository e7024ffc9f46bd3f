#!/usr/bin/env python3
"""chaos - everything goes wrong at once, and nothing may be lost. See script/chaos."""
import argparse
import pathlib
import random
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))  # Its servers and verdict are ours, too.

from acts import TRACKS, USUAL, NO_FAULT
from stage import Stage

TURN_S = 0.05
TOLD_MAX = 40  # Problems.


class Player:
    """Plays the acts of a track, one after the other, as its seed draws them."""

    def __init__(self, track, seed):
        self.track = track
        self.draw = random.Random(f'{seed} {track.name}')
        self.act = None
        self.due = time.monotonic() + self._pause_s()

    def turn(self, stage):
        """Goes on with the act, or begins the next one, once its time has come."""
        if time.monotonic() < self.due:
            return
        if self.act is None:
            choice, = self.draw.choices(list(self.track.acts), self.track.acts.values())
            self.act = choice(stage, self.draw)
        self.go_on()

    def go_on(self):
        """To what the act does next, or to its end."""
        try:
            self.due = time.monotonic() + next(self.act)
        except StopIteration:
            self.act = None
            self.due = time.monotonic() + self._pause_s()

    def _pause_s(self):
        return self.draw.uniform(*self.track.pause_s)


def play(stage, seed, seconds):
    """Everything goes wrong, until it is made good."""
    players = [Player(track, seed) for track in TRACKS]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for player in players:
            player.turn(stage)
        stage.supervise()
        time.sleep(TURN_S)
    for player in players:
        while player.act:
            player.go_on()
            time.sleep(TURN_S)


def judge(stage):
    """Prints what came of it; whether all is well."""
    problems, told = stage.verdict()
    print(f'\n{told}')
    for problem in problems[:TOLD_MAX]:
        print(f'PROBLEM: {problem}')
    if len(problems) > TOLD_MAX:
        print(f'PROBLEM: {len(problems)} in all')
    return not problems


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(prog='script/chaos', description=__doc__)
    parser.add_argument('--minutes', type=float, default=10, help='for how long (10)')
    parser.add_argument('--seed', type=int, help='of all that is drawn; itself drawn otherwise')
    parser.add_argument('--plugin', choices=['test_decoding', 'pgoutput'], help='drawn otherwise')
    parser.add_argument('--keep', metavar='FOLDER', type=pathlib.Path,
                        help='for what everybody said and what was stored')
    parser.add_argument('more', nargs='*', help='options of pg_kinesis, behind --')
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.randrange(1 << 32)
    if options.plugin is None:
        options.plugin = random.Random(options.seed).choice(['test_decoding', 'pgoutput'])
    return options


def run(options, folder):
    """Plays and judges; whether all is well."""
    with Stage(folder, options.seed, options.plugin, options.more) as stage:
        stage.sim.control(**USUAL)
        stage.began = time.monotonic()
        with stage.load:
            play(stage, options.seed, 60 * options.minutes)
        stage.sim.control(**NO_FAULT)
        stage.tell('the load has ended and all is made good')
        try:
            stage.settle()
            return judge(stage)
        finally:
            if options.keep:
                stage.keep()


def main():
    """Plays by the command line; the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # So that everything is stopped.
    options = parse()
    again = ['script/chaos', '--minutes', f'{options.minutes:g}', '--seed', str(options.seed),
             '--plugin', options.plugin, *(['--', *options.more] if options.more else [])]
    print(' '.join(again), flush=True)
    with tempfile.TemporaryDirectory(prefix='pgk-chaos-') as folder:
        well = run(options, options.keep or folder)
    print(f'{"all is well" if well else "NOT WELL"}; again: {" ".join(again)}')
    return 0 if well else 1


if __name__ == '__main__':
    sys.exit(main())
