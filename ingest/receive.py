"""From a delivery to a received upload: bytes into object storage, one transaction, and only then an answer.

Order (the promise of a 202): every file is durable in storage before its row is written, the row is committed before the bell rings.
A failure in between leaves at most an object nobody refers to. The same delivery again finds the same row.
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.core.files import File as DjangoFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now

from covdash.problems import RETRY_SECONDS, Problem
from covdash.projects import holding
from covdash.projects.models import Commit, Project
from covdash.reports.models import Upload
from ingest import doorbell, filing
from ingest.delivery import COMPANIONS, Delivery, File
from ingest.envelope import Envelope, identity

log = logging.getLogger(__name__)

FREE_SHARE, FREE_BYTES = 0.05, 1024**3
"""Below both of these the disk counts as full: refusing early is better than failing in the middle of a write."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The upload row of a delivery; `replayed` when it had been delivered before."""

    upload: Upload
    replayed: bool


def receive(
    *,
    project: Project,
    envelope: Envelope,
    delivery: Delivery,
    key: str | None = None,
    user_agent: str = "",
    protocol: str = "native",
    declared: Mapping[str, Any] | None = None,
) -> Receipt:
    """Make a delivery durable and return its upload; `key` is the Idempotency-Key of the client.

    `protocol` is the dialect it came in, `declared` what that dialect says besides the envelope (kept on the row, small).
    Raises `Problem`; then nothing was kept that counts.
    """
    if not delivery.files:
        raise Problem(
            400,
            "empty",
            "The body is empty.",
            hint="Send at least one report file, for example -F file=@lcov.info.",
        )
    reports = [file for file in delivery.files if file.role == "report"]
    for file in delivery.files:
        # One empty report among others becomes an outcome of its own: the others are not to be lost for it.
        if not file.size and (file.role != "report" or not any(report.size for report in reports)):
            raise Problem(
                400,
                "empty",
                f"The file {file.name!r} is empty.",
                hint="Check the step that writes the report.",
                field=file.name,
            )
    said = _said(
        envelope, [(file.role, file.digest) for file in delivery.files], key, protocol, declared, user_agent
    )
    if key and (known := Upload.objects.filter(project=project, idempotency_key=key).first()):
        return _replayed(known, said.body)
    stored, found = [], []
    for file in delivery.files:
        entry, was_there = _put(project.pk, file)
        stored.append(entry)
        found += [file] if was_there else []
    return _written(project, envelope, said, stored, found=found)


def record(
    *,
    project: Project,
    envelope: Envelope,
    stored: list[dict[str, Any]],
    upload_id: UUID,
    user_agent: str = "",
    protocol: str,
    declared: Mapping[str, Any],
) -> Receipt:
    """Return the upload of files that are durable already (entries of `Upload.files`); it gets the number `upload_id` if it is new.

    Raises `Problem`; then nothing was kept that counts.
    """
    files = [(file["role"], bytes.fromhex(file["digest"])) for file in stored]
    said = _said(envelope, files, None, protocol, declared, user_agent)
    return _written(project, envelope, said, stored, upload_id)


def _said(
    envelope: Envelope,
    files: Sequence[tuple[str, bytes]],
    key: str | None,
    protocol: str,
    declared: Mapping[str, Any] | None,
    user_agent: str,
) -> _Said:
    same = identity(
        job=envelope.job,
        flags=envelope.flags,
        files=[file for file in files if file[0] not in COMPANIONS],
        fork=envelope.fork,
    )
    extra = dict(declared or {}) | ({"user_agent": user_agent[:500]} if user_agent else {})
    return _Said(same, envelope.digest(same), key, protocol, extra)


def _written(
    project: Project,
    envelope: Envelope,
    said: _Said,
    stored: list[dict[str, Any]],
    upload_id: UUID | None = None,
    found: Iterable[File] = (),
) -> Receipt:
    """Write the row; `found` are files that were stored already, which a sweep may have removed since."""
    with transaction.atomic():
        holding.hold(project.pk)
        for file in found:
            put(project.pk, file)
        receipt = _write(project, envelope, said, stored, upload_id or uuid4())
        transaction.on_commit(partial(_ring, receipt), robust=True)
    return receipt


def room_left(folders: Iterable[Path]) -> None:
    """Raise `Problem` 503 when one of the disks under `folders` is nearly full."""
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            usage = shutil.disk_usage(folder)
        except OSError as error:
            raise storage_problem(repr(error)) from error
        if usage.free < min(FREE_BYTES, FREE_SHARE * usage.total):
            raise storage_problem(f"only {usage.free // 1024**2} MiB are free under {folder.name}")


def storage_problem(reason: str) -> Problem:
    """Return the 503 of a store that cannot keep anything now; `reason` goes to the log only."""
    log.error("uploads are refused: %s", reason)
    return Problem(
        503,
        "storage_full" if "free" in reason else "storage_unavailable",
        "The server cannot store uploads right now.",
        hint="Nothing was kept; send the request again later. The operator's log says why.",
        retry_after=RETRY_SECONDS,
    )


def put(project_id: int, file: File) -> dict[str, Any]:
    """Store a file under its digest and return what the row keeps of it."""
    return _put(project_id, file)[0]


def _put(project_id: int, file: File) -> tuple[dict[str, Any], bool]:
    """Do as `put`, and say whether it was stored already."""
    objects = storages["objects"]
    key = f"raw/{project_id}/{file.digest.hex()}"
    try:
        was_there = objects.exists(key) and objects.size(key) == file.size
        if was_there:
            if settle := getattr(objects, "settle", None):
                settle(key)
        else:
            file.content.seek(0)
            key = objects.save(key, DjangoFile(file.content))
    except Exception as error:  # each kind of storage has errors of its own
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        raise storage_problem("no space is free" if full else repr(error)) from error
    entry = {
        "name": file.name,
        "key": key,
        "size": file.size,
        "digest": file.digest.hex(),
        "role": file.role,
    }
    return entry, was_there


@dataclass(frozen=True, slots=True)
class _Said:
    """What identifies a delivery, and what its protocol knows besides the envelope."""

    identity: bytes
    body: bytes
    key: str | None
    protocol: str
    declared: dict[str, Any]


def _write(
    project: Project, envelope: Envelope, said: _Said, files: list[dict[str, Any]], upload_id: UUID
) -> Receipt:
    commit, is_new = filing.commit_of(project, envelope)
    if not is_new and not commit.uploads.filter(identity=said.identity).exists():
        filing.within_limits(commit, envelope)
    branch = filing.branch_of(project, envelope)
    pull = filing.pull_of(project, envelope)
    new_branch = filing.link(branch, commit)
    if not envelope.fork:  # a stranger has no say in what a commit is
        _note_commit(commit, envelope, said.protocol)
    fresh = Upload(
        pk=upload_id,
        project=project,
        commit=commit,
        branch=branch,
        pull=pull,
        flags=list(envelope.flags),
        job=envelope.job,
        attempt=envelope.attempt,
        name=envelope.name,
        build_url=envelope.build_url,
        declared_format=envelope.format,
        declared=said.declared | envelope.declared(),
        files=files,
        slot=envelope.slot or envelope.job,
        adds=envelope.adds,
        tree=envelope.tree,
        tested=envelope.tested,
        fork=envelope.fork,
        protocol=said.protocol,
        identity=said.identity,
        idempotency_key=said.key,
        body_digest=said.body,
        received_at=TransactionNow(),
        queued_at=TransactionNow(),
    )
    Upload.objects.bulk_create([fresh], ignore_conflicts=True)
    kept = Upload.objects.filter(commit=commit, identity=said.identity).first()
    if kept is None:  # the row lost against another delivery with the same Idempotency-Key
        return _replayed(Upload.objects.get(project=project, idempotency_key=said.key), said.body)
    if kept.pk == fresh.pk:
        return Receipt(kept, replayed=False)
    if kept.deleted_at is not None:
        # Deleted a moment ago, and sent again before its row was gone: the client was promised that it counts.
        Upload.objects.filter(pk=kept.pk).update(
            deleted_at=None, excluded_at=None, excluded_why="", revision=F("revision") + 1
        )
    # The same bytes for another branch, or as a later attempt of the job: the report of the commit must look again.
    if new_branch or kept.attempt < envelope.attempt or (pull and kept.pull_id is None):
        Upload.objects.filter(pk=kept.pk).update(
            attempt=Greatest(F("attempt"), envelope.attempt),
            pull=Coalesce(F("pull"), pull.pk if pull else None),
            revision=F("revision") + 1,
        )
    return Receipt(kept, replayed=True)


def _replayed(known: Upload, said: bytes) -> Receipt:
    if bytes(known.body_digest or b"") != said:
        raise Problem(
            422,
            "idempotency_mismatch",
            "This Idempotency-Key was used before with another upload.",
            hint="Use a new key for a new upload, or the same body for the same key.",
            field="Idempotency-Key",
        )
    return Receipt(known, replayed=True)


def _note_commit(commit: Commit, envelope: Envelope, protocol: str) -> None:
    """Keep what an upload says of the commit as a whole: how many are to come, that all are sent, that it is a release."""
    said: dict[str, Any] = {}
    if envelope.expect is not None:
        said["expects"] = envelope.expect
    if envelope.tag:
        said["tag"] = envelope.tag
    if envelope.complete:
        said |= {"done_at": Now(), "done_by": protocol}
    if envelope.tree and envelope.tested in ("", envelope.commit):
        said["tree"] = envelope.tree
    if said:
        Commit.objects.filter(pk=commit.pk).update(**said)


def _ring(receipt: Receipt) -> None:
    if receipt.replayed:
        doorbell.ring("ingest.tasks.assemble_commit", receipt.upload.commit_id)
    else:
        doorbell.ring("ingest.tasks.process_upload", str(receipt.upload.pk))


def spool_folders() -> tuple[Path, ...]:
    """Return the folders that an upload is written to, as far as they are on this machine."""
    folders = [Path(settings.SPOOL_ROOT)]
    if location := getattr(storages["objects"], "location", ""):
        folders.append(Path(location))
    return tuple(folders)
