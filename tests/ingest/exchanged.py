"""What the tests of the exchange send, and the shape of a refusal."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.factories.exchange import GitTree
from tests.factories.uploads import lcov

TEXTS = {
    "README.md": b"# shop\n",
    "src/shop/cart.py": b"def total():\n    return 1\n",
    "src/shop/util.py": b"def f():\n    return 2\n",
    "tests/test_cart.py": b"assert True\n",
}


TREE = GitTree(TEXTS)


REPORT = lcov({"/home/someone/build/src/shop/cart.py": {1: 1, 2: 0}})


DIGEST = hashlib.sha256(REPORT).hexdigest()


def error_of(answer: Any, status: int, code: str) -> dict[str, str]:
    assert answer.status_code == status, answer.content
    error: dict[str, str] = answer.json()["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")
    return error
