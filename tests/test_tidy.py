"""Each rule of tidy.py finds the violation planted for it, and says where."""
import pathlib

import pytest

import tidy

LONG_FUNCTION = 'void f(void)\n{\n' + '    ;\n' * 71 + '}\n'
LATER = 'TO' 'DO'

PLANTED = {
    'a_specialist_includes_a_stranger':
        ('src/encode/x.c', '#include "kinesis/http.h"\n', 'encode must not include'),
    'select_is_a_stranger_too':
        ('src/select/x.c', '#include "encode/json.h"\n', 'select must not include'),
    'base_includes_upwards':
        ('src/base/x.c', '#include "model/lsn.h"\n', 'base must not include'),
    'an_unknown_folder_is_included':
        ('src/app/x.c', '#include "misc/x.h"\n', 'app must not include'),
    'the_simulator_includes_the_program':
        ('sim/x.c', '#include "kinesis/sigv4.h"\n', 'sim must not include'),
    'the_program_includes_the_simulator':
        ('src/app/x.c', '#include "sim/server.h"\n', 'app must not include'),
    'a_relative_path_hides_the_layer':
        ('src/base/x.c', '#include "../model/lsn.h"\n', 'not of the form'),
    'a_file_is_too_long':
        ('src/base/x.c', '\n' * 501, '501 lines'),
    'a_test_is_too_long':
        ('tests/unit/test_x.c', '\n' * 501, '501 lines'),
    'a_function_is_too_long':
        ('sim/x.c', LONG_FUNCTION, 'x.c:2: function of 72 lines'),
    'a_line_is_too_wide':
        ('src/base/x.c', '//' + 'x' * 99 + '\n', 'x.c:1: 101 columns'),
    'a_banned_function_is_called':
        ('src/base/x.c', '\nvoid f(void) { strcpy(a, b); }\n', 'x.c:2: strcpy is banned'),
    'a_header_needs_another_first':
        ('src/base/x.h', 'size_t f(void);\n', 'x.h: does not compile alone'),
    'a_header_of_the_simulator_needs_another_first':
        ('sim/x.h', 'size_t f(void);\n', 'x.h: does not compile alone'),
    'work_left_for_later_has_no_number':
        ('script/x', f'# {LATER}: later\n', 'x:1: ' + LATER),
}

ALLOWED = {
    'each_layer_includes_those_below':
        ('src/kinesis/x.c', '#include "kinesis/y.h"\n#include "model/y.h"\n#include "base/y.h"\n'),
    'commands_and_app_compose_each_other':
        ('src/command/x.c', '#include "app/options.h"\n'),
    'main_includes_all':
        ('src/main.c', '#include "app/x.h"\n#include "base/x.h"\n'),
    'tests_include_what_they_test':
        ('tests/unit/test_x.c', '#include "kinesis/x.h"\n#include "cmocka_prelude.h"\n'),
    'the_simulator_stands_on_base_and_model':
        ('sim/x.c', '#include "sim/y.h"\n#include "base/y.h"\n#include "model/y.h"\n'),
    'a_name_that_ends_like_a_banned_one':
        ('src/base/x.c', 'void f(void) { my_strcpy(a, b); localtime_r(a, b); }\n'),
    'a_function_of_seventy_lines':
        ('src/base/x.c', LONG_FUNCTION.replace('    ;\n', '', 2)),
    'work_left_for_later_has_a_number':
        ('src/base/x.c', f'// {LATER}(#12): later\n'),
}


def problems_with(root: pathlib.Path, name: str, text: str) -> str:
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding='utf-8')
    return '\n'.join(tidy.problems(root))


@pytest.mark.parametrize('case', PLANTED)
def test_finds(case, tmp_path):
    name, text, expected = PLANTED[case]

    assert expected in problems_with(tmp_path, name, text)


@pytest.mark.parametrize('case', ALLOWED)
def test_allows(case, tmp_path):
    name, text = ALLOWED[case]

    assert problems_with(tmp_path, name, text) == ''


def test_the_exit_status_tells(tmp_path, capsys):
    assert tidy.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == 'tidy\n'

    assert problems_with(tmp_path, 'src/base/x.c', 'x' * 101 + '\n') != ''
    assert tidy.main([str(tmp_path)]) == 1
