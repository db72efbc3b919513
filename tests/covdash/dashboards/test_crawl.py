"""Every link on every page of a project leads somewhere, and every page has a title of its own."""

from __future__ import annotations

import html
import re
from collections import deque
from urllib.parse import urldefrag, urljoin

from django.test import Client

from covdash.accounts.models import User
from tests.covdash.reports.stock import Stock, lines, rich

LIMIT = 300
ELSEWHERE = ("/static/", "/logout", "/api/")
REPEATED = re.compile(r"[?&](?:sort=|q=|range=|tool=|ci=|kind=|grain=|unit=|y=|from=)|/raw/[0-9]+$")
"""Views of a page that differ only in order or choice, and raw bytes, which the stock lacks; each is tested with its page."""
LINK = re.compile(r'(?:href|src|data-poll|data-part|hx-get)="([^"]*)"')
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def test_every_link_leads_somewhere(client: Client, ada: User, stock: Stock) -> None:
    stock.report(
        {"src/a.py": lines(1, 0), "src/b c/#1.py": rich()}, sources={"src/b c/#1.py": "if x:\n  y\n"}
    )
    head = stock.commit(branch="feature/a b")
    stock.upload(head, {"src/a.py": lines(0, 0), "src/d.py": lines(1)}, flags=["unit"])
    stock.upload(head, {}, state="failed")
    stock.upload(head, {}, state="processing")
    stock.assemble(head)
    ada.set_password("a-long-enough-passphrase")
    ada.save()
    client.force_login(ada)
    ahead, seen, titles = deque(["/"]), {"/"}, dict[str, str]()
    while ahead and len(seen) < LIMIT:
        address = ahead.popleft()
        answer = client.get(address)
        if answer.status_code == 302:
            found = [answer["Location"]]
        else:
            assert answer.status_code == 200, address
            if not answer["Content-Type"].startswith("text/html"):
                continue
            body = answer.content.decode()
            found = [html.unescape(link) for link in LINK.findall(body)]
            if title := TITLE.search(body):
                titles[address] = title[1]
            ids = set(re.findall(r'\bid="([^"]+)"', body))
            for link in found:
                if link.startswith("#") and link != "#":
                    assert html.unescape(link[1:]) in ids, (address, link)
        for link in found:
            target = urldefrag(urljoin(address, link)).url
            if not target.startswith("/") or target.startswith(ELSEWHERE) or REPEATED.search(target):
                continue
            if target not in seen:
                seen.add(target)
                ahead.append(target)
    assert not ahead
    assert len(titles) > 30
    plain = {address: title for address, title in titles.items() if "?" not in address}
    assert len(set(plain.values())) == len(plain), sorted(plain.items(), key=lambda pair: pair[1])
