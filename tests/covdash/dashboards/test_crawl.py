"""Every link on every page of a project leads somewhere, and every page has a title of its own."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from itertools import combinations
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from django.test import Client

from covdash.accounts.models import User
from covdash.projects import wishes
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines, rich

LIMIT = 1000
ELSEWHERE = ("/static/", "/logout", "/api/")
PER_PAIR = 2
"""So many views are met of each sort of page with two words together in its query string: all combinations have no end."""
CHOICES = {"color", "flat", "go", "grain", "hide", "only", "show", "size", "state", "tab", "unit"}
"""Words of which every value is met, since it makes another page; of other words (an order, a text, a name) some values do."""
FILE = (
    "col",
    "context",
    "diff",
    "flag",
    "go=next",
    "go=previous",
    "hide=covered",
    "line",
    "only=LBC",
    "only=changes",
    "only=zones",
    "uploads",
    "without",
)
MAP = (
    "as",
    "band",
    "color=change",
    "component",
    "corner",
    "overlay",
    "show=zero",
    "size=missed",
    "view",
    "y",
)
TREND = ("branch", "flag", "from", "grain=commit", "range", "to", "unit=count", "y")
"""Views that the pages must lead to."""
RAW = re.compile(r"/upload/[^/]+/raw/[0-9]+$")
"""Bytes of uploads, which the stock lacks."""
LINK = re.compile(r'(?:href|src|data-poll|data-part|hx-get)="([^"]*)"')
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def pairs_of(address: str) -> set[tuple[str, ...]]:
    """Return the sort of page that an address leads to with each two words of its query string, or its only one; none without any.

    Words that are `CHOICES` have their values.
    """
    parts = urlsplit(address)
    verb = parts.path.partition("/-/")[2].partition("/")[0] or parts.path
    words = parse_qsl(parts.query, keep_blank_values=True)
    told = sorted({f"{word}={value}" if word in CHOICES else word for word, value in words})
    return {(verb, *pair) for pair in combinations(told, min(2, len(told)))} if told else set()


def links_of(address: str, body: str) -> list[str]:
    """Return where a page leads; those that lead to a place of the same page must find it there."""
    found = [html.unescape(link) for link in LINK.findall(body)]
    ids = set(re.findall(r'\bid="([^"]+)"', body))
    for link in found:
        if link.startswith("#") and link != "#":
            assert html.unescape(link[1:]) in ids, (address, link)
    return found


def test_every_link_leads_somewhere(client: Client, ada: User, stock: Stock) -> None:
    stock.report(
        {"src/a.py": lines(1, 0), "src/b c/#1.py": rich()}, sources={"src/b c/#1.py": "if x:\n  y\n"}
    )
    head = stock.commit(branch="feature/a b")
    stock.upload(head, {"src/a.py": lines(0, 0), "src/d.py": lines(1)}, flags=["unit"])
    stock.upload(head, {}, state="failed")
    stock.upload(head, {}, state="processing")
    stock.assemble(head)
    rule = {"name": "a b", "paths": ["src/b c"], "floors": {"lines": 99}}
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=[rule])
    recount(stock.project.pk)
    ada.set_password("a-long-enough-passphrase")
    ada.save()
    client.force_login(ada)
    ahead, seen, titles = deque(["/"]), {"/"}, dict[str, str]()
    late = deque[
        str
    ]()  # many opened files have so many doors that those of a single file would be met no more
    met = Counter[tuple[str, ...]]()
    while (ahead or late) and len(seen) < LIMIT:
        address = (ahead or late).popleft()
        answer = client.get(address)
        if answer.status_code == 302:
            found = [answer["Location"]]
        else:
            assert answer.status_code == 200, address
            if not answer["Content-Type"].startswith("text/html"):
                continue
            body = answer.content.decode()
            found = links_of(address, body)
            if title := TITLE.search(body):
                titles[address] = title[1]
        for link in found:
            target = urldefrag(urljoin(address, link)).url
            if not target.startswith("/") or target.startswith(ELSEWHERE) or RAW.search(target):
                continue
            if target in seen:
                continue
            pairs = pairs_of(target)
            if not pairs or any(met[pair] < PER_PAIR for pair in pairs):
                met.update(pairs)
                seen.add(target)
                (late if "open=all" in target else ahead).append(target)
    assert not ahead
    assert not late
    assert ("compare", "open") in {(pair[0], word) for pair in met for word in pair[1:]}
    views = {(pair[0], word) for pair in met for word in pair[1:]}
    assert views >= {("file", word) for word in FILE}
    assert views >= {("map", word) for word in MAP}
    assert views >= {(f"trends{form}", word) for form in ("", ".csv", ".json") for word in TREND}
    assert len(titles) > 30
    plain = {address: title for address, title in titles.items() if "?" not in address}
    assert len(set(plain.values())) == len(plain), sorted(plain.items(), key=lambda pair: pair[1])
