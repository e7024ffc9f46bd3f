#!/usr/bin/python3
"""demo_read - show the records of a stream as a consumer gets them.

    script/demo_read.py URL STREAM            all that are there
    script/demo_read.py URL STREAM --follow   those that arrive from now on, until it is stopped

This is all it takes to consume the stream: boto3, the AWS SDK, pointed at a local endpoint.
"""
import json
import sys
import time

import boto3
import botocore.exceptions

POLL_S = 0.25  # A shard allows five reads a second.


def iterators(client, stream, start):
    """Where to begin in each shard."""
    for shard in client.list_shards(StreamName=stream)['Shards']:
        yield client.get_shard_iterator(StreamName=stream, ShardId=shard['ShardId'],
                                        ShardIteratorType=start)['ShardIterator']


def read(client, places):
    """The records from each place to its shard's end, and the places after them."""
    records, after = [], []
    for place in places:
        while True:
            page = client.get_records(ShardIterator=place)
            records += page['Records']
            place = page['NextShardIterator']
            if not page['Records']:
                break
        after.append(place)
    return records, after


def position(record):
    """A log position as a number: across keys, it alone tells what came first."""
    high, low = json.loads(record['Data'])['lsn'].split('/')
    return int(high, 16) << 32 | int(low, 16)


def show(records):
    """Prints records in the order of their changes."""
    for record in sorted(records, key=position):
        change = json.loads(record['Data'])
        print(f'{change["operation"]} {change["table"]}   partition key {record["PartitionKey"]}')
        print(f'  {record["Data"].decode()}', flush=True)


def main(url, stream, follow=False):
    """Shows what there is, or what comes; the exit status."""
    client = boto3.client('kinesis', endpoint_url=url, region_name='us-east-1',
                          aws_access_key_id='test', aws_secret_access_key='test')
    places = list(iterators(client, stream, 'LATEST' if follow else 'TRIM_HORIZON'))
    while True:
        records, places = read(client, places)
        show(records)
        if not follow:
            return 0 if records else 'script/demo_read.py: there is no record in the stream'
        time.sleep(POLL_S)


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1], sys.argv[2], '--follow' in sys.argv[3:]))
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as err:
        sys.exit(f'script/demo_read.py: {err}')
    except KeyboardInterrupt:
        pass
