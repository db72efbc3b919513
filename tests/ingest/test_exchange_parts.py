"""Bodies that come in parts, again, or twice at once: what is there counts, and nothing is sent twice."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from covdash.projects.models import Project
from covdash.reports.models import Announcement, Upload
from covdash.sources.models import TreeList
from ingest import announce, packed
from tests.factories.exchange import GitTree, Uploader
from tests.factories.uploads import Job, lcov
from tests.ingest.exchanged import REPORT, TREE, error_of

pytestmark = pytest.mark.django_db

BIG = lcov({f"src/{random.Random(n).getrandbits(200):x}.py": {1: n} for n in range(6000)})


BIG_DIGEST = hashlib.sha256(BIG).hexdigest()


BIG_BODY = gzip.compress(BIG, mtime=0)


STEP = 70_000


def parts() -> list[str]:
    """The parts of bodies that wait in the storage, of projects that this test made."""
    objects: Any = storages["objects"]
    found, waiting = [], [f"parts/{number}" for number in Project.objects.values_list("pk", flat=True)]
    while waiting:
        place = waiting.pop()
        if objects.exists(place):
            folders, files = objects.listdir(place)
            found += [f"{place}/{name}" for name in files]
            waiting += [f"{place}/{name}" for name in folders]
    return found


def test_a_large_body_comes_in_parts_and_goes_on_after_a_cut(uploader: Uploader) -> None:
    assert len(BIG_BODY) > 2.5 * STEP
    number = uploader.announce(uploader.manifest({"big.info": BIG})).json()["id"]
    address = f"reports/{BIG_DIGEST}"
    first = uploader.part(number, address, BIG_BODY, 0, STEP - 1)
    assert (first.status_code, first.json()["received"], first.headers["Range"]) == (
        202,
        STEP,
        f"bytes=0-{STEP - 1}",
    )

    cut = uploader.client.put(
        f"/api/v1/uploads/{number}/{address}",
        **{"wsgi.input": io.BytesIO(BIG_BODY[STEP : STEP + 50]), "CONTENT_LENGTH": str(STEP)},
        headers=uploader.headers | {"Content-Encoding": "gzip", "Content-Range": f"bytes {STEP}-{2 * STEP - 1}/{len(BIG_BODY)}"},
    )  # fmt: skip
    error_of(cut, 400, "truncated_body")
    said = uploader.announce(uploader.manifest({"big.info": BIG})).json()
    assert said["need"]["received"] == {BIG_DIGEST: STEP}
    asked = uploader.put(number, address, b"", packed=False, **{"Content-Range": f"bytes */{len(BIG_BODY)}"})
    assert (asked.status_code, asked.json()["received"]) == (202, STEP)

    for first_byte in range(0, len(BIG_BODY), STEP):  # a client that remembers nothing begins again
        answer = uploader.part(
            number, address, BIG_BODY, first_byte, min(first_byte + STEP, len(BIG_BODY)) - 1
        )
    assert answer.status_code == 201
    assert parts() == []
    assert uploader.done(number).status_code == 202


def test_parts_may_overlap_and_must_not_leave_gaps(uploader: Uploader) -> None:
    number = uploader.announce(uploader.manifest({"big.info": BIG})).json()["id"]
    address, last = f"reports/{BIG_DIGEST}", len(BIG_BODY) - 1
    assert uploader.part(number, address, BIG_BODY, 0, STEP - 1).status_code == 202
    gap = uploader.part(number, address, BIG_BODY, STEP + 1, last)
    assert str(STEP) in error_of(gap, 409, "wrong_range")["hint"]
    for said in (
        "bytes 0-1",
        "bytes 5-4/9",
        f"bytes 0-{last + 1}/{last + 1}",
        f"bytes {STEP}-{STEP}/{last + 1}",
        "lines 0-1/9",
    ):
        error_of(
            uploader.put(number, address, b"xx", packed=False, **{"Content-Range": said}), 400, "bad_range"
        )
    lie = uploader.put(
        number, address, b"x" * 10, packed=False, **{"Content-Range": f"bytes {STEP}-{last}/{last + 1}"}
    )
    error_of(lie, 400, "truncated_body")
    assert uploader.part(number, address, BIG_BODY, 1000, last).status_code == 201
    assert parts() == []


def test_parts_of_another_body_are_forgotten(uploader: Uploader, settings: Settings) -> None:
    number = uploader.announce(uploader.manifest({"big.info": BIG})).json()["id"]
    address = f"reports/{BIG_DIGEST}"
    wrong = gzip.compress(BIG.replace(b"DA:1,5", b"DA:1,6"), mtime=0)
    for start in range(0, len(wrong), STEP):
        answer = uploader.part(number, address, wrong, start, min(start + STEP, len(wrong)) - 1)
    error_of(answer, 409, "digest_mismatch")
    assert parts() == []
    assert uploader.part(number, address, BIG_BODY, 0, STEP - 1).status_code == 202
    other = gzip.compress(BIG, compresslevel=1, mtime=0)
    assert uploader.part(number, address, other, 0, len(other) - 1).status_code == 201
    assert parts() == []
    settings.COVDASH_MAX_UPLOAD_BYTES = 1000
    longer = BIG + b"\n"
    second = uploader.announce(uploader.manifest({"other.info": longer})).json()["id"]
    answer = uploader.part(second, f"reports/{hashlib.sha256(longer).hexdigest()}", BIG_BODY, 0, STEP - 1)
    error_of(answer, 413, "too_large")


@pytest.mark.parametrize("step", ["_keep_part", "_stored"])
def test_the_other_of_two_senders_is_done_first(
    uploader: Uploader, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Parts of a body are removed under somebody who sends the same: it is known then, and nothing is refused."""
    number = uploader.announce(uploader.manifest({"big.info": BIG})).json()["id"]
    send = partial(uploader.part, number, f"reports/{BIG_DIGEST}", BIG_BODY)
    last = len(BIG_BODY) - 1
    real = getattr(packed, step)

    def beaten(*words: Any, **more: Any) -> Any:
        monkeypatch.setattr(packed, step, real)
        assert send(0, last).status_code == 201
        return real(*words, **more)

    monkeypatch.setattr(packed, step, beaten)
    answer = send(0, last)

    assert answer.status_code == {"_keep_part": 202, "_stored": 200}[step], answer.content
    assert send(0, last).json() == {"state": "known"}
    assert parts() == []


def test_an_announcement_that_goes_meanwhile(uploader: Uploader, monkeypatch: pytest.MonkeyPatch) -> None:
    number = uploader.announce(uploader.manifest({"big.info": BIG})).json()["id"]
    real = packed._stored

    def swept(keys: list[str]) -> Any:
        yield from real(keys)
        Announcement.objects.all().delete()

    monkeypatch.setattr(packed, "_stored", swept)
    answer = uploader.part(number, f"reports/{BIG_DIGEST}", BIG_BODY, 0, len(BIG_BODY) - 1)
    error_of(answer, 404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_the_same_manifest_are_one_upload(job: Job) -> None:
    barrier = threading.Barrier(2)
    numbers: list[str] = []

    def run() -> None:
        try:
            barrier.wait()
            numbers.append(str(Uploader(job).send({"lcov.info": REPORT}, TREE).pk))
        finally:
            connection.close()

    def in_parts() -> None:
        uploader = Uploader(job)
        try:
            barrier.wait()
            number = uploader.announce(uploader.manifest({"big.info": BIG})).json()["id"]
            for start in range(0, len(BIG_BODY), STEP):
                answer = uploader.part(
                    number, f"reports/{BIG_DIGEST}", BIG_BODY, start, min(start + STEP, len(BIG_BODY)) - 1
                )
                assert answer.status_code in (200, 201, 202), answer.content
            numbers.append(uploader.done(number).json()["id"])
        finally:
            connection.close()

    for target in (run, in_parts):
        threads = [threading.Thread(target=target) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(numbers) == 4
    assert len(set(numbers)) == Upload.objects.count() == Announcement.objects.count() == 2
    assert TreeList.objects.count() == 1


def test_a_tree_list_may_come_in_parts(uploader: Uploader) -> None:
    files = {f"src/{random.Random(n).getrandbits(200):x}.py": b"x%d" % n for n in range(4000)}
    tree = GitTree(files)
    body = gzip.compress(tree.list, mtime=0)
    number = uploader.announce(uploader.manifest({"lcov.info": REPORT}, tree)).json()["id"]
    for start in range(0, len(body), STEP):
        answer = uploader.part(number, "tree", body, start, min(start + STEP, len(body)) - 1)
    assert answer.json() == {"state": "stored", "files": 4000}
    assert parts() == []


def test_what_never_came_is_swept(job: Job, uploader: Uploader) -> None:
    number = uploader.announce(uploader.manifest({"big.info": BIG})).json()["id"]
    uploader.part(number, f"reports/{BIG_DIGEST}", BIG_BODY, 0, STEP - 1)
    announce.sweep()
    assert len(parts()) == 1
    Announcement.objects.update(announced_at=Now() - timedelta(days=2))
    announce.sweep()
    assert parts() == []
    assert uploader.status(number).json()["need"] == {"tree": False, "reports": [BIG_DIGEST]}
    assert uploader.part(number, f"reports/{BIG_DIGEST}", BIG_BODY, 0, len(BIG_BODY) - 1).status_code == 201
    Announcement.objects.update(announced_at=Now() - timedelta(days=31))
    announce.sweep()
    assert not Announcement.objects.exists()


def test_limits_of_parts_are_the_contract() -> None:
    assert packed.PART_BYTES == 32 * 1024**2
    assert io.DEFAULT_BUFFER_SIZE < packed.SHORTEST_PART
