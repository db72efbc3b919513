"""Suggested components: found by names of folders and files, never in tests, never what exists."""

from __future__ import annotations

from covdash.coverage.globs import matcher
from covdash.dashboards.pages.suggestions import suggest


def test_folders_and_files_are_found_by_their_names() -> None:
    paths = [
        "src/Auth/login.py", "src/Auth/deep/x.py", "lib/password_hash.rb", "lib/author.py", "tests/auth/test_a.py",
        "billing/refund.go", "app[1]/crypto/a.py", "authors/x.py",
    ]  # fmt: skip

    found = {one.name: one for one in suggest(paths)}

    assert {name: (one.patterns, one.files) for name, one in found.items()} == {
        "Authentication": (("lib/password_hash.rb", "src/Auth/**"), 3),
        "Payments": (("billing/**",), 1),
        "Encryption": (("app[[]1]/crypto/**",), 1),
    }
    assert matcher(found["Encryption"].patterns).matches("app[1]/crypto/a.py")
    assert [one.name for one in suggest(paths, taken=["payments"])] == ["Authentication", "Encryption"]


def test_many_places_of_one_name_are_one_pattern() -> None:
    found = suggest([f"service{number}/migrations/1.sql" for number in range(20)])

    assert [(one.patterns, one.files) for one in found] == [(("migrations",), 20)]
    assert suggest([]) == ()
