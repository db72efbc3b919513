"""The program: from flags and environment to an exit code."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import IO, Any

from ingest.client.bundle import confirm, read_bundle, write_bundle
from ingest.client.commit import Filing, settle
from ingest.client.doctor import examine
from ingest.client.environment import Build, System, detect, fill
from ingest.client.exchange import SOURCE_PATIENCE, Exchange, Parcel, masked
from ingest.client.manifest import content_of, manifest, together
from ingest.client.options import Options
from ingest.client.repository import Repository
from ingest.client.search import Search, named, search
from ingest.client.start import VERSION
from ingest.client.systems import SYSTEMS, UNSET
from ingest.client.telling import nothing, tell_commit, tell_reports
from ingest.client.walking import walk
from ingest.client.wire import Manner, Wire
from ingest.client.words import (
    BUG,
    FOLDINGS,
    GATE,
    INTERRUPTED,
    SENT,
    UNREACHABLE,
    UNREADABLE,
    USAGE,
    Console,
    Stop,
    amount,
    counted,
)


class Run:
    """One run of the program: what was asked for, what is known, and what it leads to."""

    def __init__(self, options: Options, console: Console) -> None:
        """Look at CI and git; nothing is sent."""
        self.options, self.console, self.env = options, console, options.env
        self.chosen = options.chosen
        self.outcome: dict[str, Any] = {}
        self.repository = Repository(options.root or os.getcwd(), self.env, use_git=not options.chosen.no_git)
        self.build = Build(self.env, self.repository.checkout, self.repository.on_target)
        self.system: System = detect(self.env, SYSTEMS) or UNSET
        fill(self.build, self.system)
        console.folding = FOLDINGS.get(
            {"gitea": "github", "gitlab-external": "gitlab"}.get(self.system.key, self.system.key)
        )
        if options.token:
            console.secrets.append(options.token)
        self.credential = (
            f"{masked(options.token)} from {options.token_origin}" if options.token else options.token_origin
        )

    def go(self) -> int:
        """Do what was asked for, and return the exit code. Raises `Stop`."""
        options, chosen, console = self.options, self.chosen, self.console
        console.line("covdash", f"{self.agent()} -> {options.url or '?'}")
        if options.token_origin == "--token":  # noqa: S105  # the name of a flag
            console.warn(
                "the token is on the command line, where other users see it: put it into COVDASH_TOKEN"
            )
        for note in self.repository.notes:
            console.line("git", note)
        if chosen.doctor:
            return examine(console, self.wire(), self.repository, self.credential)
        if chosen.send:
            parcel = read_bundle(chosen.send)
            confirm(parcel.document, self.build)
            said = {name: fact.value for name, fact in options.said().items()}
            parcel.document["fields"].update(
                {name: said[name] for name in ("commit", "branch", "pull") if name in said}
            )
            return self.deliver(parcel)
        return self.collect()

    def find(self) -> Search:
        """Return the files that were named, or that a search finds."""
        options, chosen = self.options, self.chosen
        if options.files or chosen.tests:
            return named(self.repository, options.files, chosen.tests)
        since = time.time() - chosen.newer_than * 60 if chosen.newer_than else 0.0
        return search(self.repository, chosen.search, chosen.exclude, since)

    def collect(self) -> int:
        """Find and describe what is to be sent, then send it, bundle it or only say so."""
        options, chosen, console = self.options, self.chosen, self.console
        found = self.find()
        if not found.reports:
            stop = nothing(", ".join(chosen.search) or self.repository.root, found)
            if not chosen.allow_empty:
                raise stop
            console.line("ok", "nothing to send, which --allow-empty allows")
            return SENT
        contents = [content_of(report) for report in found.reports]
        filing = settle(
            self.build,
            options.said(),
            self.repository,
            system=self.system.key,
            flags=options.flags,
            reports=together(contents),
        )
        self.complete(filing)
        if variables := options.variables():
            filing.ci["env"] = variables
        tell_commit(console, self.system.title, filing, self.repository)
        tree_id, count, listing = self.files() or ("", 0, None)
        document = manifest(
            client=self.agent(),
            # A token names its project; a fork without one must say which it means.
            project=options.project or (str(filing.ci.get("slug", "")) if "fork" in filing.fields else ""),
            filing=filing,
            contents=contents,
            tree={"id": tree_id, "files": count} if listing else None,
            repository=self.repository,
            more=options.more(),
        )
        tell_reports(console, self.repository, document, found, contents, is_ci=self.system.key != UNSET.key)
        if "branch" not in filing.fields:
            raise Stop(
                USAGE,
                "no git branch: HEAD is detached and the CI names none",
                ("set", "--branch or COVDASH_BRANCH"),
            )
        if chosen.bundle:
            write_bundle(chosen.bundle, document, listing, contents)
            console.line(
                "bundle", f"{chosen.bundle}, {amount(os.path.getsize(chosen.bundle))}: send it with --send"
            )
        if chosen.bundle or chosen.dry_run:
            self.outcome["manifest"] = document
            console.line("ok", "nothing was sent")
            return SENT
        opened = (lambda: listing) if listing else None
        return self.deliver(Parcel(document, opened, {one.sha256: one.open for one in contents}))

    def files(self) -> tuple[str, int, IO[bytes]] | None:
        """Return the list of files of what was tested."""
        if self.build.ignore_tree:
            return None
        if self.repository.git:
            return self.repository.listing(submodules=not self.chosen.no_submodules)
        if self.repository.has_git:
            return None
        paths = walk(
            self.repository.root,
            "",
            exclude=self.chosen.exclude,
            is_tracked_folder=lambda _path: False,
            every=True,
        ).paths
        self.console.line(
            "files", f"{counted(len(paths), 'file')} of this folder: there is no git that vouches for them"
        )
        return self.repository.folder_listing(paths)

    def complete(self, filing: Filing) -> None:
        """Add what the commit as a whole is told, and what a fork may say."""
        if self.chosen.expect:
            filing.fields["expect"] = str(self.chosen.expect)
        if self.chosen.complete:
            filing.fields["complete"] = "true"
        branch = str(filing.fields.get("branch", ""))
        if not self.options.token and self.build.is_fork and ":" in branch:
            filing.fields["fork"] = branch

    def wire(self) -> Wire:
        """Return the way to the server."""
        options = self.options
        if not options.url:
            raise Stop(USAGE, "no server: which covdash is meant?", ("set", "COVDASH_URL or --url"))
        manner = Manner(
            options.chosen.ca, options.chosen.insecure, options.chosen.timeout, options.chosen.retries
        )
        return Wire(options.url, options.token, self.console, agent=self.agent(), manner=manner, env=self.env)

    def agent(self) -> str:
        """Return how the program calls itself."""
        return f"covdash-upload/{VERSION} (python {sys.version.split()[0]}, {sys.platform})"

    def deliver(self, parcel: Parcel) -> int:
        """Send a parcel and follow it. Raises `Stop`."""
        options, console = self.options, self.console
        foreign = str(parcel.document["fields"].get("fork", ""))
        if not options.token and not foreign:
            raise Stop(
                USAGE,
                f"no token: {options.token_origin}",
                ("make", "an upload token on the setup page of the project"),
            )
        began = time.monotonic()
        exchange = Exchange(
            self.wire(), console, credential=self.credential, foreign=foreign if not options.token else ""
        )
        exchange.send(parcel)
        self.outcome.update(id=exchange.id, url=exchange.url, known=exchange.is_known)
        known = " (known to the server already)" if exchange.is_known else ""
        console.line("sent", f"{amount(exchange.wire.sent)} in {time.monotonic() - began:.1f} s{known}")
        blobs = None if self.chosen.no_source else self.repository.blobs
        status: dict[str, Any] = {}
        if options.wait or blobs:
            try:
                status = exchange.watch(
                    float(options.wait) or SOURCE_PATIENCE, blobs, "?gate=1" if self.chosen.gate else ""
                )
            except Stop as stop:
                if options.wait:
                    raise
                console.warn(f"source texts were not sent: {stop.sentence}")
        self.outcome.update(state=status.get("state", "received"), sent_bytes=exchange.wire.sent)
        self.summarise(exchange.url)
        console.line("ok", exchange.url, level=0)
        return self.judge(status) if options.wait else SENT

    def judge(self, status: Mapping[str, Any]) -> int:
        """Say what became of the upload, and whether the gate lets it pass."""
        options, console = self.options, self.console
        state = status.get("state")
        if state not in ("processed", "failed"):
            raise Stop(
                UNREACHABLE, f"not processed within {options.wait} s: {state or 'the server does not say'}"
            )
        outcomes = [one for one in status.get("outcomes") or () if isinstance(one, dict)]
        bad = [one for one in outcomes if one.get("state") == "failed"]
        for one in bad:
            console.detail(
                "failed", f"{one.get('name')}: {one.get('code', '')} {one.get('message', '')}", level=0
            )
        totals = status.get("totals")
        lines = totals.get("lines") if isinstance(totals, dict) else None
        if isinstance(lines, dict):
            console.line("lines", f"{lines.get('covered')} of {lines.get('total')} covered")
        self.outcome.update(totals=totals, outcomes=outcomes)
        if state == "failed" or bad:
            error = status.get("error")
            text = (
                error.get("message")
                if isinstance(error, dict)
                else f"{counted(len(bad), 'file')} of the upload could not be read"
            )
            raise Stop(UNREADABLE, str(text))
        if self.chosen.gate:
            self.pass_gates(status.get("gate"))
        return SENT

    def pass_gates(self, said: Any) -> None:
        """Tell the verdicts on the gates. Raises `Stop` when one failed, and when they were not judged in time."""
        self.outcome["gate"] = said
        gate = said or {"message": "none is configured"}
        for one in gate.get("gates") or ():
            self.console.detail("gate", str(one.get("said")), level=0 if one.get("state") == "failed" else 1)
        state = gate.get("state")
        message = str(gate.get("message") or state)
        self.console.line("gate", message)
        if state == "failed":
            raise Stop(GATE, f"the gate failed: {message}")
        if state == "waiting":
            raise Stop(
                UNREACHABLE,
                f"no verdict within {self.options.wait} s: {message}",
                ("say", "--complete with the last upload, --expect N, or a longer --wait"),
            )

    def summarise(self, url: str) -> None:
        """Put a line into the summary of the job, where the CI has one."""
        place = self.env.get("GITHUB_STEP_SUMMARY", "")
        if place and url:
            try:
                with open(place, "a", encoding="utf-8") as file:
                    file.write(f"Coverage: [{url}]({url})\n")
            except OSError as error:
                self.console.line("note", f"the summary cannot be written: {error.strerror}", level=2)


def main(words: Sequence[str] | None = None, env: Mapping[str, str] | None = None) -> int:
    """Run the program and return its exit code."""
    console, run = Console(), None
    wants_json = False
    try:
        options = Options(sys.argv[1:] if words is None else words, os.environ if env is None else env)
        wants_json, console.level = options.chosen.json, options.level
        run = Run(options, console)
        code = run.go()
        error = ""
    except Stop as stop:
        console.stop(stop)
        code, error = stop.code, stop.sentence
        forgiven = run is not None and (
            run.options.fail_on == "never" or (run.options.fail_on == "rejected" and code == UNREACHABLE)
        )
        if forgiven:
            console.warn(
                f"exit 0 instead of {code}, because of --fail-on {run.options.fail_on if run else ''}"
            )
            code = SENT
    except KeyboardInterrupt:
        console.line("error", "interrupted (exit 130)", level=0)
        code, error = INTERRUPTED, "interrupted"
    except Exception as bug:  # noqa: BLE001  # whatever it is, it is told in one sentence
        console.line(
            "error",
            f"a bug in covdash-upload: {type(bug).__name__}: {bug} (exit 1); please report it, with -v",
            level=0,
        )
        if console.level > 1:
            console.write(traceback.format_exc())
        code, error = BUG, f"{type(bug).__name__}: {bug}"
    if wants_json:
        outcome = {
            "exit": code,
            **({"error": error} if error else {}),
            "warnings": console.warnings,
            **(run.outcome if run else {}),
        }
        sys.stdout.write(json.dumps(outcome, sort_keys=True) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
