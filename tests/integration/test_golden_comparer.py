"""That the golden tests' comparer can say no: it needs no server."""
import pytest

import golden

NAME = 'pk_composite'


@pytest.fixture
def records():
    found = golden.normalised(NAME, golden.expected(NAME))
    assert len(found) == 6
    return found


def compared(records):
    return golden.difference(golden.normalised(NAME, golden.expected(NAME)), records)


def test_the_same_records_agree(records):
    assert compared(records) is None


def test_records_of_different_keys_may_come_in_any_order(records):
    assert compared(sorted(records, key=lambda record: record[0])) is None


def test_a_missing_record_is_found(records):
    for i in range(len(records)):
        assert compared(records[:i] + records[i + 1:])


def test_an_extra_record_is_found(records):
    assert compared(records + [('public.tyqkzn9', records[0][1])])


def test_a_doubled_record_is_found(records):
    for i, record in enumerate(records):
        assert compared(records[:i] + [record] + records[i:])


def test_swapped_records_of_a_key_are_found(records):
    places = [i for i, (key, _) in enumerate(records) if key == 'public.tyqkzn1']
    for one, other in zip(places, places[1:]):
        swapped = list(records)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        assert compared(swapped)


def test_a_changed_byte_is_found(records):
    for i, (key, data) in enumerate(records):
        for at in range(len(data)):
            changed = data[:at] + chr(ord(data[at]) ^ 1) + data[at + 1:]
            assert compared(records[:i] + [(key, changed)] + records[i + 1:])


def test_a_wrong_key_is_found(records):
    for i, (_, data) in enumerate(records):
        assert compared(records[:i] + [('public.t', data)] + records[i + 1:])


def test_a_malformed_time_or_position_is_found():
    (key, data), *rest = golden.expected(NAME)
    for wrong in ('"time":"2026-11-22 09:18:25"', '"time":"2026-11-22T09:18:25.1Z"',
                  '"time":"2026-11-22T09:18:25+01:00"'):
        time = data[:data.index(',')]
        other = [(key, data.replace(time, '{' + wrong))] + rest
        assert compared(golden.normalised(NAME, other))
    without = [(key, data.replace('"lsn":"0/', '"lsn":"'))] + rest
    assert compared(golden.normalised(NAME, without))


def test_the_clock_is_left_out_only_where_it_shows():
    record = [('key', '"d":"2020-01-01 00:00:00+00"')]
    assert golden.normalised('filter_T_only', record) == record
    assert golden.normalised('ddl_rewrite', record) == [('key', '"d":"(clock)+00"')]


def test_every_difference_is_of_a_scenario_and_changes_it():
    for name, own in golden.differences().items():
        assert name in golden.names()
        before = golden.original(name)
        for texts in own.get('texts', []) + own.get('live_texts', []):
            assert golden.replaced(before, [texts]) != before
        assert own.get('primary_keys') or golden.expected(name) != before


def test_there_are_sixty_three_scenarios():
    assert len(golden.names()) == 63
