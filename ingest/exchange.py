"""The exchange with our own uploader: announce, send what is needed, done. Every step may be repeated.

All refusals come with the manifest, before a byte is sent. The upload gets the number of its announcement, so its addresses stay;
a delivery that is known already leads to the upload that it was then. A fork without a token is told only what it sent itself.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import msgspec
from django.core.files.storage import storages
from django.db import transaction

from covdash.problems import Problem
from covdash.projects import holding, wishes
from covdash.projects.configuration import FILE
from covdash.projects.models import Commit, Project
from covdash.reports.models import Announcement, Upload
from covdash.sources import tree_lists
from ingest import carry_wishes, filing, packed, raw, receive
from ingest import envelope as envelopes
from ingest.delivery import Delivery, File, Role
from ingest.envelope import Envelope
from ingest.manifest import MAX_CODEOWNERS, Manifest, facts_of_ci, shown

PROTOCOL = "exchange"
TREE = "tree"
"""The slot of the list of files among the bodies of an announcement; reports have their digests."""
MAX_TREE_BYTES = 512 * 1024**2
LOOK_UPS = 100
"""So many reports are looked for in the storage when they are announced; the others are known when they are sent."""


@dataclass(frozen=True, slots=True)
class Need:
    """What an announced upload still lacks. `received` are bytes of packed bodies that came in parts, by slot."""

    tree: bool
    reports: tuple[str, ...]
    received: dict[str, int]

    def __bool__(self) -> bool:
        return self.tree or bool(self.reports)

    def as_json(self) -> dict[str, Any]:
        """Return the shape of the answers."""
        said: dict[str, Any] = {"tree": self.tree, "reports": list(self.reports)}
        return said | ({"received": self.received} if self.received else {})


def announce(
    *, project: Project, manifest: Manifest, envelope: Envelope, key: str, user_agent: str
) -> tuple[Announcement, bool]:
    """Note a manifest; returns its announcement and whether it is new. `envelope` holds its checked fields.

    Raises `Problem` for whatever would refuse the upload later.
    """
    digest = manifest.digest()
    key = hashlib.sha256("\0".join(["manifest", envelope.fork, key or digest]).encode()).hexdigest()
    known = Announcement.objects.filter(project=project, key=key).first()
    if known is None:
        # What is found stored stays stored: the row that refers to it is committed with that.
        with transaction.atomic():
            holding.hold(project.pk)
            filing.may_come(project, envelope)
            reports = [
                {"path": shown(one.path), "size": one.size, "sha256": one.sha256, "kind": one.kind}
                for one in manifest.reports
            ]
            words: dict[str, Any] = {
                "client": shown(manifest.client)[:200],
                "digest": digest,
                "reports": reports,
                "tree": manifest.tree.id if manifest.tree else "",
                "ci": facts_of_ci(manifest.ci),
                "codeowners": _codeowners(manifest),
                "companions": _companions(project, manifest),
                "arrived": {} if envelope.fork else _there_already(project, reports),
                "parts": {},
                "carry_forward": list(manifest.carry_forward),
            }
            fresh = Announcement(
                project=project, kind=Announcement.Kind.MANIFEST, sha=envelope.commit, fields=_fields(manifest, envelope),
                manifest=words, key=key, user_agent=user_agent[:500],
            )  # fmt: skip
            Announcement.objects.bulk_create([fresh], ignore_conflicts=True)
            known = Announcement.objects.get(project=project, key=key)
        if known.pk == fresh.pk:
            return known, True
    if known.manifest["digest"] != digest:
        raise Problem(
            422,
            "idempotency_mismatch",
            "This Idempotency-Key was used before with another manifest.",
            hint="Use the digest of the manifest as its key.",
            field="Idempotency-Key",
        )
    return known, False


def need_of(announcement: Announcement) -> Need:
    """Return what is missing; nothing once the upload is there. One SQL statement where a tree was announced."""
    manifest = announcement.manifest
    if announcement.upload_id is not None:
        return Need(tree=False, reports=(), received={})
    tree, arrived = manifest["tree"], manifest["arrived"]
    wanted = dict.fromkeys(report["sha256"] for report in manifest["reports"])
    return Need(
        tree=bool(tree) and not tree_lists.is_known(project_id=announcement.project_id, tree=tree),
        reports=tuple(digest for digest in wanted if digest not in arrived),
        received={slot: part["have"] for slot, part in manifest["parts"].items()},
    )


def take_tree(announcement: Announcement, chunks: Any) -> int:
    """Keep the list of files of the announced tree; returns how many there are. Raises `Problem`, then its parts are forgotten."""
    reading = tree_lists.Reading(announcement.manifest["tree"])
    try:
        reading.feed(chunks)
    except tree_lists.TreeListError as error:
        packed.forget(announcement, TREE)
        status = {"tree_mismatch": 409, "too_many_files": 413}.get(error.code, 400)
        raise Problem(
            status,
            error.code,
            error.message,
            hint="Send what git ls-tree -r -z --full-tree prints for the announced tree.",
        ) from error
    try:
        tree_lists.keep(project_id=announcement.project_id, reading=reading)
    except OSError as error:
        raise receive.storage_problem(repr(error)) from error
    packed.forget(announcement, TREE)
    return len(reading.paths)


def take_report(announcement: Announcement, digest: str, chunks: Any) -> None:
    """Store the bytes of an announced report. Raises `Problem`; when they are others than were announced, they are forgotten."""
    announced = announced_report(announcement, digest)
    with Delivery() as delivery:
        try:
            delivery.spool(announced["path"], "report", chunks)
        except Problem as problem:
            if problem.code in {"malformed_gzip", "decompression_limit"}:
                packed.forget(announcement, digest)
            raise
        (file,) = delivery.files
        if (file.digest.hex(), file.size) != (digest, announced["size"]):
            packed.forget(announcement, digest)
            raise Problem(
                409,
                "digest_mismatch",
                f"{announced['path']!r} came as {file.size} bytes with the SHA-256 {file.digest.hex()}, "
                f"announced were {announced['size']} bytes with {digest}.",
                hint="The file changed after it was announced, or was cut on the way: announce the upload again.",
            )
        receive.put(announcement.project_id, file)
    # In this order: who sends the same at the same time finds its parts there, or the whole.
    announcement.manifest = packed.change(
        announcement.pk, lambda manifest: _arrive(manifest, digest, file.size)
    )
    packed.forget(announcement, digest)


def look_for(announcement: Announcement, digest: str) -> bool:
    """Whether an announced report is here already, so that its bytes need not come. Raises `Problem` 404 when it was not announced."""
    announced = announced_report(announcement, digest)
    if digest in announcement.manifest["arrived"]:
        return True
    if announcement.fields.get("fork") or not _is_stored(announcement.project_id, digest, announced["size"]):
        return False
    announcement.manifest = packed.change(
        announcement.pk, lambda manifest: _arrive(manifest, digest, announced["size"])
    )
    return True


def announced_report(announcement: Announcement, digest: str) -> dict[str, Any]:
    """Return what was said of a report. Raises `Problem` 404."""
    for report in announcement.manifest["reports"]:
        if report["sha256"] == digest:
            found: dict[str, Any] = report
            return found
    raise Problem(
        404,
        "not_announced",
        "The manifest of this upload announces no report with this SHA-256.",
        hint="Announce it first.",
    )


def done(announcement: Announcement) -> tuple[Upload, Need]:
    """Make the upload of an announcement whose bytes are here; returns it, or what is missing with the upload unsaved.

    Raises `Problem`. Two at once make one upload.
    """
    _look_again(announcement)
    with transaction.atomic():
        holding.hold(announcement.project_id)
        mine = (
            Announcement.objects.select_for_update(of=("self",))
            .select_related("project")
            .get(pk=announcement.pk)
        )
        if mine.upload_id is not None:
            return Upload.objects.get(pk=mine.upload_id), need_of(mine)
        if need := need_of(mine):
            return Upload(pk=mine.pk), need
        said = envelopes.read(mine.fields)
        receipt = receive.record(
            project=mine.project,
            envelope=said,
            stored=_files(mine),
            upload_id=mine.pk,
            user_agent=mine.user_agent,
            protocol=PROTOCOL,
            declared=_declared(mine.manifest),
        )
        mine.upload = receipt.upload
        mine.save(update_fields=["upload"])
        if not said.fork:
            _adopt_settings(mine, receipt.upload.commit)
            carry_wishes.note(receipt.upload.commit_id, mine.manifest.get("carry_forward", ()))
    return receipt.upload, need_of(mine)


def _look_again(announcement: Announcement) -> None:
    """Forget reports whose bytes are gone from the storage since they arrived."""
    if announcement.upload_id is not None or need_of(announcement):
        return
    arrived = announcement.manifest["arrived"].items()
    gone = [digest for digest, size in arrived if not _is_stored(announcement.project_id, digest, size)]

    def drop(manifest: dict[str, Any]) -> bool:
        for digest in gone:
            manifest["arrived"].pop(digest, None)
        return True

    if gone:
        packed.change(announcement.pk, drop)


def _fields(manifest: Manifest, envelope: Envelope) -> dict[str, list[str]]:
    """Return the fields as they count: known ones only, and those of a fork without what it has no say in."""
    words = {name: values for name, values in manifest.words().items() if name in envelopes.FIELDS}
    if envelope.fork:
        words = {name: values for name, values in words.items() if name not in {"expect", "complete", "tag"}}
        words |= {"fork": [envelope.fork], "branch": [envelope.branch]}
    return words


def _declared(manifest: dict[str, Any]) -> dict[str, Any]:
    said = {
        "client": manifest["client"],
        "ci": manifest["ci"],
        "codeowners": manifest["codeowners"],
        "list": manifest["tree"],
    }
    return {name: value for name, value in said.items() if value}


def _codeowners(manifest: Manifest) -> dict[str, str]:
    said = manifest.codeowners
    if said is None or not said.text:
        return {}
    text = said.text.replace("\0", "").encode()[:MAX_CODEOWNERS].decode("utf-8", "ignore")
    return {"path": shown(said.path), "text": text}


def _companions(project: Project, manifest: Manifest) -> list[dict[str, Any]]:
    """Store the texts that come along with a manifest; returns entries of `Upload.files`."""
    texts: list[tuple[str, Role, str]] = []
    if manifest.configuration is not None:
        texts.append(
            (manifest.configuration.path or "covdash.toml", "configuration", manifest.configuration.text)
        )
    if manifest.diff is not None and manifest.diff.text:
        texts.append((f"diff since {manifest.diff.base[:64]}", "diff", manifest.diff.text))
    if manifest.paths is not None:
        texts.append(("paths.json", "paths", msgspec.json.encode(manifest.paths).decode()))
    return [receive.put(project.pk, _file(shown(name), role, text.encode())) for name, role, text in texts]


def _file(name: str, role: Role, data: bytes) -> File:
    return File(name, role, io.BytesIO(data), len(data), hashlib.sha256(data).digest())


def _files(announcement: Announcement) -> list[dict[str, Any]]:
    """Return the files of the upload: the announced reports, then what came along."""
    reports = [
        {
            "name": report["path"],
            "key": f"raw/{announcement.project_id}/{report['sha256']}",
            "size": report["size"],
            "digest": report["sha256"],
            "role": "report",
        }
        for report in announcement.manifest["reports"]
    ]
    return reports + list(announcement.manifest["companions"])


def _there_already(project: Project, reports: list[dict[str, Any]]) -> dict[str, int]:
    return {
        report["sha256"]: report["size"]
        for report in reports[:LOOK_UPS]
        if _is_stored(project.pk, report["sha256"], report["size"])
    }


def _is_stored(project_id: int, digest: str, size: int) -> bool:
    objects, key = storages["objects"], f"raw/{project_id}/{digest}"
    try:
        there: bool = objects.exists(key) and objects.size(key) == size
        if there and (settle := getattr(objects, "settle", None)):
            settle(key)
    except Exception as error:  # each kind of storage has errors of its own
        raise receive.storage_problem(repr(error)) from error
    return there


def _arrive(manifest: dict[str, Any], digest: str, size: int) -> bool:
    manifest["arrived"][digest] = size
    return True


def _adopt_settings(announcement: Announcement, commit: Commit) -> None:
    """Let the `covdash.toml` of the default branch be the settings of the project; one that is broken changes nothing."""
    project = announcement.project
    project.refresh_from_db(fields=["default_branch", "repository_settings", "repository_settings_sha"])
    said = envelopes.read(announcement.fields)
    # The git branch of a pull request is named by whoever opened it, `main` too.
    if said.branch != project.default_branch or said.pull is not None:
        return
    for file in announcement.manifest["companions"]:
        if file["role"] == "configuration":
            wishes.store_repository_settings(project_id=project.pk, sha=commit.sha, text=raw.read(file))
            return
    if project.repository_settings and (tree := announcement.manifest["tree"]):
        listed = tree_lists.read(project_id=project.pk, tree=tree) or {}
        if FILE not in listed:
            wishes.store_repository_settings(project_id=project.pk, sha=commit.sha, text=None)
