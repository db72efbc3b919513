"""The exchange with our own uploader: a manifest, then only what the server lacks, then done; every step may be repeated."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from covdash.coverage.tree import walk
from covdash.projects.models import Commit, Project
from covdash.reports.loading import loader
from covdash.reports.models import Announcement, Upload
from covdash.sources import store
from covdash.sources.models import TreeList
from ingest import announce, packed
from tests.factories.exchange import GitTree, Uploader, blob_of, frames
from tests.factories.uploads import SHA, Job, lcov, sha, turn

pytestmark = pytest.mark.django_db

TEXTS = {
    "README.md": b"# shop\n",
    "src/shop/cart.py": b"def total():\n    return 1\n",
    "src/shop/util.py": b"def f():\n    return 2\n",
    "tests/test_cart.py": b"assert True\n",
}
TREE = GitTree(TEXTS)
REPORT = lcov({"/home/someone/build/src/shop/cart.py": {1: 1, 2: 0}})
DIGEST = hashlib.sha256(REPORT).hexdigest()


@pytest.fixture
def job() -> Job:
    return Job()


@pytest.fixture
def uploader(job: Job) -> Uploader:
    return Uploader(job)


def error_of(answer: Any, status: int, code: str) -> dict[str, str]:
    assert answer.status_code == status, answer.content
    error: dict[str, str] = answer.json()["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")
    return error


def test_the_whole_way(job: Job, uploader: Uploader) -> None:
    said = uploader.announce(uploader.manifest({"lcov.info": REPORT}, TREE))
    assert said.status_code == 201
    number = said.json()["id"]
    assert said.json()["need"] == {"tree": True, "reports": [DIGEST]}
    assert set(said.json()["limits"]) == {"report_bytes", "part_bytes"}

    waiting = uploader.status(number).json()
    assert (waiting["state"], waiting["need"]) == ("announced", {"tree": True, "reports": [DIGEST]})
    missing = uploader.done(number)
    error_of(missing, 409, "incomplete")
    assert missing.json()["need"] == {"tree": True, "reports": [DIGEST]}
    assert not Upload.objects.exists()

    assert uploader.put(number, "tree", TREE.list).json() == {"state": "stored", "files": 4}
    assert uploader.put(number, f"reports/{DIGEST}", REPORT).status_code == 201
    ended = uploader.done(number)
    assert ended.status_code == 202
    assert ended.json() == {
        "id": number,
        "url": said.json()["url"],
        "status_url": said.json()["status_url"],
        "state": "received",
    }

    upload = Upload.objects.get(pk=number)
    assert (upload.protocol, upload.tree, Commit.objects.get().tree) == ("exchange", TREE.id, TREE.id)
    turn(upload)
    state = uploader.status(number).json()
    assert state["state"] == "processed"
    assert state["paths"]["rewritten"] == [
        ["/home/someone/build/src/shop/cart.py", "src/shop/cart.py", "without the folders before it"]
    ]
    assert state["need"] == {"blobs": [blob_of(TEXTS["src/shop/cart.py"])]}


def test_files_of_the_language_that_no_report_mentions_are_in_the_tree(job: Job, uploader: Uploader) -> None:
    upload = uploader.send({"lcov.info": REPORT}, TREE)
    turn(upload)
    upload.refresh_from_db()
    found = {
        path: (bool(entry.digest), entry.source.hex())
        for path, entry in walk(loader(job.project.pk), bytes(upload.root or b""))
    }
    assert found == {
        "src/shop/cart.py": (True, blob_of(TEXTS["src/shop/cart.py"])),
        "src/shop/util.py": (False, blob_of(TEXTS["src/shop/util.py"])),
        "tests/test_cart.py": (False, blob_of(TEXTS["tests/test_cart.py"])),
    }


def test_a_file_that_was_changed_after_the_checkout_has_no_text_of_the_tree(
    job: Job, uploader: Uploader
) -> None:
    upload = uploader.send({"lcov.info": REPORT}, TREE, ci={"dirty": ["src/shop/util.py", 7, "\0"]})
    turn(upload)
    upload.refresh_from_db()
    assert "src/shop/util.py" not in dict(walk(loader(job.project.pk), bytes(upload.root or b"")))


def test_the_text_of_a_changed_file_is_the_one_that_ran(job: Job, uploader: Uploader) -> None:
    changed = blob_of(b"the text that ran\n")
    ci = {"dirty": ["src/shop/cart.py"], "dirty_ids": {"src/shop/cart.py": changed, "x": "y"}}
    upload = uploader.send({"lcov.info": REPORT}, TREE, ci=ci)
    turn(upload)
    assert uploader.status(upload.pk).json()["need"] == {"blobs": [changed]}
    assert uploader.put(str(upload.pk), "blobs", frames(b"the text that ran\n")).json()["stored"] == 1


def test_a_list_may_hold_the_files_of_submodules(job: Job, uploader: Uploader) -> None:
    """Its id is its own then; the tree that was tested is still that of the commit, and other jobs of it hear the list, too."""
    wider = GitTree(TEXTS | {"vendored/lib/deep.py": b"x = 1\n"})
    fields = {"job": "with", "tree": TREE.id}
    with_them = uploader.send({"a.info": lcov({"/b/vendored/lib/deep.py": {1: 1}})}, wider, fields=fields)
    curl = job.send(lcov({"/c/vendored/lib/deep.py": {1: 1}}), job="curl")
    turn(with_them, curl)
    for upload in Upload.objects.all():
        assert upload.paths["rewritten"][0][1] == "vendored/lib/deep.py"
        assert upload.counted
    assert (Upload.objects.get(pk=with_them.pk).tree, Commit.objects.get().tree) == (TREE.id, TREE.id)


def test_the_second_upload_sends_only_what_is_new(uploader: Uploader) -> None:
    uploader.send({"lcov.info": REPORT}, TREE, fields={"job": "unit"})
    again = uploader.announce(uploader.manifest({"lcov.info": REPORT}, TREE, fields={"job": "e2e"}))
    assert again.status_code == 201
    assert again.json()["need"] == {"tree": False, "reports": []}
    assert uploader.put(again.json()["id"], "tree", b"never read", packed=False).json() == {"state": "known"}
    answer = uploader.put(again.json()["id"], f"reports/{DIGEST}", b"never read", packed=False)
    assert (answer.status_code, answer.json()) == (200, {"state": "known"})
    assert uploader.done(again.json()["id"]).status_code == 202
    assert Upload.objects.count() == 2


def test_the_same_delivery_again_is_the_known_upload(uploader: Uploader) -> None:
    upload = uploader.send({"lcov.info": REPORT}, TREE)
    again = uploader.announce(uploader.manifest({"lcov.info": REPORT}, TREE))
    assert (again.status_code, again.json()["id"]) == (200, str(upload.pk))
    assert again.json()["need"] == {"tree": False, "reports": []}
    assert uploader.done(str(upload.pk)).json()["id"] == str(upload.pk)
    # Said with other words: another announcement, and at its end the upload that is known.
    other = uploader.announce(uploader.manifest({"lcov.info": REPORT}, TREE, fields={"title": "a pull"}))
    assert other.json()["id"] != str(upload.pk)
    assert uploader.done(other.json()["id"]).json()["id"] == str(upload.pk)
    assert uploader.status(other.json()["id"]).json()["id"] == str(upload.pk)
    assert Upload.objects.count() == 1


def test_a_report_that_came_by_curl_is_the_same_upload(job: Job, uploader: Uploader) -> None:
    first = job.send(REPORT)
    assert uploader.send({"other-name.info": REPORT}, TREE) == first


def test_a_key_stands_for_one_manifest(uploader: Uploader) -> None:
    manifest = uploader.manifest({"lcov.info": REPORT})
    number = uploader.announce(manifest, key="k").json()["id"]
    manifest["fields"]["committed_at"] = "2026-01-02T03:04:05Z"
    manifest["reports"][0]["modified"] = 17.5
    assert uploader.announce(manifest, key="k").json()["id"] == number, "times do not count"
    other = uploader.manifest({"lcov.info": REPORT + b"\n"})
    error_of(uploader.announce(other, key="k"), 422, "idempotency_mismatch")


def test_a_report_in_json_is_still_a_report(job: Job) -> None:
    answer = job.post(b'{"a": 1}', content_type="application/json")
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"version": 2}, 400, "unsupported_version", "version"),
        ({"version": "1"}, 400, "bad_manifest", "version"),
        ({"reports": []}, 400, "empty", "reports"),
        ({"reports": [{"path": "a", "size": 0, "sha256": DIGEST}]}, 400, "empty", "reports[0]"),
        ({"reports": [{"path": "a", "size": 1, "sha256": "x"}]}, 400, "bad_manifest", "reports[0].sha256"),
        ({"reports": [{"path": "a", "size": 2**40, "sha256": DIGEST}]}, 413, "too_large", "reports[0]"),
        ({"reports": [{"path": "a", "size": 1, "sha256": DIGEST, "kind": "x"}]}, 400, "bad_manifest", "reports[0].kind"),
        ({"reports": [{"path": "a", "size": 1, "sha256": DIGEST}] * 501}, 413, "too_large", "reports"),
        ({"tree": {"id": "abc", "files": 1}}, 400, "bad_manifest", "tree.id"),
        ({"tree": {"id": "a" * 40, "files": 1_000_001}}, 413, "too_many_files", "tree.files"),
        ({"fields": {"branch": "main"}}, 400, "missing_field", "commit"),
        ({"fields": {"commit": "abc", "branch": "main"}}, 400, "bad_field", "commit"),
        ({"fields": {"commit": SHA, "branch": "ma\0in"}}, 400, "bad_field", "branch"),
        ({"fields": {"commit": SHA, "branch": {}}}, 400, "bad_manifest", "fields[...]"),
        ({"project": "acme/other"}, 403, "wrong_project", "project"),
    ],
)  # fmt: skip
def test_refusals_come_with_the_manifest(
    uploader: Uploader, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = uploader.announce(uploader.manifest({"lcov.info": REPORT}) | change)
    assert error_of(answer, status, code).get("field", "") == field
    assert not Announcement.objects.exists()


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"a":' * 5000, b'{"version": 1, "client": "\xff"}', b'"\\ud800"']
)
def test_what_is_no_manifest_is_refused(uploader: Uploader, body: bytes) -> None:
    answer = uploader.client.post(
        "/api/v1/uploads", data=body, content_type="application/json", headers=uploader.headers
    )
    error_of(answer, 400, "bad_manifest")


@pytest.mark.usefixtures("one_window")
def test_a_manifest_has_a_limit_and_a_token_a_rate(job: Job, uploader: Uploader, settings: Settings) -> None:
    long = uploader.manifest({"lcov.info": REPORT}, client="x" * 1024**2)
    error_of(uploader.announce(long), 413, "too_large")
    settings.COVDASH_UPLOADS_PER_MINUTE = 1
    error_of(uploader.announce(uploader.manifest({"lcov.info": REPORT})), 429, "rate_limited")


def test_names_and_facts_are_kept_as_they_can_be(uploader: Uploader) -> None:
    deep: Any = "end"
    for _ in range(200):
        deep = {"in": deep}
    manifest = uploader.manifest(
        {"a\0b/<script>.info": REPORT}, ci={"na\0me": "x\0", "deep": deep, "list": [1, None]}
    )
    number = uploader.announce(manifest).json()["id"]
    uploader.put(number, f"reports/{DIGEST}", REPORT)
    assert uploader.done(number).status_code == 202
    upload = Upload.objects.get(pk=number)
    assert upload.files[0]["name"] == "a\u2400b/<script>.info"
    assert upload.declared["ci"]["na\u2400me"] == "x\u2400"


def test_other_tokens_and_strangers_find_nothing(uploader: Uploader) -> None:
    number = uploader.announce(uploader.manifest({"lcov.info": REPORT}, TREE)).json()["id"]
    for other, status, code in ((Uploader(Job()), 404, "not_found"), (Uploader(), 401, "token_required")):
        error_of(other.status(number), status, code)
        error_of(other.put(number, "tree", TREE.list), status, code)
        error_of(other.put(number, f"reports/{DIGEST}", REPORT), status, code)
        error_of(other.put(number, "blobs", b""), status, code)
        error_of(other.done(number), status, code)
    error_of(uploader.status("00000000-0000-0000-0000-000000000000"), 404, "not_found")


def test_other_bytes_than_were_announced_are_refused(uploader: Uploader) -> None:
    number = uploader.announce(uploader.manifest({"lcov.info": REPORT})).json()["id"]
    address = f"reports/{DIGEST}"
    error_of(uploader.put(number, address, REPORT[:-1] + b"x"), 409, "digest_mismatch")
    error_of(uploader.put(number, address, REPORT[:-1]), 409, "digest_mismatch")
    error_of(uploader.put(number, address, REPORT * 2), 413, "decompression_limit")
    error_of(
        uploader.put(
            number, address, b"\x1f\x8bnonsense" + REPORT, **{"Content-Encoding": "gzip"}, packed=False
        ),
        400,
        "malformed_gzip",
    )
    error_of(
        uploader.put(
            number, address, gzip.compress(REPORT)[:-9], **{"Content-Encoding": "gzip"}, packed=False
        ),
        400,
        "malformed_gzip",
    )
    error_of(
        uploader.put(number, address, REPORT, **{"Content-Encoding": "br"}, packed=False),
        415,
        "unsupported_encoding",
    )
    error_of(uploader.put(number, "reports/" + "0" * 64, REPORT), 404, "not_announced")
    error_of(uploader.put(number, "tree", TREE.list), 404, "not_announced")
    assert uploader.status(number).json()["need"]["reports"] == [DIGEST]
    assert uploader.put(number, address, REPORT, packed=False).status_code == 201


def test_a_body_that_is_cut_is_sent_again(uploader: Uploader) -> None:
    number = uploader.announce(uploader.manifest({"lcov.info": REPORT})).json()["id"]
    body = gzip.compress(REPORT)
    cut = uploader.client.put(
        f"/api/v1/uploads/{number}/reports/{DIGEST}",
        **{"wsgi.input": io.BytesIO(body[:10]), "CONTENT_LENGTH": str(len(body))},
        headers=uploader.headers | {"Content-Encoding": "gzip"},
    )  # fmt: skip
    error_of(cut, 400, "truncated_body")
    again = uploader.announce(uploader.manifest({"lcov.info": REPORT}))
    assert (again.status_code, again.json()["need"]["reports"]) == (200, [DIGEST])
    assert uploader.put(number, f"reports/{DIGEST}", REPORT).status_code == 201
    assert uploader.done(number).status_code == 202


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


@pytest.mark.parametrize(
    ("listing", "status", "code"),
    [
        (b"", 409, "tree_mismatch"),
        (TREE.list[:-1], 400, "bad_tree_list"),
        (TREE.list + b"\0", 400, "bad_tree_list"),
        (TREE.list.replace(b"cart", b"cash"), 409, "tree_mismatch"),
        (TREE.list.replace(b"100644", b"100755", 1), 409, "tree_mismatch"),
        (b"100644 blob %s\t../../etc/passwd\0" % (b"a" * 40), 400, "bad_tree_list"),
        (b"100644 blob %s\ta/../b\0" % (b"a" * 40), 400, "bad_tree_list"),
        (b"100644 blob %s\t/a\0" % (b"a" * 40), 400, "bad_tree_list"),
        (b"100644 blob %s\t.git\0" % (b"a" * 40), 400, "bad_tree_list"),
        (b"040000 tree %s\ta\0" % (b"a" * 40), 400, "bad_tree_list"),
        (b"100644 blob %s\ta\0" % (b"a" * 64), 400, "bad_tree_list"),
        (b"src/a.py\nsrc/b.py\n", 400, "bad_tree_list"),
        (b"x" * 100_000, 400, "bad_tree_list"),
        (b"100644 blob %s\tb\0" % (b"a" * 40) + b"100644 blob %s\ta\0" % (b"a" * 40), 400, "bad_tree_list"),
        (b"100644 blob %s\ta\0" % (b"a" * 40) * 2, 400, "bad_tree_list"),
    ],
)  # fmt: skip
def test_a_list_is_that_of_its_tree_or_nothing(
    uploader: Uploader, listing: bytes, status: int, code: str
) -> None:
    number = uploader.announce(uploader.manifest({"lcov.info": REPORT}, TREE)).json()["id"]
    error_of(uploader.put(number, "tree", listing), status, code)
    assert not TreeList.objects.exists()
    assert uploader.put(number, "tree", TREE.list).status_code == 200


def test_a_tree_list_may_come_in_parts(uploader: Uploader) -> None:
    files = {f"src/{random.Random(n).getrandbits(200):x}.py": b"x%d" % n for n in range(4000)}
    tree = GitTree(files)
    body = gzip.compress(tree.list, mtime=0)
    number = uploader.announce(uploader.manifest({"lcov.info": REPORT}, tree)).json()["id"]
    for start in range(0, len(body), STEP):
        answer = uploader.part(number, "tree", body, start, min(start + STEP, len(body)) - 1)
    assert answer.json() == {"state": "stored", "files": 4000}
    assert parts() == []


def test_texts_that_are_missing_come_after_processing(job: Job, uploader: Uploader) -> None:
    upload = uploader.send({"lcov.info": REPORT}, TREE)
    turn(upload)
    (wanted,) = uploader.status(upload.pk).json()["need"]["blobs"]
    text = TEXTS["src/shop/cart.py"]
    strange, unasked = b"nobody asked for this", TEXTS["README.md"]
    body = (
        frames(unasked, strange) + f"{wanted} {len(text)}\n".encode() + text.swapcase() + b"\n" + frames(text)
    )
    answer = uploader.put(str(upload.pk), "blobs", body)
    assert answer.status_code == 200
    assert answer.json() == {
        "stored": 1,
        "rejected": [
            {"id": blob_of(unasked), "why": "not_needed"},
            {"id": blob_of(strange), "why": "not_needed"},
            {"id": wanted, "why": "digest_mismatch"},
        ],
    }
    assert uploader.status(upload.pk).json()["need"] == {"blobs": []}
    assert store.get(project_id=job.project.pk, blobs=[bytes.fromhex(wanted)]) == {
        bytes.fromhex(wanted): text
    }


@pytest.mark.parametrize("lie", [b"-1\n", b"99999999999\n", b"12", b"3\nab", b"\n", b"7 x\n", b"x" * 100_000])
def test_frames_that_lie_keep_what_was_true(job: Job, uploader: Uploader, lie: bytes) -> None:
    upload = uploader.send({"lcov.info": REPORT}, TREE)
    turn(upload)
    (wanted,) = uploader.status(upload.pk).json()["need"]["blobs"]
    body = frames(TEXTS["src/shop/cart.py"]) + f"{wanted} ".encode() + lie
    error_of(uploader.put(str(upload.pk), "blobs", body), 400, "bad_frame")
    assert uploader.status(upload.pk).json()["need"] == {"blobs": []}


def test_a_text_that_is_too_long_or_binary_is_not_kept(job: Job, uploader: Uploader) -> None:
    texts = {"src/a.py": b"x" * (2 * 1024**2 + 1), "src/b.py": b"\0binary", "src/c.py": b"c = 1\n"}
    upload = uploader.send({"lcov.info": lcov({name: {1: 1} for name in texts})}, GitTree(texts))
    turn(upload)
    answer = uploader.put(str(upload.pk), "blobs", frames(*texts.values())).json()
    assert (answer["stored"], [one["why"] for one in answer["rejected"]]) == (1, ["too_large", "binary"])


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


def test_what_a_commit_is_told_goes_to_the_commit(uploader: Uploader) -> None:
    uploader.send(
        {"lcov.info": REPORT}, TREE, fields={"expect": 3, "complete": True, "flags": ["unit", "py"]}
    )
    commit = Commit.objects.get()
    assert commit.expects == 3
    assert commit.done_at is not None
    assert Upload.objects.get().flags == ["py", "unit"]


def test_a_report_that_is_gone_is_asked_for_again(job: Job, uploader: Uploader) -> None:
    number = uploader.announce(uploader.manifest({"lcov.info": REPORT})).json()["id"]
    uploader.put(number, f"reports/{DIGEST}", REPORT)
    storages["objects"].delete(f"raw/{job.project.pk}/{DIGEST}")
    answer = uploader.done(number)
    error_of(answer, 409, "incomplete")
    assert answer.json()["need"]["reports"] == [DIGEST]
    uploader.put(number, f"reports/{DIGEST}", REPORT)
    assert uploader.done(number).status_code == 202


def test_uploads_of_two_trees_of_a_commit_tell_each_other_nothing(job: Job, uploader: Uploader) -> None:
    """The list of a merge is not the list of the head, and a job without a list hears that of its own tree only."""
    merged = GitTree(TEXTS | {"lib/src/shop/cart.py": b"another cart\n"})
    uploader.send({"lcov.info": REPORT}, TREE, fields={"job": "push"})
    other = uploader.send(
        {"lcov.info": REPORT}, merged, fields={"job": "merge", "tested": sha(77), "pull": "7"}
    )
    plain = job.send(lcov({"build/src/shop/util.py": {1: 1}}), job="curl")
    elsewhere = job.send(lcov({"util.py": {1: 1}}), job="list", tree="e" * 40, tested=sha(78))
    listed = job.send_form(
        [("file", "a.info", lcov({"x/util.py": {1: 1}})), ("files", "files", b"deep/x/util.py")],
        job="neighbour", tree="f" * 40, tested=sha(79),
    )  # fmt: skip
    turn(*Upload.objects.all())
    assert plain.pk != other.pk
    state = {row.job: row.paths for row in Upload.objects.all()}
    assert state["curl"]["rewritten"] == [
        ["build/src/shop/util.py", "src/shop/util.py", "without the folders before it"]
    ]
    assert state["list"]["matched"] == 1, "nobody of its tree said what util.py is"
    assert state["merge"]["rewritten"] != []
    assert {elsewhere.pk, listed.pk} <= set(Upload.objects.values_list("pk", flat=True))


def test_limits_of_parts_are_the_contract() -> None:
    assert packed.PART_BYTES == 32 * 1024**2
    assert io.DEFAULT_BUFFER_SIZE < packed.SHORTEST_PART


def test_flags_to_carry_forward_are_noted_with_the_commit(uploader: Uploader) -> None:
    upload = uploader.send({"lcov.info": REPORT}, carry_forward=["e2e"])

    assert upload.commit.completeness["carry"] == ["e2e"]
    wrong = uploader.announce(uploader.manifest({"lcov.info": REPORT}, carry_forward=["a b"]))
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "carry_forward")
