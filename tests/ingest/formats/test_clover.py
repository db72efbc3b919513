"""Clover XML as OpenClover, PHPUnit, Istanbul and gcovr write it."""

from __future__ import annotations

import pytest

from tests.ingest.formats.reading import arms_of, counts_of, functions_of, lines_of, report_of, warned


def clover(files: str, project: str = "", root: str = 'clover="4.3.1" generated="1"') -> str:
    return f"<coverage {root}><project {project}>{files}</project></coverage>"


def a_file(body: str, words: str = 'name="A.java" path="/b/src/A.java"') -> str:
    return f"<file {words}>{body}</file>"


def line(number: int, kind: str, count: object, more: str = "") -> str:
    return f'<line num="{number}" type="{kind}" count="{count}" {more}/>'


def metrics(**values: int) -> str:
    return "<metrics " + " ".join(f'{name}="{value}"' for name, value in values.items()) + "/>"


ISTANBUL = {"project": 'name="All files"', "root": 'clover="3.2.0" generated="1"'}


def test_statements_are_lines_and_methods_are_functions() -> None:
    body = (
        line(3, "method", 2, 'signature="f() : void"')
        + line(4, "stmt", 2)
        + line(9, "method", 0, 'name="g"')
        + line(10, "stmt", 0)
    )
    file = report_of(clover(a_file(body))).files["/b/src/A.java"]

    assert lines_of(file) == {4: 2, 10: 0}
    assert functions_of(file) == {"f() : void": (3, 0, 2), "g": (9, 0, 0)}


def test_a_condition_has_two_arms() -> None:
    body = line(15, "stmt", 1) + '<line num="15" type="cond" truecount="1" falsecount="0"/>'
    file = report_of(clover(a_file(body))).files["/b/src/A.java"]

    assert arms_of(file) == {15: {"false": 0, "true": 1}}
    assert lines_of(file) == {15: 1}


def test_istanbul_counts_arms_instead() -> None:
    """And its lines are its statements, its methods stand in the metrics only."""
    body = line(7, "cond", 4, 'truecount="2" falsecount="1"') + line(8, "stmt", 0)
    report = report_of(
        clover(
            a_file(body + metrics(methods=3, coveredmethods=2, conditionals=5, coveredconditionals=3)),
            **ISTANBUL,
        )
    )
    file = report.files["/b/src/A.java"]

    assert lines_of(file) == {7: 4, 8: 0}
    assert counts_of(file) == {7: (2, 3)}
    assert report.totals().get("branches") == (3, 5)  # arms on lines that hold no statement
    assert report.totals().get("functions") == (2, 3)


def test_phpunit_counts_methods_whose_lines_all_ran() -> None:
    body = (
        line(1, "method", 1, 'name="whole"') + line(2, "stmt", 1)
        + line(5, "method", 1, 'name="half"') + line(6, "stmt", 1) + line(7, "stmt", 0)
        + line(9, "method", 0, 'name="never"') + line(10, "stmt", 0)
        + metrics(statements=4, coveredstatements=2, methods=3, coveredmethods=1)
    )  # fmt: skip
    file = report_of(clover(a_file(body, 'name="/b/src/A.php"'), root='generated="1"')).files["/b/src/A.php"]

    assert [(function.name, function.hits, function.partial) for function in file.functions or ()] == [
        ("whole", 1, False),
        ("half", 1, True),
        ("never", 0, False),
    ]
    assert file.totals().get("functions") == (1, 3)


def test_functions_after_a_class_do_not_make_its_last_method_partial() -> None:
    """A method is taken to end where the next starts; the metrics of the file say how many are covered."""
    body = (
        line(1, "method", 1)
        + line(2, "stmt", 1)
        + line(20, "stmt", 0)
        + metrics(statements=2, methods=1, coveredmethods=1)
    )

    assert report_of(clover(a_file(body))).totals().get("functions") == (1, 1)


def test_a_statement_hides_behind_the_method_of_its_line() -> None:
    """PHPUnit lists a line once: of `function label() { return 1; }` only the method is seen, the metrics know better."""
    body = line(7, "method", 1, 'name="label"') + line(14, "method", 0, 'name="greet"') + line(16, "stmt", 0)
    file = report_of(
        clover(a_file(body + metrics(statements=2, coveredstatements=1, methods=2, coveredmethods=1)))
    ).files["/b/src/A.java"]

    assert lines_of(file) == {7: 1, 16: 0}
    assert file.totals().get("statements") == (1, 2)


def test_a_statement_hides_behind_the_condition_of_its_line() -> None:
    """Clover 1.3 does so."""
    body = (
        line(17, "stmt", 1)
        + '<line num="17" type="cond" truecount="1" falsecount="0"/>'
        + metrics(statements=2, coveredstatements=2)
    )
    report = report_of(clover(a_file(body)))

    assert report.totals().get("statements") == (2, 2)
    assert report.totals().get("lines") == (1, 1)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ('name="A.java" path="C:\\temp\\A.java"', "C:\\temp\\A.java"),
        ('name="/b/src/A.php"', "/b/src/A.php"),
    ],
)
def test_the_path_is_the_longer_name(words: str, path: str) -> None:
    assert list(report_of(clover(a_file(line(1, "stmt", 1), words))).files) == [path]


def test_coverage_of_the_tests_is_no_coverage_of_the_code() -> None:
    text = (
        '<coverage clover="4"><testproject><file path="T.java"><line num="1" type="stmt" count="1"/></file></testproject>'
        '<project><package name="p"><file path="A.java"><line num="1" type="stmt" count="1"/></file></package></project></coverage>'
    )

    assert list(report_of(text).files) == ["A.java"]


def test_metrics_of_a_class_are_not_those_of_its_file() -> None:
    body = (
        f'<class name="A">{metrics(methods=9, coveredmethods=9)}</class>'
        + line(1, "stmt", 1)
        + metrics(methods=2, coveredmethods=1)
    )

    assert report_of(clover(a_file(body), **ISTANBUL)).totals().get("functions") == (1, 2)


def test_odd_numbers() -> None:
    body = (
        '<line num="x" type="stmt" count="1"/>'
        + line(2, "stmt", "many")
        + line(3, "stmt", -1)
        + line(4, "stmt", "1.5")
        + line(5, "stmt", 2**64)
    )
    report = report_of(clover(a_file(body)))

    assert lines_of(report.files["/b/src/A.java"]) == {3: 0, 4: 1, 5: 2**63 - 1}
    assert warned(report) == {"bad_record": 2, "negative_count": 1, "non_integer_count": 1}
