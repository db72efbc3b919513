"""An upload as one file, to be sent later or from elsewhere. What lies in it is checked before it is believed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from functools import partial
from typing import IO, Any

from ingest.client.environment import Build
from ingest.client.exchange import Parcel
from ingest.client.manifest import MAX_MANIFEST, Content, encoded
from ingest.client.search import MAX_REPORT, MAX_TOTAL
from ingest.client.words import USAGE, Stop

_NAME = re.compile(r"manifest\.json|tree|reports/[0-9a-f]{64}")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_bundle(
    path: str, document: dict[str, Any], tree: IO[bytes] | None, contents: list[Content]
) -> None:
    """Write a bundle; the same upload gives the same bytes. Raises `Stop`."""
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                zipfile.ZipInfo("manifest.json", _EPOCH), encoded(document), zipfile.ZIP_DEFLATED
            )
            for name, source in [
                *([("tree", tree)] if tree else []),
                *(
                    (f"reports/{one.sha256}", one.open())
                    for one in {one.sha256: one for one in contents}.values()
                ),
            ]:
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with source, archive.open(entry, "w", force_zip64=True) as inside:
                    shutil.copyfileobj(source, inside, 256 * 1024)
    except OSError as error:
        raise Stop(USAGE, f"{path} cannot be written: {error.strerror}") from error


def read_bundle(path: str) -> Parcel:
    """Open a bundle, and check names, sizes and digests: it may come from a job that runs code of a stranger. Raises `Stop`."""
    try:
        archive = zipfile.ZipFile(path)  # open as long as the program runs
        document = _manifest_of(archive)
        digests = [_checked(archive, name) for name in archive.namelist() if name.startswith("reports/")]
    except OSError as error:
        raise Stop(USAGE, f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, zipfile.BadZipFile, RuntimeError) as error:
        raise Stop(USAGE, f"{path} is no bundle: {error}", ("make", "one with --bundle FILE")) from error
    tree = partial(archive.open, "tree") if "tree" in archive.namelist() else None
    return Parcel(document, tree, {digest: partial(archive.open, f"reports/{digest}") for digest in digests})


def _manifest_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if (
        len(sizes) != len(archive.infolist())
        or not all(_NAME.fullmatch(name) for name in sizes)
        or max(sizes.values(), default=0) > MAX_REPORT
        or sum(sizes.values()) > MAX_TOTAL
        or sizes["manifest.json"] > MAX_MANIFEST
    ):
        raise ValueError("it holds what no bundle holds")
    document = json.loads(archive.read("manifest.json"))
    said = document if isinstance(document, dict) else {}
    if not isinstance(said.get("fields"), dict) or not isinstance(said.get("reports"), list):
        raise ValueError("its manifest is none")  # noqa: TRY004  # a wrong document, not a wrong call
    return said


def _checked(archive: zipfile.ZipFile, name: str) -> str:
    """Return the digest that a report has by its name. Raises `ValueError` when its bytes have another."""
    digest = hashlib.sha256()
    with archive.open(name) as report:
        for block in iter(lambda: report.read(256 * 1024), b""):
            digest.update(block)
    if digest.hexdigest() != name[len("reports/") :]:
        raise ValueError(f"{name} is not what its digest says")
    return digest.hexdigest()


def confirm(document: dict[str, Any], build: Build) -> None:
    """Hold a bundle of another workflow to what the event says of it: a stranger could have written anything. Raises `Stop`."""
    if build["event"] != "workflow_run":
        return
    fields = document["fields"]
    if fields.get("commit") != build["commit"]:
        raise Stop(
            USAGE,
            f"the bundle is of commit {str(fields.get('commit'))[:8]}, the workflow ran for {build['commit'][:8]}",
            ("see", "GITHUB_EVENT_PATH workflow_run.head_sha"),
        )
    branch = build["pull_branch"] or build["branch"]
    owner = build["head_slug"].split("/")[0]
    fields["branch"] = f"{owner}:{branch}" if build.is_fork else branch
    if build.is_fork:
        # Which pull request it was, the event does not say for forks; the claim stays, the branch is that of the fork.
        fields.pop("tag", None)
        fields.pop("complete", None)
