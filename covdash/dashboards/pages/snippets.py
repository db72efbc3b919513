"""What to paste into a CI: a complete shell script for a tool and a CI, in the frame of that CI. PURE text.

It sends with curl, holds the whole address, and takes the token from a secret by name. A test runs each script in a shell with the
variables of its CI set.
"""

from __future__ import annotations

from textwrap import indent

from covdash.dashboards.pages.ci_frame import Ci
from covdash.dashboards.pages.coverage_tools import Tool

_FOR_CURL, _FOR_UPLOADER = ("HEAD_SHA:", "PULL:"), ("COVDASH_MATRIX:", "- apk add --no-cache python3")
"""Lines of a frame that only one of the two needs."""
SECRET = "COVDASH_TOKEN"  # noqa: S105  # the name of the secret, not a secret


def script(*, address: str, tool: Tool, ci: Ci, flags: str = "") -> str:
    """Return the shell script that sends the report of `tool` from `ci` to the upload address."""
    said = {
        "commit": "$COMMIT",
        "branch": ci.branch,
        "parent": '$(git rev-parse --verify --quiet "$COMMIT^")',
        "committed_at": '$(git log -1 --format=%cI "$COMMIT")',
        "author": '$(git log -1 --format=%an "$COMMIT")',
        "message": '$(git log -1 --format=%B "$COMMIT")',
        "pull": ci.pull,
        "job": ci.job,
        "attempt": ci.attempt,
        "build_url": ci.build_url,
        "flags": flags,
    }
    lines = [
        "curl --fail-with-body --silent --show-error",
        f'--header "Authorization: Bearer ${SECRET}"',
        *(f'--form-string "{word}={value}"' for word, value in said.items() if value),
        f'--form "report=@{tool.report}"',
        f'"{address}"',
    ]
    return f'COMMIT="{ci.commit}"\n' + " \\\n  ".join(lines)


def framed(ci: Ci, text: str, *, for_uploader: bool = False) -> str:
    """Return `text` in the frame of `ci`, which hands over only what curl or the uploader reads."""
    if ci.replaces:
        text = text.replace(ci.replaces, ci.replaces[0] + ci.replaces)
    unread = _FOR_CURL if for_uploader else _FOR_UPLOADER
    lines = ci.frame.splitlines(keepends=True)
    frame = "".join(line for line in lines if not line.strip().startswith(unread))
    before, _, after = frame.partition("@@")
    margin = before.rpartition("\n")[2]
    return before + indent(text, margin).removeprefix(margin) + after
