"""The gates of a project hold a real upload back: `up`, the uploader that it serves, exit codes and lines as `docs/uploader.md` says.

python -m tests.clients.gates
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.clients import stage
from tests.clients.stage import Checks, Done, Repository, Server
from tests.clients.uploader import fetch

SLUG = "acme/gated"
BASE = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"
CHANGED = BASE + "\n\ndef mul(a, b):\n    if b:\n        return a * b\n    return 0\n"
EVERYTHING = [
    {"name": "all of it", "rule": "total", "least": 100},
    {"name": "new code", "rule": "patch", "least": 90},
    {"name": "nothing lost", "rule": "lost", "most": 0},
]


def lcov(hits: dict[int, int]) -> str:
    """A report on one file."""
    return (
        "TN:\nSF:src/sums.py\n"
        + "".join(f"DA:{line},{count}\n" for line, count in hits.items())
        + "end_of_record\n"
    )


def gates(server: Server, said: list[dict[str, Any]]) -> None:
    """Set the gates of the project."""
    server.shell(
        "from covdash.projects import wishes\nfrom covdash.projects.models import Project\n"
        f"pk = Project.objects.get(slug={SLUG!r}).pk\n"
        f"wishes.write_section(project_id=pk, actor=None, section='gates', said={said!r})"
    )


def main() -> int:
    """Run it all; status 1 when a check failed."""
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="cvd-gates-") as place, stage.running() as server:
        program = fetch(server, Path(place), checks)
        repository = stage.repository(Path(place) / "origin")
        token = server.project(SLUG)

        def upload(*words: str) -> tuple[Done, dict[str, Any]]:
            done = stage.run(
                [sys.executable, "-I", str(program), "--json", *words],
                folder=repository.folder, COVDASH_URL=server.url, COVDASH_TOKEN=token,
            )  # fmt: skip
            return done, json.loads(done.output.strip().split("\n")[-1])

        stories(server, repository, checks, upload)
    return checks.end()


def stories(server: Server, repository: Repository, checks: Checks, upload: Any) -> None:
    """A base, then a change of which half ran."""
    asked = ("--file", "lcov.info", "--gate", "--wait=60")
    repository.commit("Sums", {"src/sums.py": BASE})
    repository.report("lcov.info", lcov({1: 1, 2: 1, 5: 1, 6: 1}))
    done, outcome = upload(*asked, "--complete")
    checks.equal("no gates: exit 0", (done.status, outcome["gate"]), (0, None))
    checks.true("and it is said", "none is configured" in done.output, done.output)

    gates(server, EVERYTHING)
    repository.commit("Products", {"src/sums.py": CHANGED})
    repository.report("lcov.info", lcov({1: 1, 2: 1, 5: 1, 6: 1, 9: 1, 10: 0, 11: 0, 12: 0}))
    done, outcome = upload("--file", "lcov.info", "--gate", "--wait=4")
    checks.equal("while uploads may come there is no verdict: exit 5", done.status, 5)
    checks.true("with the way out", "--complete with the last upload" in done.output, done.output)
    states = [one["state"] for one in outcome["gate"]["gates"]]
    checks.equal("and none failed", states, ["waiting"] * 3)

    done, outcome = upload(*asked, "--complete", "--name", "last")
    checks.equal("a gate failed: exit 6", done.status, 6)
    for line in (
        "all of it: 5 of 8 lines ran, 62.5 %; at least 100 % is asked: failed",
        "new code: 1 of 4 changed lines ran, 25.0 %; at least 90 % is asked: failed",
        "nothing lost: No lines of unchanged code were lost; none is allowed: held",
        "2 of 3 gates failed",
    ):
        checks.true(line, line in done.output, done.output)
    shown = server.read(f"projects/{SLUG}/-/commits/{repository.sha}/gates")
    checks.equal(
        "the API says the same",
        [one["said"] for one in shown["gates"]],
        [one["said"] for one in outcome["gate"]["gates"]],
    )
    page = server.page(f"/p/{SLUG}/-/commit/{repository.sha}")
    checks.true("so does the page", "1 of 4 changed lines ran, 25.0 %" in page, page)

    gates(server, [gate | {"informational": True} for gate in EVERYTHING])
    done, _ = upload(*asked, "--complete", "--name", "last")
    checks.equal("informational gates break no build", done.status, 0)
    checks.true("and are told", "at least 90 % is asked: failed, informational" in done.output, done.output)
    gates(server, EVERYTHING[1:])
    server.shell(
        "from datetime import date\nfrom covdash.accounts.models import User\nfrom covdash.projects.models import Project\n"
        "from covdash.reports import waiving\n"
        f"pk = Project.objects.get(slug={SLUG!r}).pk\n"
        "waiving.waive(project_id=pk, gate='new code', pull=None, reason='legacy', owner='ada', until=date.today(), "
        "today=date.today(), actor=User.objects.first())"
    )
    done, _ = upload(*asked, "--complete", "--name", "last")
    checks.equal("a waived gate breaks no build", done.status, 0)
    checks.true("and says until when", ": failed, waived until " in done.output, done.output)


if __name__ == "__main__":
    sys.exit(main())
