"""The one growth mechanism of the house: find the books of a shelf.

A shelf is a package whose public modules each carry one attribute of a known name and type. No decorators, no registry to reset.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

Book = TypeVar("Book")


def books(shelf: ModuleType, attribute: str, kind: type[Book]) -> tuple[Book, ...]:
    """Return `attribute` of every public module of `shelf`, in sorted order of module names.

    Raises `TypeError` when a module lacks the attribute or holds another type, `ValueError` when two books share a `name`.
    """
    found: list[Book] = []
    names: set[str] = set()
    for module_name in sorted(module.name for module in pkgutil.iter_modules(shelf.__path__)):
        if module_name.startswith("_"):
            continue
        module = importlib.import_module(f"{shelf.__name__}.{module_name}")
        book = getattr(module, attribute, None)
        if not isinstance(book, kind):
            raise TypeError(
                f"{module.__name__}.{attribute} must be a {kind.__name__}, not {type(book).__name__}"
            )
        name = str(getattr(book, "name", module_name))
        if name in names:
            raise ValueError(f"two books of {shelf.__name__} are called {name!r}")
        names.add(name)
        found.append(book)
    return tuple(found)
