"""count.py adds up what each ring leaves behind, and takes a ring that died for a failure."""
import json

import count


def meson_log(tmp_path, *tests):
    path = tmp_path / 'testlog.json'
    path.write_text('\n'.join(json.dumps(test) for test in tests), encoding='utf-8')
    return path


def test_a_cmocka_function_counts_one(tmp_path):
    output = ('[==========] Running 3 test(s).\n[ RUN      ] a\n[       OK ] a\n'
              '[ RUN      ] b\n[  FAILED  ] b\n[ RUN      ] c\n[  SKIPPED ] c\n'
              '[  FAILED  ] tests: 1 test(s), listed below:\n[  FAILED  ] b\n')
    path = meson_log(tmp_path, {'name': 't', 'result': 'FAIL', 'stdout': output})

    assert count.outcomes_in(path) == [('pass', 't: a'), ('fail', 't: b'), ('skip', 't: c')]


def test_a_program_without_functions_counts_one(tmp_path):
    path = meson_log(tmp_path, {'name': 'replay', 'result': 'OK'})

    assert count.outcomes_in(path) == [('pass', 'replay')]


def test_a_program_that_dies_between_tests_failed(tmp_path):
    output = '[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n'
    path = meson_log(tmp_path, {'name': 't', 'result': 'FAIL', 'stdout': output})

    assert count.outcomes_in(path) == [('pass', 't: a'), ('fail', 't: fail')]


def test_pytest_counts_failures_errors_and_skips(tmp_path):
    path = tmp_path / 'junit.xml'
    path.write_text('<testsuites><testsuite><testcase classname="m" name="a"/>'
                    '<testcase classname="m" name="b"><failure/></testcase>'
                    '<testcase classname="m" name="c"><error/></testcase>'
                    '<testcase classname="m" name="d"><skipped/></testcase>'
                    '</testsuite></testsuites>', encoding='utf-8')

    assert [outcome for outcome, _ in count.outcomes_in(path)] == ['pass', 'fail', 'fail', 'skip']


def test_a_ring_that_left_nothing_failed(tmp_path):
    (tmp_path / 'cut.xml').write_text('<testsuites><test', encoding='utf-8')
    (tmp_path / 'empty.json').write_text('', encoding='utf-8')

    for name in ('absent.json', 'cut.xml', 'empty.json'):
        assert [outcome for outcome, _ in count.outcomes_in(tmp_path / name)] == ['fail']


def test_the_sum_is_the_last_line_and_the_status(tmp_path, capsys):
    passed, skipped = tmp_path / 'a.list', tmp_path / 'b.list'
    passed.write_text('pass x\npass y\n', encoding='utf-8')
    skipped.write_text('skip z\n', encoding='utf-8')

    assert count.main([str(passed), str(skipped)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == '2 passed, 0 failed, 1 skipped'
    assert count.main(['--no-skips', str(passed), str(skipped)]) == 1
    assert count.main([str(passed), str(tmp_path / 'absent.xml')]) == 1
