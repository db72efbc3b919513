"""The review of a period: what moved and why, what the team wrote down and decided, for whom, and what an empty one says."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covdash.accounts.models import User
from covdash.audit.models import AuditEntry
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import prose
from covdash.projects import wishes
from covdash.projects.models import Commit, Membership
from covdash.reports import comparisons
from covdash.reports.models import Dismissal, ReviewDecision, ReviewNote, Upload
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")
DAY = date(2026, 6, 30)
UNTIL = "2026-06-30"
PAGE = PLACE.review(until=UNTIL)
SESSION = 2
EVIL = "<img src=x onerror=alert(1)>"
OLD = "a\nb\nc\nd\n"
NEW = "a\nb\nx\nc\nd\ny\n"


def at(days: int) -> datetime:
    return datetime(2026, 6, 30, 12, tzinfo=UTC) - timedelta(days=days)


@pytest.fixture
def filled(stock: Stock, ada: User) -> Commit:
    """Before the period, in it, and at its end: `src/auth/a.py` gained a tested and an untested line and lost an old one."""
    rules = [{"name": "auth", "paths": ["src/auth/**"], "weight": 10, "floors": {"lines": 90}}]
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=rules)
    rest = {"src/pay/charge.py": lines(1, 0), "lib/x.py": lines(0, 0)}
    stock.report({"src/auth/a.py": lines(1, 1, 0, 1), **rest}, at=at(40), sources={"src/auth/a.py": OLD})
    stock.report({"src/auth/a.py": lines(1, 1, 1, 1), **rest}, at=at(20), sources={"src/auth/a.py": OLD})
    head = stock.commit(at=at(2))
    Commit.objects.filter(pk=head.pk).update(message=f"Auth: {EVIL}\n\nMore.")
    stock.upload(
        head,
        {
            "src/auth/a.py": lines(0, 1, 1, 1, 1, 0),
            "src/pay/charge.py": rich(),
            "lib/x.py": lines(0, 0),
            "lib/y.py": lines(1, 1, 1),
        },
        sources={"src/auth/a.py": NEW},
    )
    stock.assemble(head)
    failed = stock.upload(head, {}, state="failed")
    Upload.objects.filter(pk=failed.pk).update(received_at=at(2))
    recount(stock.project.pk)
    return head


def text(body: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_the_period_reads_from_top_to_bottom(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(PAGE)
    body, said = page.content.decode(), text(page.content.decode())

    assert len(asked) - SESSION <= 34, [query["sql"][:120] for query in asked]
    assert page.status_code == 200
    assert body.count("<h1") == 1
    assert "2026-06-02 to 2026-06-30" in said
    # tested new x and what rich() runs anew; untested new y; a ran before and does no longer; c is covered now
    assert "auth is 23.3 pp under its floor" in said
    assert "1 line of unchanged code ran before and does no longer" in said
    assert "1 upload failed in this period" in said
    assert "auth 0 +1 \u22121 +1 \u22121" in said
    assert "lib/ +3" in said
    assert EVIL not in body
    assert "Auth: &lt;img" in body
    assert "at least 2026-05-21" in said  # lib/x.py was missed as long as anything is known
    assert "src/ pay/ charge.py" in said


def test_the_numbers_are_those_of_the_comparison(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    found = client.get(f"/api/v1/projects/acme/platform/shop/review?until={UNTIL}").json()

    assert (found["since"], found["until"], found["reports"]) == ("2026-06-02", UNTIL, 2)
    assert found["base"]["totals"]["lines"] == {"covered": 4, "total": 8}
    assert found["head"]["commit"]["sha"] == filled.sha
    tally = found["categories"]
    assert (tally["GNC"], tally["UNC"], tally["LBC"], tally["GBC"]) == (4, 1, 1, 1)
    assert found["failed_uploads"] == 1
    assert {hole["path"] for hole in found["holes"]} >= {"src/auth/a.py", "lib/x.py"}
    assert found["notes"] == found["decisions"] == []


def test_an_empty_period_says_so_and_what_was_known_last(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    said = text(client.get(PLACE.review(until="2026-08-20", weeks=4)).content.decode())
    assert "No reports between 2026-07-23 and 2026-08-20" in said
    assert filled.sha[:8] in said
    assert "None is known before it" in text(client.get(PLACE.review(until="2020-01-31")).content.decode())
    assert "No reports in this period" in client.get(PLACE.review("md", until="2020-01-31")).content.decode()


def test_values_that_make_no_sense_are_ignored_and_named(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    for query in (
        "weeks=99",
        "weeks=-1",
        "weeks=x",
        "until=2026-13-01",
        "until=0001-01-01",
        "team=nobody",
        "branch=<b>",
    ):
        answer = client.get(
            f"{PLACE.review()}?until={UNTIL}&{query}".replace(f"until={UNTIL}&until", "until")
        )
        assert answer.status_code == 200, query
        assert "Ignored:" in answer.content.decode(), query
        assert "<b>" not in answer.content.decode()


def test_a_team_sees_its_own_files(client: Client, ada: User, filled: Commit) -> None:
    upload = Upload.objects.filter(commit=filled, state="processed").get()
    upload.declared = {"codeowners": {"path": "CODEOWNERS", "text": "/src/pay/ @pay\n/src/auth/ @auth\n"}}
    upload.save()
    client.force_login(ada)

    body = client.get(PLACE.review(until=UNTIL, team="@pay")).content.decode()

    assert "Files of @pay" in body
    moves = body.partition("Gains and losses")[2].partition("Components and")[0]
    assert "auth" not in text(moves)


def test_notes_are_kept_for_their_period_and_shown_as_text(
    client: Client, ada: User, ben: User, filled: Commit
) -> None:
    client.force_login(ada)
    note = (
        f'**Bold** {EVIL}\n\n- one `code`\n- javascript:alert(1) https://example.org/a?b="><script>x</script>'
    )
    client.post(f"{PLACE.root}-/review/note", {"until": UNTIL, "branch": "main", "weeks": 4, "body": note})
    client.post(
        f"{PLACE.root}-/review/note", {"until": "2026-06-23", "branch": "main", "body": "a week before"}
    )

    client.force_login(ben)
    body = client.get(PAGE).content.decode()

    assert "<strong>Bold</strong> &lt;img src=x" in body
    assert "<li>one <code>code</code></li>" in body
    assert EVIL not in body
    assert "<script>x" not in body
    assert 'href="javascript' not in body
    assert 'href="https://example.org/a?b="' in body or 'href="https://example.org/a?b=' in body
    assert "a week before" in body
    assert "<textarea" not in body
    assert "a week before" not in client.get(PLACE.review(until="2026-06-20")).content.decode()
    assert client.get(PLACE.review(until="2026-06-23")).content.decode().count("Bold") == 0
    assert ReviewNote.objects.count() == 2
    assert AuditEntry.objects.filter(action="review.note").count() == 2
    client.force_login(ada)
    client.post(f"{PLACE.root}-/review/note", {"until": UNTIL, "branch": "main", "body": " "})
    assert ReviewNote.objects.get().until == date(2026, 6, 23)


def test_the_next_review_begins_with_the_last_decisions(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    said = {
        "until": "2026-06-15", "branch": "main", "text": f"Test <auth> {EVIL}", "owner": "ben", "due": "2026-06-20",
        "component": "auth",
    }  # fmt: skip
    answer = client.post(f"{PLACE.root}-/review/decide", said, follow=True)
    assert "The decision is kept" in answer.content.decode()

    body = client.get(PAGE).content.decode()

    shown = text(body.partition("Last decisions")[2].partition("To talk about")[0])
    assert "late" in shown
    assert "on ben" in shown
    assert "lines 100 % then" in shown
    assert "66.7 % now" in shown
    assert EVIL not in body
    assert body.index("Last decisions") < body.index("To talk about")
    number = ReviewDecision.objects.get().pk
    client.post(f"{PLACE.root}-/review/settle", {"number": number, "until": UNTIL, "done": "1"})
    assert ReviewDecision.objects.get().done_at is not None
    assert "Open again" in client.get(PAGE).content.decode()
    client.post(f"{PLACE.root}-/review/settle", {"number": number, "until": UNTIL})
    assert ReviewDecision.objects.get().done_at is None
    assert (
        client.post(f"{PLACE.root}-/review/settle", {"number": number + 1, "until": UNTIL}).status_code == 404
    )


@pytest.mark.parametrize("deed", ["note", "decide", "settle"])
def test_who_may_write(client: Client, ada: User, ben: User, cleo: User, filled: Commit, deed: str) -> None:
    """Maintainers write; members and readers may not, strangers find nothing, and no other page can make a maintainer write."""
    address, said = f"{PLACE.root}-/review/{deed}", {"until": UNTIL, "body": "x", "text": "x", "number": 1}
    client.force_login(cleo)
    assert client.post(address, said).status_code == 404
    assert client.get(PAGE).status_code == client.get(PLACE.review("md", until=UNTIL)).status_code == 404
    client.force_login(ben)
    assert client.post(address, said).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post(address, said).status_code == 403
    assert not ReviewNote.objects.exists()
    assert not ReviewDecision.objects.exists()
    Membership.objects.filter(user=ben).update(role=Membership.Role.MAINTAINER)
    assert client.post(address, said).status_code in {302, 404}


def test_readers_of_a_public_project_see_no_notes(
    client: Client, cleo: User, ada: User, filled: Commit
) -> None:
    ReviewNote.objects.create(project=filled.project, branch="main", until=DAY, body="among us")
    ReviewDecision.objects.create(
        project=filled.project, branch="main", until=DAY - timedelta(1), text="our plan"
    )
    filled.project.is_public = True
    filled.project.save()
    client.force_login(cleo)
    for address in (
        PAGE,
        PLACE.review("md", until=UNTIL),
        f"/api/v1/projects/acme/platform/shop/review?until={UNTIL}",
    ):
        body = client.get(address).content.decode()
        assert "among us" not in body
        assert "our plan" not in body


def test_while_lines_are_compared_the_page_waits(
    client: Client, ada: User, filled: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "AT_ONCE", 0)
    monkeypatch.setattr(comparisons, "ask", lambda *_: None)
    client.force_login(ada)

    body = client.get(PAGE).content.decode()
    piece = client.get(f"{PAGE}&part=moves").content.decode()

    assert "Comparing line by line" in body
    assert "data-poll=" in body
    assert "data-poll=" in piece
    assert "<h1" not in piece
    assert "lib/" in piece


def test_the_markdown_holds_the_same_and_no_markup_of_strangers(
    client: Client, ada: User, filled: Commit, settings: object
) -> None:
    until = datetime.now(UTC).date() + timedelta(days=5)
    Dismissal.objects.create(
        project=filled.project, kind="zone", path="a|b.py", reason="[x](javascript:1)", until=until
    )
    client.force_login(ada)
    answer = client.get(PLACE.review("md", until=UNTIL))
    said = answer.content.decode()

    assert answer["Content-Type"].startswith("text/markdown")
    assert said.startswith("# Review of acme/platform/shop, 2026-06-02 to 2026-06-30")
    assert "| auth | 10 | Lines | 66.7 % | 90 % |" in said
    assert "<img" not in said
    assert "a\\|b.py" in said
    assert "](javascript" not in said
    assert re.search(r"\]\(<https?://[^>]+/p/acme/platform/shop/-/", said)


def test_a_mail_holds_the_sentence_and_the_lasting_address(
    client: Client, ada: User, stock: Stock, filled: Commit
) -> None:
    """Nobody is addressed, names of strangers stay within their field, and a period without a report has none."""
    name = "feature/ö & b?cc=x@evil.example#%0D"
    commit = stock.report({"src/auth/a.py": rich()}, name, at=at(1))
    client.force_login(ada)
    body = client.get(PLACE.review(until=UNTIL, branch=name)).content.decode()

    address = html.unescape(re.findall(r'href="(mailto:[^"]*)"', body)[0])
    said = re.findall(r'class="review-sentence">([^<]*)<', body)[0]
    assert re.fullmatch(r"mailto:\?subject=[\w.~%-]+&body=[\w.~%-]+", address, re.ASCII)
    subject, text = (unquote(part.partition("=")[2]) for part in urlsplit(address).query.split("&"))
    assert subject == f"Review 2026-06-02 to {UNTIL} \u00b7 {name} \u00b7 acme/platform/shop"
    sentence, empty, link, end = text.split("\r\n")
    assert (sentence, empty, end) == (html.unescape(said), "", "")
    assert re.match(r"https?://[^/]+/p/acme/platform/shop/-/review\?until=2026-06-30", link)
    assert commit.sha[:8] in client.get(link[link.index("/p/") :]).content.decode()
    assert "mailto:" not in client.get(PLACE.review(until="2020-01-01")).content.decode()


def test_the_first_line_of_a_note_is_told_without_its_marks() -> None:
    said = {
        "**a** `b` c\nd": "a b c",
        "- https://x.org/y.": "https://x.org/y.",
        "\n \n x\n\ny": "x",
        "": "",
        " \n": "",
    }
    assert {text: prose.plain(text) for text in said} == said


def test_limited_markdown_knows_nothing_else() -> None:
    found = prose.blocks("a **b** `c`\nhttps://x.org/y.\n\n* one\n- two\nend\n<b>no</b> [x](y)")

    assert [(block.is_list, len(block.lines)) for block in found] == [(False, 2), (True, 2), (False, 2)]
    assert [span.kind for span in found[0].lines[0]] == ["text", "bold", "text", "code"]
    assert [(span.kind, span.text) for span in found[0].lines[1]] == [
        ("link", "https://x.org/y"),
        ("text", "."),
    ]
    assert found[2].lines[1] == (prose.Span("text", "<b>no</b> [x](y)"),)
