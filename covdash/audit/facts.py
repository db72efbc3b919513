"""What the audit trail says, free of Django. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Deed:
    """One entry. `actor` is "" for what the server did by itself."""

    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, Any]
