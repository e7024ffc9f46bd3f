#!/usr/bin/env python3
"""count - how many tests passed, failed and were skipped, over all rings.

    tests/count.py [--no-skips] FILE...

Each FILE is what a ring leaves behind: meson's testlog.json (a cmocka test function counts one, a
test that is a whole program counts one), pytest's JUnit XML, or a plain list with `pass NAME`,
`fail NAME` or `skip NAME` a line. A file that is missing counts as one failure: its ring died.
Names what failed or was skipped, then prints `N passed, N failed, N skipped`; exits 1 when something
failed, or with --no-skips was skipped.
"""
import collections
import json
import pathlib
import re
import sys
import xml.etree.ElementTree

OUTCOMES = ('pass', 'fail', 'skip')
CMOCKA_LINE = re.compile(r'^\[\s*(OK|FAILED|SKIPPED)\s*\] (\w+)$', re.M)
CMOCKA_OUTCOME = {'OK': 'pass', 'FAILED': 'fail', 'SKIPPED': 'skip'}


def of_meson(path):
    """The outcomes in a testlog.json: a JSON object a line."""
    for line in path.read_text(encoding='utf-8').splitlines():
        test = json.loads(line)
        output = test.get('stdout', '') + '\n' + test.get('stderr', '')
        # cmocka repeats what failed at its end, so a name counts once.
        functions = {name: CMOCKA_OUTCOME[word] for word, name in CMOCKA_LINE.findall(output)}
        for function, outcome in functions.items():
            yield outcome, f'{test["name"]}: {function}'

        if test['result'] in ('OK', 'EXPECTEDFAIL'):
            if not functions:
                yield 'pass', test['name']
        elif test['result'] == 'SKIP':
            yield 'skip', test['name']
        elif 'fail' not in functions.values():  # Died between tests, or under a sanitizer.
            yield 'fail', f'{test["name"]}: {test["result"].lower()}'


def of_junit(path):
    """The outcomes in a JUnit XML file as pytest writes it."""
    for case in xml.etree.ElementTree.parse(path).getroot().iter('testcase'):
        children = {child.tag for child in case}
        outcome = 'fail' if children & {'failure', 'error'} else \
            'skip' if 'skipped' in children else 'pass'
        yield outcome, f'{case.get("classname")}: {case.get("name")}'


def of_list(path):
    """The outcomes in a plain list."""
    for line in path.read_text(encoding='utf-8').splitlines():
        outcome, name = line.split(' ', 1)
        yield outcome, name


def outcomes_in(path):
    """The (outcome, name) pairs of one ring."""
    readers = {'.json': of_meson, '.xml': of_junit}
    try:
        found = list(readers.get(path.suffix, of_list)(path))
    except (OSError, ValueError, xml.etree.ElementTree.ParseError) as err:
        return [('fail', f'{path}: {err}')]
    return found or [('fail', f'{path}: nothing ran')]


def main(arguments):
    """Prints the sum; the exit status."""
    no_skips = arguments[:1] == ['--no-skips']
    counts = collections.Counter()
    for argument in arguments[no_skips:]:
        for outcome, name in outcomes_in(pathlib.Path(argument)):
            assert outcome in OUTCOMES
            counts[outcome] += 1
            if outcome != 'pass':
                print(f'{outcome}: {name}')
    print(f'{counts["pass"]} passed, {counts["fail"]} failed, {counts["skip"]} skipped')
    return 1 if counts['fail'] or (no_skips and counts['skip']) else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
