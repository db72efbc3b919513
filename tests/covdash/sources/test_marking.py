"""Highlighted text is made once, in a task, beside the source; a page never waits for it."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from covdash.projects.models import Project
from covdash.sources import highlight, marking, reading, store, tasks
from covdash.sources.models import SourceObject
from covdash.sources.text import lines_of

TEXT = b"def f():\r\n    return '<b>'\n"


@pytest.fixture
def blob(project: Project) -> bytes:
    """A text of `project`."""
    store.put(project_id=project.pk, texts=[TEXT])
    return store.blob_id(TEXT)


def test_a_text_is_marked_once(project: Project, blob: bytes) -> None:
    before = reading.get(project_id=project.pk, blob=blob)
    assert before == reading.SourceText(("def f():", "    return '<b>'"), None, pending=True)

    tasks.highlight_source(project.pk, blob.hex(), "src/f.py")

    after = reading.get(project_id=project.pk, blob=blob)
    assert after is not None
    assert after.highlighted == (
        "<span class=k>def</span> f():",
        "    <span class=k>return</span> <span class=s>&#x27;&lt;b&gt;&#x27;</span>",
    )
    assert not after.pending
    assert not marking.mark(project_id=project.pk, blob=blob, path="src/f.js")
    assert reading.get(project_id=project.pk, blob=blob) == after


def test_a_text_without_a_language_is_not_asked_for_again(project: Project, blob: bytes) -> None:
    assert not marking.mark(project_id=project.pk, blob=blob, path="notes.unknown-ending")

    found = reading.get(project_id=project.pk, blob=blob)
    assert found is not None
    assert (found.highlighted, found.pending) == (None, False)


def test_a_text_on_which_the_lexer_dies_is_not_tried_again(
    project: Project, blob: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(marking, "highlight", die)
    with pytest.raises(SystemExit):
        marking.mark(project_id=project.pk, blob=blob, path="f.py")

    found = reading.get(project_id=project.pk, blob=blob)
    assert found is not None
    assert not found.pending
    assert not marking.mark(project_id=project.pk, blob=blob, path="f.py")


def test_another_version_of_the_highlighter_makes_it_anew(
    project: Project, blob: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    marking.mark(project_id=project.pk, blob=blob, path="f.py")
    for module in (reading, marking):
        monkeypatch.setattr(module, "VERSION", f"2-{highlight.VERSION}")

    stale = reading.get(project_id=project.pk, blob=blob)
    assert stale is not None
    assert (stale.highlighted, stale.pending) == (None, True)
    assert marking.mark(project_id=project.pk, blob=blob, path="f.py")


def test_unknown_texts_are_nothing(project: Project, blob: bytes) -> None:
    assert not marking.mark(project_id=project.pk, blob=b"\0" * 20, path="f.py")
    assert reading.get(project_id=project.pk, blob=b"\0" * 20) is None
    assert reading.get(project_id=project.pk + 1, blob=blob) is None
    assert SourceObject.objects.count() == 1


def test_the_task_is_asked_for_once_and_behind_uploads(
    project: Project, blob: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    sent: list[tuple[tuple[object, ...], object]] = []
    monkeypatch.setattr(
        tasks.highlight_source, "apply_async", lambda args, *, priority: sent.append((args, priority))
    )

    for _ in range(2):
        tasks.ask_for_highlighting(project_id=project.pk, blob=blob.hex(), path="f.py")

    assert sent == [((project.pk, blob.hex(), "f.py"), 9)]


def test_without_a_broker_a_page_is_a_page(
    project: Project, blob: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()

    def away(*_: object, **__: object) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(tasks.highlight_source, "apply_async", away)

    tasks.ask_for_highlighting(project_id=project.pk, blob=blob.hex(), path="f.py")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", ()),
        (b"a", ("a",)),
        (b"a\n", ("a",)),
        (b"\n\n", ("", "")),
        (b"a\r\nb\rc\nd", ("a", "b", "c", "d")),
        (b"a\x0cb\xe2\x80\xa8c\x85\n", ("a\x0cb\u2028c\ufffd",)),
        (b"\xef\xbb\xbfa\nb\xff\n", ("a", "b\ufffd")),
    ],
)
def test_lines_end_as_compilers_count_them(text: bytes, lines: tuple[str, ...]) -> None:
    assert lines_of(text) == lines
