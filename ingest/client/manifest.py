"""The manifest: everything that is said before a byte of a report is sent, and the key that makes saying it again harmless."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from typing import IO, Any, NamedTuple

from ingest.client.commit import Filing
from ingest.client.repository import MAX_DIRTY, Repository
from ingest.client.search import MAX_REPORT, Report
from ingest.client.words import USAGE, Stop, amount

MAX_MANIFEST = 1_000_000
MAX_SIDE_FILE = 64 * 1024
CONFIGURATION = ("covdash.toml", ".covdash.toml")
CODEOWNERS = (
    "CODEOWNERS",
    ".github/CODEOWNERS",
    ".gitlab/CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitea/CODEOWNERS",
)


class Content(NamedTuple):
    """The bytes of a report as they are sent: a file on disk, or a folder that was packed (`packed`)."""

    report: Report
    sha256: str
    size: int
    packed: bytes | None = None

    def open(self) -> IO[bytes]:
        """Return the bytes from the beginning."""
        return io.BytesIO(self.packed) if self.packed is not None else open(self.report.full, "rb")


def content_of(report: Report) -> Content:
    """Read a report once for its digest. Raises `Stop` when it cannot be read."""
    try:
        if report.format == "phpunit-xml" and os.path.basename(report.full) == "index.xml":
            packed = _archive(os.path.dirname(report.full))
            return Content(report, hashlib.sha256(packed).hexdigest(), len(packed), packed)
        digest, size = hashlib.sha256(), 0
        with open(report.full, "rb") as file:
            for block in iter(lambda: file.read(256 * 1024), b""):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise Stop(USAGE, f"{report.path} cannot be read: {error.strerror}") from error
    return Content(report, digest.hexdigest(), size)


def _archive(folder: str) -> bytes:
    """Return a folder of reports as a tar, the same bytes for the same files. Raises `Stop` when it is large: memory holds it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for place, folders, files in os.walk(folder):
            folders.sort()
            for name in sorted(files):
                full = os.path.join(place, name)
                entry = tarfile.TarInfo(os.path.relpath(full, folder).replace(os.sep, "/"))
                entry.size = os.path.getsize(full)
                if out.tell() + entry.size > MAX_REPORT:
                    raise Stop(USAGE, f"{folder} holds more than {amount(MAX_REPORT)}")
                with open(full, "rb") as file:
                    archive.addfile(entry, file)
    return out.getvalue()


def together(contents: list[Content]) -> str:
    """Return one digest of all reports, in any order."""
    return hashlib.sha256("\n".join(sorted(content.sha256 for content in contents)).encode()).hexdigest()


def manifest(
    *,
    client: str,
    project: str,
    filing: Filing,
    contents: list[Content],
    tree: Mapping[str, Any] | None,
    repository: Repository,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """Put everything together. Raises `Stop` when it would be longer than a manifest may be."""
    ci = {**filing.ci, "origins": filing.origins}
    dirty = repository.dirty()
    if dirty:
        ci["dirty"] = [_text(path) for path in dirty[:MAX_DIRTY]]
        ids = repository.dirty_ids(dirty[:MAX_DIRTY])
        ci["dirty_ids"] = {_text(path): blob for path, blob in ids.items()}
    base = str(filing.fields.get("base_sha") or (repository.checkout.parents or ("",))[0])
    diff = repository.diff(base)
    document: dict[str, Any] = {
        "version": 1,
        "client": client,
        "project": project,
        "fields": filing.fields,
        "ci": ci,
        "reports": [_entry(content) for content in contents],
        "tree": dict(tree) if tree else None,
        "configuration": side_file(repository.root, CONFIGURATION),
        "codeowners": side_file(repository.root, CODEOWNERS),
        "diff": {"base": diff[0], "text": diff[1]} if diff else None,
        **more,
    }
    for name in ("diff", "codeowners"):
        if len(encoded(document)) > MAX_MANIFEST:
            document[name] = None
    if len(encoded(document)) > MAX_MANIFEST:
        raise Stop(
            USAGE, "what is to be said of the upload is longer than 1 MB", ("send", "fewer reports at once")
        )
    return document


def encoded(document: Mapping[str, Any]) -> bytes:
    """Return the JSON of a manifest: ASCII, keys sorted, so that the same facts are the same bytes."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def key_of(document: Mapping[str, Any]) -> str:
    """Return the Idempotency-Key of a manifest: its SHA-256 without the times of files."""
    reports = [
        {name: value for name, value in entry.items() if name != "modified"} for entry in document["reports"]
    ]
    return hashlib.sha256(encoded({**document, "reports": reports})).hexdigest()


def _entry(content: Content) -> dict[str, Any]:
    report = content.report
    entry: dict[str, Any] = {
        "path": _text(report.path),
        "size": content.size,
        "sha256": content.sha256,
        "modified": int(report.modified),
        "kind": report.kind,
        "format": report.format,
    }
    if entry["path"] != report.path:
        entry["path_base64"] = base64.b64encode(os.fsencode(report.path)).decode()
    return entry


def _text(path: str) -> str:
    """Return a path as text: bytes that are no UTF-8 become replacement characters."""
    return os.fsencode(path).decode("utf-8", "replace")


def side_file(root: str, names: tuple[str, ...]) -> dict[str, str] | None:
    """Return the first of some small files at the root as `{"path", "text"}`."""
    for name in names:
        try:
            with open(os.path.join(root, *name.split("/")), "rb") as file:
                data = file.read(MAX_SIDE_FILE + 1)
        except OSError:
            continue
        if len(data) <= MAX_SIDE_FILE:
            return {"path": name, "text": data.decode("utf-8", "replace")}
    return None
