"""Flags and variables. A flag is stronger than its variable, and both are stronger than what the CI says."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.client.environment import Fact, branch_of, number_of
from ingest.client.start import SERVER, VERSION
from ingest.client.words import USAGE, Stop

FACTS = (
    ("commit", "COMMIT", "full id of the commit to file under"),
    ("branch", "BRANCH", "git branch"),
    ("pr", "PR", "number of the pull or merge request"),
    ("base", "BASE", "git branch that the pull request goes to"),
    ("base-commit", "BASE_COMMIT", "full id of the commit to compare with"),
    ("tag", "TAG", "git tag"),
    ("slug", "SLUG", "name of the repository, owner/name"),
    ("build-url", "BUILD_URL", "address of the build"),
    ("run", "RUN", "id of the run"),
    ("attempt", "ATTEMPT", "number of the attempt of this job"),
    ("job", "JOB", "name of the job"),
    ("name", "NAME", "name of the upload, for people"),
    ("matrix", "MATRIX", "leg of the matrix, as JSON"),
)
"""Flag, variable (after `COVDASH_`) and what it is."""
_FIELDS = {"pr": "pull", "base-commit": "base_sha", "build-url": "build_url"}


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(
        "covdash-upload",
        description="Send reports of coverage, tests and mutants to covdash.",
        allow_abbrev=False,
    )
    add = made.add_argument
    add("--url", help="address of covdash (COVDASH_URL)")
    add("--token", help="upload token; better in COVDASH_TOKEN, which is in no list of processes")
    add("--token-file", metavar="FILE", help="file that holds the token (COVDASH_TOKEN_FILE)")
    add("--oidc", nargs="?", const="", metavar="AUDIENCE", help="identity of the CI instead of a token")
    add("--project", help="project, when the token is of a group (COVDASH_PROJECT)")
    for flag, metavar, text in (
        ("--file", "GLOB", "send these files and do not search (COVDASH_FILES)"),
        ("--tests", "GLOB", "the same for results of tests"),
        ("--search", "FOLDER", "search below this folder only"),
        ("--exclude", "GLOB", "leave out in the search"),
        ("--flag", "NAME", "kind of tests, for reports of their own (COVDASH_FLAGS)"),
        ("--strip", "PREFIX", "take this beginning off the paths in reports"),
        ("--env", "NAME", "variable of the job that is shown with the upload"),
        (
            "--carry-forward",
            "NAME",
            "flag that this commit does not upload and that an earlier one may stand in for",
        ),
    ):
        names = ("-f", flag) if flag == "--file" else (flag,)
        add(*names, action="append", default=[], metavar=metavar, help=text)
    for flag, variable, text in FACTS:
        add(f"--{flag}", help=f"{text} (COVDASH_{variable})")
    add("--root", metavar="FOLDER", help="root of the repository (COVDASH_ROOT)")
    add("--prefix", metavar="FOLDER", default="", help="put this before the paths in reports")
    add("--newer-than", type=float, default=0, metavar="MINUTES", help="search finds nothing that is older")
    add("--expect", type=int, metavar="N", help="number of uploads that this commit will get")
    add("--complete", action="store_true", help="all uploads of this commit are sent")
    add("--wait", nargs="?", const="300", metavar="SECONDS", help="wait until it is processed (COVDASH_WAIT)")
    add("--gate", action="store_true", help="wait, and end with 6 when the gate fails")
    add("--fail-on", choices=("error", "rejected", "never"), help="what breaks the build (COVDASH_FAIL_ON)")
    for flag, text in (
        ("no-source", "send no source text"),
        ("no-submodules", "leave the files of submodules out"),
        ("no-git", "ask git nothing"),
        ("allow-empty", "nothing to send is no error"),
        ("dry-run", "say what would be sent, and send nothing"),
        ("doctor", "look at network, token, clock, git and Python"),
        ("json", "write the outcome as JSON to stdout"),
    ):
        add(f"--{flag}", action="store_true", help=text)
    add("--bundle", metavar="FILE", help="keep the upload in a file instead of sending it")
    add("--send", metavar="FILE", help="send what --bundle kept")
    add(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="silence of the server that is too long",
    )
    add("--retries", type=int, default=5, metavar="N", help="tries of every request")
    add("--ca", default="", metavar="FILE", help="certificates to trust (COVDASH_CA_BUNDLE)")
    add("--insecure", action="store_true", help="do not check the certificate of the server")
    add("-v", "--verbose", action="count", default=0, help="say more (COVDASH_VERBOSE)")
    add("-q", "--quiet", action="store_true", help="say warnings and errors only")
    add("--version", action="version", version=f"covdash-upload {VERSION}")
    return made


class Options:
    """What was asked for: flags and variables together."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str]) -> None:
        """Read `words`. Raises `Stop` for what cannot be meant, `SystemExit` as argparse does."""
        self.chosen = parser().parse_args(words)
        self.env = env
        self.url: str = self.chosen.url or self.variable("URL") or SERVER
        self.project: str = self.chosen.project or self.variable("PROJECT")
        files = [one.strip() for one in re.split(r"[\n,]", self.variable("FILES"))]
        self.files: list[str] = self.chosen.file or [one for one in files if one]
        flags = [one for text in self.chosen.flag or [self.variable("FLAGS")] for one in text.split(",")]
        self.flags = sorted({one.strip() for one in flags if one.strip()})
        self.root: str = self.chosen.root or self.variable("ROOT")
        self.fail_on: str = self.chosen.fail_on or self.variable("FAIL_ON") or "error"
        wait = self.chosen.wait or self.variable("WAIT") or ("300" if self.chosen.gate else "")
        wait = {"true": "300", "false": "0"}.get(wait.lower(), wait)
        if wait and not wait.isdecimal():
            raise Stop(USAGE, f"--wait takes seconds, not {wait!r}")
        self.wait = int(wait or 0)
        if self.fail_on not in ("error", "rejected", "never"):
            raise Stop(USAGE, f"COVDASH_FAIL_ON is error, rejected or never, not {self.fail_on!r}")
        if self.chosen.oidc is not None:
            raise Stop(
                USAGE, "--oidc: this covdash does not take the identity of a CI yet", ("use", "COVDASH_TOKEN")
            )
        self.token, self.token_origin = self._token()

    @property
    def level(self) -> int:
        """How much is said: 0, 1 or 2."""
        verbose = self.variable("VERBOSE").lower() not in ("", "0", "false")
        return 0 if self.chosen.quiet else 2 if self.chosen.verbose or verbose else 1

    def variable(self, name: str) -> str:
        """Return `COVDASH_<name>`, "" when it is not set or empty."""
        return self.env.get(f"COVDASH_{name}", "").strip()

    def said(self) -> dict[str, Fact]:
        """Return the fields that flags and variables say, with which of the two."""
        found = {}
        for flag, name, _text in FACTS:
            value = getattr(self.chosen, flag.replace("-", "_"))
            fact = Fact(value.strip(), f"--{flag}") if value else Fact(self.variable(name), f"COVDASH_{name}")
            if flag == "pr":
                fact = fact._replace(value=number_of(fact.value))
            elif flag in ("branch", "base"):
                fact = fact._replace(value=branch_of(fact.value))
            if fact.value:
                found[_FIELDS.get(flag, flag)] = fact
        return found

    def variables(self) -> dict[str, str]:
        """Return the variables that are to be shown with the upload. A token is none of them, whatever it is called."""
        found = {name: self.env.get(name, "")[:1000] for name in self.chosen.env}
        return {
            name: text for name, text in found.items() if text and not (self.token and self.token in text)
        }

    def more(self) -> dict[str, Any]:
        """Return what a manifest says besides the facts."""
        chosen = self.chosen
        found: dict[str, Any] = {"carry_forward": chosen.carry_forward} if chosen.carry_forward else {}
        if chosen.strip or chosen.prefix:
            found["paths"] = {"strip": chosen.strip, "prefix": chosen.prefix}
        return found

    def _token(self) -> tuple[str, str]:
        place = self.chosen.token_file or self.variable("TOKEN_FILE")
        if self.chosen.token:
            return self.chosen.token, "--token"
        if self.variable("TOKEN"):
            return self.variable("TOKEN"), "COVDASH_TOKEN"
        if not place:
            return "", "COVDASH_TOKEN is empty" if "COVDASH_TOKEN" in self.env else "COVDASH_TOKEN is not set"
        try:
            with open(os.path.expanduser(place), encoding="utf-8") as file:
                return file.read().strip(), place
        except (OSError, ValueError) as error:
            raise Stop(USAGE, f"the token file {place} cannot be read: {error}") from error
