"""That the tests' reader of aggregates reads them as others do, and drops what the KCL drops."""
import hashlib

import pytest

from kpl import MAGIC, Row, consume, natural_hash_key, rows_by_others, rows_of

# Two rows under one explicit hash key, written by hand after aggregation-format.md.
HASH_KEY = 1 << 126
BODY = (b'\x0a\x02k1' b'\x0a\x02k2' b'\x12\x26' + str(HASH_KEY).encode()
        + b'\x1a\x0b\x08\x00\x10\x00\x1a\x05hello' b'\x1a\x0b\x08\x01\x10\x00\x1a\x05world')
ROWS = [Row('k1', HASH_KEY, b'hello'), Row('k2', HASH_KEY, b'world')]
NATURAL = b'\x0a\x02k1' b'\x0a\x02k2' b'\x1a\x05\x08\x00\x1a\x01a' b'\x1a\x05\x08\x01\x1a\x01b'


def aggregate(body):
    return MAGIC + body + hashlib.md5(body).digest()


def handed_on(data, first, last):
    """The data of what a consumer gets of a record in a shard with these hash keys."""
    record = {'ShardId': 's', 'SequenceNumber': '1', 'PartitionKey': 'a', 'Data': data}
    return [row['Data'] for row in consume([record], {'s': (first, last)})[0]]


def test_an_aggregate_is_read_as_the_published_package_reads_it():
    assert rows_of(aggregate(BODY)) == rows_by_others([aggregate(BODY)]) == ROWS


def test_the_test_vector_of_the_format_is_this_one():
    assert aggregate(BODY).hex().startswith('f3899ac20a026b310a026b32122638353037303539')
    assert aggregate(BODY).hex().endswith('b470182c5416ed768f00ffb2565e')


def test_what_is_no_whole_aggregate_is_a_row_by_itself():
    whole = aggregate(BODY)
    for data in [b'{"lsn":"0/1"}', b'', MAGIC, *(whole[:size] for size in range(len(whole))),
                 whole[:10] + b'x' + whole[11:], aggregate(b'\x1a\x05'), aggregate(BODY[4:])]:
        assert rows_of(data) is None
        assert handed_on(data, 0, 0) == [data]


@pytest.mark.parametrize('first, last, found', [
    (0, 2**128 - 1, [b'hello', b'world']),
    (HASH_KEY, HASH_KEY, [b'hello', b'world']),
    (HASH_KEY + 1, 2**128 - 1, []),
    (0, HASH_KEY - 1, [])])
def test_rows_whose_shard_has_not_their_hash_key_are_dropped(first, last, found):
    assert handed_on(aggregate(BODY), first, last) == found


def test_one_row_in_the_wrong_shard_takes_all_others_along():
    keys = [natural_hash_key(key) for key in ('k1', 'k2')]
    assert keys == [242208671286853988395785178707875403226,
                    129444150167719404002017707097629467898]
    assert handed_on(aggregate(NATURAL), min(keys), max(keys)) == [b'a', b'b']
    for key in keys:
        assert handed_on(aggregate(NATURAL), key, key) == []
