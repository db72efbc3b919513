"""Ways to send a report besides one request with curl: our own uploader, and uploaders that a team has already. PURE text.

Nothing is executed that the CI did not pin: the address names the version of the uploader, and its digest is checked before it runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from covdash.dashboards.pages.coverage_tools import Tool

WAYS = ("curl", "uploader", "other")
TITLES = {"curl": "One request", "uploader": "The uploader", "other": "An uploader you have"}


@dataclass(frozen=True, slots=True)
class Release:
    """The uploader as this server gives it at /upload.py: its version, and the SHA-256 of its bytes in hex."""

    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Other:
    """An uploader of another service: what to change so that it sends here."""

    title: str
    commands: str
    note: str


def script(*, server: str, release: Release, tool: Tool) -> str:
    """Return the shell script that fetches the uploader, checks it and runs it; any step that fails ends it."""
    name = "covdash-upload.py"
    return (
        f"curl --fail --silent --show-error --retry 3 --output {name} '{server}/upload.py?v={release.version}' \\\n"
        f"  && echo '{release.sha256}  {name}' | sha256sum -c - \\\n"
        f"  && python3 -I {name} --file {tool.report}"
    )


def others(*, server: str, tool: Tool, slug: str) -> tuple[Other, ...]:
    """Return what to change in the uploaders of other services."""
    return (
        Other(
            "codecov-cli",
            f'codecovcli --enterprise-url {server} upload-process \\\n  --token "$COVDASH_TOKEN" --slug {slug} '
            f"--file {tool.report} --fail-on-error",
            "The address stands before the command; no variable sets it. In the action of GitHub it is the input url.",
        ),
        Other(
            "coveralls (Python)",
            f'COVERALLS_HOST={server} COVERALLS_REPO_TOKEN="$COVDASH_TOKEN" COVERALLS_SERVICE_NAME=covdash coveralls',
            "Set the service name: on GitHub Actions the client sends a token of GitHub otherwise.",
        ),
        Other(
            "coveralls (Node.js, coverage reporter)",
            f'COVERALLS_ENDPOINT={server} COVERALLS_REPO_TOKEN="$COVDASH_TOKEN" npx coveralls < coverage/lcov.info',
            "COVERALLS_ENDPOINT serves coveralls, coveralls-next and the coverage reporter of the action alike.",
        ),
        Other(
            "codacy-coverage-reporter",
            f'CODACY_API_BASE_URL={server} CODACY_PROJECT_TOKEN="$COVDASH_TOKEN" \\\n'
            f"  codacy-coverage-reporter report --coverage-reports {tool.report}",
            "The reporter sends lines only; send the report itself, and arms and functions are there too.",
        ),
    )
