"""The container files are valid: for Compose itself, for its published schema, for the linter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
# What an operator must give; see the head of docker-compose.yml.
GIVEN = {"POSTGRES_PASSWORD": "a", "COVDASH_SECRET_KEY": "b", "COVDASH_TOKEN_PEPPER": "c"}


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}
    command = [str(TOOLS / words[0]), *words[1:]]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def compose(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run("docker-compose", "--file", "docker-compose.yml", *words, **variables)


def test_compose_accepts_the_file() -> None:
    result = compose("config", "--quiet", **GIVEN)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_no_secret_has_a_default(missing: str) -> None:
    """Leaving one out is an error that names it (the exit status of this wrapper is always 0)."""
    result = compose("config", "--quiet", **{name: value for name, value in GIVEN.items() if name != missing})

    assert f"required variable {missing} is missing a value" in result.stderr


def test_every_service_is_watched_and_the_parts_wait_for_the_schema() -> None:
    result = compose("config", "--format", "json", **GIVEN)
    services = json.loads(result.stdout)["services"]

    assert set(services) == {"postgres", "valkey", "migrate", "web", "worker", "beat"}
    for name in ("postgres", "valkey", "worker", "beat"):
        assert services[name]["healthcheck"]["test"]
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]


def test_the_published_schema_accepts_the_file() -> None:
    result = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")

    assert result.returncode == 0, result.stdout


def test_the_linter_accepts_the_image() -> None:
    result = run("hadolint", "Dockerfile")

    assert result.returncode == 0, result.stdout


def test_the_image_runs_as_a_number() -> None:
    """Kubernetes can only tell that a user is not root when it is a number; nothing after it may change it."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    assert "ARG BASE=python:3.12-slim-bookworm" in lines
