"""kinesis-local from npm: a Kinesis endpoint that we did not write. Checks no signature."""
import os
import pathlib
import subprocess
import tempfile
import urllib.error
import urllib.request

from streams import kinesis_client, wait_until_active
from waiting import free_port, wait_until

PACKAGE = pathlib.Path(__file__).parent.parent / 'node' / 'node_modules' / 'kinesis-local'


class KinesisLocal:
    """A running endpoint with the given streams, as {name: shards}."""

    def __init__(self, streams):
        port = free_port()
        self.url = f'http://127.0.0.1:{port}'
        self._log = tempfile.TemporaryFile()
        env = {
            'PATH': os.environ['PATH'],
            'KINESIS_MOCK_PLAIN_PORT': str(port),
            'KINESIS_MOCK_TLS_PORT': str(free_port()),
            'INITIALIZE_STREAMS': ','.join(f'{name}:{n}' for name, n in streams.items()),
            'LOG_LEVEL': 'ERROR',
        }
        # It reads its certificate from the folder it is started in.
        self.process = subprocess.Popen(['node', 'main.js'], cwd=PACKAGE, env=env,
                                        stdout=self._log, stderr=self._log)
        try:
            wait_until(self._answers, 'kinesis-local to answer')
            for name in streams:
                wait_until_active(self.client(), name)
        except BaseException:
            self.stop()
            raise

    def client(self):
        """A boto3 client for it."""
        return kinesis_client(self.url)

    def stop(self):
        """Ends it. What it held is gone."""
        self.process.kill()
        self.process.wait()
        self._log.close()

    def _answers(self):
        if self.process.poll() is not None:
            self._log.seek(0)
            said = self._log.read().decode(errors='replace')
            raise RuntimeError(f'kinesis-local did not start:\n{said}')
        try:
            urllib.request.urlopen(self.url, timeout=5).close()
        except urllib.error.HTTPError:
            return True  # An error, but an answer.
        except OSError:
            return False
        return True
