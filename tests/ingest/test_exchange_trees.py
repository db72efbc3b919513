"""What the exchange knows of trees and texts, and what it tells a commit."""

from __future__ import annotations

import pytest
from django.core.files.storage import storages

from covdash.projects.models import Commit
from covdash.reports.models import Upload
from covdash.sources import store
from covdash.sources.models import TreeList
from tests.factories.exchange import GitTree, Uploader, blob_of, frames
from tests.factories.uploads import Job, lcov, sha, turn
from tests.ingest.exchanged import DIGEST, REPORT, TEXTS, TREE, error_of

pytestmark = pytest.mark.django_db


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


def test_flags_to_carry_forward_are_noted_with_the_commit(uploader: Uploader) -> None:
    upload = uploader.send({"lcov.info": REPORT}, carry_forward=["e2e"])

    assert upload.commit.completeness["carry"] == ["e2e"]
    wrong = uploader.announce(uploader.manifest({"lcov.info": REPORT}, carry_forward=["a b"]))
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "carry_forward")
