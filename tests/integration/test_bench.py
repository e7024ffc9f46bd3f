"""script/bench prints a table of every run, and writes them to a page with a chart."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_benchmark_shows_every_run_and_the_medians(tmp_path):
    bench = subprocess.run([ROOT / 'script' / 'bench', '--rows', '2000', '--single-rows', '200',
                            '--runs', '2', '--seconds', '1', '--plugin', 'pgoutput',
                            '--part', 'drains', '--part', 'latency', '--part', 'start',
                            '--output', tmp_path],
                           check=True, capture_output=True, text=True, timeout=120)

    assert bench.stderr == ''
    for way in ('pg_recvlogical', 'CBOR', 'JSON', 'aggregated'):
        rates = re.findall(rf'^  {way}: rows a second +([\d,]+)(?: +[\d.]+)? +([\d,]+ [\d,]+)$',
                           bench.stdout, re.M)
        assert len(rates) == 2, bench.stdout  # A backlog of many rows a transaction, and of one.
    assert re.search(r'^  p99, ms +\S+ ', bench.stdout, re.M)
    page = (tmp_path / 'performance.md').read_text(encoding='utf-8')
    assert page.count('| aggregated: rows a second |') == 2
    assert '![rows a second](performance.svg)' in page
    assert 'pg_kinesis, end to end' in (tmp_path / 'performance.svg').read_text(encoding='utf-8')
