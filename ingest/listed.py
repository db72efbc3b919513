"""What an upload takes from the list of the files of its tree: names to look up, and files it could have measured. PURE."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

MANY = 200_000
"""Of a longer list only names of source code are looked up in: an index of everything else would cost more than it finds."""
MAX_UNMEASURED = 50_000
"""More files than this that a report does not mention are not told one by one."""

_CODE = frozenset(
    """
    ada adb ads asm s bas c cc cpp cxx c++ cu cuh h hh hpp hxx h++ inc inl ipp tpp cs csx fs fsi fsx vb clj cljc cljs coffee cr d dart
    erl hrl ex exs f f03 f08 f77 f90 f95 for go gleam groovy gradle gvy hs lhs hx java jl js cjs mjs jsx ts cts mts tsx vue svelte
    astro kt kts lean lisp lsp el lua m mm ml mli nim nix pas pp php phtml pl pm t xs ps1 psm1 proto py pyi pyx pxd r rb rake erb rkt
    rs scala sc scm sh bash zsh ksh fish sol sql sv svh swift tcl v vhd vhdl zig tt html htm jinja j2 twig y yy l ll
    """.split()  # noqa: SIM905 - a table
)


def for_lookup(paths: Iterable[str], count: int) -> list[str]:
    """Return the names to look reported paths up in, of `count` files: all of them, or those of source code when there are `MANY`."""
    return list(paths) if count <= MANY else [path for path in paths if _suffix(path) in _CODE]


def unmeasured(
    files: Mapping[str, bytes], measured: Container[str], named: Iterable[str]
) -> dict[str, bytes]:
    """Return path -> blob id of files in the languages of the `named` ones that are not `measured`; none when they are too many.

    A language is known by its suffix: a report on Python says nothing of what it left out in C.
    """
    suffixes = {suffix for path in named if (suffix := _suffix(path))}
    found = {path: blob for path, blob in files.items() if _suffix(path) in suffixes and path not in measured}
    return found if len(found) <= MAX_UNMEASURED else {}


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    head, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot and head else ""
