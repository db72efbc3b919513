"""The file page shows what others ran, what one upload alone ran, and folds the rest away; its text and lines go out as they are."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.models import Upload
from tests.covdash.dashboards.test_reading import SESSION
from tests.covdash.reports.stock import Stock, lines

PLACE = Place("acme/platform/shop")
PATH = "src/pay.py"
TEXT = "".join(f"line {n} <b>\n" for n in range(1, 31))
UNIT = lines(*([3] * 20), 0, 0, *([3] * 8))
E2E = lines(*([0] * 20), 5, 0, *([0] * 8))


@pytest.fixture
def head(stock: Stock) -> Commit:
    """A file of 30 lines: unit runs all but 21 and 22, e2e runs 21 alone; another file has holes, too."""
    commit = stock.commit()
    text = {PATH: TEXT}
    stock.upload(commit, {PATH: UNIT, "src/a.py": lines(1, 0)}, flags=["unit"], sources=text)
    stock.upload(commit, {PATH: E2E, "src/z.py": lines(0, 1)}, flags=["e2e"], sources=text)
    stock.assemble(commit)
    return commit


@pytest.fixture
def reader(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def row(body: str, line: int) -> str:
    found = re.search(rf'<tr id="L{line}".*?</tr>', body, re.DOTALL)
    assert found, line
    return found[0]


def upload_of(flag: str) -> Upload:
    return Upload.objects.get(flags=[flag])


def test_lines_that_only_other_flags_ran_say_which(reader: Client, head: Commit) -> None:
    with CaptureQueriesContext(connection) as asked:
        body = reader.get(PLACE.flagged("unit").file(PATH)).content.decode()
    assert len(asked) - SESSION <= 8 + 2, [query["sql"][:120] for query in asked]
    assert 'class="e"' in row(body, 21)
    assert "by e2e only" in row(body, 21)
    assert 'class="m"' in row(body, 22)
    assert "only" not in row(body, 1)
    body = reader.get(PLACE.flagged("e2e").file(PATH)).content.decode()
    assert "by unit only" in row(body, 1)
    assert "1 zone<" in body
    assert "by e2e only" not in reader.get(PLACE.file(PATH)).content.decode()


def test_a_file_without_one_upload(reader: Client, head: Commit) -> None:
    """The others' counts stand; what the upload alone ran is marked; its page and the way back are linked."""
    unit, e2e = upload_of("unit"), upload_of("e2e")
    with CaptureQueriesContext(connection) as asked:
        body = reader.get(PLACE.file(PATH, without=str(unit.pk))).content.decode()
    assert len(asked) - SESSION <= 8 + 2
    assert "28 lines of this file ran in no other upload" in body
    assert "by the upload left out only" in row(body, 1)
    assert '<td class="h">5</td>' in row(body, 21)
    assert "1 / 30" in body.replace("\u2009", " ").replace("\xa0", " ")
    assert f'href="{PLACE.upload(str(unit.pk))}"' in body
    assert f"without={unit.pk}" in re.search(r'<a href="([^"]+)" data-zone="', body)[1]  # type: ignore[index]
    body = reader.get(PLACE.file(PATH, without=str(e2e.pk))).content.decode()
    assert "1 line of this file ran in no other upload" in body
    assert '<td class="h">3</td>' in row(body, 1)


def test_a_file_that_only_the_upload_has_is_not_measured_without_it(reader: Client, head: Commit) -> None:
    body = reader.get(PLACE.file("src/z.py", without=str(upload_of("e2e").pk))).content.decode()
    assert "1 line of this file ran in no other upload" in body
    assert "by the upload left out only" in row(body, 2)
    assert "0 %" not in re.search(r'<p class="summary">.*?</p>', body, re.DOTALL)[0]  # type: ignore[index]


@pytest.mark.parametrize(
    "word", ["nonsense", "00000000-0000-0000-0000-000000000000", "%00", "<script>x", "\u202e"]
)
def test_an_upload_that_does_not_count_is_ignored_aloud(reader: Client, head: Commit, word: str) -> None:
    answer = reader.get(PLACE.file(PATH), {"without": word})
    assert answer.status_code == 200
    body = answer.content.decode()
    assert "<script>x" not in body
    assert "Ignored" in body
    assert 'class="e"' not in body


def test_uploads_of_the_file_are_named(reader: Client, head: Commit) -> None:
    with CaptureQueriesContext(connection) as asked:
        body = reader.get(PLACE.file("src/z.py", uploads=True)).content.decode()
    assert len(asked) - SESSION <= 8
    section = re.search(r'<section class="found" id="uploads">.*?</section>', body, re.DOTALL)
    assert section
    assert "e2e" in section[0]
    assert "unit" not in section[0]
    assert PLACE.file("src/z.py", without=str(upload_of("e2e").pk)) in section[0]


def test_far_lines_are_folded_and_open_again(reader: Client, head: Commit) -> None:
    body = reader.get(PLACE.file(PATH, only="zones", context=2)).content.decode()
    shown = [int(n) for n in re.findall(r'<tr id="L(\d+)"', body)]
    assert shown == [20, 21, 22, 23, 24]
    folds = re.findall(
        r'lines-fold" data-first="(\d+)" data-last="(\d+)" data-part="([^"]+)"><a href="([^"]+)"', body
    )
    assert [(first, last) for first, last, _, _ in folds] == [("1", "19"), ("25", "30")]
    part = reader.get(folds[0][2].replace("&amp;", "&")).content.decode()
    assert [int(n) for n in re.findall(r'<tr id="L(\d+)"', part)] == list(range(1, 20))
    assert "lines-fold" not in part
    whole = reader.get(folds[1][3].replace("&amp;", "&").partition("#")[0]).content.decode()
    assert len(re.findall(r'<tr id="L', whole)) == 30


def test_covered_lines_are_folded(reader: Client, head: Commit) -> None:
    body = reader.get(PLACE.file(PATH, hide="covered")).content.decode()
    assert [int(n) for n in re.findall(r'<tr id="L(\d+)"', body)] == [22]
    assert "… 21 lines …" in body
    nonsense = reader.get(PLACE.file(PATH, hide="nonsense", only="x", context="-1")).content.decode()
    assert "lines-fold" not in nonsense


def test_a_long_file_folded_is_short(reader: Client, stock: Stock) -> None:
    stock.report({"big.py": lines(*([1] * 30_000), 0, *([1] * 20_000))})
    answer = reader.get(PLACE.file("big.py", only="zones"))
    assert re.findall(r'<tr id="L(\d+)"', answer.content.decode()) == [str(n) for n in range(29_998, 30_005)]
    stock.report({"big.py": lines(*([0] * 30_000), *([1] * 100))})
    body = reader.get(PLACE.file("big.py", only="zones")).content.decode()
    assert len(re.findall(r'<tr id="L', body)) == 5000
    assert 'data-first="5001" data-last="30003"' in body


def test_a_comparison_is_one_step_away(reader: Client, head: Commit) -> None:
    body = reader.get(PLACE.file(PATH)).content.decode()
    assert f'href="{PLACE.compare(head=head.sha, file=PATH).replace("&", "&amp;")}">What changed' in body


def test_from_one_file_with_zones_to_the_next_and_around(reader: Client, head: Commit) -> None:
    def led(path: str, way: str) -> str:
        return str(reader.get(PLACE.file(path, go=way))["Location"])

    assert led("src/a.py", "next") == PLACE.file(PATH)
    assert led(PATH, "next") == PLACE.file("src/z.py")
    assert led("src/z.py", "next") == PLACE.file("src/a.py")
    assert led("src/a.py", "previous") == PLACE.file("src/z.py")
    kept = PLACE.flagged("unit").viewed(only="zones", context="3")
    assert reader.get(kept.file("src/a.py", go="next"))["Location"] == kept.file(PATH)


def test_the_text_goes_out_as_text(reader: Client, head: Commit, cleo: User) -> None:
    answer = reader.get(PLACE.raw(PATH))
    assert answer.content == TEXT.encode()
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert reader.get(PLACE.raw("src/a.py")).status_code == 404
    assert reader.get(PLACE.raw("no/such")).status_code == 404
    reader.force_login(cleo)
    for address in (PLACE.raw(PATH), PLACE.lines(PATH)):
        assert reader.get(address).status_code == 404


def test_lines_go_out_as_data(reader: Client, head: Commit) -> None:
    found = json.loads(reader.get(PLACE.flagged("unit").lines(PATH)).content)
    assert (found["commit"], found["flag"], found["exact"]) == (head.sha, "unit", True)
    assert found["lines"]["1"] == 3
    assert found["lines"]["21"] == 0
    assert reader.get(PLACE.lines("no/such")).status_code == 404


def test_a_renamed_file_says_what_it_was(reader: Client, stock: Stock) -> None:
    stock.report({"src/old.py": lines(1, 0)}, sources={"src/old.py": "one\ntwo\n"})
    moved = stock.report({"src/new.py": lines(1, 0)}, sources={"src/new.py": "one\ntwo\n"})
    assert (
        f"was src/old.py until {moved.sha[:8]}"
        in reader.get(PLACE.file("src/new.py", col="memory")).content.decode()
    )


def test_a_flag_without_the_file_says_so_and_leads_on(reader: Client, head: Commit) -> None:
    """The file is in the commit: a quiet note and the ways to where it is. What no upload has is still not found."""
    seen = PLACE.flagged("unit").viewed(hide="covered")
    with CaptureQueriesContext(connection) as asked:
        answer = reader.get(seen.file("src/z.py"))
    assert len(asked) - SESSION <= 8 + 2
    assert answer.status_code == 200
    body = answer.content.decode()
    assert "This flag says nothing of this file." in body
    ways = re.search(r'<ul aria-label="Ways to see this file">.*?</ul>', body, re.DOTALL)
    assert ways
    kept = PLACE.viewed(hide="covered")
    assert re.findall(r'href="([^"]+)"', ways[0].replace("&amp;", "&")) == [
        kept.file("src/z.py"),
        kept.flagged("e2e").file("src/z.py"),
    ]
    assert reader.get(seen.file("no/such")).status_code == 404
    assert reader.get(seen.file("src/z.py", part="lines")).status_code == 404
    assert reader.get(seen.file("src/")).status_code == 404


@pytest.mark.parametrize("view", ["tree", "map"])
def test_a_flag_without_files_in_a_directory_says_so_and_leads_on(
    reader: Client, stock: Stock, view: str
) -> None:
    """To the whole directory, through the flags that have files there, and to all files of the flag; nowhere is still nowhere."""
    head = stock.commit()
    stock.upload(head, {"src/a/x.py": lines(1, 0), "src/b/y.py": lines(1)}, flags=["unit"])
    stock.upload(head, {"src/pay/<i>/z.py": lines(1, 1)}, flags=["e2e"])
    stock.upload(head, {"src/pay/w.py": lines(0)}, sources={"docs/conf.py": "x = 1\n"})
    stock.assemble(head)
    seen = PLACE.flagged("unit")
    address, words = {
        "tree": (Place.tree, {"sort": "name", "q": "z"}),
        "map": (Place.map, {"size": "missed", "color": "arms"}),
    }[view]

    with CaptureQueriesContext(connection) as asked:
        answer = reader.get(address(seen, "src/pay/<i>", **words))
    assert answer.status_code == 200
    assert len(asked) - SESSION <= 8
    body = answer.content.decode()
    assert re.search(r'The flag <span class="tag"><bdi>unit</bdi></span> has no files here', body)
    assert "<i>" not in body
    main = body[body.index("<main") :].replace("&amp;", "&")
    for kept in (PLACE, PLACE.flagged("e2e")):
        assert f'href="{address(kept, "src/pay/<i>", **words)}"' in main
        assert reader.get(address(kept, "src/pay/<i>", **words)).status_code == 200
    assert f'href="{address(seen)}"' in main
    assert reader.get(address(seen), follow=True).status_code == 200

    # A directory with files that no upload measures has no flag to offer.
    body = reader.get(address(seen, "docs")).content.decode()
    assert "has no files here" in body
    assert ", or through a flag" not in body

    for nowhere in ("no/such", "src//pay", "src/pay/w.py", "src/a/x.py"):
        assert reader.get(address(seen, nowhere)).status_code == 404, nowhere
    assert reader.get(address(PLACE, "no/such")).status_code == 404
    assert reader.get(address(seen, "src/pay", part="children")).status_code == 404
    assert "has no files here" not in reader.get(address(seen, "src/a")).content.decode()


def test_through_a_flag_only_flags_that_have_the_file_are_offered(reader: Client, head: Commit) -> None:
    body = reader.get(PLACE.flagged("e2e").file("src/z.py")).content.decode()
    boxes = re.search(r'<form method="get" aria-label="Flags">.*?</form>', body, re.DOTALL)
    assert boxes
    assert re.findall(r"<bdi>([^<]+)", boxes[0]) == ["e2e"]
