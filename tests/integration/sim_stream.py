"""The stream that kinesis_sim is tested with, and where its records belong."""
import hashlib
import json

STREAM = 'rows'
SHARDS = 3
KEY_RANGE = 1 << 128
KIB, MIB = 1 << 10, 1 << 20
PUT = json.dumps({'StreamName': STREAM, 'PartitionKey': 'k', 'Data': 'eA=='}).encode()


def shard_of(number, shards=SHARDS):
    return f'shardId-{min(number // (KEY_RANGE // shards), shards - 1):012}'


def shard_of_key(key):
    return shard_of(int(hashlib.md5(key.encode()).hexdigest(), 16))
