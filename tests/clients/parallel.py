"""Twenty jobs at once against a running covdash: three run again, two late, in random order, sent twice; pages tell it all the way.

    python -m tests.clients.parallel [SEED]

Sends with one thread for each delivery, while another reads the pages as a person does. One line for each check.
"""

from __future__ import annotations

import html
import random
import re
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from covdash.dashboards.addresses import Place
from tests.clients import stage
from tests.clients.stage import Checks, Server

SLUG, SHA = "acme/parallel", "c" * 40
JOBS = [f"job {number:02}" for number in range(20)]
AGAIN = (3, 7, 11)
"""Jobs whose first attempt ran no line of its own, and that are run again."""


@dataclass
class Scene:
    """The server, a token, chance, and what was sent so far."""

    server: Server
    token: str
    dice: random.Random
    sent: set[str] = field(default_factory=set)

    def send(self, number: int, attempt: int = 1) -> None:
        """Deliver the report of a job: a line of its own in one shared file, and a file of its own."""
        hits = int(attempt > 1 or number not in AGAIN)
        shared = "".join(f"DA:{line},{hits if line == number + 1 else 0}\n" for line in range(1, 21))
        own = f"SF:src/only_{number:02}.py\nDA:1,{hits}\nDA:2,0\nend_of_record\n"
        said = {"commit": SHA, "branch": "main", "job": JOBS[number], "flags": "unit", "attempt": attempt}
        request = urllib.request.Request(
            f"{self.server.url}/api/v1/uploads?{urlencode(said)}",
            data=f"TN:attempt_{attempt}\nSF:src/shared.py\n{shared}end_of_record\n{own}".encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/octet-stream"},
        )
        self.sent.add(JOBS[number])
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def at_once(self, deliveries: list[tuple[int, int]]) -> None:
        """Send all of them, each in a thread of its own, within two seconds."""

        def one(delivery: tuple[int, int]) -> None:
            time.sleep(self.dice.random() * 2)
            self.send(*delivery)

        with ThreadPoolExecutor(len(deliveries)) as pool:
            list(pool.map(one, deliveries))

    def words(self) -> str:
        """Return the page of the commit's files as a reader sees it, "" while there is none."""
        status, page = self.server.status(Place(SLUG).tree(commit=SHA))
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split()) if status == 200 else ""

    def until(self, words: str, seconds: float = 60) -> str:
        """Wait until the page says `words`, and return it; what it says in the end when it never does."""
        deadline = time.monotonic() + seconds
        while words not in (found := self.words()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    @contextmanager
    def read(self) -> Iterator[list[tuple[int, int, str]]]:
        """Read the page all the time; the list holds how many it called in, how many were sent by then, and what it said."""
        seen: list[tuple[int, int, str]] = []
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(0.05):
                found = self.words()
                count = re.search(r"(\d+) of 20 uploads in", found)
                if found:
                    seen.append((int(count[1]) if count else -1, len(self.sent), found))

        reader = threading.Thread(target=look)
        reader.start()
        try:
            yield seen
        finally:
            stop.set()
            reader.join()


def story(scene: Scene, checks: Checks) -> None:
    """All but two at once, then the late ones, then a job of the complete commit once more."""
    dice = scene.dice
    first = [(number, 1) for number in range(18)] + [(number, 2) for number in AGAIN]
    first += dice.sample(first, 8)
    dice.shuffle(first)
    with scene.read() as seen:
        scene.at_once(first)
        found = scene.until("18 of 20 uploads in: waiting for job 18 and job 19")
    checks.true("18 in: two are waited for by name", "waiting for job 18 and job 19" in found, found)
    checks.true("18 in: the numbers are so far", "numbers so far" in found, found)
    checks.true(
        f"{len(seen)} readings meanwhile, of {len({n for n, *_ in seen})} different counts", len(seen) > 2
    )
    checks.true("no reading calls it complete", not any("complete:" in words for *_, words in seen))
    counts = [count for count, _, _ in seen if count >= 0]
    checks.equal("what is in stays in", counts, sorted(counts))
    checks.true("no reading knows of a job that was not sent", all(count <= sent for count, sent, _ in seen))
    checks.true(
        "whoever is told as missing is",
        all(not re.search(r"waiting for .*job 18", w) or n < 19 for n, _, w in seen),
    )

    scene.at_once([(18, 1)] * 2)
    found = scene.until("19 of 20 uploads in: waiting for job 19")
    checks.true(
        "19 in, sent twice at once", "19 of 20 uploads in: waiting for job 19; numbers so far" in found, found
    )
    listed = scene.server.page(Place(SLUG).commits())
    checks.true("the list of commits marks it", "collecting" in listed, listed)

    scene.at_once([(19, 1), (19, 1), (4, 1)])
    found = scene.until("complete: all 20 expected arrived")
    checks.true("all in: complete", "complete: all 20 expected arrived" in found, found)
    checks.true("all in: nothing is so far", "so far" not in found, found)
    whole(scene, checks, "one report, right totals", uploads=23)

    scene.at_once([(5, 2)])
    whole(scene, checks, "and after that", uploads=24)
    found = scene.until("complete: all 20 expected arrived")
    checks.true("run again after the end: open, and complete again", "complete: all 20" in found, found)


def whole(scene: Scene, checks: Checks, name: str, *, uploads: int) -> None:
    """Check the report of the commit, on the page and in the API."""
    report = scene.server.settled(SLUG, SHA, uploads)
    checks.equal(f"{name}: lines", stage.count(report["totals"], "lines"), (40, 60))
    checks.equal(f"{name}: nothing is missing", report["completeness"]["missing"], [])
    checks.equal(f"{name}: uploads replaced", report["uploads"]["superseded"], uploads - 20)
    checks.true(f"{name}: the page says 66.7 %", "66.7 %" in scene.words(), scene.words())


def main() -> int:
    """Run the story; status 1 when a check failed."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1000)
    print(f"seed {seed}")
    checks = Checks()
    with stage.running() as server:
        scene = Scene(server, server.project(SLUG), random.Random(seed))
        server.shell(
            "from covdash.projects.models import Project\n"
            f"Project.objects.update(settings={{'completeness': {{'expect': {JOBS!r}}}}})"
        )
        story(scene, checks)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
