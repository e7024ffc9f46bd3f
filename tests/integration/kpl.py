"""What a consumer built on Amazon's KCL makes of a stream's records, aggregates among them.

The format is that of aggregation-format.md in awslabs/amazon-kinesis-producer, the rules are those
of AggregatorUtil.java in awslabs/amazon-kinesis-client.
"""
import base64
import collections
import hashlib
import json
import pathlib
import subprocess

DEAGGREGATE = pathlib.Path(__file__).parent / 'deaggregate.js'
MAGIC = bytes.fromhex('f3899ac2')
DIGEST_BYTES = 16
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # Wire types of protobuf.

# A row of an aggregate: `hash_key` is its explicit one, None when it brings none.
Row = collections.namedtuple('Row', 'partition_key hash_key data')


def rows_of(data):
    """The rows of an aggregate; None when the data is none, which is then a row by itself."""
    body, digest = data[len(MAGIC):-DIGEST_BYTES], data[-DIGEST_BYTES:]
    is_aggregate = data.startswith(MAGIC) and len(data) > len(MAGIC) + DIGEST_BYTES
    if not is_aggregate or hashlib.md5(body).digest() != digest:
        return None
    try:
        return list(aggregated(body))
    except (ValueError, LookupError):  # Not of this form.
        return None


def aggregated(body):
    """The rows of the protobuf message AggregatedRecord."""
    found = collections.defaultdict(list)
    for number, value in fields(body):
        found[number].append(value)
    keys, hash_keys = ([text.decode() for text in found[number]] for number in (1, 2))
    for record in found[3]:
        row = dict(fields(record))
        if 1 not in row or 3 not in row:
            raise ValueError('a row without its key or data')
        yield Row(keys[row[1]], int(hash_keys[row[2]]) if 2 in row else None, bytes(row[3]))


def fields(message):
    """The fields of a protobuf message, as (number, value)."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = varint(message, at)
        else:
            size, at = varint(message, at) if kind == BYTES else ({FIXED64: 8, FIXED32: 4}[kind], at)
            value, at = message[at:at + size], at + size
            if at > len(message):
                raise ValueError('a field is cut short')
        yield number, value


def varint(message, at):
    """A number at that place, and the place behind it."""
    number, shift = 0, 0
    while True:
        byte = message[at]
        number, shift, at = number | (byte & 0x7f) << shift, shift + 7, at + 1
        if byte < 0x80:
            return number, at


def natural_hash_key(partition_key):
    """Where Kinesis places a partition key that comes without an explicit hash key."""
    return int.from_bytes(hashlib.md5(partition_key.encode()).digest(), 'big')


def hash_ranges(client, stream):
    """The hash keys of each shard, closed ones too, as {shard: (first, last)}."""
    ranges, page = {}, client.list_shards(StreamName=stream)
    while True:
        for shard in page['Shards']:
            keys = shard['HashKeyRange']
            ranges[shard['ShardId']] = int(keys['StartingHashKey']), int(keys['EndingHashKey'])
        if not page.get('NextToken'):
            return ranges
        page = client.list_shards(NextToken=page['NextToken'])


def consume(records, ranges):
    """The rows that the KCL hands on, as records of their own, and those that it drops silently.

    It takes an aggregate apart only as long as its rows belong to the shard: with one that does
    not, it drops all that came before it in the aggregate, too. `records` are those of
    streams.read_stream, `ranges` those of hash_ranges. What is handed on says by its Subsequence
    which row of an aggregate it was, None of a record that was none.
    """
    handed_on, dropped = [], []
    for record in records:
        rows = rows_of(record['Data'])
        if rows is None:
            handed_on.append(record | {'Subsequence': None})
            continue
        first, last = ranges[record['ShardId']]
        whole = all(first <= placed(row) <= last for row in rows)
        (handed_on if whole else dropped).extend(
            record | {'PartitionKey': row.partition_key, 'Data': row.data, 'Subsequence': at}
            for at, row in enumerate(rows))
    return handed_on, dropped


def placed(row):
    """The hash key of a row of an aggregate."""
    return natural_hash_key(row.partition_key) if row.hash_key is None else row.hash_key


def rows_by_others(aggregates):
    """The rows of these aggregates as npm's aws-kinesis-agg, which we did not write, reads them."""
    asked = json.dumps([base64.b64encode(data).decode() for data in aggregates])
    told = subprocess.run(['node', DEAGGREGATE], input=asked, capture_output=True, text=True,
                          check=True)
    return [Row(key, None if hash_key is None else int(hash_key), base64.b64decode(data))
            for key, hash_key, data in json.loads(told.stdout)]
