"""Streams that have the limits of real ones: a hot key, and sixteen shards at their pace."""
import subprocess
import time

from backlog import Backlog, of_one_key, of_size
from drain import Path, command, simulator
from figures import Figure, Section
from pg_kinesis_process import environment

LATENCY_MS = 20
SHARDS = 16
BURST_S = 5    # What the shards' first second lets through is over by then.
WINDOW_S = 12  # Five of them make the minute.
WINDOWS = 5
LOOK_EVERY_S = 0.5


def _drain_seconds(backlog, plugin, ways):
    with simulator('--delay', LATENCY_MS) as sim, backlog.copied_slot(plugin) as slot:
        began = time.monotonic()
        subprocess.run([str(word) for word in command(backlog, plugin, Path(), slot, sim.url, ways)],
                       env=environment(backlog.database.server.folder), check=True,
                       capture_output=True)
        return time.monotonic() - began


def hot_key_section(server, plugin, runs):
    """One key has all of the changes."""
    figures = []
    for name, ways, rows, goal in (('plain', [], 200, '1 a round trip: 50'),
                                   ('aggregated', ['--aggregate'], 30_000, 'over 5,000')):
        backlog = Backlog(server, of_one_key(rows, 100))
        figures.append(Figure(f'{name}: rows a second', [
            rows / _drain_seconds(backlog, plugin, ways) for _ in range(runs)], '{:,.0f}', goal))
        backlog.drop()
    return Section(f'One hot key, {LATENCY_MS} ms from request to reply, {plugin}', figures)


def _watch(process, sim):
    """(seconds, counters) about twice a second, as long as the program runs."""
    found = []
    while process.poll() is None:
        found.append((time.monotonic(), sim.counters()))
        time.sleep(LOOK_EVERY_S)
    return found, sim.counters()


def _windows(seen):
    """The counters at the beginning and end of each window, the burst left out."""
    def nearest(at_s):
        return min(seen, key=lambda look: abs(look[0] - seen[0][0] - at_s))

    edges = [nearest(BURST_S + number * WINDOW_S) for number in range(WINDOWS + 1)]
    return list(zip(edges, edges[1:]))


def _run_limited(server, plugin, ways, rows, value_bytes):
    backlog = Backlog(server, of_size(rows, value_bytes))
    with simulator('--limits', '--delay', LATENCY_MS, shards=SHARDS) as sim, \
            backlog.copied_slot(plugin) as slot:
        words = [str(word) for word in command(backlog, plugin, Path(), slot, sim.url, ways)]
        with subprocess.Popen(words, env=environment(server.folder), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            seen, last = _watch(process, sim)
        if process.returncode != 0:
            raise RuntimeError(f'pg_kinesis exited with {process.returncode}')
    backlog.drop()
    return seen, last


def limited_section(server, plugin, name, ways, rows, value_bytes, goal):
    """Shards that take what AWS's take. An aggregate's rows are told by its bytes."""
    seen, last = _run_limited(server, plugin, ways, rows, value_bytes)
    bytes_a_row = last['bytes_stored'] / rows
    rates, throttled = [], []
    for (began_s, before), (ended_s, after) in _windows(seen):
        stored = after['records_stored'] - before['records_stored']
        refused = after['records_throttled'] - before['records_throttled']
        stored_rows = (after['bytes_stored'] - before['bytes_stored']) / bytes_a_row
        rates.append(stored_rows / (ended_s - began_s) / SHARDS)
        throttled.append(100 * refused / (stored + refused) if stored + refused else 0)
    return Section(
        f'{SHARDS} shards with the limits of AWS, {LATENCY_MS} ms, {name} rows of '
        f'{bytes_a_row:,.0f} bytes, {plugin}',
        [Figure('rows a second and shard', rates, '{:,.0f}', goal),
         Figure('records throttled, %', throttled, '{:.1f}', 'below 5')],
        f'One minute in windows of {WINDOW_S} s, from {BURST_S} s after the start on.')
