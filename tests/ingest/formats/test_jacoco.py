"""JaCoCo XML and what Kover, Pester and gcovr write in that form."""

from __future__ import annotations

from covdash.coverage.lines import State
from tests.ingest.formats.reading import counts_of, functions_of, lines_of, report_of, warned


def jacoco(body: str) -> str:
    doctype = '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">'
    return f'<?xml version="1.0"?>{doctype}<report name="r">{body}</report>'


def package(body: str, name: str = "com/acme") -> str:
    return f'<package name="{name}">{body}</package>'


def source(lines: str, counters: str = "", name: str = "A.java") -> str:
    return f'<sourcefile name="{name}">{lines}{counters}</sourcefile>'


def a_class(methods: str, more: str = 'sourcefilename="A.java"', name: str = "com/acme/A") -> str:
    return f'<class name="{name}" {more}>{methods}</class>'


def method(name: str, covered: int, line: int = 3) -> str:
    counter = f'<counter type="METHOD" missed="{1 - covered}" covered="{covered}"/>'
    return f'<method name="{name}" desc="()V" line="{line}"><counter type="LINE" missed="0" covered="1"/>{counter}</method>'


def counter(kind: str, missed: int, covered: int) -> str:
    return f'<counter type="{kind}" missed="{missed}" covered="{covered}"/>'


LINES = (
    '<line nr="1" mi="0" ci="5" mb="0" cb="0"/><line nr="2" mi="3" ci="0" mb="2" cb="0"/>'
    '<line nr="3" mi="1" ci="4" mb="0" cb="0"/><line nr="4" mi="0" ci="4" mb="1" cb="1"/><line nr="5" mi="0" ci="0" mb="0" cb="0"/>'
)


def test_lines_are_covered_missed_or_partial_and_never_counted() -> None:
    file = report_of(jacoco(package(source(LINES)))).files["com/acme/A.java"]

    assert lines_of(file) == {1: 1, 2: 0, 3: 1, 4: 1}  # line 5 holds no instruction: it is no line
    assert file.states.tolist() == [State.COVERED, State.MISSED, State.PARTIAL, State.PARTIAL]
    assert counts_of(file) == {2: (0, 2), 4: (1, 2)}
    assert counts_of(file, "instructions") == {1: (5, 5), 2: (0, 3), 3: (4, 5), 4: (4, 4)}
    assert not file.counted


def test_another_order_of_attributes_means_the_same() -> None:
    shuffled = '<line cb="0" nr="1" ci="5" mi="0" mb="0"/><line nr="2" mi="3" ci="0"/>'
    file = report_of(jacoco(package(source(shuffled)))).files["com/acme/A.java"]

    assert lines_of(file) == {1: 1, 2: 0}


def test_methods_belong_to_the_file_of_their_class() -> None:
    body = (
        a_class(method("f", 1) + method("&lt;init&gt;", 0, 9))
        + a_class(method("g", 1, 20), name="com/acme/A$B")
        + source(LINES)
    )
    file = report_of(jacoco(package(body))).files["com/acme/A.java"]

    assert functions_of(file) == {"A.f()V": (3, 0, 1), "A.<init>()V": (9, 0, 0), "A$B.g()V": (20, 0, 1)}


def test_a_class_that_names_no_file_is_found_by_its_name() -> None:
    """JaCoCo 0.7.7 writes no `sourcefilename`."""
    body = a_class(method("f", 1), "") + a_class(method("g", 1), "", "com/acme/A$B") + source(LINES)

    assert set(functions_of(report_of(jacoco(package(body))).files["com/acme/A.java"])) == {
        "A.f()V",
        "A$B.g()V",
    }


def test_classes_without_debug_information_only_count() -> None:
    counters = counter("INSTRUCTION", 4, 6) + counter("BRANCH", 1, 3) + counter("METHOD", 1, 1)
    report = report_of(jacoco(package(a_class(method("f", 1) + method("g", 0) + counters, ""))))

    assert report.totals().get("instructions") == (6, 10)
    assert report.totals().get("branches") == (3, 4)
    assert report.totals().get("functions") == (1, 2)
    assert warned(report) == {"totals_only": 1}


def test_gcovr_gives_no_states_so_its_counters_hold() -> None:
    lines = '<line nr="3"/><line nr="6" mb="2" cb="3"/>'
    counters = counter("LINE", 9, 14) + counter("BRANCH", 2, 3) + counter("METHOD", 1, 2)
    report = report_of(jacoco(package(source(lines, counters, "calc.c"), "src")))
    file = report.files["src/calc.c"]

    assert lines_of(file) == {}
    assert report.totals().get("lines") == (14, 23)
    assert report.totals().get("functions") == (2, 3)
    assert counts_of(file) == {6: (3, 5)}
    assert warned(report) == {"totals_only": 1}


def test_instructions_without_a_line_count_too() -> None:
    report = report_of(jacoco(package(source(LINES, counter("INSTRUCTION", 10, 20) + counter("LINE", 1, 3)))))

    assert report.totals().get("instructions") == (20, 30)
    assert report.totals().get("lines") == (3, 4)


def test_modules_may_hold_files_of_one_name() -> None:
    inner = package(source(LINES))
    body = f'<group name="one">{inner}</group><group name="two"><group name="sub">{inner}</group></group>'

    assert set(report_of(jacoco(body)).files) == {"one/com/acme/A.java", "two/sub/com/acme/A.java"}


def test_the_default_package_has_no_folder() -> None:
    assert set(report_of(jacoco(package(source(LINES), ""))).files) == {"A.java"}


def test_totals_of_the_report_are_not_believed() -> None:
    assert report_of(jacoco(package(source(LINES)) + counter("LINE", 90, 900))).totals().get("lines") == (
        3,
        4,
    )


def test_bad_line_numbers_are_warned_about() -> None:
    report = report_of(
        jacoco(
            package(
                source('<line nr="0" mi="0" ci="5" mb="1" cb="1"/><line nr="x" mi="0" ci="5" mb="0" cb="0"/>')
            )
        )
    )

    assert report.totals().get("lines") == (0, 0)
    assert warned(report) == {"bad_line_number": 2}
