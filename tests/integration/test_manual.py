"""The options are the same in --help, in the manual page and in the README."""
import pathlib
import re
import subprocess

from pg_kinesis_process import BUILD

ROOT = pathlib.Path(__file__).resolve().parents[2]


def help_text():
    return subprocess.run([BUILD / 'pg_kinesis', '--help'], check=True, capture_output=True,
                          text=True).stdout


def options_of_help():
    return dict(re.findall(r'^  (?:-\w, )?--([\w-]+)(?: ([A-Z|a-z]+))?(?=  )', help_text(), re.M))


def options_of_manual():
    text = (ROOT / 'man' / 'pg_kinesis.1').read_text(encoding='utf-8')
    items = re.findall(r'^\.It Fl (?:\w , )?-([\w-]+)(?: (.+))?$', text, re.M)
    return {name: re.sub(r'\b(Ar|Li) | ', '', argument) for name, argument in items}


def test_the_manual_has_the_options_of_the_program():
    assert options_of_manual() == options_of_help()


def test_the_manual_has_the_options_in_the_order_of_the_help():
    assert list(options_of_manual()) == list(options_of_help())


def test_the_help_fits_into_a_hundred_columns():
    assert max(map(len, help_text().splitlines())) <= 100


def test_the_readme_names_no_other_options():
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    named = set(re.findall(r'(?:`| |^)--([a-z-]+)', '\n'.join(
        line for line in text.splitlines()
        if not line.startswith(('script/', 'build/kinesis_sim ')))))  # Those have their own.

    assert named <= set(options_of_help())
