"""What was measured: a figure has a value a run, and stands in a section with its peers."""
import dataclasses
import statistics


@dataclasses.dataclass
class Figure:
    """A quantity, measured once a run. `form` writes a value; `goal` says what is hoped for."""
    name: str
    values: list
    form: str = '{:,.0f}'
    goal: str = ''

    @property
    def median(self):
        """Of all runs."""
        return statistics.median(self.values)

    def cells(self):
        """Name, median, goal and all runs, as text."""
        return [self.name, self.form.format(self.median), self.goal,
                ' '.join(self.form.format(value) for value in self.values)]


@dataclasses.dataclass
class Section:
    """Figures that belong together, of one set of runs."""
    title: str
    figures: list
    note: str = ''

    def __getitem__(self, name):
        return next(figure for figure in self.figures if figure.name == name)


HEADINGS = ['', 'median', 'goal', 'all runs']


def text_of(section):
    """The section for a terminal."""
    rows = [HEADINGS] + [figure.cells() for figure in section.figures]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f'  {row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}'
             for row in rows]
    note = [f'  {section.note}'] if section.note else []
    return '\n'.join([section.title, *(line.rstrip() for line in lines), *note])


def markdown_of(section):
    """The section for a page."""
    rows = [f'| {" | ".join(figure.cells())} |' for figure in section.figures]
    head = [f'| {" | ".join(HEADINGS)} |', '|---|---:|---:|---|']
    note = ['', section.note] if section.note else []
    return '\n'.join([f'### {section.title}', '', *head, *rows, *note, ''])
