"""Two projects to read, grown through the real pipe: a giant tree and a long history. What is there already is kept and continued.

All texts are functions of a path and of the revisions that touched it: any run makes the same project, from where the last stopped.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import sys
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import instance as covdash
import reports

sys.path.insert(0, str(covdash.ROOT))

from ingest.client.trees import Row, hash_object, tree_id, write_rows

GIANT, HISTORY = "bench/giant", "bench/history"
FLAGS = ("unit", "integration", "browser", "contract", "nightly")
HUGE, LARGE = "src/generated/tables.py", "src/generated/parser.py"
CHANGED = 5_000
"""Files that the last commit of the giant tree touches."""
RULES: dict[str, list[dict[str, object]]] = {
    "components": [
        {"name": "core", "paths": ["src/m0", "src/m1"], "weight": 8, "floors": {"lines": 99}},
        {"name": "doors", "paths": ["src/**/p5/**"], "weight": 4, "floors": {"branches": 10}},
        {"name": "generated", "paths": ["src/generated"], "weight": 0},
    ],
    "gates": [
        {"name": "new code of the core", "rule": "patch", "least": 80, "component": "core"},
        {"name": "nothing lost", "rule": "lost", "most": 100},
        {"name": "floors", "rule": "floors", "informational": True},
    ],
}
"""Components and gates of the giant tree."""
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
BLOBS = 4_000
"""Texts that are sent in one body."""


class Source:
    """A file that grows: its text after `revisions`, and what ran of it."""

    def __init__(self, path: str, length: int) -> None:
        """`length` is the number of lines that it starts with."""
        self.path, self.length = path, length
        self.revisions: tuple[int, ...] = ()

    def lines(self) -> list[str]:
        """Return the text: a function of a dozen lines after the other; each revision changes one of these and adds a line to it."""
        name = zlib.crc32(self.path.encode())
        changed: dict[int, int] = {}
        for revision in self.revisions:
            changed[zlib.crc32(f"{name}{revision}".encode()) % max(1, self.length // 12)] = revision
        out: list[str] = []
        for part in range(-(-self.length // 12)):
            k = name % 9973 + part
            out += [
                f"def step_{part}(value, mark):",
                f"    total = {k}",
                f"    for one in mark[{part}]:",
                f"        total += one * {k % 17}",
                f"    if total > {k % 911}:",
                f'        return "{k:x}", total',
                "    # the rest is for later",
                "    left = value - total",
                f"    left -= {k % 13}",
                f"    mark.add(left, {part})",
                "    return left, total",
                "",
            ]
            if part in changed:
                out[-5:-5] = [f"    value += {changed[part]}"]
        return out[: self.length + len(changed)]

    def text(self) -> bytes:
        """Return the text as bytes."""
        return ("\n".join(self.lines()) + "\n").encode()

    def section(self) -> bytes:
        """Return the LCOV section: every line but blank ones and comments; two arms an `if`; one function in five is never called."""
        out = [f"SF:{self.path}"]
        data: list[str] = []
        called = True
        for number, line in enumerate(self.lines(), 1):
            if line.startswith("def "):
                name = line[4 : line.index("(")]
                called = zlib.crc32(f"{self.path}{name}".encode()) % 5 != 0
                out += [f"FN:{number},{name}", f"FNDA:{3 if called else 0},{name}"]
                data.append(f"DA:{number},1")
            elif line and "#" not in line:
                odd = "return" in line and number % 3 == 0
                data.append(f"DA:{number},{0 if odd or not called else number % 7 + 1}")
                if line.startswith("    if "):
                    data += [
                        f"BRDA:{number},0,0,{2 if called else '-'}",
                        f"BRDA:{number},0,1,{number % 2 if called else '-'}",
                    ]
        return "\n".join([*out, *data, "end_of_record\n"]).encode()


def giant_sources() -> list[Source]:
    """20,000 files, one of 50,000 lines and one of 3,000, together with 3.7 M measured lines or a little more."""
    found = [Source(path, length) for path, length in reports.tree(19_998, lines=224)]
    return [Source(HUGE, 50_000), Source(LARGE, 3_000), *found]


def grow_giant(found: covdash.Instance, token: str, commits: int, log: Path) -> None:
    """Send what is missing of `commits` commits: one file in five hundred changes in each, `CHANGED` in the last."""
    done = _done(log)
    if done >= commits:
        return
    sources = giant_sources()
    send = Exchange(found, token)
    sections: dict[str, tuple[bytes, str]] = {}
    for number in range(1, commits + 1):
        chance = random.Random(number)
        count = 0 if number == 1 else CHANGED if number == commits else len(sources) // 500
        for source in chance.sample(sources, count):
            source.revisions += (number,)
            sections.pop(source.path, None)
        for source in sources:
            if source.path not in sections:
                blob = hash_object(b"blob", source.text()).hex()
                sections[source.path] = (source.section(), blob)
        if number <= done:
            continue
        begun = time.perf_counter()
        blobs = {sections[source.path][1]: source for source in sources}
        body = b"".join(sections[source.path][0] for source in sources)
        rows = [
            Row(source.path.encode(), b"100644", b"blob", sections[source.path][1].encode())
            for source in sources
        ]
        sent = send.upload(
            body,
            rows,
            {
                "commit": sha_of("giant", number), "parent": sha_of("giant", number - 1) if number > 1 else "",
                "branch": "main", "committed_at": at(number * 24), "message": f"Change {number} of the giant",
            },
            blobs,
        )  # fmt: skip
        _note(log, number)
        print(f"  giant: commit {number} of {commits}, {body.count(b'DA:'):,} lines, {sent:,} texts, "
              f"{time.perf_counter() - begun:.1f} s", flush=True)  # fmt: skip


def grow_history(found: covdash.Instance, token: str, commits: int, branches: int, log: Path) -> None:
    """Send what is missing of `commits` commits on main (2,000 small files, one in a hundred changes), then of the git branches."""
    done = _done(log)
    total = commits + branches
    if done >= total:
        return
    sources = [Source(path, 2 + length % 7) for path, length in reports.tree(2_000, lines=5)]
    sections = {source.path: source.section() for source in sources}
    begun, first, waiting = time.perf_counter(), done, []
    with ThreadPoolExecutor(4) as pool:
        for number in range(1, total + 1):
            for source in random.Random(number).sample(sources, 20):
                rise = random.Random(f"{source.path}{number}").random() < 0.5 + number / 20_000
                sections[source.path] = (
                    source.section() if rise else source.section().replace(b",1\n", b",0\n")
                )
            if number <= done:
                continue
            body = b"".join([b"TN:%d\n" % number, *sections.values()])
            waiting.append(pool.submit(_post, found, token, _words(number, commits, branches), body))
            if len(waiting) >= 40 or number == total:
                for upload in [one.result() for one in waiting]:
                    found.finish(token, upload)
                waiting = []
                _note(log, number)
                rate = (number - first) / (time.perf_counter() - begun)
                print(f"  history: {number} of {total}, {rate:.1f} uploads/s", flush=True)


def _words(number: int, commits: int, branches: int) -> dict[str, str]:
    """Return what is said of an upload: one on main, or the only one of a git branch that left main there."""
    words = {"commit": sha_of("history", number), "flags": FLAGS[number % 5], "committed_at": at(number * 3)}
    if number <= commits:
        return words | {"branch": "main", "parent": sha_of("history", number - 1) if number > 1 else ""}
    left = max(1, commits - (number - commits) * max(1, commits // (branches + 1)))
    return words | {
        "branch": f"feature/team-{number % 9}/change-{number}",
        "parent": sha_of("history", left),
        "pull": str(number - commits),
    }


def _post(found: covdash.Instance, token: str, words: dict[str, str], body: bytes) -> str:
    query = urllib.parse.urlencode({key: word for key, word in words.items() if word})
    return str(found.post(f"/api/v1/uploads?{query}", body, token)["id"])


class Exchange:
    """The exchange of our own uploader: announce, send the list of files and the report, then the texts that the server lacks."""

    def __init__(self, found: covdash.Instance, token: str) -> None:
        """`token` is an upload token of the project."""
        self.found, self.token = found, token

    def upload(self, body: bytes, rows: list[Row], fields: dict[str, str], blobs: dict[str, Source]) -> int:
        """Send a report and wait until it is processed; returns how many texts were asked for."""
        digest = hashlib.sha256(body).hexdigest()
        manifest = {
            "version": 1,
            "fields": {name: word for name, word in fields.items() if word},
            "reports": [{"path": "lcov.info", "size": len(body), "sha256": digest, "format": "lcov"}],
            "tree": {"id": tree_id(rows), "files": len(rows)},
        }
        said = self._ask("POST", "uploads", json.dumps(manifest).encode(), "application/json")
        number = said["id"]
        if said["need"]["tree"]:
            self._ask("PUT", f"uploads/{number}/tree", _packed(_listing(rows)))
        if digest in said["need"]["reports"]:
            self._send(f"uploads/{number}/reports/{digest}", _packed(body), int(said["limits"]["part_bytes"]))
        self._ask("POST", f"uploads/{number}/done", b"")
        self.found.finish(self.token, number, seconds=900, pause=0.5)
        sent = 0
        while wanted := self._ask("GET", f"uploads/{number}")["need"].get("blobs"):
            for at_ in range(0, len(wanted), BLOBS):
                self._ask(
                    "PUT", f"uploads/{number}/blobs", _packed(_frames(wanted[at_ : at_ + BLOBS], blobs))
                )
            sent += len(wanted)
            self.found.finish(self.token, number, seconds=900, pause=0.5)
        return sent

    def _send(self, where: str, packed: bytes, part: int) -> None:
        if len(packed) <= part:
            self._ask("PUT", where, packed)
            return
        for first in range(0, len(packed), part):
            some = packed[first : first + part]
            self._ask("PUT", where, some, range_=f"bytes {first}-{first + len(some) - 1}/{len(packed)}")

    def _ask(
        self, method: str, where: str, body: bytes | None = None, kind: str = "", range_: str = ""
    ) -> dict:  # type: ignore[type-arg]
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": kind or "application/octet-stream",
        }
        if body and not kind:
            headers["Content-Encoding"] = "gzip"
        if range_:
            headers["Content-Range"] = range_
        request = urllib.request.Request(f"{self.found.url}/api/v1/{where}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            text = answer.read()
        return json.loads(text) if text else {}


def _listing(rows: list[Row]) -> bytes:
    out = io.BytesIO()
    write_rows(rows, out)
    return out.getvalue()


def _frames(wanted: Iterable[str], blobs: dict[str, Source]) -> bytes:
    out: list[bytes] = []
    for blob in wanted:
        text = blobs[blob].text()
        out.append(b"%s %d\n%s" % (blob.encode(), len(text), text))
    return b"".join(out)


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 1)


def sha_of(project: str, number: int) -> str:
    """Return the id of a commit."""
    return hashlib.sha1(f"{project} {number}".encode()).hexdigest()


def at(hours: int) -> str:
    """Return the time of a commit."""
    return (BEGIN + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _done(log: Path) -> int:
    return int(log.read_text()) if log.exists() else 0


def _note(log: Path, number: int) -> None:
    log.write_text(str(number))
