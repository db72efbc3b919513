"""Cobertura in the dialects of its writers."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.report import UNPLACED
from tests.ingest.formats.reading import (
    arms_of,
    counts_of,
    functions_of,
    lines_of,
    refusal_of,
    report_of,
    warned,
)


def cobertura(classes: str, root: str = 'line-rate="1"', sources: str = "") -> str:
    return (
        f"<coverage {root}><sources>{sources}</sources><packages><package name='p'><classes>{classes}"
        "</classes></package></packages></coverage>"
    )


def a_class(lines: str, methods: str = "", path: str = "a.py") -> str:
    return f'<class name="c" filename="{path}"><methods>{methods}</methods><lines>{lines}</lines></class>'


def line(number: object, hits: object, more: str = "") -> str:
    return f'<line number="{number}" hits="{hits}" {more}/>'


def method(lines: str, more: str = 'signature="()V"') -> str:
    return f'<method name="m" {more}><lines>{lines}</lines></method>'


def test_lines_of_methods_repeat_those_of_the_class() -> None:
    """Both blocks say the same: adding them would double the hits."""
    both = line(1, 2) + line(2, 0)
    file = report_of(cobertura(a_class(both, method(both)))).files["a.py"]

    assert lines_of(file) == {1: 2, 2: 0}
    assert functions_of(file) == {"m()V": (1, 2, 2)}


def test_lines_that_only_a_method_lists_count_except_from_istanbul() -> None:
    """Some writers list lines below methods only; istanbul puts the line of the function there, which is no statement."""
    plain = report_of(cobertura(a_class(line(2, 1), method(line(1, 1))))).files["a.py"]
    istanbul = report_of(cobertura(a_class(line(2, 1), method(line(1, 5), 'hits="5"')))).files["a.py"]

    assert lines_of(plain) == {1: 1, 2: 1}
    assert lines_of(istanbul) == {2: 1}
    assert functions_of(istanbul) == {"m": (1, 0, 5)}


def test_one_file_in_several_classes_adds_up() -> None:
    both = a_class(line(1, 1) + line(2, 0)) + a_class(line(2, 4) + line(3, 0))

    assert lines_of(report_of(cobertura(both)).files["a.py"]) == {1: 1, 2: 4, 3: 0}


def test_dotnet_repeats_lines_of_lambdas() -> None:
    """Capitalised booleans are written by .NET only; there the greatest count of a line is the true one."""
    both = a_class(line(1, 3, 'branch="False"')) + a_class(
        line(1, 3, 'branch="False"') + line(1, 2, 'branch="False"')
    )

    assert lines_of(report_of(cobertura(both)).files["a.py"]) == {1: 3}


def test_arms_are_read_from_fractions_and_never_from_rates() -> None:
    rows = "".join(
        (
            line(1, 1, 'branch="true" condition-coverage="66.66666666666666% (2/3)"'),
            line(2, 1, 'branch="True" condition-coverage="50% ( 1 / 2 )"'),
            line(3, 1, 'branch="1" condition-coverage="0% (0/2)"'),
            line(4, 1, 'branch="false" condition-coverage="50% (1/2)"'),
            line(5, 1, 'branch="true"'),
            line(6, 1, 'branch="true" condition-coverage="150% (3/2)"'),
        )
    )
    report = report_of(cobertura(a_class(rows)))

    assert counts_of(report.files["a.py"]) == {1: (2, 3), 2: (1, 2), 3: (0, 2), 6: (2, 2)}
    assert warned(report) == {"bad_record": 2}


def test_missing_branches_name_what_never_ran() -> None:
    rows = line(1, 1, 'branch="true" condition-coverage="50% (1/2)" missing-branches="37,exit"')
    file = report_of(cobertura(a_class(rows))).files["a.py"]

    assert arms_of(file) == {1: {"-> 37": 0, "exit": 0}}
    assert counts_of(file) == {1: (1, 2)}


def test_a_kind_that_nothing_carries_is_absent() -> None:
    """coverage.py without branches writes an empty `<methods/>` and no `branch`: no data, which is not 0 of 0."""
    file = report_of(
        cobertura(a_class(line(1, 1)), 'line-rate="1" branches-valid="0" branches-covered="0"')
    ).files["a.py"]

    assert file.functions is None
    assert "branches" not in file.outcomes


def test_the_root_counts_arms_that_stand_on_no_line() -> None:
    """PHPUnit with path coverage, simplecov-cobertura, istanbul."""
    report = report_of(cobertura(a_class(line(1, 1)), 'branches-valid="24" branches-covered="12"'))

    assert report.totals().get("branches") == (12, 24)
    assert report.files[UNPLACED].totals().get("branches") == (12, 24)


def test_a_root_in_floats_or_nonsense_is_a_cross_check_only() -> None:
    report = report_of(
        cobertura(
            a_class(line(1, 1)),
            'lines-valid="2.0" lines-covered="1.0" branches-covered="1.0" branch-rate="x"',
        )
    )

    assert report.totals().get("lines") == (1, 1)
    assert warned(report) == {"totals_differ": 1}


def test_phpunit_counts_methods_whose_lines_all_ran() -> None:
    """And lists functions of other files in a class that is named like the file."""
    whole, half = method(line(1, 1) + line(2, 1)), method(line(3, 1) + line(4, 0)).replace('"m"', '"n"')
    classes = (
        f'<class name="App\\A" filename="src/A.php"><methods>{whole}{half}</methods><lines>{line(1, 1)}</lines></class>'
        f'<class name="A.php" filename="src/A.php"><methods>{method(line(9, 1))}</methods><lines/></class>'
    )
    file = report_of(cobertura(classes, 'line-rate="1" version="0.4"')).files["src/A.php"]

    assert file.totals().get("functions") == (1, 2)
    assert [(function.name, function.hits, function.partial) for function in file.functions or ()] == [
        ("m", 1, False),
        ("n", 1, True),
    ]


def test_first_lines_that_coverage_py_5_gives_number_0_count_without_a_place() -> None:
    rows = line(0, 0) + line(1, 1)
    five = report_of(cobertura(a_class(rows), 'line-rate="1" version="5.5"'))
    other = report_of(cobertura(a_class(rows)))

    assert five.totals().get("lines") == (1, 2)
    assert other.totals().get("lines") == (1, 1)
    assert warned(other) == {"bad_line_number": 1}


def test_odd_numbers() -> None:
    rows = "".join(
        (line("x", 1), line(2, "abc"), line(3, -1), line(4, "2.0"), line(5, "1.5"), line(6, 2**64), "<line/>")
    )
    report = report_of(cobertura(a_class(rows)))

    assert lines_of(report.files["a.py"]) == {3: 0, 4: 2, 5: 1, 6: 2**63 - 1}
    assert warned(report) == {"bad_record": 3, "negative_count": 1, "non_integer_count": 1}


def test_a_class_without_a_file_is_named() -> None:
    report = report_of(
        cobertura(
            '<class name="Ghost"><lines><line number="1" hits="1"/></lines></class>' + a_class(line(1, 0))
        )
    )

    assert list(report.files) == ["a.py"]
    assert warned(report) == {"bad_path": 1}


def test_sources_are_kept_for_the_paths() -> None:
    sources = "<source>/b/src</source><source/><source>--source</source><source> lib </source>"

    assert report_of(cobertura(a_class(line(1, 1)), sources=sources)).roots == ("/b/src", "lib")


def test_swift_puts_classes_right_into_packages() -> None:
    below = '<package><class filename="a.swift"><methods>{}</methods></class></package>'
    text = f'<coverage line-rate="1"><packages>{below}</packages></coverage>'

    assert lines_of(report_of(text.format(method(line(5, 0)))).files["a.swift"]) == {5: 0}


def test_where_it_is_wrong_is_said() -> None:
    failed = refusal_of('<coverage line-rate="1">\n<packages>\n<package></coverage>')

    assert (failed.code, failed.where) == ("malformed", "line 3, column 12")


ROWS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 3), st.sampled_from(["", "false", "0/2", "1/2", "2/2"])),
    max_size=8,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_attributes_changes_nothing(
    rows: list[tuple[int, int, str]], chance: random.Random
) -> None:
    """Rows in the usual order are read in bulk, others one by one; both mean the same."""
    usual, shuffled = "", ""
    for number, hits, arms in rows:
        words = [f'number="{number}"', f'hits="{hits}"']
        if arms == "false":
            words.append('branch="false"')
        elif arms:
            words += ['branch="true"', f'condition-coverage="({arms})"']
        usual += f"<line {' '.join(words)}/>"
        chance.shuffle(words)
        shuffled += f"<line {' '.join(words)}/>"
    one, other = (report_of(cobertura(a_class(text))).files["a.py"] for text in (usual, shuffled))

    assert lines_of(one) == lines_of(other)
    assert one.totals() == other.totals()
    if "branches" in one.outcomes:
        assert counts_of(one) == counts_of(other)
