"""That the verdict on a stream sees what can be wrong with one."""
import json

import pytest

from verdict import Change, changes_of_line, judge, position


def record(lsn, operation, row, mark=None, old=None, table='public.users'):
    """A record as the program writes it, of a table with the key id."""
    columns = {}
    if operation in ('INSERT', 'UPDATE'):
        columns = {'id': {'new': {'v': str(row)}}, 'mark': {'new': {'v': mark}}}
    if old is not None:
        columns.setdefault('id', {})['old'] = {'v': str(old)}
    data = {'lsn': lsn, 'table': table, 'operation': operation, 'columns': columns}
    return {'PartitionKey': f'{table}idn{row}', 'Data': json.dumps(data).encode()}


COMMITTED = [Change(0x10, 'public.users', 'INSERT', 'a'), Change(0x11, 'public.users', 'INSERT', 'b'),
             Change(0x20, 'public.users', 'UPDATE', 'c'), Change(0x30, 'public.users', 'UPDATE', 'd'),
             Change(0x40, 'public.users', 'DELETE', None)]
ONE = [record('0/10', 'INSERT', 1, 'a'), record('0/20', 'UPDATE', 1, 'c'),
       record('0/30', 'UPDATE', 1, 'd')]
TWO = [record('0/11', 'INSERT', 2, 'b'), record('0/40', 'DELETE', 2, old=2)]
TABLES = {'public.users': [{'id': '1', 'mark': 'd'}]}


def problems(records, tables=None, committed=None, rolled_back=frozenset()):
    """The verdict as one text."""
    return '; '.join(judge(committed or COMMITTED, records, tables or TABLES, rolled_back))


def test_a_perfect_stream_has_no_problem():
    assert problems(ONE + TWO) == ''


def test_copies_and_the_order_of_keys_are_no_problem():
    assert problems(TWO + [ONE[0], ONE[1], ONE[0], ONE[1], ONE[2], ONE[2]]) == ''


@pytest.mark.parametrize('gone', range(5))
def test_each_missing_record_is_seen(gone):
    records = ONE + TWO
    lsn = json.loads(records[gone]['Data'])['lsn']
    assert problems(records[:gone] + records[gone + 1:]).startswith(
        f'missing: Change(lsn={position(lsn)},')


def test_a_record_of_no_committed_change_is_seen():
    assert 'never committed' in problems(ONE + TWO + [record('0/50', 'INSERT', 3, 'e')])


def test_a_record_that_tells_another_value_is_seen():
    assert 'never committed' in problems([*ONE[:2], record('0/30', 'UPDATE', 1, 'x'), *TWO])


def test_a_rolled_back_change_is_seen_whatever_the_journal_says():
    assert problems(ONE + TWO, rolled_back={'c'}).startswith('rolled back')


def test_first_deliveries_out_of_order_are_seen():
    assert 'after a later change' in problems([ONE[0], ONE[2], ONE[1], ONE[2], *TWO])


def test_commit_order_counts_and_not_position():
    """Two transactions that wrote to a table without a key commit in the other order."""
    committed = [Change(0x20, 'public.log', 'INSERT', 'b'), Change(0x10, 'public.log', 'INSERT', 'a')]
    records = [record('0/20', 'INSERT', 1, 'b', table='public.log'),
               record('0/10', 'INSERT', 1, 'a', table='public.log')]
    tables = {'public.log': [{'id': '1', 'mark': 'a'}, {'id': '1', 'mark': 'b'}]}
    assert problems(records, tables, committed) == ''
    assert 'after a later change' in problems(records[::-1], tables, committed)


def test_an_old_copy_at_the_end_is_seen():
    assert problems([*ONE, ONE[1], *TWO]).startswith('last, but not the last')


def test_tables_that_differ_from_the_replay_are_seen():
    assert 'replayed' in problems(ONE + TWO, {'public.users': [{'id': '1', 'mark': 'c'}]})
    assert 'replayed' in problems(ONE + TWO, {'public.users': []})


def test_an_update_that_hides_its_old_key_is_seen():
    committed = [COMMITTED[0], Change(0x20, 'public.users', 'UPDATE', 'c')]
    tables = {'public.users': [{'id': '2', 'mark': 'c'}]}
    told = [ONE[0], record('0/20', 'UPDATE', 2, 'c', old=1)]
    assert problems(told, tables, committed) == ''
    hidden = [ONE[0], record('0/20', 'UPDATE', 2, 'c')]
    assert 'not there' in problems(hidden, tables, committed)


def test_a_journal_that_cannot_tell_changes_apart_is_no_journal():
    assert 'told apart' in problems(ONE + TWO, committed=COMMITTED + COMMITTED[:1])


def test_lines_of_test_decoding_are_read():
    assert changes_of_line('1/A', 'BEGIN 7') == []
    assert changes_of_line('1/A', "table public.users: UPDATE: old-key: id[integer]:1 mark[text]:'a'"
                           " new-tuple: id[integer]:2 mark[text]:'b'") == [
        Change(0x10000000A, 'public.users', 'UPDATE', 'b')]
    assert changes_of_line('0/1', "table public.\"Odd ones\": DELETE: id[integer]:1 mark[text]:'a'"
                           ) == [Change(1, 'public."Odd ones"', 'DELETE', None)]
    assert changes_of_line('0/1', 'table public.users, public.log: TRUNCATE: (no-flags)') == [
        Change(1, 'public.users', 'TRUNCATE', None), Change(1, 'public.log', 'TRUNCATE', None)]
