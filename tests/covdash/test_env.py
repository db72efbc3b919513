"""Reading the environment: secrets from files, loud failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from covdash import env

NAME = "COVDASH_EXAMPLE"


def test_a_secret_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "hush")

    assert env.secret(NAME) == "hush"


def test_a_secret_comes_from_the_file_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`NAME_FILE`, as containers mount secrets; the end of line is no part of it."""
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))

    assert env.secret(NAME) == "hush"


def test_a_secret_comes_from_the_data_home_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "stored").write_text("generated\n")
    assert env.secret(NAME, stored=tmp_path / "stored") == "generated"

    monkeypatch.setenv(NAME, "given")
    assert env.secret(NAME, stored=tmp_path / "stored") == "given"


def test_a_secret_does_not_show_itself() -> None:
    assert "hush" not in repr({"key": env.Secret("hush")})


def test_both_ways_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "a")
    monkeypatch.setenv(f"{NAME}_FILE", "b")

    with pytest.raises(env.ConfigurationError, match=f"{NAME} and {NAME}_FILE are both set"):
        env.secret(NAME)


@pytest.mark.parametrize("content", [None, "", " \n", b"\xff\xfe\xff"])
def test_a_useless_file_is_refused(
    content: str | bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Missing, empty or no text: the sentence names the variable and the file."""
    path = tmp_path / "secret"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(path))

    with pytest.raises(env.ConfigurationError, match=f"{NAME}_FILE.*{path}"):
        env.secret(NAME)


@pytest.mark.parametrize("value", ["many", "1.5", "-1", "0x10"])
def test_a_number_that_is_none_names_its_variable(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)

    with pytest.raises(env.ConfigurationError, match=NAME):
        env.integer(NAME, 5, minimum=1)


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass empty strings for what the operator left out."""
    monkeypatch.setenv(NAME, "")

    assert env.integer(NAME, 5) == 5
    assert env.switch(NAME, default=True) is True
    assert env.text(NAME, "x") == "x"
    assert env.words(NAME, ("a",)) == ("a",)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("ON", True), ("no", False), ("False", False)])
def test_a_switch(value: str, expected: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)

    assert env.switch(NAME, default=not expected) is expected


def test_a_switch_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "perhaps")

    with pytest.raises(env.ConfigurationError, match="must be 1 or 0"):
        env.switch(NAME, default=True)


def test_an_address_of_the_wrong_kind_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "mysql://user:hush@host/name")

    with pytest.raises(env.ConfigurationError) as error:
        env.url(NAME, "", schemes=("postgresql",))

    assert "hush" not in str(error.value)
    assert "postgresql://" in str(error.value)
