"""A deleted file is found again in a new one by most of its lines, and no file is two others."""

from __future__ import annotations

from covdash.coverage.likeness import RARE, renamed


def text(name: str, lines: int = 10, *, changed: int = 0) -> bytes:
    return b"".join(
        b"other %d\n" % n if n < changed else b"%s %d\n" % (name.encode(), n) for n in range(lines)
    )


def test_most_lines_decide() -> None:
    gone = {"old.py": text("alpha")}
    assert renamed(gone, {"new.py": text("alpha", changed=4)}) == {"new.py": "old.py"}
    assert renamed(gone, {"new.py": text("alpha", changed=5)}) == {}
    assert renamed(gone, {"new.py": text("alpha", lines=20)}) == {}


def test_the_most_alike_go_first_and_each_file_once() -> None:
    gone = {"one.py": text("alpha"), "two.py": text("alpha", changed=2)}
    new = {"x.py": text("alpha", changed=2), "y.py": text("alpha", changed=1)}
    assert renamed(gone, new) == {"x.py": "two.py", "y.py": "one.py"}
    assert renamed({"one.py": text("alpha")}, new) == {"y.py": "one.py"}


def test_lines_that_stand_everywhere_and_lines_that_say_nothing_tell_nothing() -> None:
    licence = text("the same licence")
    gone = {f"{n}.py": licence for n in range(RARE + 1)}
    assert renamed(gone, {"new.py": licence}) == {}
    assert renamed({"old.c": b"}\n\n{\n"}, {"new.c": b"}\n\n{\n"}) == {}
