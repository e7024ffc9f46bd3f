"""What the documents point at exists."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = [path.relative_to(ROOT) for folder in ('.', 'docs', 'docs/decisions')
             for path in sorted((ROOT / folder).glob('*.md'))]
LINK = re.compile(r'\]\((?!https?:)([^)#]+)')
# A path in backticks: a folder of ours, a slash, and no placeholder in capitals.
PATH = re.compile(r'`((?:src|sim|tests|script|docs|man|bench)/[\w./-]*)`')
NAME = re.compile(r'`(\w+\.[ch])`')


@pytest.mark.parametrize('document', DOCUMENTS, ids=str)
def test_links_lead_somewhere(document):
    for target in LINK.findall((ROOT / document).read_text(encoding='utf-8')):
        assert (ROOT / document.parent / target).exists(), target


@pytest.mark.parametrize('document', DOCUMENTS, ids=str)
def test_files_that_are_named_exist(document):
    for named in PATH.findall((ROOT / document).read_text(encoding='utf-8')):
        if not re.search(r'[A-Z]{3}', named):
            assert (ROOT / named).exists(), named


def test_the_walk_meets_only_files_that_exist():
    there = {path.name for folder in ('src', 'sim', 'bench', 'tests/simulation')
             for path in (ROOT / folder).rglob('*.[ch]')}
    named = set(NAME.findall((ROOT / 'ARCHITECTURE.md').read_text(encoding='utf-8')))

    assert named - there == set()
