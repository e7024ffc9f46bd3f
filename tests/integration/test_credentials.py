"""pg_kinesis finds the credentials and the region that botocore finds in the same files."""
import hashlib
import os
import subprocess

import botocore.exceptions
import botocore.session
import pytest

from sim_process import BUILD_DIR

CREDENTIALS = f"""\
# Written by hand, as people do.
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = s/e+c=r:e#t;

[indented]
    aws_access_key_id=AKIAINDENTED
    aws_secret_access_key=indented
    aws_session_token={'t' * 3000}

[colons]
AWS_Access_Key_Id: AKIACOLONS
aws_secret_access_key: colons
[both]
aws_access_key_id = AKIABOTH
aws_secret_access_key = both
region = from-credentials
[ spaced ]
aws_access_key_id = AKIASPACED
aws_secret_access_key = spaced
[commented]
; aws_access_key_id = AKIAWRONG
aws_access_key_id = AKIACOMMENTED
  # a comment in between
aws_secret_access_key = commented
region = eu-west-3 # is part of the value
s3 =
  aws_session_token = nested
"""

CONFIG = """\
[default]
region = eu-west-1
output = json
[profile both]
region = from-config
[profile "two words"]
region = us-east-2
aws_access_key_id = AKIAWORDS
aws_secret_access_key = words
[profile inconfig]
aws_access_key_id = AKIACONFIG
aws_secret_access_key = config
aws_session_token = token
s3 =
    max_concurrent_requests = 2
    region = nested
[colons]
region = not-a-profile
"""

PROFILES = ['', 'default', 'indented', 'colons', 'both', ' spaced ', 'commented', 'two words',
            'inconfig']


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Both files in place, and nothing about AWS in the environment besides."""
    for name in list(os.environ):
        if name.startswith('AWS_'):
            monkeypatch.delenv(name)
    for variable, name, text in [('AWS_SHARED_CREDENTIALS_FILE', 'credentials', CREDENTIALS),
                                 ('AWS_CONFIG_FILE', 'config', CONFIG)]:
        (tmp_path / name).write_text(text)
        monkeypatch.setenv(variable, str(tmp_path / name))


def ours(profile):
    """Key id, digests of secret and token, region; None when there are none."""
    probe = subprocess.run([BUILD_DIR / 'tests/integration/credentials_probe', profile],
                           capture_output=True, text=True, check=False)
    return probe.stdout.splitlines() if probe.returncode == 0 else None


def botocores(profile):
    """The same, as botocore has it."""
    session = botocore.session.Session(profile=profile or None)
    try:
        credentials = session.get_credentials()
    except botocore.exceptions.ProfileNotFound:
        return None
    return [credentials.access_key,
            hashlib.sha256(credentials.secret_key.encode()).hexdigest(),
            hashlib.sha256((credentials.token or '').encode()).hexdigest(),
            session.get_scoped_config().get('region', '')]


@pytest.mark.usefixtures('files')
@pytest.mark.parametrize('profile', PROFILES)
def test_a_profile_is_read_as_botocore_reads_it(profile):
    assert ours(profile) == botocores(profile)


@pytest.mark.usefixtures('files')
def test_the_environment_counts_as_for_botocore(monkeypatch):
    monkeypatch.setenv('AWS_ACCESS_KEY_ID', 'AKIAENV')
    monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', 'env')
    assert ours('')[0] == 'AKIAENV'
    assert ours('') == botocores('')
    assert ours('both')[0] == 'AKIABOTH'
    assert ours('both') == botocores('both')

    monkeypatch.setenv('AWS_PROFILE', 'both')
    assert ours('')[0] == 'AKIAENV'
    assert ours('') == botocores('')


@pytest.mark.usefixtures('files')
def test_the_profile_may_be_named_by_the_environment(monkeypatch):
    monkeypatch.setenv('AWS_DEFAULT_PROFILE', 'two words')
    assert ours('')[0] == 'AKIAWORDS'
    assert ours('') == botocores('')


@pytest.mark.usefixtures('files')
def test_a_profile_that_is_not_there_is_none_for_both():
    assert ours('nobody') is None
    assert botocores('nobody') is None
