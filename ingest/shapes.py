"""What the native protocol answers, as typed dictionaries; the OpenAPI schema is made from these types. Only types live here.

Totals have the keys `lines branches functions conditions paths statements instructions`, where `branches` are arms of code; a metric
that no file carries is absent. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

from typing import Any, TypedDict

from covdash.coverage.describe import CountShape
from covdash.reports.gate_json import GatesShape


class AcceptedShape(TypedDict):
    """The upload is stored and will be processed, whatever happens to this server."""

    id: str
    status_url: str
    url: str
    state: str


class ErrorShape(TypedDict):
    """Why an upload failed."""

    code: str
    message: str


class SentFileShape(TypedDict):
    """A file as it was sent. `role` is `report`, `sources`, `source` or `files`."""

    name: str
    size: int
    role: str


class _OutcomeName(TypedDict):
    name: str
    state: str


class OutcomeShape(_OutcomeName, total=False):
    """What came of one contained file; empty words are left out.

    `state` is `parsed` (format, evidence, producer, files, lines, warnings as [code, count, example], results), `skipped` (reason) or
    `failed` (code, message, where).
    """

    format: str
    evidence: str
    producer: str
    files: int
    lines: int
    warnings: list[tuple[str, int, str]]
    reason: str
    code: str
    message: str
    where: str
    results: dict[str, Any]


class PathsShape(TypedDict, total=False):
    """How the paths of the reports became paths of the repository; counts are exact, lists have at most 1,000 entries.

    `rewritten` is [as reported, path], `ambiguous` [as reported, [candidates]], `unmatched` [as reported, reason].
    """

    matched: int
    rewritten_count: int
    ambiguous_count: int
    unmatched_count: int
    rewritten: list[tuple[str, str]]
    ambiguous: list[tuple[str, list[str]]]
    unmatched: list[tuple[str, str]]


class NeedShape(TypedDict, total=False):
    """What is still to be sent: `tree`, `reports` (SHA-256) and how much of them is here; once processed, `blobs` (git ids)."""

    tree: bool
    reports: list[str]
    received: dict[str, int]
    blobs: list[str]


class LimitsShape(TypedDict):
    """The most that one report may have unpacked, and the size of a part that passes every proxy."""

    report_bytes: int
    part_bytes: int


class AnnouncedShape(TypedDict):
    """The upload is announced; nothing is processed before its bytes are here and `done` was said."""

    id: str
    status_url: str
    url: str
    need: NeedShape
    limits: LimitsShape


class StepShape(TypedDict, total=False):
    """A step is taken: `state` is `stored`, `known`, or `incomplete` while parts are missing."""

    state: str
    files: int
    received: int
    total: int


class RejectedShape(TypedDict):
    """A text that was not kept. `why` is `not_needed`, `too_large`, `digest_mismatch` or `binary`."""

    id: str
    why: str


class BlobsShape(TypedDict):
    """How many texts are new, and which were not kept."""

    stored: int
    rejected: list[RejectedShape]


class CompletenessShape(TypedDict):
    """How complete the report of the commit is: `state` is `collecting` or `complete`; uploads by the names that people know.

    `until` is when a collecting commit closes with what is there, if nothing else arrives.
    """

    state: str
    arrived: list[str]
    missing: list[str]
    why: str
    until: str | None


class StatusShape(TypedDict):
    """An upload and what became of it; `progress` is in percent.

    `state` is `announced` (bytes are to come), `received`, `processing`, `processed` or `failed`. `gate` are the verdicts on the
    commit, null without `?gate=1` and where the project has no gates.
    """

    id: str
    url: str
    project: str
    commit: str
    branch: str | None
    pull: int | None
    flags: list[str]
    job: str
    attempt: int
    name: str
    state: str
    progress: int
    error: ErrorShape | None
    received_at: str
    processed_at: str | None
    superseded_by: str | None
    needs_sources: bool
    totals: dict[str, CountShape] | None
    files: list[SentFileShape]
    outcomes: list[OutcomeShape]
    paths: PathsShape
    need: NeedShape
    completeness: CompletenessShape | None
    gate: GatesShape | None
