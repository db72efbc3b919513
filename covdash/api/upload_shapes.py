"""What the read API answers of an upload, as typed dictionaries. Only types live here."""

from __future__ import annotations

from typing import Any, TypedDict

from covdash.api.shapes import TotalsShape


class WarningShape(TypedDict):
    """A class of warnings of one file, with the first example."""

    code: str
    count: int
    example: str


class FileOutcomeShape(TypedDict):
    """What came of one file of an upload: `state` is parsed, skipped (with a `reason`) or failed (with `code`, `message`, `where`).

    `results` holds what is no coverage: counts of tests, mutants and methods, and the items to look at first.
    """

    name: str
    state: str
    format: str
    evidence: str
    producer: str
    files: int
    lines: int
    warnings: list[WarningShape]
    reason: str
    code: str
    message: str
    where: str
    results: dict[str, Any]


class PathsShape(TypedDict):
    """How many paths of the reports became paths of the repository, and how."""

    matched: int
    rewritten: int
    ambiguous: int
    unmatched: int
    ignored: int


class UploadShape(TypedDict):
    """An upload. `superseded_by` the newer attempt that replaced it, `tested` a merge that was checked out, `fork` a stranger."""

    id: str
    state: str
    commit: str
    branch: str
    pull: int | None
    flags: list[str]
    job: str
    attempt: int
    name: str
    build_url: str
    size: int
    received_at: str
    processed_at: str | None
    error: str
    error_code: str
    needs_sources: bool
    superseded_by: str
    tested: str
    fork: str
    excluded: bool
    excluded_why: str
    totals: TotalsShape | None
    outcomes: list[FileOutcomeShape]
    paths: PathsShape
