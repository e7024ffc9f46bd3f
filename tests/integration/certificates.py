"""Certificates of one's own, good ones and bad ones, made by openssl."""
import subprocess


class Authority:
    """A certificate authority in a folder; its certificate is the file that `path` names.

    KinesisSim().start('--certificate', cert, '--key', key) serves with what issue() returns, and
    pg_kinesis trusts it with AWS_CA_BUNDLE=path in its environment.
    """

    def __init__(self, folder):
        self.folder = folder
        self.path, self.key = folder / 'authority.pem', folder / 'authority.key'
        openssl('req', '-x509', *NEW_KEY, self.key, '-out', self.path, '-days', 2,
                '-subj', '/CN=an authority of tests')

    def issue(self, name='server', host='IP:127.0.0.1', days=2):
        """A certificate for a host (IP:... or DNS:...) and its key. With days=-1 it has expired."""
        request, extensions = self.folder / f'{name}.csr', self.folder / f'{name}.ext'
        certificate, key = self.folder / f'{name}.pem', self.folder / f'{name}.key'
        extensions.write_text(f'subjectAltName={host}')
        openssl('req', *NEW_KEY, key, '-out', request, '-subj', f'/CN={name}')
        openssl('x509', '-req', '-in', request, '-CA', self.path, '-CAkey', self.key,
                '-CAcreateserial', '-days', days, '-extfile', extensions, '-out', certificate)
        return certificate, key


NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout']


def openssl(*arguments):
    """Run it; what it prints matters only when it fails."""
    subprocess.run(['openssl', *map(str, arguments)], check=True, capture_output=True)
