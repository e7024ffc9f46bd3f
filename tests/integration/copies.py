"""Copies of records, and whether something that happened explains each of them."""
import collections

from append_log import ANSWERED

# Something that makes the program send again what it sent before: a crash, a lost connection.
Break = collections.namedtuple('Break', 'begin_ms end_ms what')

# The same change, stored once more.
Copy = collections.namedtuple('Copy', 'earlier later cause')


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
    first_ms, again_ms = earlier.record['ArrivedMs'], later.record['ArrivedMs']
    for one in breaks:
        if one.begin_ms <= again_ms and first_ms <= one.end_ms:
            return one.what
    return None


def copies_of(deliveries, breaks):
    """Every copy there is."""
    return [Copy(earlier, later, cause(earlier, later, breaks))
            for same in by_change(deliveries).values() for earlier, later in zip(same, same[1:])]


def unexplained(copies):
    """A text for each copy that nothing explains."""
    return [f'{later.change} of {later.key}, requests {earlier.record["Request"]} and '
            f'{later.record["Request"]}, {later.record["ArrivedMs"] - earlier.record["ArrivedMs"]} '
            'ms apart' for earlier, later, why in copies if why is None]
