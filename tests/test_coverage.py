"""coverage.py tells each line that no test went through, and each excuse that is none."""
import pathlib

import pytest

import coverage

FUNCTION = '''int f(int a)
{
    // Why.
    if (a) { ON_OPENING
        b();

        c(); ON_LINE
    }
    return a;
}
'''
NAME = pathlib.Path('src/base/x.c')


def judged(counts, on_opening='', on_line=''):
    """The verdict on FUNCTION, whose lines have these counts; all others were covered."""
    lines = FUNCTION.replace('ON_OPENING', on_opening).replace('ON_LINE', on_line).splitlines()
    counts = {number: 1 for number in range(1, len(lines) + 1)} | counts
    return coverage.judge(NAME, lines, counts)


def test_a_function_that_is_covered_has_no_problem():
    assert judged({}) == ([], 5, 0)


def test_a_line_that_is_not_covered_is_named():
    problems, _, excused = judged({7: 0})

    assert problems == ['src/base/x.c:7: is not covered: c();']
    assert excused == 0


def test_blank_lines_comments_and_braces_are_no_code():
    assert judged({2: 0, 3: 0, 6: 0, 8: 0, 10: 0}) == ([], 5, 0)


def test_a_line_is_excused():
    assert judged({7: 0}, on_line='// uncovered: a reason') == ([], 5, 1)


def test_an_excuse_is_for_its_own_line():
    problems, _, excused = judged({5: 0, 7: 0}, on_line='// uncovered: a reason')

    assert problems == ['src/base/x.c:5: is not covered: b();']
    assert excused == 1


def test_an_excuse_where_a_block_opens_is_for_the_block():
    problems, _, excused = judged({5: 0, 7: 0, 9: 0}, on_opening='// uncovered: a reason')

    assert problems == ['src/base/x.c:9: is not covered: return a;']
    assert excused == 2


def test_an_excuse_has_a_reason():
    assert judged({7: 0}, on_line='// uncovered: ')[0] != []


@pytest.mark.parametrize('place', ['on_opening', 'on_line'])
def test_an_excuse_that_is_not_needed_is_named(place):
    problems, _, _ = judged({9: 1}, **{place: '// uncovered: a reason'})

    assert len(problems) == 1 and problems[0].endswith('is covered and needs no excuse')


def test_a_source_that_no_test_has_is_named():
    assert coverage.judge(NAME, ['int f(void);'], {})[0] == ['src/base/x.c: is in no test']


def test_a_header_without_code_needs_no_test():
    assert coverage.judge(NAME.with_suffix('.h'), ['int f(void);'], {}) == ([], 0, 0)


def test_one_line_of_a_hundred_may_be_excused(tmp_path):
    source = tmp_path / 'src/base/x.c'
    source.parent.mkdir(parents=True)
    source.write_text('a(); // uncovered: a reason\n' * 2 + 'b();\n' * 198, encoding='utf-8')
    counts = {(source, number): int(number > 2) for number in range(1, 201)}

    assert coverage.report(tmp_path, counts) == ([], '200 lines, 2 of them excused')

    del counts[source, 200]
    assert coverage.report(tmp_path, counts)[0] == [
        '2 of 199 lines are excused: more than one of a hundred']


def test_the_counts_of_a_report_are_read(tmp_path):
    source = tmp_path / 'x.c'
    lcov = f'SF:{source}\nFN:1,f\nDA:1,5\nDA:2,0\nLF:2\nend_of_record\n'

    assert list(coverage.counts_in(lcov)) == [((source, 1), 5), ((source, 2), 0)]


def test_what_must_not_lose_a_record_is_watched():
    watched = {str(path.relative_to(coverage.ROOT / 'src'))
               for path in coverage.watched_files(coverage.ROOT)}

    assert {'base/buf.h', 'base/buf.c', 'model/aggregate.c', 'select/pattern.c', 'encode/json.c',
            'delivery/ledger.c', 'kinesis/put_records.c', 'kinesis/wire_cbor.c',
            'kinesis/lane_key.c', 'kinesis/sigv4.c'} <= watched
    assert 'kinesis/http.c' not in watched
