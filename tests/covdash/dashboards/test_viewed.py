"""Files of a comparison that a reader has viewed: bound to what was seen, told in words, and nobody else's business."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit, Project, PullRequest
from covdash.projects.registry import delete_project
from covdash.reports import comparisons, viewing
from covdash.reports.models import ViewedFile
from covdash.reports.tasks import sweep_due
from tests.covdash.reports.stock import Stock, lines

PLACE = Place("acme/platform/shop")
VIEWED = f"{PLACE.root}-/compare/viewed"
OLD, NEW = "a\nb\nc\n", "a\nb\nnew\n"
PATHS = ("src/a.py", "src/b.py", "src/c.py")


def send(stock: Stock, base: Commit | None, **more: FileCoverage) -> Commit:
    """Report all three files with their new texts; `more` are other coverages of files, by letter."""
    files = {path: lines(1, 1, 0) for path in PATHS}
    files |= {f"src/{letter}.py": coverage for letter, coverage in more.items()}
    return stock.report(
        files, "feature/x", parent=base.sha if base else "", sources=dict.fromkeys(PATHS, NEW)
    )


@pytest.fixture
def base(stock: Stock) -> Commit:
    """What is compared with: three files of another text."""
    return stock.report(dict.fromkeys(PATHS, lines(1, 1, 1)), sources=dict.fromkeys(PATHS, OLD))


@pytest.fixture
def head(stock: Stock, base: Commit) -> Commit:
    """A commit that changed all of them, also a pull request."""
    made = send(stock, base)
    PullRequest.objects.create(project=stock.project, number=7, head=made, base="main", title="Add x")
    return made


def get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def marks(body: str) -> dict[str, tuple[str, str]]:
    """Return path -> what its button does and the mark that it sends."""
    found = re.findall(
        r'name="(view|unview)" value="([0-9a-f]{32})">[^<]+<span class="visually-hidden"> ([^<]+)<', body
    )
    return {path: (deed, mark) for deed, mark, path in found}


def said(body: str) -> str:
    """Return what the head of the list counts."""
    found = re.search(r'<span role="status">(.*?)</span>( of [^<]+)', body)
    return re.sub(r"<[^>]*>", "", f"{found[1]}{found[2]}") if found else ""


def press(client: Client, path: str, address: str) -> str:
    """Press the button of a file and follow; returns the page that comes."""
    deed, mark = marks(get(client, address))[path]
    answer = client.post(VIEWED, {deed: mark, "back": address})
    assert answer["Location"] == f"{address}#file-{mark}"
    body = get(client, address)
    assert f'id="file-{mark}"' in body
    return body


@pytest.mark.parametrize("tab", ["", "&tab=all"])
def test_a_button_marks_a_file_and_takes_it_back(
    tab: str, base: Commit, head: Commit, client: Client, ben: User
) -> None:
    client.force_login(ben)
    address = f"{PLACE.compare(base.sha, head.sha)}{tab}"
    assert said(get(client, address)) == "0 of 3 files viewed"

    body = press(client, "src/b.py", address)

    assert said(body) == "1 of 3 files viewed"
    assert {path: deed for path, (deed, _) in marks(body).items()} == {
        "src/a.py": "view", "src/b.py": "unview", "src/c.py": "view",
    }  # fmt: skip
    row = body.partition('class="viewed"')[2].partition("</tr>")[0]
    assert "src/<wbr>b.py" in row
    assert '<span class="tag" data-viewed-word>viewed</span>' in row
    assert body.count("data-viewed-word hidden") == 2
    assert said(press(client, "src/b.py", address)) == "0 of 3 files viewed"
    assert not ViewedFile.objects.exists()


def test_a_button_with_part_answers_without_a_page(
    base: Commit, head: Commit, client: Client, ben: User
) -> None:
    client.force_login(ben)
    _, mark = marks(get(client, PLACE.pull(7)))["src/a.py"]

    answer = client.post(f"{VIEWED}?part=mark", {"view": mark})

    assert (answer.status_code, answer.content) == (204, b"")
    assert said(get(client, PLACE.pull(7))) == "1 of 3 files viewed"


def test_a_mark_holds_for_the_content(
    stock: Stock, base: Commit, head: Commit, client: Client, ben: User
) -> None:
    """The same change is viewed in every comparison that has it; what changed again, on either side, is not."""
    client.force_login(ben)
    pull = PLACE.pull(7)
    for path in PATHS:
        press(client, path, PLACE.compare(base.sha, head.sha))
    assert said(get(client, pull)) == "3 of 3 files viewed", "as a pull request"

    pushed = send(stock, head, b=lines(1, 1, 1))
    PullRequest.objects.update(head=pushed)

    assert {path for path, (deed, _) in marks(get(client, pull)).items() if deed == "view"} == {"src/b.py"}
    other = stock.report(
        {"src/a.py": lines(1, 1, 1), "src/b.py": lines(1, 1, 1), "src/c.py": lines(0, 1, 1)},
        sources=dict.fromkeys(PATHS, OLD),
    )
    assert {
        path
        for path, (deed, _) in marks(get(client, PLACE.compare(other.sha, head.sha))).items()
        if deed == "view"
    } == {"src/c.py"}, "the base has another coverage of it"
    back = send(stock, pushed)
    assert said(get(client, PLACE.compare(base.sha, back.sha))) == "3 of 3 files viewed"


def test_another_text_with_the_same_coverage_is_another_change(
    stock: Stock, base: Commit, head: Commit, client: Client, ben: User
) -> None:
    client.force_login(ben)
    for path in PATHS:
        press(client, path, PLACE.compare(base.sha, head.sha))

    pushed = stock.report(
        dict.fromkeys(PATHS, lines(1, 1, 0)), "feature/x", parent=head.sha,
        sources={path: "a\nb\nnewer\n" if path == "src/a.py" else NEW for path in PATHS},
    )  # fmt: skip

    found = marks(get(client, PLACE.compare(base.sha, pushed.sha)))
    assert {path for path, (deed, _) in found.items() if deed == "view"} == {"src/a.py"}


def test_what_a_task_compared_has_the_same_marks(stock: Stock, base: Commit, head: Commit) -> None:
    """A comparison that is kept says what one says that is made for the page."""
    roots = dict(Commit.objects.filter(reports__flag="").values_list("pk", "reports__root"))
    assert comparisons.make(
        project_id=stock.project.pk, base_root=bytes(roots[base.pk]), head_root=bytes(roots[head.pk]), head_commit=head.pk,
    ) == 3  # fmt: skip

    key = comparisons.key_of(bytes(roots[base.pk]), bytes(roots[head.pk]), "")
    ((_, kept),) = comparisons.kept(project_id=stock.project.pk, keys=[key], most=9)

    assert kept is not None
    assert [len(file.mark) for file in kept] == [16] * 3
    assert len({file.mark for file in kept}) == 3, "the paths are part of it: contents are all the same"


def test_marks_are_nobody_elses(
    stock: Stock, base: Commit, head: Commit, client: Client, ada: User, ben: User, cleo: User
) -> None:
    address = PLACE.compare(base.sha, head.sha)
    client.force_login(ben)
    press(client, "src/a.py", address)
    client.force_login(ada)
    assert said(get(client, address)) == "0 of 3 files viewed"
    _, mark = marks(get(client, address))["src/a.py"]
    client.force_login(cleo)
    assert client.post(VIEWED, {"view": mark}).status_code == 404
    client.logout()
    assert client.post(VIEWED, {"view": mark}).status_code == 404
    Project.objects.update(is_public=True)
    body = get(client, address)
    assert (said(body), marks(body)) == ("", {})
    assert "csrfmiddlewaretoken" not in body
    assert (
        client.post(VIEWED, {"view": mark, "back": PLACE.pull(7)})["Location"]
        == f"/login?next={PLACE.pull(7)}"
    )
    assert ViewedFile.objects.count() == 1


@pytest.mark.parametrize("form", [{}, {"view": "zz"}, {"view": "a" * 31}, {"unview": "A" * 32}])
def test_a_form_that_names_no_change_is_refused(
    form: dict[str, str], stock: Stock, client: Client, ben: User
) -> None:
    client.force_login(ben)
    assert client.post(VIEWED, form).status_code == 400
    assert client.get(VIEWED).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ben)
    assert strict.post(VIEWED, {"view": "a" * 32}).status_code == 403


def test_marks_cost_one_statement(base: Commit, head: Commit, client: Client, ben: User) -> None:
    address = PLACE.compare(base.sha, head.sha)
    Project.objects.update(is_public=True)
    get(client, address)
    with CaptureQueriesContext(connection) as signed_out:
        get(client, address)
    client.force_login(ben)
    get(client, address)
    with CaptureQueriesContext(connection) as signed_in:
        get(client, address)

    assert len(signed_in) - len(signed_out) == 3, "the session, its user, and the marks"
    assert len(signed_in) <= 14


def test_marks_age_and_are_bounded(
    stock: Stock, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "MOST", 3)
    of = {"project_id": stock.project.pk, "user": ben}
    viewing.view(project_id=stock.project.pk, user=ada, mark=b"o" * 16)
    for number in range(5):
        viewing.view(**of, mark=bytes([number]) * 16)  # type: ignore[arg-type]
        mine = ViewedFile.objects.filter(user=ben, mark=bytes([number]) * 16)
        mine.update(at=timezone.now() - timedelta(days=185 - number))
    viewing.view(**of, mark=bytes([2]) * 16)  # type: ignore[arg-type]
    kept = ViewedFile.objects.filter(user=ben).order_by("mark").values_list("mark", flat=True)
    assert [bytes(mark)[0] for mark in kept] == [2, 3, 4]

    sweep_due()

    assert [bytes(mark)[0] for mark in kept.all()] == [2], (
        "looked at again; the others are 181 days old and more"
    )
    assert ViewedFile.objects.filter(user=ada).count() == 1


def test_marks_go_with_their_user_and_project(stock: Stock, ada: User, ben: User) -> None:
    for user in (ada, ben):
        viewing.view(project_id=stock.project.pk, user=user, mark=b"m" * 16)
    ben.delete()
    assert ViewedFile.objects.get().user == ada
    delete_project(project_id=stock.project.pk)
    assert not ViewedFile.objects.exists()


def opened(body: str) -> list[str]:
    """Return the files whose lines are shown."""
    rows = re.findall(r'<tr id="file-\w+"(?: class="viewed")?>(.*?)</tr>(<tr class="hunk-row">)?', body)
    return [
        re.findall(r"<bdi>([^<]*(?:<wbr>[^<]*)*)</bdi>", row)[0].replace("<wbr>", "")
        for row, hunk in rows
        if hunk
    ]


def test_all_files_are_opened_and_closed_by_a_link(
    base: Commit, head: Commit, client: Client, ben: User
) -> None:
    """But those that were viewed; marking one keeps the others open."""
    client.force_login(ben)
    plain = PLACE.compare(base.sha, head.sha)
    body = get(client, plain)
    door = re.search(r'href="([^"]+)" data-open-all="open">Open all', body)
    assert door is not None
    assert opened(body) == []
    address = door[1].replace("&amp;", "&")
    assert opened(get(client, address)) == list(PATHS)
    assert opened(press(client, "src/b.py", address)) == ["src/a.py", "src/c.py"]
    body = get(client, f"{plain}&file=src/b.py")
    assert opened(body) == ["src/b.py"], "a viewed file can still be read"
    assert f'href="{plain.replace("&", "&amp;")}" data-open-all="">Close all' in get(client, address)
    assert "Ignored: open=some" in get(client, f"{plain}&open=some")


def test_no_more_than_twenty_are_open_at_once(stock: Stock, client: Client, ben: User) -> None:
    """It is said how many there are; together they show no more lines than one file may, each its share."""
    text = "\n".join(f"line {number}" for number in range(150))
    paths = [f"src/f{number:02d}.py" for number in range(25)]
    base = stock.report(dict.fromkeys(paths, lines(*[1] * 150)), sources=dict.fromkeys(paths, ""))
    head = stock.report(
        dict.fromkeys(paths, lines(*[0] * 150)), parent=base.sha, sources=dict.fromkeys(paths, text)
    )
    client.force_login(ben)

    body = get(client, PLACE.compare(base.sha, head.sha, open="all"))

    assert opened(body) == paths[:20]
    assert "Open are the first 20 of 25 files here that are not viewed: more are never open at once." in body
    assert body.count('class="sign"') == 1200
    assert "Open are the first" not in get(client, PLACE.compare(base.sha, head.sha))
