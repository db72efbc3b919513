"""An upload, or one that was announced, as the JSON of its status address."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from covdash.projects.facts import ProjectFact
from covdash.reports import verdicts
from covdash.reports.completeness import from_json
from covdash.reports.gate_json import GatesShape, shape
from covdash.reports.models import Announcement, Upload
from covdash.reports.queries import commits
from ingest import blobs, envelope, exchange

ANNOUNCED = "announced"
"""The state of an upload before its bytes are here."""


def status_url(upload_id: UUID) -> str:
    """Return the absolute address that tells the state of an upload."""
    return f"{settings.COVDASH_URL}/api/v1/uploads/{upload_id}"


def page_url(slug: str, upload_id: UUID) -> str:
    """Return the absolute address of the page of an upload (the shape is that of `dashboards/addresses.py`)."""
    return f"{settings.COVDASH_URL}/p/{quote(slug, safe='/@~')}/-/upload/{upload_id}"


def commit_url(slug: str, sha: str) -> str:
    """Return the absolute address of the page of a commit."""
    return f"{settings.COVDASH_URL}/p/{quote(slug, safe='/@~')}/-/commit/{sha}"


def status_of(upload: Upload, slug: str, *, gate: bool = False) -> dict[str, Any]:
    """Return the status as JSON values; `error` is null unless the state is `failed`, then `gate` is, and unless it is asked for."""
    failed = {"code": upload.error_code, "message": upload.error} if upload.error_code else None
    return {
        "id": str(upload.pk),
        "url": page_url(slug, upload.pk),
        "project": slug,
        "commit": upload.commit.sha,
        "branch": upload.branch.name if upload.branch else None,
        "pull": upload.pull.number if upload.pull else None,
        "flags": upload.flags,
        "job": upload.job,
        "attempt": upload.attempt,
        "name": upload.name,
        "state": upload.state,
        "progress": upload.progress,
        "error": failed,
        "received_at": upload.received_at,
        "processed_at": upload.processed_at,
        "superseded_by": str(upload.superseded_by_id) if upload.superseded_by_id else None,
        "needs_sources": upload.needs_sources,
        "totals": upload.totals.as_dict() if upload.totals else None,
        "files": [{key: file[key] for key in ("name", "size", "role")} for file in upload.files],
        "outcomes": upload.outcomes,
        "paths": {word: said for word, said in upload.paths.items() if word not in {"names", "known"}},
        "need": {"blobs": blobs.lacking(upload)} if upload.protocol == exchange.PROTOCOL else {},
        "completeness": _completeness(upload),
        "gate": _gate(upload) if gate and upload.state != Upload.State.FAILED else None,
    }


def status_of_announced(announcement: Announcement) -> dict[str, Any]:
    """Return the status of an upload whose bytes are still to come, in the same shape."""
    said = envelope.read(announcement.fields)
    slug = announcement.project.slug
    return {
        "id": str(announcement.pk),
        "url": page_url(slug, announcement.pk),
        "project": slug,
        "commit": said.commit,
        "branch": said.branch,
        "pull": said.pull,
        "flags": list(said.flags),
        "job": said.job,
        "attempt": said.attempt,
        "name": said.name,
        "state": ANNOUNCED,
        "progress": 0,
        "error": None,
        "received_at": announcement.announced_at,
        "processed_at": None,
        "superseded_by": None,
        "needs_sources": False,
        "totals": None,
        "files": [
            {"name": report["path"], "size": report["size"], "role": "report"}
            for report in announcement.manifest["reports"]
        ],
        "outcomes": [],
        "paths": {},
        "need": exchange.need_of(announcement).as_json(),
        "completeness": None,
        "gate": None,
    }


def _gate(upload: Upload) -> GatesShape | None:
    """Return the verdicts on the commit of an upload, None without gates; all that can be said without a report is that it waits."""
    project = ProjectFact(
        upload.project_id, upload.project.slug, upload.project.is_public, upload.project.default_branch
    )
    commit = commits.resolve(project=project, ref=upload.commit.sha)
    report = commits.report(project=project, commit=commit) if commit else None
    if report is None:
        return GatesShape(state="waiting", message="The commit has no report yet", base=None, gates=[])
    found = verdicts.of_commit(project=project, report=report, today=timezone.now().date())
    return shape(found, is_told=False) if found.gates else None


def _completeness(upload: Upload) -> dict[str, Any] | None:
    """Return how complete the report of its commit is; None while nobody looked."""
    found = from_json(upload.commit.complete_at, upload.commit.completeness)
    if found is None:
        return None
    is_open = upload.state in (Upload.State.RECEIVED, Upload.State.PROCESSING)
    return {
        "state": "complete" if found.is_complete and not is_open else "collecting",
        "arrived": [slot.name for slot in found.arrived],
        "missing": [slot.name for slot in found.missing],
        "why": found.why,
        "until": found.until,
    }
