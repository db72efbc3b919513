"""What a job says is checked field by field, and what is wrong is named with the way out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest import envelope
from ingest.envelope import FieldError

GOOD = {"commit": ["A" * 40], "branch": ["refs/heads/main"]}


def test_the_fields_are_read_in_their_plain_form() -> None:
    said = envelope.read(
        GOOD
        | {
            "parent": ["b" * 64],
            "pull": ["refs/pull/12/merge"],
            "base": ["main"],
            "flags": ["unit, py311", "unit", ""],
            "job": ["test (3.11)"],
            "build_url": ["https://ci.example/1?x=y"],
            "attempt": ["2"],
            "committed_at": ["2026-01-02T03:04:05+01:00"],
            "message": ["Title\n\nBody"],
            "author": ["ada"],
            "format": ["lcov"],
            "unknown": ["dropped"],
        }
    )
    assert (said.commit, said.branch, said.parent, said.pull) == ("a" * 40, "main", "b" * 64, 12)
    assert (said.flags, said.attempt, said.committed_at) == (
        ("py311", "unit"),
        2,
        datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "text", ["1767323045", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "2026-01-02T04:04:05+01:00"]
)
def test_times_may_be_written_in_several_ways(text: str) -> None:
    said = envelope.read(GOOD | {"committed_at": [text]})
    assert said.committed_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commit", "abc"),
        ("commit", "g" * 40),
        ("commit", "a" * 41),
        ("parent", "HEAD"),
        ("branch", "x" * 256),
        ("branch", "a\nb"),
        ("branch", "a\0b"),
        ("branch", "a\ud800"),
        ("pull", "0"),
        ("pull", "twelve"),
        ("pull", "99999999999"),
        ("flags", "a b"),
        ("flags", "x" * 65),
        ("flags", "<script>"),
        ("flags", ",".join(f"f{n}" for n in range(51))),
        ("job", "x" * 256),
        ("build_url", "javascript:alert(1)"),
        ("build_url", "https://user:secret@ci.example/"),
        ("build_url", "https://[::1"),
        ("attempt", "0"),
        ("attempt", "-1"),
        ("attempt", "1e3"),
        ("attempt", "\u0663"),
        ("attempt", "9" * 5000),
        ("committed_at", "yesterday"),
        ("committed_at", "1e99"),
        ("committed_at", "0001-01-01T00:00:00+14:00"),
        ("message", "a\0b"),
        ("author", "a\x1b[31mb"),
    ],
)
def test_a_bad_value_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(FieldError) as caught:
        envelope.read(GOOD | {field: [value]})
    assert caught.value.field == field
    assert caught.value.message


@pytest.mark.parametrize("field", ["commit", "branch"])
def test_a_missing_field_is_named_with_the_way_to_send_it(field: str) -> None:
    with pytest.raises(FieldError) as caught:
        envelope.read({key: value for key, value in GOOD.items() if key != field} | {field: [" "]})
    assert caught.value.message == envelope.MISSING
    assert "git" in caught.value.hint


def test_a_field_given_twice_is_no_guess() -> None:
    with pytest.raises(FieldError):
        envelope.read(GOOD | {"job": ["a", "b"]})
    assert envelope.read(GOOD | {"job": ["a", "a"]}).job == "a"


def test_a_long_message_is_cut_with_a_mark() -> None:
    said = envelope.read(GOOD | {"message": ["\u00e9" * 100_000]})
    assert len(said.message.encode()) <= envelope.MAX_MESSAGE + len(envelope.CUT_MARK.encode())
    assert said.message.endswith(envelope.CUT_MARK)


def test_identity_is_of_job_flags_and_bytes_and_nothing_else() -> None:
    one, two = (b"1" * 32, b"2" * 32)
    first = envelope.identity(job="j", flags=("a", "b"), files=[("report", one), ("report", two)])
    assert first == envelope.identity(job="j", flags=("b", "a"), files=[("report", two), ("report", one)])
    others = [
        envelope.identity(job="k", flags=("a", "b"), files=[("report", one), ("report", two)]),
        envelope.identity(job="j", flags=("a",), files=[("report", one), ("report", two)]),
        envelope.identity(job="j", flags=("a", "b"), files=[("report", one)]),
        envelope.identity(job="j", flags=("a", "b"), files=[("report", one), ("sources", two)]),
    ]
    assert len({first, *others}) == 5
