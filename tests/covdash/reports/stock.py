"""A project stocked with reports, for tests of reading: rows and objects as the pipe leaves them, without running it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models.functions import Now

from covdash.coverage.codec import digest_of, encode, encode_counts, pack
from covdash.coverage.counts import write_pack
from covdash.coverage.lines import FileCoverage, Function, Outcomes, column
from covdash.coverage.merge import fold
from covdash.coverage.report import UNPLACED
from covdash.coverage.tree import FILE, Entry, Tree, build, changes, file_entry
from covdash.projects.models import Branch, BranchCommit, Commit, Project
from covdash.reports.loading import load_objects, loader
from covdash.reports.models import ChangePoint, CommitReport, CoverageObject, Path, Upload
from covdash.sources import store
from covdash.sources.store import blob_id

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def lines(*hits: int | None, start: int = 1, counted: bool = True) -> FileCoverage:
    """Coverage of a file whose line `start + n` has `hits[n]`; None is not executable."""
    known = [(number, n) for number, n in enumerate(hits, start) if n is not None]
    counts = column((n for _, n in known), "i8")  # type: ignore[arg-type]
    return FileCoverage(
        lines=column(number for number, _ in known),
        hits=counts,
        states=((counts > 0) * 2).astype("u1"),
        counted=counted,
    )


def rich() -> FileCoverage:
    """Three lines, four arms of which one only counted, two functions."""
    plain = lines(7, 0, 2)
    arms = Outcomes(
        line=column((1, 1, 3)),
        key=("0,0", "0,1", "0,0"),
        weight=column((1, 1, 1)),
        hits=column((5, 0, 2), "i8"),  # type: ignore[arg-type]
        tally_line=column((3,)),
        tally_covered=column((1,)),
        tally_total=column((2,)),
    )
    functions = (Function("main", 1, 2, 7), Function("<unused>", 3, 3, 0))
    return FileCoverage(plain.lines, plain.hits, plain.states, {"branches": arms}, functions, counted=True)


class Stock:
    """Fills one project; commits come one hour apart unless told otherwise."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.made = 0

    def commit(
        self, branch: str = "main", *, parent: str = "", at: datetime | None = None, sha: str = ""
    ) -> Commit:
        """A commit on a git branch, without any upload."""
        self.made += 1
        commit = Commit.objects.create(
            project=self.project,
            sha=sha or f"{self.made:04x}" * 10,
            parent_sha=parent,
            author="Ada",
            message=f"Change {self.made}\n\nMore.",
            committed_at=at or START + timedelta(hours=self.made),
        )
        found, _ = Branch.objects.get_or_create(project=self.project, name=branch)
        BranchCommit.objects.create(branch=found, commit=commit, at=commit.committed_at)
        return commit

    def upload(
        self,
        commit: Commit,
        files: Mapping[str, FileCoverage],
        *,
        flags: Sequence[str] = (),
        sources: Mapping[str, str] | None = None,
        state: str = "processed",
    ) -> Upload:
        """An upload of `files`, its objects, tree and count pack stored."""
        tree = self._store(files, sources or {})
        blocks = {
            path: (digest_of(encode(file)), counts)
            for path, file in files.items()
            if (counts := encode_counts(file))
        }
        key = ""
        if blocks:
            key = storages["objects"].save(
                f"counts/{self.project.pk}/{uuid.uuid4().hex}", ContentFile(write_pack(blocks))
            )
        upload = Upload.objects.create(
            project=self.project,
            commit=commit,
            branch=Branch.objects.filter(project=self.project, commits__commit=commit).first(),
            flags=list(flags),
            job="test",
            identity=uuid.uuid4().bytes,
            files=[{"name": "report.info", "key": "raw/1", "size": 120, "digest": "00", "role": "report"}],
            state=state,
            counted=state == "processed",
            root=tree.root.digest,
            totals=tree.root.totals,
            pack_key=key,
        )
        upload.refresh_from_db()
        return upload

    def assemble(self, commit: Commit) -> Tree:
        """Make the reports of a commit, whole and per flag, of its processed uploads; heads and change points follow."""
        uploads = list(Upload.objects.filter(commit=commit, state="processed", superseded_by=None))
        whole = self._fold(commit, "", uploads)
        for flag in sorted({flag for upload in uploads for flag in upload.flags}):
            self._fold(commit, flag, [upload for upload in uploads if flag in upload.flags])
        return whole

    def report(
        self,
        files: Mapping[str, FileCoverage],
        branch: str = "main",
        *,
        parent: str = "",
        at: datetime | None = None,
        flags: Sequence[str] = (),
        sources: Mapping[str, str] | None = None,
    ) -> Commit:
        """A commit with one upload, assembled."""
        commit = self.commit(branch, parent=parent, at=at)
        self.upload(commit, files, flags=flags, sources=sources)
        self.assemble(commit)
        return commit

    def _store(self, files: Mapping[str, FileCoverage], sources: Mapping[str, str]) -> Tree:
        entries: dict[str, Entry] = {}
        for path in {*files, *sources}:
            file, text = files.get(path), sources.get(path)
            name, digest, blob = path.rpartition("/")[2], b"", b""
            if file is not None:
                digest = digest_of(encode(file))
                self._object(encode(file))
            if text is not None:
                blob = blob_id(text.encode())
                store.put(project_id=self.project.pk, texts=[text.encode()])
            totals = file.totals() if file is not None else lines().totals()
            entries[path] = file_entry(name, digest, blob, totals)
        tree = build(entries)
        for payload in tree.nodes.values():
            self._object(payload)
        return tree

    def _object(self, payload: bytes) -> None:
        CoverageObject.objects.get_or_create(
            project=self.project, digest=digest_of(payload), defaults={"data": pack(payload)}
        )

    def _fold(self, commit: Commit, flag: str, uploads: Sequence[Upload]) -> Tree:
        load, number = loader(self.project.pk), self.project.pk
        roots = [
            Entry("", 0, bytes(upload.root or b""), b"", upload.totals) for upload in uploads if upload.root
        ]
        tree, objects = fold(roots, load=load, load_objects=load_objects(number))
        for payload in (*tree.nodes.values(), *objects.values()):
            self._object(payload)
        CommitReport.objects.update_or_create(
            project=self.project,
            commit=commit,
            flag=flag,
            defaults={
                "root": tree.root.digest,
                "totals": tree.root.totals,
                "uploads": len(uploads),
                "updated_at": Now(),
            },
        )
        for stay in BranchCommit.objects.filter(commit=commit).select_related("branch"):
            self._points(stay.branch, commit, flag, tree.root)
            if not flag:
                Branch.objects.filter(pk=stay.branch.pk).update(head=commit)
                if not self.project.default_branch:
                    self.project.default_branch = stay.branch.name
                    self.project.save(update_fields=["default_branch"])
        return tree

    def _points(self, branch: Branch, commit: Commit, flag: str, root: Entry) -> None:
        """Change points against the report before it; the stock is filled in the order of time."""
        ChangePoint.objects.filter(branch=branch, commit=commit, flag=flag).delete()
        before = (
            CommitReport.objects.filter(
                commit__branches__branch=branch, flag=flag, commit__committed_at__lt=commit.committed_at
            )
            .order_by("-commit__committed_at")
            .first()
        )
        old = None if before is None else Entry("", 0, bytes(before.root), b"", before.totals)
        for name, was, now in changes(loader(self.project.pk), old, root):
            totals = now.totals if now else None
            unplaced = any(
                side is not None and side.kind == FILE and side.name == UNPLACED for side in (was, now)
            )
            if unplaced or (was.totals if was else None) == totals:
                continue
            path, _ = Path.objects.get_or_create(project=self.project, path=name)
            ChangePoint.objects.create(
                project=self.project, branch=branch, flag=flag, path=path, at=commit.committed_at, commit=commit, totals=totals
            )  # fmt: skip
