"""The page and the chart of a benchmark, for docs/."""
import subprocess

from drain import USUAL_WAY
from figures import markdown_of

CHART = 'performance.svg'
PAGE = 'performance.md'

# Grouped bars: a group a backlog and plugin, a bar a reader.
PLOT = '''set terminal svg noenhanced size 860,420 font "sans-serif,12" background "white"
set output "{output}"
set title "Rows a second from one backlog, two cores, medians"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85 border -1
set boxwidth 0.9
set yrange [0:*]
set xrange [-0.5:{count} - 0.5]
set format y "%'.0f"
set bmargin 6
set xtics nomirror scale 0
set grid ytics
set key below horizontal
$rows << EOD
{rows}
EOD
plot $rows using 2:xtic(1) title "pg_recvlogical to /dev/null" linecolor "#9aa5b1", \\
     $rows using 3 title "null reader, paced" linecolor "#cbd2d9", \\
     $rows using 4 title "pg_kinesis, end to end" linecolor "#2f6f9f"
'''


def write_chart(folder, drains):
    """Draws what the usual way made of each backlog; `drains` are sections with a short name, in
    which a backslash and an n begin a line."""
    rows = '\n'.join(
        f'"{name}" {section["pg_recvlogical: rows a second"].median} '
        f'{section["null reader, paced"].median} {section[f"{USUAL_WAY}: rows a second"].median}'
        for name, section in drains)
    plot = PLOT.format(output=folder / CHART, count=len(drains), rows=rows)
    subprocess.run(['gnuplot'], input=plot, text=True, check=True)


def write_page(folder, preface, machine, sections):
    """The page that shows everything that was printed."""
    chart = [f'![rows a second]({CHART})', ''] if (folder / CHART).exists() else []
    parts = [preface, f'## {machine}', '', *chart]
    parts += [markdown_of(section) for section in sections]
    (folder / PAGE).write_text('\n'.join(parts).rstrip() + '\n', encoding='utf-8')
