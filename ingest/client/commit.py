"""What an upload is filed under, what was tested, and in which slot it lies: the facts of CI and git, settled.

Head and tested tree are two facts. Each field comes from a flag or a `COVDASH_` variable, else from the CI, else from git, else it is
absent; nothing is guessed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ingest.client.environment import SHA, Build, Fact, host_of, slug_of, strip_secrets
from ingest.client.repository import Repository
from ingest.client.words import USAGE, Stop, plain

MAX_SLOT = 512
_LIMITS = {
    "title": 500,
    "build_url": 2000,
    "author": 255,
    "name": 255,
    "job": 255,
    "tag": 255,
    "base": 255,
    "branch": 255,
}


class Filing(NamedTuple):
    """`fields` of the envelope, the `origins` of them in words, `ci` with everything else, and doubts."""

    fields: dict[str, Any]
    origins: dict[str, str]
    ci: dict[str, Any]
    doubts: list[str]


def settle(
    build: Build,
    said: Mapping[str, Fact],
    repository: Repository,
    *,
    system: str,
    flags: list[str],
    reports: str,
) -> Filing:
    """Settle all fields. `said` is what flags and variables say, `reports` a digest of what is sent. Raises `Stop`: no commit."""
    facts = {**build.facts, **said}
    doubts = list(build.doubts)
    chosen: dict[str, Fact] = {"commit": _commit(facts, said, repository)}
    branch = _branch(build, facts, said, repository)
    matrix = _matrix(facts.get("matrix"))
    attempt = _attempt(facts.get("attempt"))
    for name in ("pull", "base", "tag", "title", "build_url", "name"):
        if name in facts:
            chosen[name] = facts[name]
    if "base_sha" in facts and SHA.fullmatch(facts["base_sha"].value):
        chosen["base_sha"] = facts["base_sha"]
    if not build.ignore_tree:
        _tested(chosen, said, repository, doubts)
    _describe(chosen, repository)
    chosen.update(_job(build, facts, matrix, _node(facts), reports))
    chosen.update({name: fact for name, fact in (("branch", branch), ("attempt", attempt)) if fact})
    fields: dict[str, Any] = {name: _clean(name, fact.value) for name, fact in chosen.items()}
    if not re.match(r"https?://[^/@\s]+(/|$)", str(fields.get("build_url", "http://x/"))):
        fields.pop("build_url")
    if flags:
        fields["flags"] = flags
    if build.adds:
        fields["adds"] = "true"
    return Filing(
        {name: value for name, value in fields.items() if value},
        {name: fact.origin for name, fact in chosen.items()},
        _ci(build, facts, repository, system, matrix),
        doubts,
    )


def _commit(facts: Mapping[str, Fact], said: Mapping[str, Fact], repository: Repository) -> Fact:
    names = ("commit",) if "commit" in said else ("head", "commit") if "pull" in facts else ("commit",)
    for name in names:
        fact = facts.get(name)
        if fact is None:
            continue
        value = fact.value.lower()
        if SHA.fullmatch(value):
            return Fact(value, fact.origin)
        full = repository.complete(value)
        if full:
            return Fact(full, f"{fact.origin}, completed by git")
        if name in said:
            raise Stop(
                USAGE,
                f"{plain(fact.value)[:80]!r} is no full commit id, and git knows none that begins so",
                ("from", fact.origin),
            )
    sha = repository.checkout.sha
    if not sha:
        raise Stop(
            USAGE,
            "no commit: neither the CI nor git names one",
            ("set", "--commit or COVDASH_COMMIT to the full id, and --branch or COVDASH_BRANCH"),
        )
    return Fact(sha, "git HEAD")


def _tested(
    chosen: dict[str, Fact], said: Mapping[str, Fact], repository: Repository, doubts: list[str]
) -> None:
    """Add what was checked out, where that is another commit than the one to file under."""
    checkout, sha = repository.checkout, chosen["commit"].value
    if checkout.tree:
        chosen["tree"] = Fact(checkout.tree, "git HEAD")
    if checkout.sha in ("", sha):
        return
    chosen["tested"] = Fact(checkout.sha, "git HEAD")
    others = [one for one in checkout.parents if one != sha]
    if sha not in checkout.parents:
        doubts.append(
            f"HEAD {checkout.sha[:8]} is not the commit {sha[:8]}, nor a merge of it: filed under {sha[:8]}"
        )
    elif len(others) == 1 and "pull" in chosen and "base_sha" not in said:
        chosen["base_sha"] = Fact(others[0], "git: the parent of HEAD beside the head")


def _branch(
    build: Build, facts: Mapping[str, Fact], said: Mapping[str, Fact], repository: Repository
) -> Fact | None:
    if "branch" in said:
        return said["branch"]
    found = facts.get("pull_branch") or (None if "pull" in build.facts else facts.get("branch"))
    tag = facts.get("tag")
    if found and build.is_fork and ":" not in found.value:
        owner = build["head_slug"].split("/")[0] or "fork"
        return Fact(f"{owner}:{found.value}", found.origin)
    if found is None and repository.checkout.branch and not build.ignore_tree and "pull" not in facts:
        found = Fact(repository.checkout.branch, "git HEAD")
    if found is None and tag:
        found = Fact(tag.value, f"{tag.origin}, a tag")
    if found is None and "pull" in facts:
        found = Fact(f"pull/{facts['pull'].value}", facts["pull"].origin)
    return found


def _describe(chosen: dict[str, Fact], repository: Repository) -> None:
    """Add what the object of the commit says, if this clone has it."""
    commit = repository.commit(chosen["commit"].value)
    if commit is None:
        return
    words = {
        "parent": commit.parents[0] if commit.parents else "",
        "author": commit.author,
        "committed_at": commit.committed_at,
        "message": commit.message,
    }
    chosen.update({name: Fact(value, "git") for name, value in words.items() if value})


def _matrix(fact: Fact | None) -> str:
    if fact is None:
        return ""
    try:
        value = json.loads(fact.value)
    except ValueError:
        return fact.value
    return json.dumps(value, sort_keys=True, separators=(",", ":")) if value else ""


def _node(facts: Mapping[str, Fact]) -> str:
    """Return `2/5`, the number of a parallel node, or "" when there is one only."""
    text = facts["node"].value if "node" in facts else ""
    return "" if text.endswith("/1") else text


def _job(build: Build, facts: Mapping[str, Fact], matrix: str, node: str, reports: str) -> dict[str, Fact]:
    """Return the job for people, and the slot: what a newer attempt of the same takes the place of."""
    value = {
        name: facts[name].value if name in facts else ""
        for name in ("workflow", "workflow_title", "job", "name")
    }
    title = " / ".join(filter(None, [value["workflow_title"] or value["workflow"], value["job"]]))
    job = " ".join(filter(None, [title, matrix, node]))
    parts = [value["workflow"], value["job"], matrix, node, value["name"]]
    if build.needs_matrix and not matrix and not value["name"]:
        # Legs of a matrix look alike here: they must not take one another's place.
        parts.append(f"reports {reports[:16]}")
    slot = " / ".join(filter(None, parts))
    if len(slot) > MAX_SLOT:
        slot = hashlib.sha256(slot.encode("utf-8", "surrogatepass")).hexdigest()
    found = {}
    if job:
        found["job"] = Fact(job, (facts.get("job") or facts.get("workflow") or Fact("", "--matrix")).origin)
    if slot:
        found["slot"] = Fact(slot, "workflow, job, matrix, node, name")
    return found


def _attempt(fact: Fact | None) -> Fact | None:
    """Return the number of the attempt; a CI that does not count says when the job began."""
    if fact is None:
        return None
    if fact.value.isdecimal():
        return fact if 0 < int(fact.value) < 2**31 else None
    try:
        began = datetime.fromisoformat(fact.value.replace("Z", "+00:00"))
    except ValueError:
        return None
    seconds = (began if began.tzinfo else began.replace(tzinfo=timezone.utc)).timestamp()
    return Fact(str(int(seconds)), f"{fact.origin}, in seconds")


def _clean(name: str, text: str) -> str:
    """Return a value as the server takes it: no control characters, no half characters, not too long."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    if name == "message":
        return text.replace("\x00", "")[:60_000]
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
    return text[: _LIMITS.get(name, len(text))]


def _ci(
    build: Build, facts: Mapping[str, Fact], repository: Repository, system: str, matrix: str
) -> dict[str, Any]:
    remote = repository.remote()
    slug = facts["slug"].value if "slug" in facts else slug_of(remote)
    host = facts["host"].value if "host" in facts else remote
    found = {
        "name": system,
        "event": build["event"],
        "run": facts["run"].value if "run" in facts else "",
        "matrix": matrix,
        "slug": slug,
        "host": host_of(host) or strip_secrets(host),
        "default_branch": build["default_branch"] or repository.default_branch(),
        "parents": [] if build.ignore_tree else list(repository.checkout.parents),
        "shallow": repository.is_shallow,
        "fork": build.is_fork,
    }
    return {name: value for name, value in found.items() if value not in ("", [])}
