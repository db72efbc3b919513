"""`--doctor`: everything that an upload stands on, one line each, with the way out."""

from __future__ import annotations

import shutil
import sys
import uuid

from ingest.client.git import Git
from ingest.client.proxies import proxy_for
from ingest.client.repository import Repository
from ingest.client.wire import Wire
from ingest.client.words import REFUSED, SENT, UNREACHABLE, USAGE, Console, Stop

SKEW = 300.0


def examine(console: Console, wire: Wire, repository: Repository, credential: str) -> int:
    """Say how things are, and return the exit code of the worst of it."""
    worst = SENT

    def say(state: str, what: str, text: str, code: int = SENT) -> None:
        nonlocal worst
        console.line(state, f"{what:<8} {text}", level=0)
        worst = worst or (code if state == "FAIL" else SENT)

    say("OK", "python", f"{sys.version.split()[0]} at {sys.executable or '?'}")
    if shutil.which("git") is None:
        say("WARN", "git", "is not on the PATH: no list of files, no source")
    elif isinstance(repository.git, Git):
        say("OK", "git", f"{repository.git.text('version')}, root {repository.root}")
    else:
        say("WARN", "git", f"{repository.root} is no checkout that git opens; " + "; ".join(repository.notes))
    proxy = proxy_for(wire.server)
    say("OK", "proxy", f"{proxy.host}:{proxy.port}" if proxy else "none")
    try:
        health = wire.request("GET", "healthz", tries=1)
    except Stop as stop:
        say("FAIL", "server", stop.sentence, UNREACHABLE)
        for label, text in stop.details:
            console.detail(label, text, level=0)
        return worst
    if health.status != 200 or health.is_html:
        say(
            "FAIL",
            "server",
            f"{wire.server}/healthz answers {health.status} {health.title}".strip(),
            UNREACHABLE,
        )
        return worst
    say("OK", "server", f"{wire.server}" + (f", TLS by {wire.origin}" if wire.origin else ""))
    skew = wire.skew or 0.0
    say(
        "WARN" if abs(skew) > SKEW else "OK",
        "clock",
        f"{abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}",
    )
    if not wire.token:
        say("FAIL", "token", credential, USAGE)
        return worst
    # An upload that cannot be there: 404 says that the token is good, 401 that it is not.
    answer = wire.request("GET", f"api/v1/uploads/{uuid.UUID(int=0)}", tries=1)
    if answer.status == 404 and answer.is_covdash:
        say("OK", "token", credential)
    else:
        said = answer.said.get("error") if answer.is_covdash else None
        text = f"{said.get('message')} {said.get('hint')}" if isinstance(said, dict) else answer.title
        say("FAIL", "token", f"{credential}: {answer.status} {text}", REFUSED)
    return worst
