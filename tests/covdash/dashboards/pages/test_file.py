"""The file page without a database: windows, words for arms, functions, finding text."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from markupsafe import Markup

from covdash.coverage.lines import FileCoverage, Function, Outcomes, column
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import file
from covdash.dashboards.pages.line_states import states_by_line
from covdash.dashboards.pages.sheet import FileOptions, LineSheet, length_of
from covdash.dashboards.pages.source_rows import MAX_LENGTH, rows
from covdash.dashboards.pages.window import Section, build_section
from covdash.reports.facts import FileFact, SourceFact
from tests.covdash.reports.stock import lines, rich

PLACE = Place("acme/shop", branch="main")
ROOT = Path(__file__).parents[4]


def fact(
    coverage: FileCoverage | None, *text: str, exact: bool = True, highlighted: tuple[str, ...] | None = None
) -> FileFact:
    from covdash.coverage.totals import Totals

    totals = coverage.totals() if coverage else Totals(unmeasured=1)
    source = SourceFact("ab", text, highlighted) if text else None
    return FileFact("src/a.py", "00", totals, coverage, exact, source)


def build(found: FileFact, **options: object) -> file.FilePage:
    return file.build(found, PLACE, FileOptions(**options))  # type: ignore[arg-type]


def arms(line: int, *named: tuple[str, int], tally: tuple[int, int] | None = None) -> Outcomes:
    return Outcomes(
        line=column([line] * len(named)),
        key=tuple(key for key, _ in named),
        weight=column([1] * len(named)),
        hits=column((hits for _, hits in named), np.int64),
        tally_line=column([line] if tally else []),
        tally_covered=column([tally[0]] if tally else []),
        tally_total=column([tally[1]] if tally else []),
    )


@pytest.mark.parametrize(
    ("outcomes", "fraction", "never"),
    [
        (arms(1, ("-> 3", 1), ("-> 9", 0)), "1/2", "jump to line 9 never taken"),
        (arms(1, ("true", 4), ("false", 0)), "1/2", "never false"),
        (arms(1, tally=(1, 4)), "1/4", "1 of 4 arms taken; which one is not told"),
        (
            arms(1, *((f"0,{n}", int(n == 0)) for n in range(6))),
            "1/6",
            "arm 1 of block 0 never taken; arm 2 of block 0 never taken; arm 3 of block 0 never taken; and 2 more",
        ),
    ],
)
def test_a_partial_line_says_which_way_never_ran(outcomes: Outcomes, fraction: str, never: str) -> None:
    plain = lines(7)
    coverage = FileCoverage(plain.lines, plain.hits, plain.states, {"branches": outcomes}, None, counted=True)
    (row,) = rows(coverage, states_by_line(coverage, 1), None, 1, 1)
    assert (row.css, row.ways, row.never) == ("p", (fraction,), never)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("2,0,f,paid", "paid being false never seen"),
        ("2,1,f,1", "condition 2 being false never seen"),
        ("2,0,f,0 (2)", "condition 1 of decision 2 being false never seen"),
    ],
)
def test_a_condition_is_called_by_its_text_or_its_number(key: str, said: str) -> None:
    plain = lines(7)
    condition = {"conditions": arms(1, (key.replace(",f,", ",t,"), 3), (key, 0))}
    coverage = FileCoverage(plain.lines, plain.hits, plain.states, condition, None, counted=True)
    (row,) = rows(coverage, states_by_line(coverage, 1), None, 1, 1)
    assert row.never == said


def test_a_condition_says_which_value_was_never_seen() -> None:
    plain = lines(7)
    condition = arms(1, ("2,0,t,paid", 3), ("2,0,f,paid", 0))
    coverage = FileCoverage(
        plain.lines, plain.hits, plain.states, {"conditions": condition}, None, counted=True
    )
    (row,) = rows(coverage, states_by_line(coverage, 1), None, 1, 1)
    assert (row.ways, row.never) == (("1/2",), "paid being false never seen")
    assert [(way.text, way.hits_text) for way in row.named] == [
        ("paid being true", "3 times"),
        ("paid being false", "never"),
    ]


def test_a_missed_line_does_not_list_its_arms() -> None:
    plain = lines(0)
    coverage = FileCoverage(
        plain.lines, plain.hits, plain.states, {"branches": arms(1, ("-> 3", 0), ("-> 9", 0))}
    )
    (row,) = rows(coverage, states_by_line(coverage, 1), None, 1, 1)
    assert (row.css, row.ways, row.never) == ("m", ("0/2",), "")


def test_hits_without_counts_say_yes_or_no() -> None:
    assert [row.hits for row in build(fact(lines(7, 0), exact=False)).sections[0].rows or ()] == ["yes", "0"]
    assert "counts_expired" in build(fact(lines(7, 0), exact=False)).notes
    uncounted = build(fact(lines(1, 0, counted=False)))
    assert [row.hits for row in uncounted.sections[0].rows or ()] == ["yes", "0"]
    assert "not_counted" in uncounted.notes
    assert "counts_expired" not in uncounted.notes


def test_a_whole_file_comes_in_sections_of_200_lines() -> None:
    page = build(fact(lines(*([1] * 450))))
    assert [(part.first, part.last, len(part.rows or ())) for part in page.sections] == [
        (1, 200, 200),
        (201, 400, 200),
        (401, 450, 50),
    ]
    assert not page.windowed


def test_a_long_file_shows_the_first_zone_or_the_line_asked_for() -> None:
    long = fact(lines(*([1] * 9000), 0, *([1] * 3000)))

    def shown(**options: object) -> list[int]:
        return [part.first for part in build(long, **options).sections if part.rows is not None]

    assert shown() == [8801, 9001, 9201]
    assert shown(line=1) == [1, 201]
    assert shown(line=12_001) == [11_801, 12_001]
    assert shown(lines="601-800") == [601]
    assert shown(lines="1-9999")[-1] == 4801
    assert len(shown(lines="all")) == 61
    assert shown(line=99_999_999, lines="5-2") == shown()


def test_placeholders_have_the_height_of_their_lines() -> None:
    page = build(fact(lines(*([1] * 5001))), line=1)
    assert [(part.first, part.height) for part in page.sections if part.rows is None][-1] == (5001, 24)
    assert page.sections[-1].address == "/p/acme/shop/-/file/src/a.py?branch=main&lines=5001-5001#L5001"


def test_a_giant_file_is_read_block_by_block() -> None:
    page = build(fact(lines(*([1] * 120_000))), line=60_000)
    assert (page.sections[0].first, page.sections[-1].last) == (50_001, 100_000)
    assert (page.block_before[-19:], page.block_after[-21:]) == (
        "&lines=49801-50000",
        "lines=100001-100200",
    ) or page.block_before
    assert "lines=49801-50000" in page.block_before
    assert "lines=100001-100200" in page.block_after
    assert page.whole_address == ""


def test_a_section_is_the_one_asked_for() -> None:
    long = fact(lines(*([1] * 9000)))

    def section(said: str) -> Section | None:
        options = FileOptions(lines=said)
        return build_section(LineSheet(long, options), PLACE, options)

    part = section("650-700")
    assert part
    assert (part.first, part.last, len(part.rows or ())) == (601, 800, 200)
    assert section("9001-9200") is None
    assert section("x") is None


def test_the_text_may_be_shorter_or_longer_than_the_report() -> None:
    assert length_of(fact(lines(1, 1, 0), "one"), FileOptions()) == 3
    assert "source_differs" in build(fact(lines(1, 1, 0), "one")).notes
    assert length_of(fact(lines(1), "one", "two"), FileOptions()) == 2
    assert length_of(fact(None, "one"), FileOptions()) == 1
    assert "unmeasured" in build(fact(None, "one")).notes


def test_only_the_highlighter_is_trusted() -> None:
    found = fact(lines(1, 1), "<b>", "<i>", highlighted=('<span class="k">&lt;b&gt;</span>', "&lt;i&gt;"))
    texts = [row.text for row in build(found).sections[0].rows or ()]
    assert all(isinstance(text, Markup) for text in texts)
    plain = [row.text for row in build(fact(lines(1), "<b>")).sections[0].rows or ()]
    assert plain == ["<b>"]
    assert not isinstance(plain[0], Markup)


def test_a_very_long_line_is_cut_and_can_be_seen_whole() -> None:
    found = fact(lines(1), "x" * (MAX_LENGTH + 5))
    (row,) = build(found).sections[0].rows or ()
    assert (len(row.text), row.cut) == (MAX_LENGTH, 5)
    (row,) = build(found, whole_lines=True).sections[0].rows or ()
    assert (len(row.text), row.cut) == (MAX_LENGTH + 5, 0)


def test_the_width_follows_the_longest_line() -> None:
    assert build(fact(lines(1), "x" * 79)).width == 80
    assert build(fact(lines(1), "\t" * 21)).width == 100
    assert build(fact(lines(1), "x" * 4000), whole_lines=True).width == 2000


def test_functions_never_called_come_first() -> None:
    page = build(fact(rich()))
    assert page.functions
    assert [(row.name, row.word, row.fraction, row.address) for row in page.functions] == [
        ("<unused>", "never called", "1\u2009/\u20091".replace("\u2009", " "), "#L3"),
        ("main", "called", "1 / 2", "#L1"),
    ]
    assert page.never_words == "1 function never called"
    assert build(fact(lines(1))).functions is None


def test_a_function_that_its_tool_does_not_count_is_not_called_covered() -> None:
    plain = lines(1, 1)
    coverage = FileCoverage(
        plain.lines, plain.hits, plain.states, {}, (Function("f", 1, 2, 4, partial=True),), counted=True
    )
    (row,) = build(fact(coverage)).functions or ()
    assert (row.glyph, row.word) == ("partial", "called, not covered")


def test_states_are_counted_and_lead_to_their_first_zone() -> None:
    page = build(fact(lines(1, None, 0, 1)))
    assert [(item.state.word, item.lines, item.address.rpartition("#")[2]) for item in page.states] == [
        ("missed", 1, "L3"),
        ("covered", 2, ""),
        ("not measured", 1, ""),
    ]


def test_zones_lead_on_from_the_selected_line() -> None:
    page = build(fact(lines(0, 1, 0, 1, 0)), line=3)
    assert (page.zone_now, page.zone_count) == (2, 3)
    assert (page.zone_before[-3:], page.zone_after[-3:]) == ("#L1", "#L5")
    assert build(fact(lines(0, 1, 0))).zone_now == 0


def test_text_is_found_in_any_case_with_its_state() -> None:
    page = build(fact(lines(1, 0), "Refund(a)", "  refund(b)", "x"), find="REFUND")
    assert [(row.line, row.text, row.state.word) for row in page.found] == [
        (1, "Refund(a)", "covered"),
        (2, "refund(b)", "missed"),
    ]
    assert page.found_words == "2 lines"
    assert build(fact(lines(1), "x"), find="").found == ()


def test_every_width_class_has_its_rule() -> None:
    """The widths a page may ask for are those that the stylesheet knows."""
    from covdash.dashboards.pages import window

    css = (ROOT / "static/css/source.css").read_text()
    assert {int(width) for width in re.findall(r"\.cols-(\d+) ", css)} == set(window._WIDTHS)


def test_the_menu_of_zones_is_around_the_line_that_is_read() -> None:
    """A long file has thousands of zones: some are listed, counted from the first of all."""
    found = fact(lines(*([0, 1] * 400)))

    top = build(found)
    assert [row.zone.first for row in top.zones][:2] == [1, 3]
    assert (len(top.zones), top.zones_before, top.zone_count) == (file.ZONES, 0, 400)

    middle = build(found, line=401)
    listed = [row.zone.first for row in middle.zones]
    assert 401 in listed
    assert middle.zone_now == middle.zones_before + listed.index(401) + 1

    end = build(found, line=9999)
    assert end.zones[-1].zone.first == 799
    assert end.zones_before == 400 - file.ZONES


def test_of_many_functions_those_never_called_are_listed_first() -> None:
    """All are counted; what is not listed has a page of its own."""
    plain = lines(*([1] * 300))
    functions = tuple(Function(f"f{n}", n, n, int(n <= 200)) for n in range(1, 301))
    page = build(fact(FileCoverage(plain.lines, plain.hits, plain.states, {}, functions, counted=True)))

    assert page.functions is not None
    assert [row.name for row in page.functions][:2] == ["f201", "f202"]
    assert len(page.functions) == file.FUNCTIONS
    assert (page.function_count, page.never_called) == (300, 100)
    assert page.never_address == PLACE.functions(file="src/a.py")
    assert page.functions[0].fraction.startswith("1 / 1")
