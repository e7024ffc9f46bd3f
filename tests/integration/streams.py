"""Reading a Kinesis stream as a consumer would."""
import time

import boto3
from botocore.config import Config

from waiting import DEADLINE_S, wait_until

# A shard allows five reads a second, so a reader that only waits asks no faster than that.
POLL_S = 0.2


def kinesis_client(url):
    """A boto3 client for a local endpoint."""
    return boto3.client('kinesis', endpoint_url=url, region_name='us-east-1',
                        aws_access_key_id='test', aws_secret_access_key='test',
                        config=Config(retries={'max_attempts': 10, 'mode': 'standard'}))


def wait_until_active(client, stream):
    """Waits until a stream that was created takes records."""
    def active():
        summary = client.describe_stream_summary(StreamName=stream)['StreamDescriptionSummary']
        return summary['StreamStatus'] == 'ACTIVE'

    wait_until(active, f'stream {stream} to be active')


def shard_ids(client, stream):
    """Every shard of a stream, closed ones too."""
    ids, page = [], client.list_shards(StreamName=stream)
    while True:
        ids += [shard['ShardId'] for shard in page['Shards']]
        if not page.get('NextToken'):
            return ids
        page = client.list_shards(NextToken=page['NextToken'])


def first_iterator(client, stream, shard):
    """Where the oldest record of a shard is read."""
    return client.get_shard_iterator(StreamName=stream, ShardId=shard,
                                     ShardIteratorType='TRIM_HORIZON')['ShardIterator']


def read_stream(client, stream, until=0, deadline_s=DEADLINE_S):
    """All records, shard by shard and in each shard's order; waits for `until` of them to arrive.

    Once they have, every shard is read to its end, so that one too many is seen as well. Each
    record is as GetRecords gives it, with its ShardId.
    """
    end = time.monotonic() + deadline_s
    shards = shard_ids(client, stream)
    iterators = {shard: first_iterator(client, stream, shard) for shard in shards}
    records = {shard: [] for shard in shards}
    while True:
        at_end = True
        for shard, iterator in iterators.items():
            if iterator is None:
                continue  # A closed shard, read to its end.
            page = client.get_records(ShardIterator=iterator)
            records[shard] += [record | {'ShardId': shard} for record in page['Records']]
            iterators[shard] = page.get('NextShardIterator')
            at_end = at_end and not page['Records'] and not page.get('MillisBehindLatest')
        arrived = sum(map(len, records.values()))
        if at_end and arrived >= until:
            return [record for shard in shards for record in records[shard]]
        if time.monotonic() > end:
            raise TimeoutError(f'{arrived} of {until} records in {stream} after {deadline_s:g} s')
        if at_end:
            time.sleep(POLL_S)
