"""Requests to kinesis_sim as no client would send them, and what the service refuses them with."""
import socket
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest

from sim_process import KEY_ID, REGION, SECRET


def refusal(call, **parameters):
    """The code and the text that the service refuses a call with."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    error = caught.value.response['Error']
    return error['Code'], error['Message']


def lax(sim):
    """A client that sends what boto3 itself would refuse."""
    return sim.client(parameter_validation=False)


def entries(count, data=b'x'):
    return [{'PartitionKey': f'k{i}', 'Data': data} for i in range(count)]


def signed(sim, target, body, secret=SECRET, token=None, **headers):
    """A signed request's bytes, head and body apart."""
    request = botocore.awsrequest.AWSRequest('POST', f'{sim.url}/', headers={
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': f'Kinesis_20131202.{target}', **headers}, data=body)
    credentials = botocore.credentials.Credentials(KEY_ID, secret, token)
    botocore.auth.SigV4Auth(credentials, 'kinesis', REGION).add_auth(request)
    head = ['POST / HTTP/1.1', f'Host: {urllib.parse.urlsplit(sim.url).netloc}']
    head += [f'{name}: {value}' for name, value in request.headers.items()]
    head += [f'Content-Length: {len(body)}', '', '']
    return '\r\n'.join(head).encode(), body


def connect(sim):
    address = urllib.parse.urlsplit(sim.url)
    return socket.create_connection((address.hostname, address.port), timeout=10)


def read_answer(connection, stream=None):
    """The status and the body of one answer; None when the connection ends instead. Of several
    sent ahead, each is read from the same stream."""
    stream = stream or connection.makefile('rb')
    line = stream.readline()
    if not line:
        return None
    headers = {}
    while (header := stream.readline().strip()):
        name, value = header.decode().split(': ', 1)
        headers[name.lower()] = value
    return int(line.split()[1]), stream.read(int(headers['content-length']))


def exchange(sim, head, body):
    with connect(sim) as connection:
        connection.sendall(head + body)
        return read_answer(connection)


def call(sim, target, **members):
    """What the service answers to members that this boto3 does not know."""
    return sim.call(target, **members)
