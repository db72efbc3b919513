"""The keys of a data home: made once at the first start, read by the settings afterwards, never printed."""

from __future__ import annotations

import os
import secrets

from covdash.runner.home import Home

# Variable -> file below `secrets/`; a key from the environment is not generated.
GENERATED = {"COVDASH_SECRET_KEY": "secret_key", "COVDASH_TOKEN_PEPPER": "token_pepper"}
KEY_BYTES = 48


def ensure(home: Home) -> list[str]:
    """Generate what neither the environment nor the data home has; return the names of the generated files."""
    home.secrets.mkdir(mode=0o700, exist_ok=True)
    made = []
    for variable, name in GENERATED.items():
        path = home.secrets / name
        if os.environ.get(variable) or os.environ.get(f"{variable}_FILE") or path.exists():
            continue
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        made.append(name)
    return made
