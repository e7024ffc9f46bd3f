"""CBOR 1.1 as AWS's SDK for Java speaks it to Kinesis, for a boto3 that only knows JSON."""
import base64
import json
import struct

CONTENT_TYPE = 'application/x-amz-cbor-1.1'
BLOBS = {'Data'}
TIMES = {'Timestamp'}  # Of requests; an answer's are tagged.

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
TAG_TIME = 1
END = 0xff


class Time(float):
    """Seconds since 1970, which Kinesis tells in milliseconds."""


def head(major, argument):
    """The shortest head for an argument (RFC 8949, section 3)."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in ((24, 'B'), (25, '>H'), (26, '>I'), (27, '>Q')):
        if argument < 1 << 8 * struct.calcsize(size):
            return bytes([major << 5 | info]) + struct.pack(size, argument)
    raise ValueError(argument)


def encode(value, has_lengths=False):
    """A value as CBOR; without lengths of maps and arrays, as Jackson writes it, unless asked."""
    def open_item(major, count):
        return head(major, count) if has_lengths else bytes([major << 5 | 31])

    end = b'' if has_lengths else bytes([END])
    if value is None or isinstance(value, bool):
        return bytes([{False: 0xf4, True: 0xf5, None: 0xf6}[value]])
    if isinstance(value, Time):
        return head(TAG, TAG_TIME) + encode(round(value * 1000))
    if isinstance(value, int):
        return head(UNSIGNED, value) if value >= 0 else head(NEGATIVE, -1 - value)
    if isinstance(value, bytes):
        return head(BYTES, len(value)) + value
    if isinstance(value, str):
        return head(TEXT, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return (open_item(ARRAY, len(value))
                + b''.join(encode(item, has_lengths) for item in value) + end)
    return (open_item(MAP, len(value))
            + b''.join(encode(part, has_lengths) for item in value.items() for part in item) + end)


class Decoder:
    """Reads one value from bytes; whatever is wrong with them raises."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        """The next bytes."""
        taken = self.data[self.at:self.at + size]
        if len(taken) != size:
            raise ValueError('the bytes end too early')
        self.at += size
        return taken

    def argument(self, info):
        """What the last five bits of a head stand for; None for no length."""
        if info < 24:
            return info
        if info == 31:
            return None
        return int.from_bytes(self.take({24: 1, 25: 2, 26: 4, 27: 8}[info]), 'big')

    def items(self, count):
        """So many values, or those before the end."""
        found = []
        while count is None or len(found) < count:
            if count is None and self.data[self.at:self.at + 1] == bytes([END]):
                self.at += 1
                break
            found.append(self.value())
        return found

    def value(self):
        """The next value."""
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if major == SIMPLE:
            return {20: False, 21: True, 22: None}[info]
        argument = self.argument(info)
        if major == UNSIGNED:
            return argument
        if major == NEGATIVE:
            return -1 - argument
        if major == BYTES:
            return b''.join(self.items(None)) if argument is None else self.take(argument)
        if major == TEXT:
            return (''.join(self.items(None)) if argument is None
                    else self.take(argument).decode())
        if major == ARRAY:
            return self.items(argument)
        if major == MAP:
            parts = self.items(None if argument is None else 2 * argument)
            return dict(zip(parts[::2], parts[1::2], strict=True))
        if argument != TAG_TIME:
            raise ValueError(f'tag {argument}')
        return Time(self.value() / 1000)


def decode(data):
    """The value that the bytes are, all of them."""
    decoder = Decoder(data)
    value = decoder.value()
    if decoder.at != len(data):
        raise ValueError('more than one value')
    return value


def from_json_members(value, name=None):
    """What a JSON request says, with blobs and times as themselves."""
    if isinstance(value, dict):
        return {key: from_json_members(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json_members(item) for item in value]
    if name in BLOBS:
        return base64.b64decode(value)
    return Time(value) if name in TIMES else value


def to_json_members(value):
    """The way back."""
    if isinstance(value, dict):
        return {key: to_json_members(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_json_members(item) for item in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


class _Session:
    """A botocore HTTP session whose answers in CBOR are shown as if they were JSON."""

    def __init__(self, session):
        self.session = session

    def send(self, request):
        """Sends what is signed already."""
        answer = self.session.send(request)
        if answer.content and answer.headers.get('Content-Type') == CONTENT_TYPE:
            answer._content = json.dumps(to_json_members(decode(answer.content))).encode()
        return answer

    def __getattr__(self, name):
        return getattr(self.session, name)


def _translate(request, **_):
    request.data = encode(from_json_members(json.loads(request.data)))
    request.headers.replace_header('Content-Type', CONTENT_TYPE)


def speaking(client):
    """The client, which from now on sends CBOR and understands it."""
    client.meta.events.register('before-sign.kinesis', _translate)
    client._endpoint.http_session = _Session(client._endpoint.http_session)
    return client
