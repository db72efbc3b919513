"""The interpreter of annotated sources: counts follow the flow."""

from __future__ import annotations

import pytest

from covdash.demo.blocks import measure
from covdash.demo.dialect import strip
from covdash.demo.measured import Measured

JAVA = """\
public class Till {
    public int take(int cents) {   //@ good*3 bad
        if (cents < 0) {   //@ bad
            throw new IllegalArgumentException();
        } else if (cents > 500) {
            return 5;
        }
        for (int i = 0; i < cents; i++) {   //@ good*7
            if (i == 2) continue;   //@ good*2
            log.add(
                "cent",
                i);
        }
        switch (cents) {
            case 1:   //@ good
                open();
                break;
            default:
                close();
        }
        return cents > 2 ? 1 : 2;   //@ good*3 | -
    }

    public void never() {
        try {
            open();
        } catch (IOException error) {
            close();
        }
    }
}
"""


def arms(measured: Measured, line: int) -> list[list[int]]:
    return [[hits for *_, hits in decision.arms] for decision in measured.decisions if decision.line == line]


def test_hits_follow_the_flow() -> None:
    text = JAVA.replace("cents > 500) {", "cents > 500) {   //@ -")

    ran = measure(text, frozenset({"good", "bad"})).ran()

    assert ran == {
        3: 4, 4: 1, 5: 3, 6: 0, 8: 3, 9: 7, 10: 5, 14: 3, 16: 1, 17: 1, 19: 2, 21: 3, 26: 0, 28: 0
    }  # fmt: skip


def test_what_leaves_does_not_come_back() -> None:
    """Without a mark an if takes everybody who comes by, so nothing runs behind its return."""
    text = "int f(int x) {  //@ t*2\n  if (x) {\n    return 1;\n  }\n  return 2;\n}\n"

    assert measure(text, frozenset({"t"})).ran() == {2: 2, 3: 2, 5: 0}


def test_arms_of_every_kind() -> None:
    measured = measure(JAVA.replace("500) {", "500) {   //@ -"), frozenset({"good", "bad"}))

    assert arms(measured, 3) == [[1, 3]]
    assert arms(measured, 5) == [[0, 3]]
    assert arms(measured, 8) == [[7, 3]]
    assert arms(measured, 9) == [[2, 5]]
    assert arms(measured, 14) == [[1, 2]]
    assert arms(measured, 21) == [[3, 0]]


def test_only_the_tests_that_ran_count() -> None:
    measured = measure(JAVA.replace("500) {", "500) {   //@ -"), frozenset({"bad"}))

    assert measured.ran()[3] == 1
    assert measured.ran()[8] == 0
    assert [(routine.name, routine.hits, routine.end_line) for routine in measured.routines] == [
        ("take", 1, 22),
        ("never", 0, 30),
    ]


def test_go_counts_in_stretches() -> None:
    text = "func Load(x int) error { //@ t*2\n\ty := x\n\tif y > 1 { //@ t\n\t\treturn nil\n\t}\n\ty++\n\treturn err\n}\n"

    stretches = measure(text, frozenset({"t"})).stretches

    assert [(s.line, s.column, s.end_line, s.end_column, s.statements, s.hits) for s in stretches] == [
        (1, 23, 3, 10, 2, 2),
        (3, 10, 5, 2, 1, 1),
        (6, 1, 7, 11, 2, 1),
    ]


def test_a_script_runs_once_when_it_is_loaded() -> None:
    text = "const A = 1;\nexport function f() { //@ t*5\n  return A;\n}\n"

    assert measure(text, frozenset({"t"}), script=True).ran() == {1: 1, 3: 5}
    assert measure(text, frozenset(), script=True).ran() == {1: 0, 3: 0}


def test_more_than_come_by_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"line 2: .* come from nowhere"):
        measure("void f() { //@ t\n  if (x) { //@ t*2\n    y();\n  }\n}\n", frozenset({"t"}))


def test_a_block_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(ValueError, match="never closed"):
        measure("void f() { //@ t\n  y();\n", frozenset({"t"}))


def test_marks_are_not_part_of_the_file() -> None:
    assert strip("f(); //@ t*2 | -\n// comment\n") == "f();\n// comment\n"
