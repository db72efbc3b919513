"""A project whose every name is nasty, built through the HTTP door and crawled.

    python -m tests.reliability.nasty [URL --token TOKEN --login NAME:PASSWORD]

Without a URL a server is started in a fresh data home and stopped in the end. With one, `--token` is the upload token of an empty
project there, and `--login` a member of it. Paths, git branches, jobs, messages, authors, titles, functions, arms, tests, mutants,
warnings, components and source texts are payloads (`payloads.py`); some uploads fail, some commits have no report, some sources do
not match. Every link of every page must then answer 200, every promised count must hold, and no payload may have become markup.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.reliability.crawl import Crawl
from tests.reliability.nasty_reports import (
    archive,
    cobertura,
    coverage_json,
    junit,
    lcov,
    listing,
    one_megabyte_lines,
    paths,
    source,
    stryker,
)
from tests.reliability.payloads import ATTRIBUTE, ELEMENT, ENDING, NAMES, TEXTS
from tests.reliability.storm import Instance, StormError, running, wait

PASSWORD = "a-long-enough-passphrase"


Part = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to the door: `fields` are text, `parts` are (field, file name, bytes). `refused` when the door should say no."""

    fields: Mapping[str, str]
    parts: tuple[Part, ...] = ()
    refused: bool = False
    texts: Mapping[bytes, bytes] = field(default_factory=dict)

    def form(self) -> list[tuple[str, str | None, bytes]]:
        """Return the parts of the form, the fields first."""
        said: list[tuple[str, str | None, bytes]] = [
            (name, None, text.encode("utf-8", "surrogateescape")) for name, text in self.fields.items()
        ]
        said += self.parts
        if self.texts:
            said.append(("sources", "sources.tar", archive(self.texts)))
        return said


def sha(number: int) -> str:
    """Return the commit id of a number."""
    return f"{number:040x}"


def deliveries(*, big: bool = True) -> Iterator[Delivery]:
    """Yield what is sent, in order. The first names the default branch; `big` adds lines of a megabyte."""
    texts = {path.encode("utf-8", "surrogateescape"): source(path) for path in paths() if len(path) < 300}
    common = {
        "author": f"{ELEMENT} <a@b>",
        "job": ELEMENT,
        "build_url": "https://ci.example/%3Cnasty%3E?a=\"'<nasty-tag>",
        "name": ATTRIBUTE,
    }
    for number, hits in enumerate((3, 5, 4), 1):
        yield Delivery(
            {**common, "commit": sha(number), "parent": sha(number - 1) if number > 1 else "", "branch": "main", "flags": "unit",
             "message": TEXTS[number] + "\n\n" + ENDING, "committed_at": str(1_700_000_000 + number * 3600)},
            (("report", f"{ELEMENT}.json", coverage_json(hits)), ("files", "files.txt", listing())),
            texts=texts if number != 2 else {b"src/%/%.py": b"short"},
        )  # fmt: skip
    head = {**common, "commit": sha(3), "branch": "main", "message": TEXTS[3] + "\n\n" + ENDING}
    yield Delivery(
        {**head, "job": ATTRIBUTE, "flags": "c"},
        (("report", f"{ATTRIBUTE}.info".replace('"', "%22"), lcov()),),
    )
    yield Delivery({**head, "job": ENDING, "flags": "xml"}, (("report", "c.xml", cobertura()),))
    yield Delivery(
        {**head, "job": "results"}, (("report", "junit.xml", junit()), ("report", "mutation.json", stryker()))
    )
    yield Delivery({**head, "job": "cut"}, (("report", "cut.json", coverage_json(2)[:-900]),))
    yield Delivery({**head, "job": "noise"}, (("report", f"{ELEMENT}.bin", bytes(range(256)) * 9),))
    for number, name in enumerate((name for name in NAMES if name.isprintable()), 10):
        fields = {**common, "commit": sha(number), "branch": name, "parent": sha(2), "message": name, "author": name,
                  "pull": str(number), "title": f"{name} {ELEMENT}", "base": "main"}  # fmt: skip
        report = json.dumps({"src/a.py": {"1": number % 2, "2": 0}}).encode()
        body = b"SF:src/a.py\nDA:1,%d\nDA:2,0\nend_of_record\n" % (number % 2)
        yield Delivery(fields, (("report", "a.info", body if number % 5 else report),))
    yield Delivery(
        {**common, "commit": sha(90), "branch": "x" * 255, "message": "m" * 5000},
        (("report", "a.info", b"SF:a b\nDA:1,1\nend_of_record\n"),),
    )
    yield Delivery(
        {**common, "commit": sha(91), "branch": "no/report"}, (("report", "a.info", b"nothing of the kind"),)
    )
    for flag in (ELEMENT, "a b", "x" * 65):
        yield Delivery(
            {"commit": sha(92), "branch": "main", "flags": flag},
            (("report", "a.info", b"TN:\n"),),
            refused=True,
        )
    for branch in ("nul\0", "new\nline", "x" * 4096, "caf\udce9"):
        yield Delivery({"commit": sha(92), "branch": branch}, (("report", "a.info", b"TN:\n"),), refused=True)
    if big:
        report, wide = one_megabyte_lines()
        yield Delivery({**head, "job": "big"}, (("report", "big.info", report),), texts=wide)


CONFIGURATION = "version = 1\n" + "\n".join(
    f"[[components]]\nname = {json.dumps(text)}\npaths = [{json.dumps('src/' + text[:9])}, 'src']\nweight = {n}\n"
    for n, text in enumerate((ELEMENT, ATTRIBUTE, "100% #?+"))
)


def manifest(commit: str, *, text: str = CONFIGURATION) -> dict[str, object]:
    """Return an announcement of our own uploader that never sends its report: the page of something awaited."""
    return {
        "version": 1,
        "client": ELEMENT,
        "fields": {"commit": commit, "branch": "main", "job": ELEMENT, "title": ELEMENT, "message": ENDING},
        "ci": {"name": ELEMENT, "event": ELEMENT, "run": ATTRIBUTE, "origins": {"commit": ELEMENT}, "dirty": [ELEMENT]},
        "reports": [{"path": f"{ELEMENT}.xml", "size": 5, "sha256": "0" * 64, "kind": "coverage", "format": ELEMENT}],
        "tree": None,
        "configuration": {"path": "covdash.toml", "text": text},
        "codeowners": {"path": "CODEOWNERS", "text": f"* @{ELEMENT}\n"},
    }  # fmt: skip


def multipart(form: list[tuple[str, str | None, bytes]]) -> tuple[bytes, str]:
    """Return body and content type of a form."""
    boundary = uuid.uuid4().hex
    out = []
    for name, filename, content in form:
        shown = f'; filename="{filename}"' if filename is not None else ""
        out.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'.encode()
            + content
            + b"\r\n"
        )
    return b"".join(out) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def send(url: str, token: str, *, body: bytes, content_type: str) -> tuple[int, dict[str, object]]:
    """Send a body to the door; returns status and answer, waiting when it is busy."""
    for attempt in range(30):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
        request = urllib.request.Request(f"{url}/api/v1/uploads", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 429:
                return error.code, json.loads(error.read() or b"{}")
            time.sleep(1 + attempt / 5)
    raise StormError("the door stays busy")


def build(url: str, token: str) -> list[str]:
    """Send everything and wait until it is processed; returns what went otherwise than it should."""
    wrong, waiting = [], []
    for delivery in deliveries():
        body, content_type = multipart(delivery.form())
        status, said = send(url, token, body=body, content_type=content_type)
        if status != (400 if delivery.refused else 202):
            wrong.append(f"{status} for {dict(delivery.fields)!r:.300}: {said}")
        elif status == 202:
            waiting.append(str(said["id"]))
    status, said = send(
        url, token, body=json.dumps(manifest(sha(3))).encode(), content_type="application/json"
    )
    if status not in {200, 201}:
        wrong.append(f"{status} for the announcement: {said}")
    instance = Instance(None, url, None)  # type: ignore[arg-type]
    ends: dict[str, int] = {}
    for number in waiting:
        state: dict[str, object] = {}

        def ended(number: str = number, state: dict[str, object] = state) -> bool:
            state.update(
                instance.call(f"/api/v1/uploads/{number}", headers={"Authorization": f"Bearer {token}"})
            )
            return state["state"] in ("processed", "failed")

        wait(ended, 90, f"upload {number} did not end")
        ends[str(state["state"])] = ends.get(str(state["state"]), 0) + 1
    _settled(url)
    print(f"{len(waiting)} uploads: {ends}")
    return wrong


def _settled(url: str) -> None:
    """Wait until what the server says of its projects stays as it is: the report follows its uploads."""
    before, since = "", time.monotonic()
    end = since + 60
    while time.monotonic() < min(since + 6, end):
        time.sleep(1)
        with urllib.request.urlopen(f"{url}/api/v1/projects", timeout=60) as answer:
            now = answer.read().decode()
        if now != before:
            before, since = now, time.monotonic()


def crawl(url: str, login: str, most: int) -> Crawl:
    """Follow every link of the server as `login`."""
    walk = Crawl(urlsplit(url).netloc, most=most)
    if login:
        walk.sign_in(*login.split(":", 1))
    walk.walk("/")
    return walk


def main() -> int:
    """Build and crawl; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="")
    parser.add_argument("--login", default="")
    parser.add_argument("--token", default="")
    parser.add_argument("--most", type=int, default=5000, help="pages to visit")
    words = parser.parse_args()
    if words.url:
        return _judge(words.url.rstrip("/"), words.token, words.login, words.most)
    with running() as instance:
        return _judge(instance.url, instance.token, "", words.most)


def _judge(url: str, token: str, login: str, most: int) -> int:
    wrong = build(url, token) if token else []
    walk = crawl(url, login, most)
    wrong += walk.wrong
    for line in wrong:
        print(line)
    print(f"{len(walk.seen)} pages, {walk.counts} promised counts, {len(wrong)} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
