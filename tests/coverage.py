#!/usr/bin/env python3
"""coverage - no line of what must not lose a record goes untried.

    tests/coverage.py [BUILD]

Runs the suites that need no server, as clang built them in BUILD (build-clang by default) with
-fprofile-instr-generate -fcoverage-mapping, and reads which lines they went through. A line that
they did not must say why, or the block that it is in where that opens:

    abort(); // uncovered: there is no memory left to test with.
    if (broken) { // uncovered: only a broken kernel comes here.

Prints a line for each that does not, for each excuse that is not needed, and for each file that no
suite has; then how many lines there are. Exits 1 when it printed one of these, or when more than
one line of a hundred is excused. tests/test_coverage.py plants each of these and sees it found.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
WATCHED = (
    'base/*.[ch]', 'model/*.[ch]', 'select/*.[ch]', 'encode/*.[ch]', 'delivery/*.[ch]',
    'kinesis/put_records*.[ch]', 'kinesis/entry_shape.[ch]', 'kinesis/wire*.[ch]',
    'kinesis/lane_key.[ch]', 'kinesis/sigv4.[ch]',
)
SUITES = {'unit', 'golden', 'fuzz', 'simulation'}
EXCUSED_OF_LINES_MAX = 0.01

EXCUSE = re.compile(r'// uncovered: \S')
NO_CODE = re.compile(r'\s*([{}]*;?|//.*)\s*')  # Nothing, a brace or a comment by itself.


def watched_files(root):
    """The sources whose lines are looked at."""
    return sorted({path for pattern in WATCHED for path in (root / 'src').glob(pattern)})


def run(command, what, **options):
    """What the command prints; the end, with all that it said, when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f'{what} failed\n{done.stdout}{done.stderr}')
    return done.stdout


def tests_of(build):
    """The tests of the suites that need no server, as meson would run them."""
    return [test for test in json.loads(run(['meson', 'introspect', '--tests', build], 'meson'))
            if SUITES & {suite.split(':')[-1] for suite in test['suite']}]


def lines_of(test, sources, folder):
    """Runs one test; how often it went through each line, as (file, line) -> count.

    Each has a profile of its own: the simulation has functions of the same names as the program,
    whose place they take, and one profile for all would take the ones for the others.
    """
    folder = folder / test['name']
    folder.mkdir()
    profiles = {**os.environ, **test['env'], 'LLVM_PROFILE_FILE': f'{folder}/%p.profraw'}
    run(test['cmd'], test['name'], env=profiles, cwd=test['workdir'])
    raw, profile = sorted(folder.glob('*.profraw')), folder / 'profdata'
    run(['llvm-profdata-14', 'merge', '-sparse', *raw, '-o', profile], 'llvm-profdata-14')
    return dict(counts_in(run(
        ['llvm-cov-14', 'export', '-format=lcov', f'-instr-profile={profile}', test['cmd'][0],
         *sources], 'llvm-cov-14')))


def counts_in(lcov):
    """The ((file, line), count) pairs of a report in lcov's format."""
    path = None
    for line in lcov.splitlines():
        key, _, value = line.partition(':')
        if key == 'SF':
            path = pathlib.Path(value).resolve()
        elif key == 'DA':
            number, count = value.split(',')[:2]
            yield (path, int(number)), int(count)


def counts_of(build, sources):
    """How often all tests together went through each line."""
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        of_one = pool.map(lambda test: lines_of(test, sources, pathlib.Path(folder)),
                          tests_of(build))
        for lines in of_one:
            counts.update(lines)
    return counts


def excuses_in(lines):
    """The excuses of a file: the line of each, and the lines that it is for."""
    for number, line in enumerate(lines, 1):
        if not EXCUSE.search(line):
            continue
        last = number
        if line.split('//')[0].rstrip().endswith('{'):
            closing = line[:len(line) - len(line.lstrip())] + '}'
            while last < len(lines) and not lines[last - 1].startswith(closing):
                last += 1
        yield number, range(number, last + 1)


def judge(name, lines, counts):
    """(problems, lines of code, lines excused) of a file; counts: of each line that has code."""
    problems, excused = [], set()
    counts = {number: count for number, count in counts.items()
              if not NO_CODE.fullmatch(lines[number - 1])}
    uncovered = {number for number, count in counts.items() if count == 0}
    for at, numbers in excuses_in(lines):
        if uncovered.isdisjoint(numbers):
            problems.append(f'{name}:{at}: is covered and needs no excuse')
        excused |= uncovered.intersection(numbers)
    problems += [f'{name}:{number}: is not covered: {lines[number - 1].strip()}'
                 for number in sorted(uncovered - excused)]
    if name.suffix == '.c' and not counts:
        problems.append(f'{name}: is in no test')
    return problems, len(counts), len(excused)


def report(root, counts):
    """(problems, a line that sums up) of all files that are watched."""
    problems, code, excused = [], 0, 0
    of_file = collections.defaultdict(dict)
    for (path, number), count in counts.items():
        of_file[path][number] = count
    for path in watched_files(root):
        lines = path.read_text(encoding='utf-8').splitlines()
        found, of_code, of_excused = judge(path.relative_to(root), lines, of_file[path])
        problems += found
        code += of_code
        excused += of_excused
    if excused > code * EXCUSED_OF_LINES_MAX:
        problems.append(f'{excused} of {code} lines are excused: more than one of a hundred')
    return problems, f'{code} lines, {excused} of them excused'


def main(arguments):
    """Prints what is not covered; the exit status."""
    build = pathlib.Path(arguments[0] if arguments else ROOT / 'build-clang')
    problems, summary = report(ROOT, counts_of(build, watched_files(ROOT)))
    print('\n'.join([*problems, summary]))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
