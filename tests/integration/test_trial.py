"""The verdict of a trial is one that can fail."""
import json

import pytest

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


@pytest.fixture
def done(trial):
    """A trial in which all went well so far."""
    trial.start()
    trial.write_and_arrive()
    return trial


def put(trial, key, n):
    """Stores what would be a change's record, had there been such a change."""
    columns = {'id': {'new': {'v': str(key)}}, 'n': {'new': {'v': str(n)}}}
    trial.sim.client().put_record(StreamName='test', PartitionKey=f'public.loadidn{key}',
                                  Data=json.dumps({'columns': columns}).encode())


def test_a_change_that_is_missing_is_found(done):
    done.committed.add((0, 1))
    with pytest.raises(TimeoutError):
        done.verdict(deadline_s=0.5)


def test_a_change_that_never_was_is_found(done):
    put(done, 0, 1)
    with pytest.raises(AssertionError):
        done.verdict()


def test_changes_in_the_wrong_order_are_found(done):
    for n in (2, 1, 2):
        done.committed.add((0, n))
        put(done, 0, n)
    with pytest.raises(AssertionError, match='1 of key 0 came after 2'):
        done.verdict()


def test_a_late_copy_is_found(done):
    for n in (1, 2, 1):
        done.committed.add((0, n))
        put(done, 0, n)
    with pytest.raises(AssertionError, match='not the last change of a key is last'):
        done.verdict()


def test_copies_are_counted(done):
    put(done, 0, 0)
    assert done.verdict() == 1


def test_memory_over_its_bound_is_found(done):
    done.run.look_at_memory()
    with pytest.raises(AssertionError, match='bytes resident'):
        done.run.assert_memory_was_bounded(bytes_max=1 << 20)
