"""A file seen through several flags together: the merge of their reports, in every part of the page, in its data and in the API."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import combinations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covdash.accounts.models import User
from covdash.coverage.describe import describe
from covdash.coverage.lines import EMPTY, FileCoverage, merge_all
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import elsewhere
from covdash.projects import access
from covdash.projects.models import Commit
from covdash.reports.facts import FileFact
from covdash.reports.models import CommitReport, Upload
from covdash.reports.queries import commits, files, slices
from tests.covdash.coverage import strategies
from tests.covdash.dashboards.test_file_tools import TEXT, row
from tests.covdash.dashboards.test_reading import SESSION
from tests.covdash.reports.stock import Stock, lines

PLACE = Place("acme/platform/shop")
PATH = "src/pay.py"
API = "/api/v1/projects/acme/platform/shop/commits"
COUNTS = {
    "unit": lines(*([3] * 10), *([0] * 20)),
    "e2e": lines(*([0] * 9), *([5] * 6), *([0] * 15)),
    "smoke": lines(*([0] * 20), *([1] * 5), *([0] * 5)),
    "": lines(*([0] * 25), 2, 2, 0, 0, 0),
}
"""Of 30 lines, unit runs 1 to 10, e2e 10 to 15, smoke 21 to 25, an upload without a flag 26 and 27; 28 to 30 nobody."""


@pytest.fixture
def head(stock: Stock) -> Commit:
    return send(stock, *COUNTS)


@pytest.fixture
def reader(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def send(stock: Stock, *flags: str) -> Commit:
    commit = stock.commit()
    for flag in flags:
        said = {PATH: COUNTS[flag], f"src/of_{flag}.py": lines(1, 0)}
        stock.upload(commit, said, flags=[flag] if flag else [], sources={PATH: TEXT})
    stock.assemble(commit)
    return commit


def through(*flags: str) -> Place:
    return PLACE.through(flags)


def get(reader: Client, address: str) -> str:
    answer = reader.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def boxes(body: str) -> dict[str, bool]:
    """Return the flags that are offered, and whether they are ticked."""
    form = re.search(r'<form method="get" aria-label="Flags">.*?</form>', body, re.DOTALL)
    assert form
    return {name: bool(on) for name, on in re.findall(r'name="flag" value="([^"]+)"( checked)?', form[0])}


def test_two_flags_are_joined_and_the_third_is_elsewhere(reader: Client, head: Commit) -> None:
    get(reader, through("e2e", "unit").file(PATH))
    with CaptureQueriesContext(connection) as asked:
        body = get(reader, through("e2e", "unit").file(PATH))

    assert len(asked) - SESSION <= 8, [query["sql"][:120] for query in asked]
    assert boxes(body) == {"e2e": True, "smoke": False, "unit": True}
    assert '<td class="h">3</td>' in row(body, 1)
    assert '<td class="h">5</td>' in row(body, 10)
    assert 'class="e"' in row(body, 21)
    assert "by smoke only" in row(body, 21)
    assert "by uploads without these flags only" in row(body, 26)
    assert 'class="m"' in row(body, 28)
    summary = re.search(r'<p class="summary">.*?</p>', body, re.DOTALL)
    assert summary
    assert "15 / 30" in summary[0].replace("\u2009", " ").replace("\xa0", " ")
    assert "2 zones" in body


def test_order_and_repetition_in_the_address_change_nothing(reader: Client, head: Commit) -> None:
    pages = {
        get(reader, f"{PLACE.file(PATH)}?{query}")
        for query in ("flag=unit&flag=e2e", "flag=e2e&flag=unit", "flag=e2e&flag=unit&flag=e2e&flag=")
    }

    assert len({re.sub(r"\?next=[^\"]*", "", page) for page in pages}) == 1


def test_one_flag_twice_is_one_flag(reader: Client, head: Commit) -> None:
    twice = get(reader, f"{PLACE.file(PATH)}?flag=unit&flag=unit")

    assert "Ignored" not in twice
    assert boxes(twice) == {"e2e": False, "smoke": False, "unit": True}
    assert f'href="{PLACE.flagged("unit").tree()}"' in twice


@pytest.mark.parametrize(
    ("flags", "seen"), [("unit", ["unit"]), ("unit&flag=e2e", ["e2e", "unit"]), ("<b>", [])]
)
def test_a_flag_that_nobody_sent_is_ignored_aloud(
    reader: Client, head: Commit, flags: str, seen: list[str]
) -> None:
    body = get(reader, f"{PLACE.file(PATH)}?flag={flags}&flag=no%3Csuch")

    assert (
        "Ignored: <code><bdi>flag=no&lt;such</bdi></code>. No upload of this commit that was processed has this flag."
        in body
    )
    assert [name for name, ticked in boxes(body).items() if ticked] == seen


def test_all_flags_are_the_whole_report_where_there_is_nothing_else(reader: Client, stock: Stock) -> None:
    send(stock, "unit", "e2e")
    joined = get(reader, through("e2e", "unit").file(PATH))
    whole = get(reader, PLACE.file(PATH))

    def rows(body: str) -> str:
        sheet = body[
            body.index('<div class="sheet">') : body.index('<section class="section" id="functions"')
        ]
        return re.sub(r"[?&](amp;)?flag=\w+", "", sheet)

    assert rows(joined) == rows(whole)
    assert 'class="e"' not in joined
    assert boxes(joined) == {"e2e": True, "unit": True}
    assert boxes(whole) == {"e2e": False, "unit": False}


def test_links_to_lines_keep_the_flags_and_links_to_other_pages_do_not(reader: Client, head: Commit) -> None:
    seen = through("e2e", "unit").viewed(only="zones", context="1")
    body = get(reader, seen.file(PATH)).replace("&amp;", "&")

    assert f'href="{seen.file(PATH, 16)}" data-zone="16-20"' in body
    assert f'href="{seen.file(PATH, go="next")}"' in body
    assert f'href="{seen.lines(PATH)}"' in body
    assert f'href="{PLACE.tree()}"' in body
    assert reader.get(seen.file(PATH, go="next"))["Location"] == seen.file("src/of_.py")
    form = re.search(r'<form method="get" aria-label="Flags">.*?</form>', body, re.DOTALL)
    assert form
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form[0]) == [
        ("only", "zones"),
        ("context", "1"),
    ]
    context = re.search(r'<form class="context-form".*?</form>', body, re.DOTALL)
    assert context
    assert re.findall(r'name="flag" value="(\w+)"', context[0]) == ["e2e", "unit"]


def test_parts_and_windows_are_of_the_union(reader: Client, stock: Stock) -> None:
    commit = stock.commit()
    for flag, covered in (("a", 2), ("b", 3), ("c", 5)):
        hits = [int(n % covered == 0) for n in range(1, 9_001)]
        stock.upload(commit, {"big.py": lines(*hits)}, flags=[flag])
    stock.assemble(commit)
    seen = through("a", "b")

    part = get(reader, seen.file("big.py", part="lines", lines="8801-9000"))
    whole = get(reader, seen.file("big.py"))

    for line in range(8_801, 9_001):
        found = row(part, line)
        ran = line % 2 == 0 or line % 3 == 0
        assert f'class="{"c" if ran else "e" if line % 5 == 0 else "m"}"' in found, found
    shown = re.search(r'data-part="([^"]+)"', whole)
    assert shown
    assert shown[1].count("flag=") == 2
    with CaptureQueriesContext(connection) as asked:
        get(reader, seen.file("big.py", part="lines", lines="601-800"))
    assert len(asked) - SESSION <= 8


def test_an_upload_left_out_of_the_union(reader: Client, head: Commit) -> None:
    """Only uploads of these flags are offered; without one of them the others' counts stand."""
    unit = str(Upload.objects.get(flags=["unit"]).pk)
    smoke = str(Upload.objects.get(flags=["smoke"]).pk)
    seen = through("e2e", "unit")

    listed = get(reader, seen.file(PATH, uploads=True))
    left = get(reader, seen.file(PATH, without=unit))

    assert unit in listed
    assert smoke not in listed
    assert "9 lines of this file ran in no other upload" in left
    assert "by the upload left out only" in row(left, 1)
    assert '<td class="h">5</td>' in row(left, 10)
    assert f"Ignored: <code><bdi>without={smoke}" in get(reader, seen.file(PATH, without=smoke))


def test_what_is_of_one_flag_names_what_it_leaves_out(reader: Client, head: Commit) -> None:
    """The past and a diff know no union; pages of one flag look through the last."""
    past = get(reader, through("e2e", "unit").file(PATH, col="memory", history="1", line=1))
    diff = get(reader, f"{PLACE.file(PATH)}?flag=unit&flag=e2e&diff={head.sha}")
    tree = get(reader, f"{PLACE.tree()}?flag=unit&flag=e2e")

    assert "Ignored: col=memory, history=1" in past
    assert "Since when" not in past
    for body in (diff, tree):
        assert (
            "Ignored: <code><bdi>flag=unit</bdi></code>. This page looks through one flag at a time" in body
        )
        assert '<option value="e2e" selected>' in body


def test_a_file_that_none_of_the_flags_has(reader: Client, head: Commit) -> None:
    body = get(reader, through("e2e", "unit").file("src/of_smoke.py"))

    assert "None of these flags says anything of this file." in body
    assert f'href="{PLACE.flagged("smoke").file("src/of_smoke.py")}"' in body
    assert boxes(get(reader, through("smoke", "unit").file("src/of_smoke.py"))) == {
        "smoke": True,
        "unit": True,
    }
    for nowhere in ("no/such", "src//pay.py", "src/"):
        assert reader.get(through("e2e", "unit").file(nowhere)).status_code == 404


def test_counts_that_expired_are_yes_or_no(reader: Client, head: Commit) -> None:
    Upload.objects.filter(flags=["e2e"]).update(pack_key="gone")
    body = get(reader, through("e2e", "unit").file(PATH))

    assert "Exact counts of this commit are no longer kept" in body
    assert 'class="c"' in row(body, 12)


def test_the_tag_of_a_page_knows_its_flags(reader: Client, stock: Stock, head: Commit) -> None:
    address = through("e2e", "unit").file(PATH)
    tag = reader.get(address)["ETag"]

    assert reader.get(address, headers={"If-None-Match": tag}).status_code == 304
    stock.upload(head, {PATH: lines(*([9] * 30))}, flags=["smoke"])
    stock.assemble(head)
    changed = reader.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert "by smoke only" in row(changed.content.decode(), 28)


def test_the_data_of_the_page_and_the_api(reader: Client, head: Commit) -> None:
    page = json.loads(reader.get(through("e2e", "unit").lines(PATH)).content)
    with CaptureQueriesContext(connection) as asked:
        answer = reader.get(f"{API}/{head.sha}/files/{PATH}?flag=unit&flag=e2e&flag=unit")
    found = answer.json()

    assert len(asked) <= 9
    assert (found["flag"], found["flags"], found["exact"]) == ("", ["e2e", "unit"], True)
    assert found["totals"]["lines"] == {"covered": 15, "total": 30}
    assert [found["lines"][str(line)] for line in (1, 10, 15, 16, 21)] == [3, 5, 5, 0, 0]
    assert page == {word: found[word] for word in page}
    kept = reader.get(answer.wsgi_request.get_full_path(), headers={"If-None-Match": answer["ETag"]})
    assert kept.status_code == 304
    assert reader.get(f"{API}/{head.sha}/files/{PATH}?flag=unit").json()["flags"] == ["unit"]


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        (PATH, "flag=unit&flag=nobody", 404, "unknown_flag"),
        (PATH, "flag=unit&flag=e2e&diff=main", 400, "bad_flag"),
        ("no/such", "flag=unit&flag=e2e", 404, "unknown_file"),
    ],
)
def test_what_the_api_refuses(
    reader: Client, head: Commit, path: str, query: str, status: int, code: str
) -> None:
    answer = reader.get(f"{API}/{head.sha}/files/{path}?{query}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_the_api_does_not_measure_what_no_flag_has(reader: Client, head: Commit) -> None:
    found = reader.get(f"{API}/{head.sha}/files/src/of_smoke.py?flag=unit&flag=e2e").json()

    assert (found["measured"], found["lines"], found["flags"]) == (False, {}, ["e2e", "unit"])


FLAG_SETS = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=2)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uploads=st.lists(st.tuples(strategies.files(), FLAG_SETS), min_size=2, max_size=5))
def test_the_union_is_the_merge_of_the_reports(
    stock: Stock, ben: User, uploads: Sequence[tuple[FileCoverage, list[str]]]
) -> None:
    """For each set of flags; and all of them are the whole report when that is made of exactly these."""
    head = stock.commit()
    for coverage, flags in uploads:
        stock.upload(head, {PATH: coverage}, flags=flags)
    stock.assemble(head)
    project = access.find(user=ben, slug=stock.project.slug)
    assert project
    fact = commits.resolve(project=project, ref=head.sha)
    assert fact
    whole = commits.report(project=project, commit=fact)
    assert whole
    names = sorted(CommitReport.objects.filter(commit=head).exclude(flag="").values_list("flag", flat=True))

    def told(found: FileFact | None) -> tuple[FileCoverage, str]:
        coverage = found.coverage if found and found.coverage else EMPTY
        return coverage, json.dumps(describe(PATH, coverage), default=str)

    def of_flag(name: str) -> FileFact | None:
        report = commits.report(project=project, commit=fact, flag=name)
        return files.get(project=project, report=report, path=PATH) if report else None

    every, said_of_every = told(of_flag(""))
    alone = {name: told(of_flag(name))[0] for name in names}
    for size in range(2, len(names) + 1):
        for chosen in combinations(names, size):
            found = slices.union(project=project, report=whole, path=PATH, flags=chosen)
            assert found
            seen, said = told(found[0])
            expected = merge_all(alone[name] for name in chosen)
            assert said == json.dumps(describe(PATH, expected), default=str)
            assert found[0].totals == expected.totals()
            assert found[0].exact
            others = set(every.lines[every.states > 0].tolist()) - set(seen.lines[seen.states > 0].tolist())
            beyond = elsewhere.by_flags(seen, chosen, found[1])
            assert set(beyond.lines.tolist()) == others
            for line, words in beyond.words(0, 99).items():
                ran = [name for name in names if name not in chosen and line in _ran(alone[name])]
                assert all(name in words for name in ran)
                assert bool(ran) != ("without these flags" in words)
    if len(names) > 1 and all(flags for _, flags in uploads):
        everything = slices.union(project=project, report=whole, path=PATH, flags=names)
        assert everything
        assert told(everything[0])[1] == said_of_every
        assert everything[0].digest == (of_flag("") or everything[0]).digest


def _ran(coverage: FileCoverage) -> set[int]:
    return set(coverage.lines[coverage.states > 0].tolist())
