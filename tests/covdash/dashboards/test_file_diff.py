"""`?diff=` shows a file against another commit: as the comparison counts it, with a sentence wherever something is not known."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Commit, Project
from covdash.reports import comparisons
from covdash.reports.queries import commits, compare
from covdash.sources.models import SourceObject
from tests.covdash.dashboards.test_reading import SESSION
from tests.covdash.reports.stock import Stock, lines

PLACE = Place("acme/platform/shop")
PATH = "src/a.py"
OLD = "kept\nlost\ngone\nmissed\nplain\n"
NEW = "kept\nlost\nnew <b>\nmissed\nplain\nlast\n"


@pytest.fixture
def reader(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def pair(stock: Stock) -> tuple[Commit, Commit]:
    """One line lost, one missed and new, one covered and new, one covered and gone, seen through a flag, too."""
    base = stock.report({PATH: lines(4, 1, 9, 0)}, sources={PATH: OLD}, flags=["unit"])
    head = stock.report(
        {PATH: lines(5, 0, 0, 0, None, 2)}, parent=base.sha, sources={PATH: NEW}, flags=["unit"]
    )
    return base, head


def page(reader: Client, base: Commit | str, path: str = PATH, **state: str) -> str:
    ref = base if isinstance(base, str) else base.sha
    answer = reader.get(PLACE.file(path, 0, diff=ref, **state))
    assert answer.status_code == 200
    return answer.content.decode()


def cells(body: str) -> list[tuple[str, ...]]:
    """Each row: classes, old line, old hits, line, hits, words and letters, text."""
    found = []
    for css, inside in re.findall(
        r'<tr(?: id="L\d+")?(?: class="([^"]*)")?>((?:<t[dh](?!ead)).*?)</tr>', body
    ):
        if 'class="g"' in inside:
            texts = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", inside)
            found.append((css, *(re.sub(r"<[^>]*>", "", text) for text in texts)))
    return found


def letters(body: str) -> Counter[str]:
    return Counter(re.findall(r'<td class="g">[^<]* <b>(\w+)</b>', body))


def test_rows_stand_between_each_other_with_both_states(reader: Client, pair: tuple[Commit, Commit]) -> None:
    assert cells(page(reader, pair[0])) == [
        ("c", "1", "4", "1", "5", "still tested CBC", "kept"),
        ("m", "2", "1", "2", "0", "lost LBC", "lost"),
        ("minus", "3", "9", "", "", "deleted, was tested DCB", "gone"),
        ("m plus", "", "", "3", "0", "new, not tested UNC", "new &lt;b&gt;"),
        ("m", "4", "0", "4", "0", "still not tested UBC", "missed"),
        ("", "5", "", "5", "", "", "plain"),
        ("c plus", "", "", "6", "2", "new, tested GNC", "last"),
    ]


def test_a_warm_page_takes_eight_statements_and_few_bytes(
    reader: Client, stock: Stock, pair: tuple[Commit, Commit]
) -> None:
    big = "".join(f"line {n}\n" for n in range(5000))
    sources = {PATH: big, "src/old name.py": big}
    base = stock.report({PATH: lines(*[1] * 5000), "src/old name.py": lines(*[1] * 5000)}, sources=sources)
    moved = {PATH: f"first\n{big}"[:-10], "src/name.py": big}
    files = {PATH: lines(*[1, 0] * 2500), "src/name.py": lines(*[0] * 5000)}
    stock.report(files, parent=base.sha, sources=moved)
    for path in (PATH, "src/name.py"):
        page(reader, base, path)
        with CaptureQueriesContext(connection) as asked:
            body = page(reader, base, path, only="changes")
        assert len(asked) - SESSION <= 8, [query["sql"][:120] for query in asked]
        assert sum(letters(body).values()) >= 2500
        assert len(gzip.compress(body.encode(), 6)) <= 130_000


FILES = {
    "src/same.py": (lines(1, 0, 1), "a\nb\nc\n", lines(0, 1, None), "a\nb\nc\n"),
    "src/text.py": (lines(1, 0, 1, 1), OLD, lines(1, 1, None, 0, 1), NEW),
    "src/new.py": (None, None, lines(1, 0), "x\ny\n"),
    "src/assumed.py": (lines(1, 1, 0), None, lines(0, 1, 1), None),
    "src/longer.py": (lines(1, 0, 1, 1), "a\nb\n", lines(1, 0, 0, 1, 1), "a\nc\n"),
    "src/unmeasured.py": (None, "a\nb\n", lines(1, 0), "a\nc\n"),
    "src/no more.py": (lines(1, 0), "a\nb\n", None, "a\nc\n"),
}


def test_each_category_has_as_many_rows_as_the_comparison_counts(
    reader: Client, stock: Stock, project: Project
) -> None:
    """Whatever is known of the two sides; and the chips of the page are doors to exactly those rows."""

    def side(at: int) -> Commit:
        covered = {path: found for path, both in FILES.items() if (found := both[at])}
        return stock.report(
            covered, sources={path: text for path, both in FILES.items() if (text := both[at + 1])}
        )  # type: ignore[misc]

    base, head = side(0), side(2)
    project.refresh_from_db()
    fact = ProjectFact(project.pk, project.slug, project.is_public, project.default_branch)
    reports = [commits.named(project=fact, ref=commit.sha) for commit in (base, head)]
    assert reports[0]
    assert reports[1]
    compared = compare.comparison(project=fact, base=reports[0], head=reports[1])
    assert compared
    told = {file.path: file for file in compared.files}
    assert set(told) == set(FILES)
    for path, file in told.items():
        body = page(reader, base, path)
        expected = {name.upper(): count for name, count in file.tally._asdict().items() if count}
        assert letters(body) == Counter(expected), path
        doors = re.findall(
            r'<a href="([^"]+)" data-count="(\d+)"[^>]*>.*?<abbr>(\w+)</abbr>', body, re.DOTALL
        )
        assert {name: int(count) for _, count, name in doors} == expected, path
        for address, count, name in doors:
            there = reader.get(address.replace("&amp;", "&")).content.decode()
            assert letters(there) == Counter({name: int(count)}), (path, name)
            assert f'data-rows="{count}"' in there


def test_a_renamed_file_is_followed_and_a_new_one_is_new(reader: Client, stock: Stock) -> None:
    text = "".join(f"line number {number}\n" for number in range(8))
    base = stock.report({"old/name.py": lines(*[1] * 8)}, sources={"old/name.py": text})
    stock.report(
        {"new/name.py": lines(*[1] * 7, 0), "new/all.py": lines(1)},
        sources={"new/name.py": f"{text}# more\n", "new/all.py": "wholly other\n"},
    )
    body = page(reader, base, "new/name.py")
    assert f"Was old/name.py at {base.sha[:8]}" in body
    assert letters(body) == Counter(CBC=7, LBC=1)
    assert f'{PLACE.at(commit=base.sha).file("old/name.py")}">The file then' in body
    body = page(reader, base, "new/all.py")
    assert "so every line is new" in body
    assert letters(body) == Counter(GNC=1)


def test_while_a_task_looks_for_another_name_the_file_stands_alone(
    reader: Client, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = stock.report({"old.py": lines(1)}, sources={"old.py": "a\n"})
    stock.report({"new.py": lines(1)}, sources={"new.py": "a\n"})
    monkeypatch.setattr(comparisons, "AT_ONCE", 0)
    body = page(reader, base, "new.py")
    assert "is being looked up" in body
    assert '<tr id="L1" class="c">' in body
    assert not cells(body)


def test_what_is_not_known_is_said_with_a_way_out(
    reader: Client, stock: Stock, pair: tuple[Commit, Commit]
) -> None:
    base, head = pair
    empty = stock.commit(parent=head.sha)
    answer = reader.get(PLACE.at(commit=head.sha).file(PATH, diff=empty.sha))
    body = answer.content.decode()
    assert f"{empty.sha[:8]} has no report" in body
    assert f'diff={base.sha}">Diff against {base.sha[:8]}, the report before' in body
    body = reader.get(PLACE.file(PATH, diff="no<where>")).content.decode()
    assert "Ignored: diff=no&lt;where&gt;" in body
    assert not cells(body)
    assert "Nothing differs" in page(reader, head)
    SourceObject.objects.all().delete()
    body = page(reader, base)
    assert f"was not sent at {base.sha[:8]} and here" in body
    assert "Send sources with the upload" in body
    assert not cells(body)


def test_the_same_text_says_so(reader: Client, stock: Stock) -> None:
    base = stock.report({PATH: lines(1, 0)}, sources={PATH: "a\nb\n"})
    stock.report({PATH: lines(1, 1)}, sources={PATH: "a\nb\n"})
    body = page(reader, base)
    assert "No line came or went" in body
    assert letters(body) == Counter(CBC=1, GBC=1)


def test_a_flag_holds_on_both_sides(reader: Client, stock: Stock, pair: tuple[Commit, Commit]) -> None:
    base, head = pair
    stock.upload(head, {PATH: lines(0, 7, 0, 0, None, 0)}, flags=["e2e"], sources={PATH: NEW})
    stock.assemble(head)
    assert letters(page(reader, base)) == Counter(CBC=2, DCB=1, UNC=1, UBC=1, GNC=1)
    body = page(reader, base, flag="unit")
    assert letters(body) == Counter(CBC=1, LBC=1, DCB=1, UNC=1, UBC=1, GNC=1)
    assert "by e2e only" in body
    body = page(reader, base, flag="e2e")
    assert f"{base.sha[:8]} has no report of the flag e2e" in body
    assert f'diff={base.sha}">Diff through all uploads' in body


def test_folds_of_a_diff(reader: Client, pair: tuple[Commit, Commit]) -> None:
    def numbers(**state: str) -> list[tuple[str, str]]:
        return [(row[1], row[3]) for row in cells(page(reader, pair[0], **state))]

    assert numbers(only="changes", context="0") == [("2", "2"), ("3", ""), ("", "3"), ("", "6")]
    assert numbers(only="zones", context="0") == [("2", "2"), ("", "3"), ("4", "4")]
    assert numbers(only="LBC", context="1") == [("1", "1"), ("2", "2"), ("3", "")]
    assert (
        numbers(hide="covered") == numbers()
    )  # single lines are shorter than what would say that they are folded
    body = page(reader, pair[0], only="XYZ", context="-1")
    assert "Ignored: only=XYZ" in body
    alone = reader.get(PLACE.file(PATH, only="changes")).content.decode()
    assert "Ignored: only=changes" in alone


def test_what_a_diff_cannot_have_is_named(reader: Client, pair: tuple[Commit, Commit]) -> None:
    body = page(reader, pair[0], col="memory", without="abc")
    assert "Left out beside a diff: without=abc, col=memory" in body
    assert (
        f'{PLACE.file(PATH, 0, without="abc", col="memory").replace("&", "&amp;")}">Show the file alone'
        in body
    )


def test_a_long_file_comes_as_a_window(reader: Client, stock: Stock) -> None:
    old = [f"line {n}\n" for n in range(9000)]
    new = [*old[:3000], *old[3300:6000], "fresh\n", *old[6000:]]
    base = stock.report({"big.py": lines(*[1] * 9000)}, sources={"big.py": "".join(old)})
    stock.report({"big.py": lines(*[1] * 5700, 0, *[1] * 3000)}, sources={"big.py": "".join(new)})
    body = page(reader, base, "big.py")
    assert "This file has 9\u2009001 rows" in body.replace("\u202f", "\u2009")
    assert ("m plus", "", "", "5701", "0", "new, not tested UNC", "fresh") in cells(body)
    assert len(cells(body)) == 600
    assert len(gzip.compress(body.encode(), 6)) <= 40_000
    parts = re.findall(r'lines-gap" data-first="(\d+)" data-last="(\d+)" data-part="([^"]+)"', body)
    first, last, address = parts[15]
    assert (first, last) == ("3001", "3000")  # removed rows only: behind line 3,000
    part = reader.get(address.replace("&amp;", "&")).content.decode()
    assert letters(part) == Counter(DCB=200)
    whole = page(reader, base, "big.py", rows="all")
    assert letters(whole) == Counter(CBC=8700, DCB=300, UNC=1)


def test_the_plain_page_offers_a_diff_against_the_report_before(
    reader: Client, pair: tuple[Commit, Commit]
) -> None:
    base = pair[0]
    body = reader.get(PLACE.file(PATH)).content.decode()
    assert f'href="{PLACE.file(PATH, diff=base.sha)}" data-diff>Diff against {base.sha[:8]}' in body
    body = page(reader, base)
    assert f'href="{PLACE.file(PATH)}" data-diff aria-current="true">Diff against {base.sha[:8]}' in body
    first = reader.get(PLACE.at(commit=base.sha).file(PATH)).content.decode()
    assert "data-diff" not in first


def test_a_diff_against_a_git_branch_is_kept_no_minute(
    reader: Client, stock: Stock, pair: tuple[Commit, Commit]
) -> None:
    _, head = pair
    at = PLACE.at(commit=head.sha)
    first = reader.get(at.file(PATH, diff="main"))
    assert first["Cache-Control"] == "private, no-cache"
    assert reader.get(at.file(PATH, diff="main"), headers={"If-None-Match": first["ETag"]}).status_code == 304
    stock.report({PATH: lines(0)}, sources={PATH: OLD})
    answer = reader.get(at.file(PATH, diff="main"), headers={"If-None-Match": first["ETag"]})
    assert answer.status_code == 200


def test_strangers_see_nothing(client: Client, cleo: User, pair: tuple[Commit, Commit]) -> None:
    client.force_login(cleo)
    assert client.get(PLACE.file(PATH, diff=pair[0].sha)).status_code == 404


def test_the_same_as_json_on_the_page_and_in_the_api(reader: Client, pair: tuple[Commit, Commit]) -> None:
    base, head = pair
    found = json.loads(reader.get(PLACE.viewed(diff=base.sha[:8]).lines(PATH)).content)
    assert found["diff"] == {
        "base": base.sha,
        "was": PATH,
        "how": "text",
        "moved": [[1, 1, 2], [4, 4, 2]],
        "categories": {"GNC": [6], "UNC": [3], "CBC": [1], "UBC": [4], "LBC": [2], "DCB": [3]},
    }
    api = f"/api/v1/projects/{PLACE.slug}/commits/{head.sha}/files/{PATH}"
    answer = reader.get(f"{api}?diff={base.sha[:8]}")
    assert answer.json()["diff"] == found["diff"]
    assert answer.json()["lines"] == found["lines"]
    assert (
        reader.get(f"{api}?diff={base.sha[:8]}", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    )
    assert "diff" not in reader.get(api).json()
    refused = reader.get(f"{api}?diff=nowhere")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "unknown_base")


def test_hunks_of_a_comparison_open_in_the_file(reader: Client, pair: tuple[Commit, Commit]) -> None:
    base, head = pair
    body = reader.get(PLACE.compare(base.sha, head.sha, file=PATH)).content.decode()
    there = PLACE.at(commit=head.sha).viewed(diff=base.sha).file(PATH).replace("&", "&amp;")
    assert f'href="{there}&amp;line=1#L1">Open in the file' in body
