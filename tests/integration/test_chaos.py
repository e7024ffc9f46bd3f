"""script/chaos plays, judges and says so, and leaves nothing behind."""
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def play(minutes, *more):
    command = [ROOT / 'script' / 'chaos', '--minutes', str(minutes), '--seed', '14', *more]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)


def test_chaos_ends_well_and_leaves_nothing():
    left = set(pathlib.Path(tempfile.gettempdir()).glob('pgk-chaos-*'))

    chaos = play(0.2)

    assert chaos.returncode == 0, chaos.stdout + chaos.stderr
    assert len(re.findall(r'^ +[\d.]+ s  ', chaos.stdout, re.M)) > 5
    last = chaos.stdout.splitlines()[-1]
    assert last.startswith('all is well; again: script/chaos --minutes 0.2 --seed 14')
    assert set(pathlib.Path(tempfile.gettempdir()).glob('pgk-chaos-*')) <= left


def test_chaos_sees_what_a_program_loses():
    chaos = play(0.05, '--', '-T', 'users')

    assert chaos.returncode == 1, chaos.stdout + chaos.stderr
    assert "PROBLEM: missing: Change(" in chaos.stdout
    assert "table='public.users'" in chaos.stdout
