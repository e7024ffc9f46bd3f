"""Copies of records, and whether something that happened explains each of them."""
import collections

from append_log import ANSWERED

# Something that makes the program send again what it sent before: a crash, a lost connection.
Break = collections.namedtuple('Break', 'begin_ms end_ms what')


def by_change(deliveries):
    """The deliveries of each change, in the order in which they were stored."""
    found = collections.defaultdict(list)
    for one in deliveries:
        found[one.change].append(one)
    for copies in found.values():
        copies.sort(key=lambda one: one.record['ArrivedMs'])
    return found


def cause(earlier, later, breaks):
    """Why a change was stored again, None when there was no reason to."""
    if earlier.record['Fate'] != ANSWERED:
        return earlier.record['Fate']
    for one in breaks:
        if (one.begin_ms <= later.record['ArrivedMs']
                and earlier.record['ArrivedMs'] <= one.end_ms):
            return one.what
    return None


def causes_of_copies(deliveries, breaks):
    """How many copies each cause has; those of the cause None nothing explains."""
    return collections.Counter(
        cause(earlier, later, breaks) for copies in by_change(deliveries).values()
        for earlier, later in zip(copies, copies[1:]))


def unexplained(deliveries, breaks):
    """A text for each copy that nothing explains."""
    return [f'{later.change} of {later.key}, requests {earlier.record["Request"]} and '
            f'{later.record["Request"]}, {later.record["ArrivedMs"] - earlier.record["ArrivedMs"]} '
            'ms apart'
            for copies in by_change(deliveries).values()
            for earlier, later in zip(copies, copies[1:]) if cause(earlier, later, breaks) is None]
