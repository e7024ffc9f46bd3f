"""The fault matrix of docs/delivery.md is whole, and every test that it names is there and runs."""
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MATRIX = ROOT / 'docs' / 'delivery.md'
HEADING = ['fault', 'what happens, what is promised', 'test']
FAULTS_MIN = 45
TEST = re.compile(r'`(test_\w+\.py::test_\w+(?:\[[^]`]+\])?)`')
# What the matrix leaves out: the version of PostgreSQL, which comes last.
VERSION = re.compile(r'(?:-|\[)1\d\]$')


def rows(text):
    """The rows of all tables with the matrix's heading, each a list of its cells."""
    found, is_matrix = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if not line.startswith('|'):
            is_matrix = False
        elif cells == HEADING:
            is_matrix = True
        elif is_matrix and set(line) - set('|- '):
            found.append(cells)
    return found


@pytest.fixture(scope='module')
def matrix():
    return rows(MATRIX.read_text(encoding='utf-8'))


@pytest.fixture(scope='module')
def collected():
    """Every test that pytest finds: by its function, and with its parameters but the version."""
    listed = subprocess.run(
        [sys.executable, '-m', 'pytest', '--collect-only', '-q', 'tests/integration'],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = set(re.findall(r'^tests/integration/(test_\w+\.py::test_.*)$', listed, re.M))
    with_parameters = {re.sub(r'\[$', '', VERSION.sub(lambda end: ']' if end[0][0] == '-' else '',
                                                      name)) for name in names}
    return with_parameters | {name.split('[')[0] for name in names}


def test_there_are_enough_faults(matrix):
    assert len(matrix) >= FAULTS_MIN


def test_no_cell_is_empty(matrix):
    for cells in matrix:
        assert len(cells) == len(HEADING) and all(cells), cells


def test_each_fault_is_told_once(matrix):
    faults = [(fault, test) for fault, _, test in matrix]
    assert len(faults) == len(set(faults))


def test_each_fault_has_a_test_of_its_own(matrix):
    tests = [test for _, _, test in matrix]
    assert len(tests) == len(set(tests))


def test_every_test_that_is_named_is_collected(matrix, collected):
    for fault, _, test in matrix:
        named = TEST.fullmatch(test)
        assert named, f'{fault}: {test} names no test'
        assert named.group(1) in collected, f'{fault}: there is no {named.group(1)}'


def test_a_row_is_read_as_it_stands():
    text = '|'.join(['', *HEADING, '']) + '\n|---|---|---|\n| a | | `b` |\n\n| c | d | e |\n'
    assert rows(text) == [['a', '', '`b`']]
