"""The exchange with our own uploader: a manifest, then only what the server lacks, then done; every step may be repeated."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest
from pytest_django import Settings

from covdash.coverage.tree import walk
from covdash.projects.models import Commit
from covdash.reports import comparisons
from covdash.reports.loading import loader
from covdash.reports.models import Announcement, Comparison, Upload
from tests.factories.exchange import GitTree, Uploader, blob_of, frames
from tests.factories.uploads import SHA, Job, lcov, turn
from tests.ingest.exchanged import DIGEST, REPORT, TEXTS, TREE, error_of

pytestmark = pytest.mark.django_db


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


def test_texts_let_comparisons_that_lacked_them_be_made_anew(job: Job, uploader: Uploader) -> None:
    """Those of this project that lacked any: verdicts on gates are asked for right after the texts are sent."""
    ci = {"dirty": ["src/shop/cart.py"], "dirty_ids": {"src/shop/cart.py": blob_of(b"the text that ran\n")}}
    upload = uploader.send({"lcov.info": REPORT}, TREE, ci=ci)
    turn(upload)
    made: dict[str, Any] = {"data": b"", "files": 1}
    lacking = Comparison.objects.create(project=job.project, key=b"1", unknown=1, **made)
    whole = Comparison.objects.create(project=job.project, key=b"2", unknown=0, **made)
    keys = [lacking.key, whole.key]

    def fresh() -> set[bytes]:
        found = comparisons.kept(project_id=job.project.pk, keys=keys, most=0)
        return {key for key, _ in found}

    assert fresh() == {b"1", b"2"}
    uploader.put(str(upload.pk), "blobs", frames(b"unasked\n"))
    assert fresh() == {b"1", b"2"}
    assert uploader.put(str(upload.pk), "blobs", frames(b"the text that ran\n")).json()["stored"] == 1
    assert fresh() == {b"2"}


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
