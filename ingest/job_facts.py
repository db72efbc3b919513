"""What a Coveralls job says of itself, in the words of the envelope. PURE: JSON values in, texts out.

Such documents are written by twenty clients, each for its own CI: whatever is optional and cannot be used is left out here, because
a client that is refused fails the job of somebody who changed one address. Only the commit has to be right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.envelope import FIELDS

SECRET = "repo_token"  # noqa: S105 - the name of the key
KEYS = frozenset({
    SECRET, "git", "commit_sha", "service_name", "service_number", "service_job_id", "service_job_number", "service_pull_request",
    "service_branch", "service_build_url", "service_event_type", "repo_name", "parallel", "flag_name", "carryforward",
})  # fmt: skip
"""Top-level keys that are read; all others, known or not, pass by."""

_NOT_IN_A_FLAG = re.compile(r"[^\w.\-/]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NUMBER = re.compile(r"([0-9]{1,10})(?:/(?:head|merge))?/?\Z")
_MERGE = re.compile(r"Merge ([0-9a-f]{40}) into ([0-9a-f]{40})\s*\Z")
_SHA = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?\Z")
_REMOTE = re.compile(r"(?:[a-z+]+://[^/]+/|[^/@\s]+@[^:/\s]+:)(.+?)(?:\.git)?/?\Z")
_NO_BRANCH = ("HEAD", "(no branch)", "(detached)")
_FOREIGN = (
    *((f"gh{kind}_", "GitHub (GITHUB_TOKEN)") for kind in "spour"),
    ("github_pat_", "GitHub"),
    ("glcbt-", "GitLab (CI_JOB_TOKEN)"),
    ("glpat-", "GitLab"),
)
_MAX_BUILD = 255
_TRUE = (True, 1, "true", "True", "1", "yes")


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job: `fields` of the envelope, perhaps without a branch; the `build` it belongs to; `ci` for the upload row.

    `slugs` are names that the repository has, best first. `carry` are flags whose earlier results are to be taken over, or `all`.
    """

    fields: dict[str, list[str]]
    build: str
    is_parallel: bool
    ci: dict[str, Any]
    slugs: tuple[str, ...]
    carry: tuple[str, ...]


def facts_of(said: Mapping[str, Any]) -> JobFacts:
    """Return what a document says, by its top-level keys. A wrong commit is left for the envelope to refuse."""
    git = _object(said.get("git"))
    head = _object(git.get("head"))
    build, job_id = _text(said.get("service_number"))[:_MAX_BUILD], _text(said.get("service_job_id"))
    service, flag_name = _text(said.get("service_name")) or "coveralls", _text(said.get("flag_name"))
    flag = flag_of(flag_name)
    is_parallel = said.get("parallel") in _TRUE
    pull = _pull(_text(said.get("service_pull_request")))
    fields: dict[str, str] = {
        "commit": _commit(said, head),
        "branch": _branch(said, git) or (f"pull/{pull}" if pull else ""),
        "pull": pull,
        "flags": flag,
        "job": _line(service, 255),
        "name": _line(flag_name or _text(said.get("service_job_number")) or job_id, 255),
        "slot": _line("/".join(part for part in (service, job_id, flag) if part), 512),
        "build_url": _if_good("build_url", _text(said.get("service_build_url"))),
        "author": _line(_text(head.get("author_name")), 255),
        "message": _text(head.get("message")).replace("\x00", ""),
        "complete": "" if is_parallel else "true",
    }
    if pull:
        fields |= _of_merge(fields["commit"], fields["message"])
    ci = {
        "name": service,
        "builds": [build] if build else [],
        "run": job_id,
        "event": _text(said.get("service_event_type")),
        "repository": _text(said.get("repo_name")),
        "parallel": is_parallel,
    }
    return JobFacts(
        fields={name: [text] for name, text in fields.items() if text},
        build=build,
        is_parallel=is_parallel,
        ci={
            key: _line(value, 255) if isinstance(value, str) else value for key, value in ci.items() if value
        },
        slugs=_slugs(said, git),
        carry=flags_of(said.get("carryforward")),
    )


def foreign_token(secret: str) -> str:
    """Return whose token `secret` is by its form, "" if that of nobody else: clients put the CI's own token where ours belongs."""
    return next((whose for beginning, whose in _FOREIGN if secret.startswith(beginning)), "")


def flag_of(name: str) -> str:
    """Return a flag name of Coveralls, which may be any text, as a flag: what a flag cannot hold becomes a hyphen."""
    return _NOT_IN_A_FLAG.sub("-", name).strip("-")[:64]


def flags_of(said: Any) -> tuple[str, ...]:
    """Return the flags of a comma list, at most 50."""
    named = [flag_of(word.strip()) for word in _text(said).split(",")]
    return tuple(dict.fromkeys(flag for flag in named if flag))[:50]


def _commit(said: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """Return the commit: `commit_sha` overrules git, unless it is a name (`HEAD`) where git knows the id."""
    named, of_git = _text(said.get("commit_sha")), _text(head.get("id"))
    return named if _SHA.match(named) or not of_git else of_git


def _branch(said: Mapping[str, Any], git: Mapping[str, Any]) -> str:
    for text in (_text(said.get("service_branch")), _text(git.get("branch"))):
        name = text.removeprefix("refs/heads/").removeprefix("origin/")
        if name and name not in _NO_BRANCH:
            return name
    return ""


def _pull(text: str) -> str:
    """Return the number of a pull request: `12`, `#12`, an address that ends with it; `false` and the like are none."""
    found = _NUMBER.search(text)
    return found[1].lstrip("0") if found and int(found[1]) < 2**31 else ""


def _of_merge(commit: str, message: str) -> dict[str, str]:
    """Return head, tested commit and base when GitHub's own merge of a pull request was tested: its message names both.

    The tree of the merge is not known, so the id of the merge stands for it: lines of the merge and of the head are not mixed.
    """
    found = _MERGE.match(message)
    if found is None or found[1] == commit:
        return {}
    return {"commit": found[1], "tested": commit, "tree": commit, "base_sha": found[2], "message": ""}


def _slugs(said: Mapping[str, Any], git: Mapping[str, Any]) -> tuple[str, ...]:
    names = [_text(said.get("repo_name"))]
    remotes = git.get("remotes")
    for remote in remotes[:20] if isinstance(remotes, list) else []:
        found = _REMOTE.match(_text(_object(remote).get("url")))
        names.append(found[1] if found else "")
    return tuple(dict.fromkeys(_line(name, 255) for name in names if name))


def _if_good(name: str, text: str) -> str:
    """Return a value that the envelope would take, else nothing."""
    try:
        FIELDS[name](text)
    except ValueError:
        return ""
    return text


def _line(text: str, limit: int) -> str:
    return _CONTROL.sub(" ", text).strip()[:limit]


def _text(value: Any) -> str:
    """Return a JSON value as text; what is neither text nor a whole number says nothing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
