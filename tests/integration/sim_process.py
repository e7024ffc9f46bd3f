"""A kinesis_sim of one's own: start it, talk to it, make things go wrong, stop it."""
import base64
import json
import os
import pathlib
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials

from waiting import wait_until

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD_DIR = pathlib.Path(os.environ.get('PGK_BUILD_DIR', REPOSITORY / 'build')).resolve()

KEY_ID, SECRET, REGION = 'test', 'test', 'us-east-1'
STOP_SECONDS = 10

# By TLS too, whatever its certificate is: who is asked was started here.
UNVERIFIED = ssl._create_unverified_context()


class Fault:
    """A fault by rule in force in a kinesis_sim (KinesisSim.fault)."""

    def __init__(self, sim, number):
        self.sim, self.number = sim, number

    def struck(self):
        """How many requests or records it has struck."""
        return self._rule()['struck']

    def met(self):
        """How many it could have struck."""
        return self._rule()['met']

    def wait(self, times=1):
        """Wait until it has struck so often."""
        wait_until(lambda: self.struck() >= times, f'{times} strikes of {self._rule()["rule"]}')
        return self

    def clear(self):
        """From now on it does not strike any more."""
        self.sim.control(clear_fault=self.number)

    def _rule(self):
        [rule] = [one for one in self.sim.counters()['rules'] if one['number'] == self.number]
        return rule

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()


class KinesisSim:
    """with KinesisSim().start('--stream', 'rows:4') as sim: sim.client().put_record(...)"""

    def __init__(self, build_dir=BUILD_DIR):
        self.program = pathlib.Path(build_dir) / 'kinesis_sim'
        self.process = None
        self.url = None
        self.summary = None  # What it wrote to standard error, once it has stopped.

    def start(self, *arguments):
        """Start it and wait for its first line, which is its URL."""
        self.process = subprocess.Popen(
            [self.program, *map(str, arguments)], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.url = self.process.stdout.readline().rstrip('\n')
        if not self.url:
            raise RuntimeError(f'kinesis_sim did not start: {self.process.communicate()[1]}')
        return self

    def stop(self):
        """Stop it as a service manager would; returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        self.summary = self.process.communicate(timeout=STOP_SECONDS)[1]
        return self.process.returncode

    def client(self, secret=SECRET, region=REGION, verify=False, **config):
        """A boto3 client that sends each request once, so that a fault is seen and not retried.
        To look at a certificate, verify it by those of a file."""
        return boto3.client(
            'kinesis', endpoint_url=self.url, region_name=region,
            aws_access_key_id=KEY_ID, aws_secret_access_key=secret,
            verify=str(verify) if isinstance(verify, os.PathLike) else verify,
            config=botocore.config.Config(retries={'total_max_attempts': 1}, **config))

    def call(self, operation, **members):
        """What the service answers, a refusal too, to members that this boto3 does not know."""
        request = botocore.awsrequest.AWSRequest(
            'POST', f'{self.url}/', data=json.dumps(members).encode(), headers={
                'Content-Type': 'application/x-amz-json-1.1',
                'X-Amz-Target': f'Kinesis_20131202.{operation}'})
        credentials = botocore.credentials.Credentials(KEY_ID, SECRET)
        botocore.auth.SigV4Auth(credentials, 'kinesis', REGION).add_auth(request)
        try:
            return json.loads(self._ask(urllib.request.Request(
                request.url, request.data, dict(request.headers))) or 'null')
        except urllib.error.HTTPError as refused:
            return json.load(refused)

    def change(self, operation, stream, **members):
        """Have the stream changed while others use it, and see that it was:

        sim.change('SplitShard', 'rows', ShardToSplit=id, NewStartingHashKey='5')
        sim.change('MergeShards', 'rows', ShardToMerge=id, AdjacentShardToMerge=other)
        sim.change('UpdateShardCount', 'rows', TargetShardCount=4, ScalingType='UNIFORM_SCALING')
        sim.change('UpdateMaxRecordSize', 'rows', MaxRecordSizeInKiB=1024)
        sim.change('UpdateStreamRecordDistributionStrategy', 'rows',
                   RecordDistributionStrategy='AUTO')
        sim.change('DeleteStream', 'rows'); sim.change('CreateStream', 'rows', ShardCount=2)

        A change is over at once, unless control(change_ms=...) makes the stream be CREATING,
        UPDATING or DELETING for that long.
        """
        answer = self.call(operation, StreamName=stream, **members)
        if answer and '__type' in answer:
            raise RuntimeError(f'{operation}: {answer}')

    def environment(self):
        """What a command needs to sign for this endpoint: aws, or the program under test."""
        return dict(os.environ, AWS_ACCESS_KEY_ID=KEY_ID, AWS_SECRET_ACCESS_KEY=SECRET,
                    AWS_DEFAULT_REGION=REGION, AWS_PAGER='')

    def control(self, **faults):
        """Change the faults from now on (sim/control.h lists them), and return what counters()
        returns. A service whose clock is wrong: control(clock_offset_s=-600)."""
        return json.loads(self._ask(
            urllib.request.Request(f'{self.url}/control', json.dumps(faults).encode())))

    def fault(self, *words, **values):
        """Set a fault by rule from now on; returns a Fault, which tells how often it struck and
        takes it away again. `kinesis_sim --fault help` explains the words:

        sim.fault('reset', 'reused', every=3)     # each third request of a used connection
        sim.fault('throttle', shard=2, share=20)  # a fifth of shard 2's records
        sim.fault(error='ServiceUnavailable', body='html', times=2).wait(2)
        with sim.fault('stall', 'undone', on='any'): ...

        A rule is about PutRecords unless it says on=. Underscores in names stand for hyphens.
        """
        quoted = [f'{name.replace("_", "-")}={urllib.parse.quote(str(value), safe="")}'
                  for name, value in values.items()]
        return Fault(self, self.control(fault=' '.join([*words, *quoted]))['rules'][-1]['number'])

    def clear_faults(self):
        """Take all faults by rule away."""
        self.control(clear_faults=True)

    def counters(self):
        """What has happened so far, under 'faults' the faults in force, under 'rules' those by
        rule."""
        return json.loads(self._ask(f'{self.url}/control'))

    def log(self, stream):
        """Everything that the stream's shards were ever given, shard by shard in their order, also
        when the stream was deleted since. A dict a record:

        stream, created_ms (the stream's: a stream created again is another one), shard, first_key,
        last_key (the shard's hash range, inclusive), parents (shards), sequence, arrived_ms,
        partition_key, explicit_hash_key (None without), data (bytes), request (the number of the
        request that brought it, by which later ones are larger), and reply: what became of that
        request's reply. That is one of

        delivered  the peer was there when all of it was sent
        dropped    a fault: nothing was sent
        spoiled    a fault: what was sent was not the reply, or not all of it
        broken     the peer left, or closed its side, before it was sent
        pending    not all of it is sent yet
        """
        return [dict(record, **shard) for shard in self.shards(stream)
                for record in self._shard_log(shard['log'])]

    def shards(self, stream):
        """Every shard the stream ever had, as dicts: log (its number), stream, created_ms, shard,
        first_key, last_key, parents, records (how many)."""
        shards = [json.loads(line) for line in self._ask(f'{self.url}/log').splitlines()]
        return [dict(shard, first_key=int(shard['first_key']), last_key=int(shard['last_key']))
                for shard in shards if shard['stream'] == stream]

    def _shard_log(self, log):
        found = []
        page = f'{self.url}/log/{log}?from='
        while lines := self._ask(f'{page}{len(found)}').splitlines():
            found += map(json.loads, lines)
        for record in found:
            record['data'] = base64.b64decode(record['data'])
            if record['explicit_hash_key'] is not None:
                record['explicit_hash_key'] = int(record['explicit_hash_key'])
        return found

    @staticmethod
    def _ask(request):
        with urllib.request.urlopen(request, context=UNVERIFIED) as answer:
            return answer.read()

    def records(self, stream):
        """All records of a stream as (shard, sequence number, partition key, data), shard by
        shard in their order."""
        client = self.client()
        found = []
        for page in client.get_paginator('list_shards').paginate(StreamName=stream):
            for shard in page['Shards']:
                found += self._shard_records(client, stream, shard['ShardId'])
        return found

    @staticmethod
    def _shard_records(client, stream, shard):
        iterator = client.get_shard_iterator(
            StreamName=stream, ShardId=shard, ShardIteratorType='TRIM_HORIZON')['ShardIterator']
        found = []
        while True:
            page = client.get_records(ShardIterator=iterator)
            found += [(shard, record['SequenceNumber'], record['PartitionKey'], record['Data'])
                      for record in page['Records']]
            # Asked of what was stored, not of the clock: the last page ends at the last record,
            # and there is none behind it when the shard is closed.
            iterator = page.get('NextShardIterator')
            if not page['Records'] or not iterator:
                return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
