"""LCOV tracefiles of lcov 1.x and 2.x and of the tools that write in that form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.formats.reading import arms_of, counts_of, functions_of, lines_of, report_of, warned


def lcov(records: str, path: str = "a.c") -> str:
    return f"TN:\nSF:{path}\n{records}\nend_of_record\n"


def test_sections_of_one_file_add_up() -> None:
    text = lcov("DA:1,1\nDA:2,0\nBRDA:1,0,0,-\nBRDA:1,0,1,2") + lcov(
        "DA:1,2\nDA:3,0\nBRDA:1,0,0,-\nBRDA:1,0,1,3"
    )
    file = report_of(text).files["a.c"]

    assert lines_of(file) == {1: 3, 2: 0, 3: 0}
    assert arms_of(file) == {1: {"0,0": 0, "0,1": 5}}


def test_a_repeated_line_in_one_section_adds_too() -> None:
    assert lines_of(report_of(lcov("DA:1,1\nDA:1,2")).files["a.c"]) == {1: 3}


@pytest.mark.parametrize("path", ["C:\\temp\\A B,c.cs", "a:b,c d.c", "src/ü.c"])
def test_a_path_takes_the_rest_of_the_line(path: str) -> None:
    assert list(report_of(lcov("DA:1,1", path)).files) == [path]


def test_a_section_without_an_end_is_closed_by_the_next() -> None:
    report = report_of("SF:a.c\nDA:1,1\nSF:b.c\nDA:2,1\nend_of_record\n")

    assert {path: lines_of(file) for path, file in report.files.items()} == {"a.c": {1: 1}, "b.c": {2: 1}}
    assert warned(report) == {}


def test_ends_of_functions_and_commas_in_names() -> None:
    records = (
        "FN:3,9,f(int, int)\nFNDA:2,f(int, int)\n"
        "FN:12,g(A,B)\nFNDA:0,g(A,B)\n"
        "FN:20,25\nFNDA:1,25\n"  # the name is a number
        "FNDA:4,without a place"
    )
    file = report_of(lcov(records)).files["a.c"]

    assert functions_of(file) == {
        "f(int, int)": (3, 9, 2),
        "g(A,B)": (12, 0, 0),
        "25": (20, 0, 1),
        "without a place": (0, 0, 4),
    }


def test_functions_of_one_name_are_told_apart_by_their_order() -> None:
    """Anonymous functions: as many FNDA as FN of a name come in the same order."""
    file = report_of(
        lcov("FN:1,(anonymous)\nFN:5,(anonymous)\nFNDA:3,(anonymous)\nFNDA:0,(anonymous)")
    ).files["a.c"]

    assert [(function.start, function.hits) for function in file.functions or ()] == [(1, 3), (5, 0)]


def test_one_place_is_one_function_however_often_it_is_instantiated() -> None:
    """Static functions of a header, templates: lcov 2 says so with FNL/FNA, others repeat FN."""
    one = report_of(
        lcov("FN:6,calc.c:clamp\nFN:6,main.c:clamp\nFNDA:0,calc.c:clamp\nFNDA:4,main.c:clamp")
    ).files["a.c"]
    mangled = report_of(lcov("FN:2,_Z1fIiEvT_\nFN:2,_Z1fIdEvT_\nFNDA:1,_Z1fIiEvT_\nFNDA:2,_Z1fIdEvT_")).files[
        "a.c"
    ]
    two = report_of(lcov("FNL:0,3,9\nFNA:0,0,_ZN1AC1Ev\nFNA:0,2,_ZN1AC2Ev\nFNL:1,12\nFNA:1,0,g")).files["a.c"]

    assert functions_of(one) == {"clamp": (6, 0, 4)}
    assert functions_of(mangled) == {"_Z1fIdEvT_": (2, 0, 3)}
    assert functions_of(two) == {"_ZN1AC1Ev": (3, 9, 2), "g": (12, 0, 0)}


def test_two_functions_on_one_line_stay_two() -> None:
    """Also when their names hold colons: properties of C#."""
    both = report_of(lcov("FN:46,Ns.Foo::get_X()\nFN:46,Ns.Foo::set_X()")).files["a.c"]
    assert len(functions_of(both)) == 2
    assert len(functions_of(report_of(lcov("FN:6,a\nFN:6,b\nFNDA:1,a\nFNDA:1,b")).files["a.c"])) == 2


def test_flags_of_blocks_and_texts_of_branches() -> None:
    records = "BRDA:1,e0,1,-\nBRDA:1,f0,0,2\nBRDA:5,f0,2 -> 3,2\nBRDA:7,0,(x > 1, y) == True,0"
    file = report_of(lcov(records)).files["a.c"]

    assert arms_of(file) == {
        1: {"0,0": 2, "0,1": 0},
        5: {"0,2 -> 3": 2},
        7: {"0,(x > 1, y) == True": 0},
    }


def test_the_words_of_coverage_py_are_its_own_keys() -> None:
    records = (
        "BRDA:3,0,jump to line 4,1\nBRDA:3,0,return from function 'f',0\n"
        "BRDA:9,0,exit the module,1\nBRDA:9,0,exit class 'C',0\nBRDA:9,0,jump to the function exit,0"
    )
    file = report_of(lcov(records, "a.py")).files["a.py"]

    assert arms_of(file) == {3: {"-> 4": 1, "exit": 0}, 9: {"exit": 1, "exit 2": 0, "exit 3": 0}}


def test_conditions_are_senses() -> None:
    records = "MCDC:5,2,t,1,0,a && b\nMCDC:5,2,f,0,0,a && b\nMCDC:5,2,t,-,1,b\nMCDC:5,2,f,3,1,b\nMCF:4\nMCH:2"
    file = report_of(lcov(records)).files["a.c"]

    assert counts_of(file, "conditions") == {5: (2, 4)}


def test_totals_of_the_file_are_not_believed() -> None:
    """simplecov-lcov counts lines that it does not list."""
    report = report_of(lcov("LF:21\nLH:14\nDA:1,1\nDA:2,0\nBRF:9\nBRH:9\nBRDA:1,0,0,1"))

    assert report.totals().get("lines") == (1, 2)
    assert report.totals().get("branches") == (1, 1)


def test_old_coverage_py_puts_arms_on_the_lines_they_jump_to() -> None:
    """Only their number is right; and it lists docstrings that it does not count."""
    sums = "A" * 22
    records = (
        "".join(f"DA:{n},1,{sums}\n" for n in (1, 2, 3, 5))
        + "LF:3\nLH:3\nBRDA:2,0,0,1\nBRDA:5,0,1,-\nBRF:2\nBRH:1"
    )
    report = report_of(lcov(records, "a.py"))
    file = report.files["a.py"]

    assert report.totals().get("branches") == (1, 2)
    assert counts_of(file) == {}
    assert report.totals().get("lines") == (3, 3)
    assert "unplaced_arms" in warned(report)


def test_unique_ids_without_checksums_are_nothing_special() -> None:
    """simplecov-lcov numbers its arms through."""
    file = report_of(lcov("DA:9,3\nBRDA:9,0,1,1\nBRDA:16,0,2,-\nBRF:2\nBRH:1", "a.rb")).files["a.rb"]

    assert counts_of(file) == {9: (1, 1), 16: (0, 1)}


def test_arms_on_line_0_count() -> None:
    assert report_of(lcov("DA:1,1\nBRDA:0,0,0,1\nBRDA:0,0,1,-")).totals().get("branches") == (1, 2)


BAD = [
    "DA:1", "DA:x,1", "DA:2,=====", "BRDA:1,0,1", "BRDA:x,0,0,1", "BRDA:1,?,0,1", "BRDA:1,0,0,NaN", "FN:x,f", "FNDA:f", "MCDC:1,2",
    "FNL:x", "FNA:0,x",
]  # fmt: skip


@pytest.mark.parametrize("record", BAD)
def test_bad_records_are_left_out_one_by_one(record: str) -> None:
    report = report_of(lcov(f"DA:7,1\n{record}\nDA:8,0"))

    assert lines_of(report.files["a.c"]) == {7: 1, 8: 0}
    assert set(warned(report)) == {"bad_record"}


def test_odd_counts() -> None:
    report = report_of(lcov("DA:1,1.5e+10\nDA:2,-1\nDA:0,1\nDA:3,18446744073709551615\nDA:4, 5\nDA:5,2.7"))

    assert lines_of(report.files["a.c"]) == {1: 15 * 10**9, 2: 0, 3: 2**63 - 1, 4: 5, 5: 2}
    assert warned(report) == {"negative_count": 1, "bad_line_number": 1, "non_integer_count": 1}


def test_comments_and_unknown_records_are_skipped_without_fuss() -> None:
    report = report_of("# made by hand\nTN:t,diff\nSF:a.c\nVER:abc\nXYZ:1,2\nDA:1,1\nend_of_record\n")

    assert warned(report) == {}


RECORD = st.one_of(
    st.tuples(st.integers(0, 4), st.integers(0, 9)).map(lambda pair: f"DA:{pair[0]},{pair[1]}"),
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["0", "e0", "1"]),
        st.integers(0, 2),
        st.sampled_from(["-", "0", "7"]),
    ).map(lambda row: f"BRDA:{row[0]},{row[1]},{row[2]},{row[3]}"),
    st.sampled_from(
        ["FN:1,f", "FNDA:2,f", "DA:3,1,abcdefghijklmnopqrstuv", "DA:03,1", "BRDA:1,0,jump to line 2,1"]
    ),
)


@given(st.lists(RECORD, max_size=60), st.booleans())
def test_runs_are_read_as_single_records(records: list[str], windows: bool) -> None:  # noqa: FBT001
    """Long runs of plain records are read at once; a comment between any two records makes them be read one by one."""
    end = "\r\n" if windows else "\n"
    bulk, single = end.join(records), f"{end}#{end}".join(records)
    one, other = (report_of(lcov(text.replace("\r\n", "\n").replace("\n", end))) for text in (bulk, single))

    assert lines_of(one.files["a.c"]) == lines_of(other.files["a.c"])
    assert one.totals() == other.totals()
    assert one.files["a.c"].functions == other.files["a.c"].functions
    assert warned(one) == warned(other)
