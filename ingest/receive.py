"""From a delivery to a received upload: bytes into object storage, one transaction, and only then an answer.

Order (the promise of a 202): every file is durable in storage before its row is written, the row is committed before the bell rings.
A failure in between leaves at most an object nobody refers to. The same delivery again finds the same row.
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.core.files import File as DjangoFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Now

from covdash.problems import RETRY_SECONDS, Problem
from covdash.projects.models import Branch, Commit, Project, PullRequest
from covdash.reports.models import Upload
from ingest import doorbell
from ingest.delivery import Delivery, File
from ingest.envelope import Envelope, identity

log = logging.getLogger(__name__)

FREE_SHARE, FREE_BYTES = 0.05, 1024**3
"""Below both of these the disk counts as full: refusing early is better than failing in the middle of a write."""
MAX_UPLOADS = 2000
"""Uploads of one commit: its report is a fold over all of them."""
MAX_FLAGS = 200
"""Flags of one commit."""
MAX_NEW_BRANCHES = 1000
"""Git branches of one project that may appear within a day."""
_MAIN_BRANCHES = ("main", "master")

_NEW_COMMIT = (
    "INSERT INTO projects_commit (project_id, sha, parent_sha, author, message, committed_at) "
    "VALUES (%s, %s, %s, %s, %s, COALESCE(%s, transaction_timestamp())) ON CONFLICT DO NOTHING RETURNING id, committed_at"
)
_NEW_LINK = (
    "INSERT INTO projects_branchcommit (branch_id, commit_id, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
)


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
    for file in delivery.files:
        if not file.size:
            raise Problem(
                400,
                "empty",
                f"The file {file.name!r} is empty.",
                hint="Check the step that writes the report.",
                field=file.name,
            )
    same = identity(
        job=envelope.job, flags=envelope.flags, files=[(file.role, file.digest) for file in delivery.files]
    )
    said = envelope.digest(same)
    extra = dict(declared or {}) | ({"user_agent": user_agent[:500]} if user_agent else {})
    if key and (known := Upload.objects.filter(project=project, idempotency_key=key).first()):
        return _replayed(known, said)
    stored = [_put(project.pk, file) for file in delivery.files]
    with transaction.atomic():
        receipt = _write(project, envelope, _Said(same, said, key, protocol, extra), stored)
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


def _put(project_id: int, file: File) -> dict[str, Any]:
    """Store a file under its digest and return what the row keeps of it."""
    objects = storages["objects"]
    key = f"raw/{project_id}/{file.digest.hex()}"
    try:
        if objects.exists(key) and objects.size(key) == file.size:
            if settle := getattr(objects, "settle", None):
                settle(key)
        else:
            file.content.seek(0)
            key = objects.save(key, DjangoFile(file.content))
    except Exception as error:  # each kind of storage has errors of its own
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        raise storage_problem("no space is free" if full else repr(error)) from error
    return {
        "name": file.name,
        "key": key,
        "size": file.size,
        "digest": file.digest.hex(),
        "role": file.role,
    }


@dataclass(frozen=True, slots=True)
class _Said:
    """What identifies a delivery, and what its protocol knows besides the envelope."""

    identity: bytes
    body: bytes
    key: str | None
    protocol: str
    declared: dict[str, Any]


def _write(project: Project, envelope: Envelope, said: _Said, files: list[dict[str, Any]]) -> Receipt:
    commit, is_new = _commit(project, envelope)
    if not is_new and not commit.uploads.filter(identity=said.identity).exists():
        _within_limits(commit, envelope)
    branch = _branch(project, envelope.branch, may_lead=not envelope.fork)
    pull = _pull(project, envelope)
    new_branch = _link(branch, commit)
    _note_commit(commit, envelope, said.protocol)
    fresh = Upload(
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


def _within_limits(commit: Commit, envelope: Envelope) -> None:
    """Raise `Problem` when one more upload would make the report of a commit endless: it is a fold over all, once for every flag."""
    if commit.uploads.count() >= MAX_UPLOADS:
        raise Problem(
            429,
            "too_many_uploads",
            f"The commit has {MAX_UPLOADS} uploads already.",
            hint="Put several reports into one upload.",
            field="commit",
        )
    if envelope.flags:
        flags = {
            flag for flags in commit.uploads.values_list("flags", flat=True).distinct() for flag in flags
        }
        if len(flags.union(envelope.flags)) > MAX_FLAGS:
            raise Problem(
                429,
                "too_many_flags",
                f"The uploads of the commit would have more than {MAX_FLAGS} flags.",
                hint="Use flags for kinds of tests; the job has a field of its own.",
                field="flags",
            )


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


def _commit(project: Project, envelope: Envelope) -> tuple[Commit, bool]:
    """Return the commit and whether this upload made it; `assemble` settles its facts from all its uploads."""
    words: list[Any] = [
        project.pk, envelope.commit, envelope.parent, envelope.author, envelope.message, envelope.committed_at,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NEW_COMMIT, words)
        made = cursor.fetchone()
    if made is None:
        return Commit.objects.get(project=project, sha=envelope.commit), False
    return Commit(pk=made[0], project=project, sha=envelope.commit, committed_at=made[1]), True


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


def _link(branch: Branch, commit: Commit) -> bool:
    """Put the commit on the git branch; says whether it was not there before."""
    with connection.cursor() as cursor:
        cursor.execute(_NEW_LINK, [branch.pk, commit.pk, commit.committed_at])
        return bool(cursor.rowcount)


def _branch(project: Project, name: str, *, may_lead: bool) -> Branch:
    """Return the git branch. If it `may_lead`, the first of a project becomes its default; `main` or `master` does when it appears."""
    found = Branch.objects.filter(project=project, name=name).first()
    if found is not None:
        return found
    recent = Branch.objects.filter(project=project, created_at__gt=Now() - timedelta(days=1))
    if recent.count() >= MAX_NEW_BRANCHES:
        raise Problem(
            429,
            "too_many_branches",
            f"The project has seen {MAX_NEW_BRANCHES} new git branches within a day.",
            hint="Check that the field branch holds the name of the branch, not of the build.",
            field="branch",
        )
    Branch.objects.bulk_create([Branch(project=project, name=name)], ignore_conflicts=True)
    open_to = Q(default_branch="")
    if name in _MAIN_BRANCHES:
        open_to |= ~Q(default_branch__in=_MAIN_BRANCHES[: _MAIN_BRANCHES.index(name) + 1])
    if may_lead:
        Project.objects.filter(open_to, pk=project.pk).update(default_branch=name)
    return Branch.objects.get(project=project, name=name)


def _pull(project: Project, envelope: Envelope) -> PullRequest | None:
    if envelope.pull is None:
        return None
    PullRequest.objects.bulk_create(
        [PullRequest(project=project, number=envelope.pull, base=envelope.base)], ignore_conflicts=True
    )
    return PullRequest.objects.get(project=project, number=envelope.pull)


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
