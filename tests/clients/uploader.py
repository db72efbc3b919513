"""Our own uploader against a running covdash, fetched from it as a recipe does, in environments like those of CI systems.

    python -m tests.clients.uploader

Real scratch repositories in the states that CI systems check out (depth 1, merges of either order), with the variables of the rows of
`tests/ingest/client/systems`. One line for each check.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients import stage
from tests.clients.stage import SHOPCART_LINES, Checks, Done, Repository, Server
from tests.ingest.client import fake_server
from tests.ingest.client.checkouts import Origin
from tests.ingest.client.fake_server import Handler, Seen, for_step

SLUG = "acme/pay"
ROWS = Path(__file__).parents[1] / "ingest/client/systems"
SCENES = (
    "github-push", "github-pull-request", "github-pull-request-fork", "github-merge-group", "github-tag", "gitlab-branch",
    "gitlab-merge-request", "gitlab-merged-results", "jenkins-branch", "jenkins-change", "circleci-branch", "azure-pull-request",
    "bitbucket-pull-request", "gitea-pull-request", "drone-pull-request", "git-branch",
)  # fmt: skip
SOURCE = "src/shopcart/utils/money.py"


@dataclass
class Ground:
    """Where it happens: the server, the program that it served, the origin of all checkouts, and a token."""

    server: Server
    program: Path
    origin: Origin
    token: str
    folder: Path
    checkouts: int = 0

    def checkout(self, state: str, *, depth: int = 1) -> Repository:
        """Make a checkout with reports in it."""
        place = Path(tempfile.mkdtemp(dir=self.folder)) / "pay"
        clone = Repository(self.origin.checkout(state, place, depth=depth))
        for name in ("coverage.xml", "lcov.info", "junit.xml"):
            # Each checkout has reports of its own: the same bytes of the same job and commit would be the same upload.
            clone.report(name, stage.REPORTS[name].read_bytes() + b"\n" * self.checkouts)
        self.checkouts += 1
        return clone

    def upload(self, clone: Repository, *words: str, **variables: str) -> tuple[Done, dict[str, Any]]:
        """Run the program in a checkout; returns how it ended, and its outcome."""
        given = {"COVDASH_URL": self.server.url, "COVDASH_TOKEN": self.token} | variables
        done = stage.run(
            [sys.executable, "-I", str(self.program), "--json", *words], folder=clone.folder, **given
        )
        return done, json.loads(done.output.strip().split("\n")[-1])


def origin(repository: Repository) -> Origin:
    """Make every state of a pull request of the shop: its base moved on, its head edits the text of a measured file."""
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    names = {"first": repository.sha}
    names["base"] = repository.commit("Base", {"README": "The shop\n"})
    repository.git("checkout", "--quiet", "-b", "feature/x", names["first"])
    money = (repository.folder / SOURCE).read_text()
    names["head"] = repository.commit("Faster totals", {SOURCE: f"{money}# of the head\n"})
    merged = repository.git("merge-tree", "--write-tree", names["base"], names["head"]).split()[0]
    base, head = names["base"], names["head"]
    for name, parents, message in (
        ("merge", (base, head), f"Merge {head} into {base}"),
        ("reversed", (head, base), f"Merge commit '{base}' into HEAD"),
    ):
        names[name] = repository.git("commit-tree", merged, "-p", parents[0], "-p", parents[1], "-m", message)
        repository.git("update-ref", f"refs/test/{name}", names[name])
    names |= {f"{name}_tree": repository.git("rev-parse", f"{sha}^{{tree}}") for name, sha in names.items()}
    return Origin(repository.folder, names)


def fetch(server: Server, folder: Path, checks: Checks) -> Path:
    """Fetch the program as the recipe does: with curl, its version pinned, its digest checked."""
    program = folder / "covdash-upload.py"
    version = re.findall(r'^VERSION = "(.+)"', server.page("/upload.py"), re.MULTILINE)[0]
    done = stage.run(["curl", "-fsSo", str(program), f"{server.url}/upload.py?v={version}"], folder=folder)
    checks.equal("curl fetches the pinned version", done.status, 0)
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    checks.equal("its digest is the published one", server.page("/upload.py.sha256").split()[0], digest)
    checks.equal("another version is refused", server.status("/upload.py?v=0.0.0")[0], 404)
    checks.true("the script knows its server", server.url in program.read_text())
    return program


def filled(row: Mapping[str, Any], names: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Return a row with the ids of commits put in."""
    from tests.ingest.client.test_systems import filled as fill

    done: dict[str, Any] = fill(dict(row), {**names, "folder": str(folder)})
    return done


def scene(ground: Ground, checks: Checks, name: str) -> None:
    """One row: the upload is filed as the row says, its totals are true, its source is on the page without any forge."""
    row = filled(json.loads((ROWS / f"{name}.json").read_text()), ground.origin.names, ground.folder)
    clone = ground.checkout(row["checkout"], depth=row["depth"])
    variables = dict(row["env"])
    if "event" in row:
        event = clone.folder.parent / "event.json"
        event.write_text(json.dumps(row["event"]))
        variables["GITHUB_EVENT_PATH"] = str(event)

    done, outcome = ground.upload(clone, "--wait=60", **variables)

    checks.equal(f"{name}: sent", (done.status, outcome.get("state")), (0, "processed"))
    if done.status:
        print(done.output)
        return
    wanted = row["fields"]
    (upload,) = [one for one in ground.server.uploads(SLUG, wanted["commit"]) if one["id"] == outcome["id"]]
    checks.equal(
        f"{name}: commit and git branch",
        (upload["commit"], upload["branch"]),
        (wanted["commit"], wanted["branch"]),
    )
    checks.equal(f"{name}: tested commit", upload["tested"], wanted.get("tested", ""))
    checks.equal(f"{name}: pull request", upload["pull"], int(wanted["pull"]) if "pull" in wanted else None)
    checks.equal(f"{name}: job", upload["job"], wanted.get("job", ""))
    checks.equal(f"{name}: attempt", upload["attempt"], int(wanted.get("attempt", 1)))
    checks.equal(f"{name}: totals", stage.count(upload["totals"], "lines"), SHOPCART_LINES)
    checks.equal(
        f"{name}: the poorer form stays at home",
        [one["name"] for one in upload["outcomes"]],
        ["junit.xml", "lcov.info"],
    )
    page = ground.server.page(f"/p/{SLUG}/-/file/{SOURCE}?commit={wanted['commit']}")
    text = re.sub(r"<[^>]+>", "", page)
    checks.true(f"{name}: source on the page", "def round_cents(amount):" in text, text)


def reruns(ground: Ground, checks: Checks) -> None:
    """A matrix is two uploads; a second attempt of a leg takes the place of the first; a second upload sends only what changed."""
    row = filled(json.loads((ROWS / "github-push.json").read_text()), ground.origin.names, ground.folder)
    clone = ground.checkout("main")
    token = ground.server.project("acme/matrix")

    def leg(python: str, attempt: int) -> tuple[Done, dict[str, Any]]:
        variables = row["env"] | {
            "GITHUB_RUN_ATTEMPT": str(attempt),
            "COVDASH_MATRIX": json.dumps({"py": python}),
            "COVDASH_TOKEN": token,
        }
        return ground.upload(clone, "--wait=60", **variables)

    first, sent = leg("3.12", 1)
    checks.equal("a leg is sent", first.status, 0)
    clone.report("junit.xml", clone.folder.joinpath("junit.xml").read_bytes() + b"\n")
    _other, second = leg("3.13", 1)
    checks.true("another leg is another upload", sent["id"] != second["id"])
    checks.true(
        f"it sends only what changed: {sent['sent_bytes']} B, then {second['sent_bytes']} B",
        second["sent_bytes"] < sent["sent_bytes"],
    )
    clone.report("junit.xml", clone.folder.joinpath("junit.xml").read_bytes() + b"\n")
    _again, third = leg("3.12", 2)
    report = ground.server.settled("acme/matrix", ground.origin.names["base"], 3)
    checks.equal("the second attempt takes the place of the first", report["uploads"]["superseded"], 1)
    by_id = {one["id"]: one for one in ground.server.uploads("acme/matrix")}
    checks.equal("of that leg", by_id[sent["id"]]["superseded_by"], third["id"])
    _same, fourth = leg("3.12", 2)
    checks.equal("the same upload again is known", (fourth["id"], fourth["known"]), (third["id"], True))
    checks.true(
        f"and sends its manifest only: {fourth['sent_bytes']} B", fourth["sent_bytes"] < second["sent_bytes"]
    )


def troubles(ground: Ground, checks: Checks) -> None:
    """What goes wrong: the exit code and the sentence."""
    clone = ground.checkout("main", depth=0)
    (clone.folder / "json.py").write_text("raise SystemExit('hijacked')\n")
    local = clone.folder / "covdash-upload.py"
    local.write_bytes(ground.program.read_bytes())
    given = {"COVDASH_URL": ground.server.url, "COVDASH_TOKEN": ground.token}
    done = stage.run([sys.executable, str(local), "--wait=60"], folder=clone.folder, **given)
    checks.equal("a repository with its own json.py", (done.status, "hijacked" in done.output), (0, False))

    wrong = ground.token[:-4] + ("aaaa" if not ground.token.endswith("aaaa") else "bbbb")
    done, _ = ground.upload(clone, COVDASH_TOKEN=wrong)
    checks.true("a refused token is 4", done.status == 4 and "refused: 401" in done.output, done.output)
    done, _ = ground.upload(clone, COVDASH_TOKEN="")
    checks.true("no token is 2", done.status == 2 and "COVDASH_TOKEN is empty" in done.output, done.output)
    done, _ = ground.upload(clone, "--project", "acme/other")
    checks.true("another project is 4", done.status == 4 and "403 wrong_project" in done.output, done.output)
    done, _ = ground.upload(clone, "--retries", "2", COVDASH_URL="http://127.0.0.1:9")
    checks.true(
        "a dead server is 5", done.status == 5 and "nothing listens there" in done.output, done.output
    )
    done, outcome = ground.upload(clone, "--doctor")
    checks.equal("the doctor finds nothing wrong", (done.status, outcome["exit"]), (0, 0))

    with fake_server.running() as fake:
        page = b"<!doctype html><title>Sign in to ACME</title>"
        fake.rules.append(
            for_step("/uploads", lambda handler, _seen: handler.say(200, body=page, Content_Type="text/html"))
        )
        done, _ = ground.upload(clone, COVDASH_URL=fake.url)
        checks.true(
            "a proxy that answers HTML is 5",
            done.status == 5 and "'Sign in to ACME'" in done.output,
            done.output,
        )

    limited(ground, checks, clone)


def limited(ground: Ground, checks: Checks, clone: Repository) -> None:
    """A proxy before the real covdash that refuses bodies above 200 kB in their middle: parts are halved, the report arrives whole."""
    import http.client
    import random
    from urllib.parse import urlsplit

    place = urlsplit(ground.server.url)
    refused: list[int] = []

    def pass_on(handler: Handler, seen: Seen) -> bool:
        size = int(seen.headers.get("content-length", "0"))
        if size > 200_000:
            refused.append(size)
            handler.say(
                413,
                body=b"<html><title>413 Request Entity Too Large</title></html>",
                Content_Type="text/html",
            )
            return True
        body = handler.rfile.read(size)
        far = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        kept = {name: value for name, value in seen.headers.items() if name not in ("host", "connection")}
        far.request(seen.method, seen.path, body, kept | {"host": place.netloc})
        answer = far.getresponse()
        handler.say(answer.status, body=answer.read(), Content_Type=answer.headers["content-type"])
        return True

    noise = random.Random(1).randbytes(600_000).hex()[:900_000]
    clone.report(
        "coverage.xml", clone.folder.joinpath("coverage.xml").read_bytes() + f"<!-- {noise} -->".encode()
    )
    (clone.folder / "lcov.info").unlink()
    with fake_server.running() as proxy:
        proxy.rules.append(pass_on)
        done, outcome = ground.upload(clone, "--wait=60", "--name", "limited", COVDASH_URL=proxy.url)
    checks.true(
        "a 413 in mid-body: sent in smaller parts",
        done.status == 0 and refused and "413 for" in done.output,
        done.output,
    )
    checks.equal("and read whole", stage.count(outcome["totals"], "lines"), SHOPCART_LINES)


def forks(ground: Ground, checks: Checks) -> None:
    """A pull request of a fork without a secret: refused in words, sent without a token when the owner allows it, or by a bundle."""
    row = filled(
        json.loads((ROWS / "github-pull-request-fork.json").read_text()), ground.origin.names, ground.folder
    )
    clone = ground.checkout("merge")
    event = clone.folder.parent / "event.json"
    event.write_text(json.dumps(row["event"]))
    variables = row["env"] | {"GITHUB_EVENT_PATH": str(event), "COVDASH_TOKEN": ""}

    done, _ = ground.upload(clone, **variables)
    checks.true(
        "a fork is told why",
        done.status == 2 and "the fork cleo:main: forks get no secrets" in done.output,
        done.output,
    )
    ground.server.shell(
        "from covdash.projects.models import Project\n"
        f"Project.objects.filter(slug={SLUG!r}).update(settings={{'uploads': {{'forks': True}}}})"
    )
    done, outcome = ground.upload(clone, "--wait=60", **variables)
    checks.equal("allowed, it sends without a token", (done.status, outcome.get("state")), (0, "processed"))

    clone = ground.checkout("merge")
    bundle = clone.folder.parent / "upload.zip"
    done, _ = ground.upload(clone, "--dry-run", "--bundle", str(bundle), **variables)
    checks.equal("the first workflow makes a bundle", done.status, 0)
    row = filled(
        json.loads((ROWS / "github-workflow-run.json").read_text()), ground.origin.names, ground.folder
    )
    event.write_text(json.dumps(row["event"]))
    second = ground.checkout("main")
    done, outcome = ground.upload(
        second, "--send", str(bundle), "--wait=60", **row["env"], GITHUB_EVENT_PATH=str(event)
    )
    checks.equal("the second workflow sends it", (done.status, outcome.get("state")), (0, "processed"))
    (upload,) = [
        one for one in ground.server.uploads(SLUG, ground.origin.names["head"]) if one["id"] == outcome["id"]
    ]
    checks.equal("under the git branch of the fork", upload["branch"], "cleo:main")


def shell(ground: Ground, checks: Checks) -> None:
    """`/upload.sh` sends the same report in one request."""
    script = ground.folder / "covdash-upload.sh"
    script.write_text(ground.server.page("/upload.sh"))
    clone = ground.checkout("main")
    clone.report("coverage.xml", clone.folder.joinpath("coverage.xml").read_bytes() + b"\n\n")
    done = stage.run(
        ["sh", str(script), "-f", "coverage.xml", "--name", "by shell"],
        folder=clone.folder,
        COVDASH_TOKEN=ground.token,
    )
    checks.true("upload.sh sends", done.status == 0 and f"/p/{SLUG}/-/upload/" in done.output, done.output)
    done = stage.run(
        ["sh", str(script), "-f", "coverage.xml"], folder=clone.folder, COVDASH_TOKEN="cvdu_wrong"
    )
    checks.true("upload.sh says a refusal", done.status == 4 and "refused: 401" in done.output, done.output)


def main() -> int:
    """Run all scenes; status 1 when a check failed."""
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="cvd-uploader-") as place, stage.running() as server:
        folder = Path(place)
        repository = stage.repository(folder / "origin")
        program = fetch(server, folder, checks)
        ground = Ground(server, program, origin(repository), server.project(SLUG), folder)
        for name in SCENES:
            scene(ground, checks, name)
        for more in (reruns, forks, troubles, shell):
            more(ground, checks)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
