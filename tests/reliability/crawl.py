"""Follows every link of a running covdash, as a reader would: `python -m tests.reliability.crawl URL [--login NAME:PASSWORD]`.

No page may hold markup that came from a name or a text (`payloads.py`).
Every page must answer 200 (a redirect counts where it leads), and a link that says how many things it leads to (`data-count`) must
lead to a page that lists as many (`data-rows`, summed over its pages). Every path is visited; of its views (the query string)
`PER_PAIR` for each kind of page with two words together, since filters and orders combine without end.
"""

from __future__ import annotations

import argparse
import http.client
import re
import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import combinations
from urllib.parse import parse_qsl, quote, urldefrag, urlencode, urljoin, urlsplit

from tests.reliability.payloads import injected

PER_PAIR = 20
_VIEWS = re.compile(r"/(?:logout|admin)\b")


class Links(HTMLParser):
    """The links of a page, the counts they promise, and the rows the page says that it lists."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str | None]] = []
        self.rows: int | None = None
        self.next = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = dict(attrs)
        if words.get("data-rows") is not None:
            self.rows = (self.rows or 0) + int(words["data-rows"] or 0)
        if tag == "a" and words.get("href"):
            self.found.append((words["href"] or "", words.get("data-count")))
            if words.get("rel") == "next":
                self.next = words["href"] or ""


@dataclass(slots=True)
class Crawl:
    """One walk; `wrong` collects what is not as it should be."""

    host: str
    cookie: str = ""
    most: int = 8000
    seen: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counts: int = 0
    met: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def get(
        self, path: str, *, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Ask for a page; returns status, headers in lower case, and text."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(
                "POST" if body is not None else "GET",
                quote(path, safe="/?&=%#:@!$'()*+,;~[]"),
                body=body,
                headers={"Cookie": self.cookie, **(headers or {})},
            )
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            for value in answer.headers.get_all("Set-Cookie") or ():
                name, _, rest = value.partition("=")
                kept = [part for part in self.cookie.split("; ") if part and not part.startswith(f"{name}=")]
                self.cookie = "; ".join([*kept, f"{name}={rest.partition(';')[0]}"])
            return answer.status, said, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def sign_in(self, name: str, password: str) -> None:
        """Sign in through the form, as people do."""
        _, _, page = self.get("/login")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        form = {"login": name, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self.host}"}
        status, _, _ = self.get("/login", body=urlencode(form), headers=headers)
        if status != 302:
            raise SystemExit(f"sign-in failed with {status}")

    def walk(self, start: str) -> None:
        """Follow every link from `start` on, breadth first."""
        queue: deque[tuple[str, str, str | None]] = deque([(start, "", None)])
        known = {start}
        promised: list[tuple[str, int, str]] = []
        while queue and len(self.seen) < self.most:
            path, source, count = queue.popleft()
            if count is not None:
                promised.append((path, int(count), source))
            if path in self.seen or not self._wanted(path):
                continue
            self.seen[path] = source
            if len(self.seen) % 250 == 0:
                print(
                    f"  {len(self.seen)} pages, {len(queue)} links to go, {len(self.wrong)} wrong",
                    file=sys.stderr,
                    flush=True,
                )
            for where, promise in self._visit(path, source):
                if where not in known or promise is not None:
                    known.add(where)
                    queue.append((where, path, promise))
        for path, count, source in promised:
            self._count(path, count, source)

    def _visit(self, path: str, source: str) -> Iterator[tuple[str, str | None]]:
        """Ask for a page and yield where it leads, with the counts it promises."""
        status, said, text = self.get(path)
        if status in {301, 302, 303, 307, 308}:
            yield self._local(path, said.get("location", "")) or "/", None
        elif status != 200:
            self.wrong.append(f"{status} {path} (linked from {source})")
        elif said.get("content-type", "").startswith("text/html"):
            yield from self._links(path, text)

    def _links(self, path: str, text: str) -> Iterator[tuple[str, str | None]]:
        page = Links()
        page.feed(text)
        self.wrong += [f"{what} came into {path}" for what in injected(text)]
        for href, count in page.found:
            where = self._local(path, href)
            if where is None or _VIEWS.search(where):
                continue
            yield where, count

    def _wanted(self, path: str) -> bool:
        """Say whether a view is among the first of its page with some two words of its query string, or with its only word."""
        parts = urlsplit(path)
        if not parts.query:
            return True
        verb = parts.path.partition("/-/")[2].partition("/")[0]
        words = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
        pairs = [(verb, *pair) for pair in combinations(words, min(2, len(words)))]
        wanted = not words or any(self.met[pair] < PER_PAIR for pair in pairs)
        if wanted:
            self.met.update(pairs)
        return wanted

    def _local(self, path: str, href: str) -> str | None:
        """Return where a link leads on this server, None for another server or another scheme."""
        parts = urlsplit(urljoin(f"http://{self.host}{path}", urldefrag(href).url))
        if parts.scheme != "http" or parts.netloc != self.host:
            return None
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _count(self, path: str, promised: int, source: str) -> None:
        """Hold a promised count against the rows of the page and those that follow it."""
        self.counts += 1
        rows, where, pages = 0, path, 0
        while where and pages < 500:
            page = Links()
            page.feed(self.get(where)[2])
            rows, pages = rows + (page.rows or 0), pages + 1
            where = (self._local(where, page.next) or "") if page.next else ""
        if rows != promised:
            self.wrong.append(f"{promised} promised by {source}, {rows} listed by {path}")


def main() -> int:
    """Crawl and say what was found; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--login", default="")
    parser.add_argument("--most", type=int, default=8000)
    words = parser.parse_args()
    parts = urlsplit(words.url)
    crawl = Crawl(parts.netloc, most=words.most)
    if words.login:
        crawl.sign_in(*words.login.split(":", 1))
    crawl.walk(parts.path or "/")
    for line in crawl.wrong:
        print(line)
    print(f"{len(crawl.seen)} pages, {crawl.counts} promised counts, {len(crawl.wrong)} wrong")
    return bool(crawl.wrong)


if __name__ == "__main__":
    sys.exit(main())
