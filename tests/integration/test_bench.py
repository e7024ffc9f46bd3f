"""script/bench prints a table of every run, and the latency of commits."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_benchmark_prints_every_run_and_the_medians():
    bench = subprocess.run([ROOT / 'script' / 'bench', '--rows', '2000', '--single-rows', '200',
                            '--runs', '2', '--seconds', '1', '--plugin', 'pgoutput'],
                           check=True, capture_output=True, text=True, timeout=120)

    assert bench.stderr == ''
    lines = re.findall(r'^ +(run|1|2|median) ', bench.stdout, re.M)
    assert lines == 2 * ['run', '1', '2', 'median']
    assert re.search(r'pgoutput: p50 \S+  p90 \S+  p99 \S+  most \S+ ms', bench.stdout)
