"""What a page weighs: its elements, and the scripts and styles that it loads."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from typing import Any


class Elements(HTMLParser):
    """Counts elements, those in the tables of charts also apart, and notes which scripts and styles a page loads."""

    def __init__(self, text: str) -> None:
        """`text` is the page."""
        super().__init__()
        self.number = 0
        self.in_charts = 0
        self._depth = 0
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count."""
        self.number += 1
        if tag == "div" and (self._depth or "chart-rows" in str(dict(attrs).get("class"))):
            self._depth += 1
        self.in_charts += self._depth > 0
        said = dict(attrs)
        if tag == "script" and said.get("src"):
            self.scripts.append(str(said["src"]))
        elif tag == "link" and said.get("rel") == "stylesheet":
            self.styles.append(str(said["href"]))

    def handle_endtag(self, tag: str) -> None:
        """Leave the table of a chart."""
        self._depth -= tag == "div" and self._depth > 0


def weight(found: Any, addresses: list[str]) -> int:
    """Return the compressed bytes of what a page loads, with what its modules import."""
    total = 0
    seen = list(dict.fromkeys(addresses))
    for address in seen:
        body = found.get(address)
        total += len(gzip.compress(body, 9))
        if address.endswith(".js"):
            for name in re.findall(rb'^import [^;]*"\./([\w.]+)"', body, flags=re.MULTILINE):
                other = f"{address.rpartition('/')[0]}/{name.decode()}"
                if other not in seen:
                    seen.append(other)
    return total
