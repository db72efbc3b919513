"""The facts of a checkout: its commit, what differs from it, its files and their texts."""

from __future__ import annotations

import os
import re
import tempfile
from typing import IO, Iterable, Iterator, Mapping, NamedTuple

from ingest.client.environment import SHA, Checkout, strip_secrets
from ingest.client.git import Git, GitError, find_root, head_by_hand
from ingest.client.trees import MAX_FILES, Row, rows_of, tree_id, walked, write_rows

MAX_DIRTY = 1000
MAX_DIFF = 600_000
MAX_BLOB = 2 * 1024 * 1024
SMALL = 32 * 1024 * 1024
"""Bytes of a list that are kept in memory; more go to a temporary file."""
LFS = b"version https://git-lfs.github.com/spec/"


class Commit(NamedTuple):
    """What the object of a commit says."""

    tree: str
    parents: tuple[str, ...]
    author: str
    committed_at: str
    message: str


class Blob(NamedTuple):
    """A source text by its git id; `reason` says why there is none."""

    id: str
    text: bytes
    reason: str = ""


class Repository:
    """A checkout. `git` is None when there is no `.git` or no way to be answered; `notes` says what had to be done."""

    def __init__(self, start: str, env: Mapping[str, str], *, use_git: bool = True) -> None:
        """Look from the folder `start` upwards for the root of a checkout."""
        self.notes: list[str] = []
        self.git: Git | None = None
        self.checkout = Checkout()
        self.is_shallow = False
        top = find_root(start) if use_git else ""
        self.root = top or os.path.abspath(start)
        self.has_git = bool(top)
        self._submodules: list[tuple[str, Git]] = []
        self._paths: dict[str, str] | None = None
        if top:
            self._open(env)

    def _open(self, env: Mapping[str, str]) -> None:
        git = Git(self.root, env)
        try:
            git.open()
        except GitError as error:
            sha, branch = head_by_hand(self.root)
            self.notes.append(f"{error}; read .git/HEAD only: no list of files, no source")
            self.checkout = Checkout(sha=sha if SHA.fullmatch(sha) else "", branch=branch)
            return
        self.git = git
        if git.note:
            self.notes.append(git.note)
        sha = git.text("rev-parse", "--verify", "--quiet", "HEAD")
        branch = git.text("symbolic-ref", "-q", "--short", "HEAD")
        commit = self.commit(sha) if sha else None
        if commit:
            self.checkout = Checkout(sha, commit.tree, commit.parents, commit.message, branch)
        self.is_shallow = git.text("rev-parse", "--is-shallow-repository") == "true"

    def commit(self, sha: str) -> Commit | None:
        """Return a commit that is here, at any depth; None otherwise."""
        if self.git is None or not SHA.fullmatch(sha):
            return None
        try:
            text = self.git.ask("cat-file", "commit", sha).decode("utf-8", "replace")
        except GitError:
            return None
        head, _, message = text.partition("\n\n")
        words: dict[str, list[str]] = {}
        for line in head.split("\n"):
            name, _, value = line.partition(" ")
            words.setdefault(name, []).append(value)
        author = re.sub(r"\s*<.*", "", words.get("author", [""])[0])
        when = re.search(r"> (\d+) [+-]\d{4}$", words.get("committer", [""])[0])
        parents = tuple(words.get("parent", ()))
        return Commit(
            words.get("tree", [""])[0], parents, author, when.group(1) if when else "", message.strip()
        )

    def complete(self, short: str) -> str:
        """Return the full id of a commit that is named by its beginning, or ""."""
        found = self.git.text("rev-parse", "--verify", "--quiet", f"{short}^{{commit}}") if self.git else ""
        return found if re.fullmatch(r"[0-9a-f]{7,64}", short) else ""

    def remote(self) -> str:
        """Return the address of the remote repository, without what is secret in it."""
        return strip_secrets(self.git.text("remote", "get-url", "origin")) if self.git else ""

    def default_branch(self) -> str:
        """Return the git branch that the remote has as its default, if the clone knows."""
        text = self.git.text("symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD") if self.git else ""
        return text[len("origin/") :] if text.startswith("origin/") else text

    def on_target(self, sha: str, branch: str) -> bool:
        """Whether a commit is on a git branch of the remote that was fetched."""
        if self.git is None or branch.startswith("-"):
            return False
        try:
            self.git.ask("merge-base", "--is-ancestor", sha, f"refs/remotes/origin/{branch}")
        except GitError:
            return False
        return True

    def dirty(self) -> list[str]:
        """Return tracked paths whose text differs from HEAD."""
        if self.git is None or not self.checkout.sha:
            return []
        try:
            return self.git.names(
                "diff",
                "--name-only",
                "-z",
                "--no-ext-diff",
                "--no-renames",
                "--ignore-submodules=all",
                "HEAD",
            )
        except GitError as error:
            self.notes.append(f"changed files are not known: {error}")
            return []

    def dirty_ids(self, paths: list[str]) -> dict[str, str]:
        """Return the git ids of files as they lie there, as git would store them (line endings and filters)."""
        there = [path for path in paths if "\n" not in path and os.path.isfile(os.path.join(self.root, path))]
        if self.git is None or not there:
            return {}
        given = b"".join(os.fsencode(path) + b"\n" for path in there)
        try:
            ids = self.git.ask("hash-object", "--stdin-paths", given=given).decode().split()
        except GitError:
            return {}
        return dict(zip(there, ids))

    def tracked(self, paths: list[str]) -> set[str]:
        """Return those of `paths` (below the root, with `/`) that git tracks."""
        found: set[str] = set()
        for at in range(0, len(paths), 200):
            if self.git is not None:
                try:
                    found.update(
                        self.git.names("--literal-pathspecs", "ls-files", "-z", "--", *paths[at : at + 200])
                    )
                except GitError as error:
                    self.notes.append(f"tracked files are not known: {error}")
                    break
        return found

    def listing(self, *, submodules: bool = True) -> tuple[str, int, IO[bytes]] | None:
        """Return (tree id, number of files, list) of what is checked out; None when git does not say or it is too long."""
        if self.git is None or not self.checkout.tree:
            return None
        listing = _temporary()
        tree = self.checkout.tree
        try:
            self.git.pour(listing, "ls-tree", "-r", "-z", "--full-tree", tree)
        except GitError as error:
            self.notes.append(f"the list of files is not known: {error}")
            return None
        listing.seek(0)
        count = sum(block.count(b"\0") for block in iter(lambda: listing.read(1024 * 1024), b""))
        if count > MAX_FILES:
            self.notes.append(f"{count} files are too many for a list")
            return None
        if submodules and os.path.exists(os.path.join(self.root, ".gitmodules")):
            rows = list(rows_of(listing))
            more = list(self._with_submodules(self.git, b"", rows))
            if self._submodules:
                listing = _temporary()
                count, tree = write_rows(more, listing), tree_id(more)
        listing.seek(0)
        return tree, count, listing

    def _with_submodules(self, git: Git, prefix: bytes, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            path = prefix + row.path
            inner = Git(os.path.join(git.root, os.fsdecode(row.path)), git.env)
            if row.kind != b"commit" or not os.path.exists(os.path.join(inner.root, ".git")):
                yield row._replace(path=path)
                continue
            listing = _temporary()
            try:
                inner.open()
                inner.pour(listing, "ls-tree", "-r", "-z", "--full-tree", "HEAD")
            except GitError as error:
                self.notes.append(f"submodule {os.fsdecode(path)}: {error}")
                yield row._replace(path=path)
                continue
            self._submodules.append((os.fsdecode(path), inner))
            yield from self._with_submodules(inner, path + b"/", rows_of(listing))

    def folder_listing(self, paths: Iterable[str]) -> tuple[str, int, IO[bytes]]:
        """Return the same for a folder without git: files as they lie there, which nobody vouches for."""
        listing = _temporary()
        rows = list(walked(self.root, paths))
        self._paths = {row.blob.decode(): os.fsdecode(row.path) for row in rows}
        count = write_rows(rows, listing)
        listing.seek(0)
        return tree_id(rows), count, listing

    def diff(self, base: str) -> tuple[str, str] | None:
        """Return (base, unified diff without context) from the merge base with `base`; None when it is not known or too long."""
        if self.git is None or not self.checkout.sha or not SHA.fullmatch(base) or base == self.checkout.sha:
            return None
        start = (
            base if base in self.checkout.parents else self.git.text("merge-base", base, self.checkout.sha)
        )
        if not start:
            return None
        try:
            text = self.git.ask(
                "diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", "--full-index", "--src-prefix=a/", "--dst-prefix=b/",
                start, self.checkout.sha,
            )  # fmt: skip
        except GitError:
            return None
        return (start, text.decode("utf-8", "replace")) if len(text) <= MAX_DIFF else None

    def blobs(self, ids: Iterable[str]) -> Iterator[Blob]:
        """Yield the source texts of git ids: committed texts from git, else files that are just that text."""
        wanted = list(ids)
        for git in [*([self.git] if self.git else []), *(inner for _path, inner in self._submodules)]:
            missing: list[str] = []
            for blob in _batch(git, wanted):
                if blob.reason == "missing":
                    missing.append(blob.id)
                else:
                    yield blob
            wanted = missing
        for blob_id in wanted:
            path = (self._paths or {}).get(blob_id)
            try:
                with open(os.path.join(self.root, path or ""), "rb") as file:
                    yield Blob(blob_id, file.read(MAX_BLOB))
            except OSError:
                yield Blob(blob_id, b"", "not in this clone")


def _batch(git: Git, ids: list[str]) -> Iterator[Blob]:
    if not ids:
        return
    process = git.start("cat-file", "--batch")
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for blob_id in ids:
            process.stdin.write(blob_id.encode() + b"\n")
            process.stdin.flush()
            head = process.stdout.readline().split()
            if len(head) != 3:
                yield Blob(blob_id, b"", "missing")
                continue
            size = int(head[2])
            text = process.stdout.read(size)
            process.stdout.read(1)
            if head[1] != b"blob" or size > MAX_BLOB:
                yield Blob(blob_id, b"", "larger than 2 MB" if size > MAX_BLOB else "not a file")
            elif text.startswith(LFS):
                yield Blob(blob_id, b"", "stored in LFS")
            else:
                yield Blob(blob_id, text)
    except BrokenPipeError:
        return
    finally:
        process.stdin.close()
        process.stdout.close()
        process.kill()
        process.wait()


def _temporary() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=SMALL)  # closed when nobody holds it
