"""script/demo does what the README shows, and fails when it cannot."""
import os
import pathlib
import re
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
VARYING = [(r'pgk-demo-\w+', 'FOLDER'), (r'127\.0\.0\.1:\d+', 'PORT'),
           (r'"time":"[^"]+"', 'TIME'), (r'"lsn":"[^"]+"', 'LSN')]


def lasting(text):
    """The lines of a demo's output, without what differs from run to run."""
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text.splitlines()


def child_of(parent, name):
    """The process that another one started, by name; a bare Debian has no pgrep."""
    for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
        try:
            found = re.match(r'(\d+) \((.*)\) \w (\d+)', stat.read_text(encoding='utf-8'))
        except OSError:
            continue  # It ended meanwhile.
        if found.group(2) == name and int(found.group(3)) == parent:
            return int(found.group(1))
    raise LookupError(f'process {parent} has no child {name}')


def test_the_demo_prints_what_the_readme_shows():
    shown = re.search(r'^```\n(== .*?)^```', (ROOT / 'README.md').read_text(encoding='utf-8'),
                      re.M | re.S).group(1)

    demo = subprocess.run([ROOT / 'script' / 'demo'], stdin=subprocess.DEVNULL, check=True,
                          capture_output=True, text=True, timeout=120)

    assert demo.stderr == ''
    printed = lasting(demo.stdout)
    at = printed.index(lasting(shown)[0])
    assert printed[at:at + len(lasting(shown))] == lasting(shown)


def test_the_demo_fails_when_a_part_of_it_dies():
    demo = subprocess.Popen([ROOT / 'script' / 'demo'], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in demo.stdout:
        if line.startswith('== running'):
            os.kill(child_of(demo.pid, 'kinesis_sim'), signal.SIGTERM)
    errors = demo.communicate(timeout=120)[1]

    assert demo.returncode == 1
    assert 'kinesis_sim is not running any more' in errors
