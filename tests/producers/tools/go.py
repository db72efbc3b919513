"""`go test -coverprofile` over packages of Go's own library; the truth is `go tool cover`: its total and, from its page, each file.

Go prints percentages of statements, with one digit. The number of statements is therefore summed up here from the blocks of the
profile, each counted once (with `-coverpkg` every package of tests repeats all of them).
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.producers.figures import Figure, Says, Share
from tests.producers.ground import Ground, NotRunError, Producer

_PACKAGES = (
    "text/tabwriter",
    "go/scanner",
    "encoding/csv",
    "container/list",
    "container/heap",
    "text/scanner",
)
_MODULE = "example.org/measured"
_BLOCK = re.compile(r"^(\S+?):(\S+) (\d+) (\d+)$", re.MULTILINE)
_FILE = re.compile(r'<option value="file\d+">(\S+) \(([\d.]+)%\)</option>')


def says(profile: str, functions: str, page: str) -> Says:
    """Return what `go tool cover -func` and `-html` say of a profile."""
    statements = {(name, place): int(number) for name, place, number, _ in _BLOCK.findall(profile)}
    (total,) = re.findall(r"^total:\s+\(statements\)\s+([\d.]+)%", functions, re.MULTILINE)
    files: dict[str, dict[str, Figure]] = {}
    for name, percent in _FILE.findall(page):
        files[name] = {
            "statements": Share(percent, sum(count for (of, _), count in statements.items() if of == name))
        }
    return Says(
        "go-cover",
        {"statements": Share(total, sum(statements.values())), "branches": None, "functions": None},
        files,
    )


def run(ground: Ground) -> None:
    """Compare the three modes, each package by itself and all packages by the tests of each."""
    go = ground.need("go", "golang-go")
    library = Path(ground.run(go, "env", "GOROOT").strip()) / "src"
    module = ground.folder / "measured"
    for package in _PACKAGES:
        if not (library / package).is_dir():
            raise NotRunError(f"no source of {package} in {library}")
        shutil.copytree((library / package).resolve(), module / package)
    release = re.sub(r"^go", "", ground.run(go, "env", "GOVERSION").strip())
    (module / "go.mod").write_text(f"module {_MODULE}\n\ngo {'.'.join(release.split('.')[:2])}\n")
    settings = {
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=mod",
        "GOCACHE": str(ground.folder / "cache"),
    }
    for mode, more in (("set", ()), ("count", ("-coverpkg=./...",)), ("atomic", ("-coverpkg=./...",))):
        profile, page = module / f"{mode}.out", module / f"{mode}.html"
        ground.run(
            go,
            "test",
            f"-covermode={mode}",
            *more,
            f"-coverprofile={profile}",
            "./...",
            cwd=module,
            env=settings,
        )
        functions = ground.run(go, "tool", "cover", f"-func={profile}", cwd=module, env=settings)
        ground.run(go, "tool", "cover", f"-html={profile}", "-o", page, cwd=module, env=settings)
        said = says(profile.read_text(), functions, page.read_text())
        ground.compare(f"go {release}, mode {mode}{', every package by each' if more else ''}", profile, said)


PRODUCER = Producer("go", run)
