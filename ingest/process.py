"""One upload from received to processed or failed: claim it, gather what it brought, write its tree and its counts.

Runs safely twice and in any order: nothing counts before the last statement, and that one asks whether the lease is still ours.
What the uploads of a commit give together is `assemble.py`'s business.
"""

from __future__ import annotations

import logging
import time
import uuid
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import InterfaceError, OperationalError, transaction

from covdash.coverage import name_pack
from covdash.coverage.totals import Totals
from covdash.projects import holding
from covdash.reports import store
from covdash.reports.models import Upload
from ingest import claim
from ingest.gather import Gathering
from ingest.harvest import Harvest
from ingest.paths import summary
from ingest.raw import BlobError, StorageAwayError

log = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError, OSError)
"""The infrastructure fails, and nobody who sent a report is to blame: tried again later, and no attempt is counted."""
_PAUSES = (0.5, 1.0, 2.0, 4.0)


def run(upload_id: uuid.UUID) -> int | None:
    """Process an upload if it is due; returns the id of its commit when the report of the commit has to look again."""
    mine = claim.take(upload_id)
    if mine is not None:
        try:
            _work(mine)
        except claim.LeaseLostError:
            log.warning("upload %s: the lease ran out, another worker has it", upload_id)
        except AWAY as error:
            log.warning("upload %s is given back: %s", upload_id, error)
            _give_back(mine, refund=True)
        except Exception:
            log.exception("upload %s: an attempt failed", upload_id)
            _give_back(mine, refund=False)
    claim.drop_broken_connection()
    row = Upload.objects.filter(pk=upload_id).values_list("commit_id", "revision", "folded").first()
    return row[0] if row and row[2] < row[1] else None


def _work(mine: claim.Claim) -> None:
    upload = Upload.objects.select_related("project", "commit").get(pk=mine.upload_id)
    started = renewed = time.monotonic()

    def beat(progress: int) -> None:
        nonlocal renewed
        if time.monotonic() - renewed >= claim.RENEW_SECONDS:
            claim.renew(mine, progress=progress)
            renewed = time.monotonic()

    gathering = Gathering(upload, beat=beat)
    try:
        harvest = gathering.run()
    except BlobError as error:
        log.error("upload %s: %s", upload.pk, error.message)  # noqa: TRY400 - the sentence says it all
        if upload.root:
            # Read again after its raw bytes expired: the earlier result is all there is, and it stays.
            claim.keep(mine, error_code=error.code, error=error.message)
            return
        claim.finish(mine, state=Upload.State.FAILED, error_code=error.code, error=error.message)
        return
    result: dict[str, Any] = {"outcomes": harvest.outcomes_as_json(), "context": gathering.context}
    wants_reports = any(file["role"] == "report" for file in upload.files)
    claim.renew(mine, progress=99)
    with transaction.atomic():
        # Whatever is found stored from here on stays stored until the row refers to it.
        holding.hold(upload.project_id)
        result["paths"] = summary(harvest.places) | _names(upload.project_id, gathering)
        if harvest.parsed if wants_reports else harvest.sources:
            _write(mine, upload.project_id, harvest, result)
            said = f"processed: {harvest.parsed} reports in {time.monotonic() - started:.2f} s"
        else:
            code, sentence = _why(harvest)
            claim.finish(mine, state=Upload.State.FAILED, error_code=code, error=sentence, **result)
            said = f"failed: {code}: {sentence}"
    log.info("upload %s of %s %s", upload.pk, upload.project.slug, said)


def _write(mine: claim.Claim, project_id: int, harvest: Harvest, result: dict[str, Any]) -> None:
    """Store counts, objects, tree and the end of the upload, within the transaction of the caller."""
    tree = harvest.tree()
    for key, data in harvest.results.items():
        _put(key, data)
    pack = harvest.pack()
    pack_key = _put(f"counts/{project_id}/{sha256(pack).hexdigest()}", pack) if pack else ""
    # Test results and mutants are no coverage: an upload that holds nothing else has no part in the report of its commit.
    counts = not harvest.results or tree.root.totals != Totals() or bool(harvest.sources)
    coverage: dict[str, Any] = {
        "root": tree.root.digest,
        "totals": tree.root.totals,
        "needs_sources": tree.root.totals.needs_sources > 0,
    }
    store.write(project_id=project_id, trees=[tree], objects=harvest.objects)
    claim.finish(
        mine,
        state=Upload.State.PROCESSED,
        error_code="",
        error="",
        pack_key=pack_key,
        **(coverage if counts else {}),
        **result,
    )


def _names(project_id: int, gathering: Gathering) -> dict[str, str]:
    """Keep all names of the reports and of the files they were looked up in; returns what the row says of them."""
    kept = {"rules": gathering.rules.digest}
    if groups := gathering.harvest.names():
        kept["names"] = _put_pack(project_id, name_pack.encode(groups))
        if files := gathering.known_files:
            kept["known"] = _put_pack(project_id, name_pack.encode_files(files))
    return kept


def _put_pack(project_id: int, pack: bytes) -> str:
    return _put(f"names/{project_id}/{sha256(pack).hexdigest()}", pack)


def _put(key: str, data: bytes) -> str:
    objects = storages["objects"]
    try:
        return key if objects.exists(key) else objects.save(key, ContentFile(data))
    except Exception as error:
        raise StorageAwayError(f"cannot store {key}: {error!r}") from error


def _why(harvest: Harvest) -> tuple[str, str]:
    """Return code and sentence of an upload that gave nothing: those of the first file that failed."""
    for outcome in harvest.outcomes:
        if outcome.state == "failed":
            where = f" ({outcome.where})" if outcome.where else ""
            return outcome.code, f"{outcome.name}: {outcome.message}{where}"
    skipped = len(harvest.outcomes)
    return (
        "no_report",
        f"none of the {skipped} files is a coverage report" if skipped else "the upload holds no file",
    )


def _give_back(mine: claim.Claim, *, refund: bool) -> None:
    """Give the upload back, waiting a little for a database that restarts; if it stays away, the lease runs out by itself."""
    for pause in (*_PAUSES, None):
        try:
            claim.give_back(mine, refund=refund)
        except (OperationalError, InterfaceError):
            if pause is None:
                log.warning("upload %s could not be given back; its lease will run out", mine.upload_id)
                return
            time.sleep(pause)
            claim.drop_broken_connection()
        except claim.LeaseLostError:
            return
        else:
            return
