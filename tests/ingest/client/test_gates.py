"""The uploader and the gates of the server: what it asks, tells and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingest.client.conftest import Run
from tests.ingest.client.fake_server import UPLOAD, Fake, Handler, Seen


def judged(state: str, message: str, *gates: dict[str, Any]) -> dict[str, Any]:
    """What the server says of gates."""
    return {"gate": {"state": state, "message": message, "base": None, "gates": list(gates)}}


SAID = "new code: In AUTH 5 of 7 changed lines ran, 71.4 %; at least 90 % is asked: failed"


@pytest.mark.parametrize(
    ("gate", "code", "words"),
    [
        ({}, 0, ("none is configured",)),
        ({"gate": None}, 0, ("none is configured",)),
        (judged("held", "All 2 gates held"), 0, ("gate    All 2 gates held",)),
        (judged("nothing", ""), 0, ("gate    nothing",)),
        (
            judged(
                "failed", "1 of 2 gates failed", {"said": SAID, "state": "failed"}, {"said": "b: c: held"}
            ),
            6,
            (f"  gate  {SAID}\n", "  gate  b: c: held\n", "the gate failed: 1 of 2 gates failed (exit 6)"),
        ),
        (
            judged("held", "1 of 1 gate held", {"said": f"{SAID}, informational", "state": "failed"}),
            0,
            (SAID,),
        ),
    ],
)
def test_the_gate(run: Run, server: Fake, gate: dict[str, Any], code: int, words: tuple[str, ...]) -> None:
    """Verdicts are told one a line, and only a gate that has a say ends the build."""
    server.status = {"state": "processed", "outcomes": []} | gate

    done = run("--gate", "--json")

    assert done.code == code
    for said in words:
        assert said in done.text
    assert f"GET /api/v1/uploads/{UPLOAD}?gate=1" in server.paths()
    assert done.outcome["gate"] == gate.get("gate")


def test_without_the_flag_gates_are_not_asked_for(run: Run, server: Fake) -> None:
    server.status = {"state": "processed", "outcomes": []} | judged("failed", "1 of 1 gate failed")

    assert run("--wait").code == 0
    assert not [path for path in server.paths() if "gate" in path]


def test_a_gate_that_waits_is_asked_again(run: Run, server: Fake) -> None:
    """Until its verdict is there; one that is not there in time is exit 5, as with an upload that is not processed, with a way out."""
    server.status = {"state": "processed", "outcomes": []} | judged("waiting", "1 of 1 gate is waiting")

    late = run("--gate", "--wait", "1", "--no-source")

    assert late.code == 5
    assert "no verdict within 1 s: 1 of 1 gate is waiting" in late.text
    assert "--complete with the last upload" in late.text
    assert run("--gate", "--wait", "1", "--no-source", "--fail-on", "rejected").code == 0

    def decide(handler: Handler, seen: Seen) -> bool:
        if seen.method == "GET" and len([path for path in server.paths() if "?gate=1" in path]) > asked + 2:
            server.status = {"state": "processed", "outcomes": []} | judged("held", "1 of 1 gate held")
        return False

    asked = len([path for path in server.paths() if "?gate=1" in path])
    server.rules.append(decide)
    assert run("--gate", "--wait", "20", "--no-source").code == 0
