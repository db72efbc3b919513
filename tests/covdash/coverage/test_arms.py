"""Keys of arms in words, and which arms certainly never ran."""

from __future__ import annotations

import pytest

from covdash.coverage import arms
from covdash.coverage.lines import Outcomes, column, merge
from covdash.coverage.report import ReportBuilder


@pytest.mark.parametrize(
    ("key", "name", "words"),
    [
        ("-> 37", "jump to line 37", "jump to line 37 never taken"),
        ("exit", "exit", "exit never taken"),
        ("exit 2", "exit (2)", "exit (2) never taken"),
        ("true", "true", "never true"),
        ("false", "false", "never false"),
        ("if:else@12:4", "else at 12:5", "else at 12:5 never ran"),
        ("cond-expr:then@3:0", "the value if true at 3:1", "the value if true at 3:1 never ran"),
        ("switch:2@5:8#2", "case 2 at 5:9", "case 2 at 5:9 never ran"),
        ("binary-expr:3@5:8", "operand 3 at 5:9", "operand 3 at 5:9 never ran"),
        ("default-arg:@5:8", "the default value at 5:9", "the default value at 5:9 never ran"),
        ("branch:@5:8", "the block at 5:9", "the block at 5:9 never ran"),
        ("0,1", "arm 1 of block 0", "arm 1 of block 0 never taken"),
        ("0,2 -> 3", "edge from block 2 to 3", "edge from block 2 to 3 never taken"),
        ("0,(x > 1) == True", "(x > 1) == True", "“(x > 1) == True” never taken"),
        ("anything", "anything", "“anything” never taken"),
    ],
)
def test_words(key: str, name: str, words: str) -> None:
    assert arms.name(key) == name
    assert arms.words(key) == words


TEXT = """\
if paid:
    ship()
for one in many:
    wait()
try:
    go()
except OSError:
    stop()
match word:
    case "EUR":
        pay()
if late: return
while (one and
       two):
    turn()
if late: return  # as ever:
if early:  # as ever
    done()
done()
""".splitlines()


@pytest.mark.parametrize(
    ("key", "line", "kind"),
    [
        ("-> 2", 1, "if-true"),
        ("-> 3", 1, "else"),
        ("exit", 1, "else"),
        ("-> 4", 3, "loop-run"),
        ("0,jump to line 5", 3, "loop-skip"),
        ("-> 8", 7, "catch"),
        ("0,exit the module", 7, "else"),
        ("-> 11", 10, "case"),
        ("-> 12", 10, "else"),
        ("exit", 12, "exit"),  # the block stands on the line itself: which way leaves it is not known
        ("-> 13", 12, "jump"),
        ("-> 15", 13, "loop-run"),
        ("-> 16", 13, "jump"),  # the line does not end with its colon
        ("exit", 16, "exit"),
        ("exit", 17, "else"),
        ("-> 99", 1, "else"),
        ("-> 5", 99, "jump"),
        ("exit 2", 6, "exit"),
        ("-> 7", 6, "jump"),
    ],
)
def test_the_source_tells_what_a_jump_of_coverage_py_means(key: str, line: int, kind: str) -> None:
    assert arms.kind(key, line, TEXT) == kind
    assert arms.kind(key, line) in ("jump", "exit"), "nothing is guessed without it"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("true", "if-true"),
        ("false (2)", "else"),
        ("then", "if-true"),
        ("else", "else"),
        ("when (3)", "case"),
        ("if:then@12:4", "if-true"),
        ("if:else@12:4", "else"),
        ("cond-expr:else@3:0", "else"),
        ("cond:true@3:0#2", "if-true"),
        ("switch:2@5:8#2", "case"),
        ("binary-expr:3@5:8", "short-circuit"),
        ("default-arg:@5:8", "default"),
        ("branch:@5:8", "block"),
        ("0,1", "number"),
        ("0,(x > 1) == True", "other"),
        ("path 1 at 20 of main", "other"),
    ],
)
def test_kinds_are_those_that_the_format_tells(key: str, kind: str) -> None:
    assert arms.kind(key) == kind
    assert kind in arms.KINDS


def test_exits_are_numbered_in_the_order_of_coverage_py() -> None:
    assert arms.jumps([42, -41, -42, 9]) == {9: "-> 9", 42: "-> 42", -42: "exit", -41: "exit 2"}
    assert arms.jumps([-3]) == {-3: "exit"}
    assert arms.jumps([0, 5]) == {0: "exit", 5: "-> 5"}


def line_of(missing: set[str], total: int) -> Outcomes:
    """What a Cobertura report of coverage.py says of a line: how many arms ran, and the names of those that did not."""
    report = ReportBuilder()
    file = report.file("a.py")
    file.line(1, 1)
    file.tally("branches", 1, total - len(missing), total)
    for key in missing:
        file.named("branches", 1, key, 0)
    return report.build().files["a.py"].outcomes["branches"]


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        ({"-> 2"}, {"-> 2"}, {"-> 2"}),  # both missed the same
        ({"-> 2"}, {"exit"}, set()),  # each took what the other missed: nothing is certain, nothing is said
        ({"-> 2"}, set(), set()),  # the other took all
        ({"-> 2", "exit"}, {"-> 2"}, set()),
        ({"-> 2", "exit"}, {"-> 2", "exit"}, {"-> 2", "exit"}),
    ],
)
def test_only_what_every_upload_missed_is_called_missed(
    first: set[str], second: set[str], known: set[str]
) -> None:
    from covdash.coverage.lines import FileCoverage

    one = column((1,))
    parts = [
        FileCoverage(one, one.astype("int64"), column((2,), "uint8"), {"branches": line_of(side, 3)})  # type: ignore[arg-type]
        for side in (first, second)
    ]
    outcomes = merge(*parts).outcomes["branches"]
    _, covered, total = outcomes.per_line()
    named = [(key, hits) for _, key, _, hits in outcomes.named()]

    assert set(arms.missed(named, int(covered[0]), int(total[0]))) == known
