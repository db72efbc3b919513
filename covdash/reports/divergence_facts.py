"""How far a git branch went from the default one, as frozen facts. PURE, as `facts.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from covdash.coverage.differential import Patch

Reason = Literal[
    "default", "no_default", "no_report", "no_base", "too_far", "not_compared", "no_text", "parents_unknown"
]
"""Why a fact is not known: it is the default branch; the project has none; no report yet; no older commit of it has one; more commits
away than are followed; a task was asked to compare; no text of the files that differ was sent; a commit between is not known here."""


@dataclass(frozen=True, slots=True)
class DivergenceFact:
    """A git branch against the default one. What is not known is None, and its name is in `unknown` with the reason.

    `patch` are the new lines since `base`, the commit (sha) that the comparison page would choose, without arms; `uncompared` files
    are not in it, for want of their texts. `ahead` and `behind` count commits along first parents, as far as uploads told them.
    """

    patch: Patch | None = None
    uncompared: int = 0
    base: str = ""
    ahead: int | None = None
    behind: int | None = None
    unknown: dict[str, Reason] = field(default_factory=dict)
