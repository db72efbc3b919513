"""What absolute and foreign paths give away by themselves: workspaces of CI services, places of other people's code, Go modules. PURE.

Each rule looks at one path only. A rule over all paths of a report ("cut what they share") would place the same file differently
in two jobs that measured different parts, and its lines would count twice.
"""

from __future__ import annotations

import re

_WORKSPACES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"/(?:home/vsts/work|users/runner/work|__w|a)/[0-9]+/s/",  # Azure Pipelines
        r"/(?:home/runner/work|users/runner/work|__w|a)/([^/]+)/\1/",  # GitHub Actions
        r"/github/workspace/",
        r"/(?:home/circleci/[^/]+|root/project)/",  # CircleCI, as its own account and as root
        r"/home/travis/build/[^/]+/[^/]+/",
        r"/(?:[^/]+/)*[^/]*jenkins[^/]*/(?:agent/)?workspace/[^/]+/",
        r"/opt/atlassian/pipelines/agent/build/",
        r"/drone/src/",
        r"/woodpecker/src/[^/]+/[^/]+/[^/]+/",
        r"/var/lib/buildkite-agent/builds/[^/]+/[^/]+/[^/]+/",
        r"/projects/[^/]+/",  # AppVeyor
        r"/bitrise/src/",
        r"/workspaces/[^/]+/",  # development containers
        r"/(?:usr/src/app|workspace|app|code|src|repo|project)/",  # usual mounts of containers
    )
)
_SYSTEM = re.compile(
    r"^/(?:usr|opt|lib|lib64|etc|proc|nix|snap|system|library|applications|program files|program files \(x86\)|windows"
    r"|hostedtoolcache|users/runner/hostedtoolcache|rustc|(?:msys64|mingw64)|go/src|python[0-9]+|ruby[0-9]+[^/]*)/",
    re.IGNORECASE,
)
_DEPENDENCY = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|site-packages|dist-packages|\.cargo/(?:registry|git)|\.rustup|go/pkg/mod|\.m2/repository"
    r"|\.gradle/caches|\.nuget/packages|\.pyenv|\.rbenv|\.nvm|\.asdf|\.conan2?|\.tox|\.nox|\.eggs|\.yarn/cache|\.pnpm-store"
    r"|lib(?:64)?/python[0-9.]+|lib/ruby(?:/gems)?|gems/[^/]+-[0-9][^/]*/lib|_deps/[^/]+-src)/",
    re.IGNORECASE,
)
_DRIVE = re.compile(r"^/(?:cygdrive/|mnt/)?[a-z]/(?=a/)", re.IGNORECASE)
"""`D:` as MSYS, Cygwin and WSL write it, before the workspaces of Windows runners."""
_FORGES = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitea.com", "golang.org")
_HOST = re.compile(r"^[a-z0-9-]+(?:\.[a-z0-9-]+)+$", re.IGNORECASE)
_MAJOR = re.compile(r"^v[2-9][0-9]*$")


def inside(path: str, slug: str = "") -> str | None:
    """Return `path` relative to the workspace it lies in ("" for the workspace itself), or None when it lies in none.

    A relative path lies in the workspace. GitLab's `/builds/<group>/.../<project>/` is known by the `slug` of the project.
    """
    if not path.startswith("/"):
        return "" if path in {"", "."} else path
    path = _DRIVE.sub("/", path)
    if path.startswith("/builds/"):
        return _gitlab(path, slug)
    for pattern in _WORKSPACES:
        if found := pattern.match(f"{path}/"):
            return f"{path}/"[found.end() :].rstrip("/")
    return None


def _gitlab(path: str, slug: str) -> str | None:
    own = f"/builds/{slug}/".lower()
    if slug and f"{path}/".lower().startswith(own):
        return path[len(own) :]
    parts = path.split("/")  # "", builds, group, project, ...
    return "/".join(parts[4:]) if len(parts) > 3 else None


def is_system(path: str) -> bool:
    """Say whether an absolute `path` lies where systems and tools keep their own files."""
    return bool(_SYSTEM.match(path))


def dependency_at(path: str) -> int | None:
    """Return the number of the folder of `path` that says whose code follows (a package manager's, say), or None."""
    found = _DEPENDENCY.search(path)
    return (
        None
        if found is None
        else path[: found.end() - 1].lstrip("/").count("/") - found[0].strip("/").count("/")
    )


def is_foreign(path: str) -> bool:
    """Say whether `path` is of the system, of a package manager or of a dependency, by where it lies."""
    return is_system(path) or dependency_at(path) is not None


def without_module(path: str) -> str:
    """Return a Go import path without its module: three segments on the known forges, two on other hosts, and the major version."""
    parts = path.split("/")
    if len(parts) < 2 or not _HOST.fullmatch(parts[0]):
        return path
    length = 3 if parts[0].lower() in _FORGES else 2
    if len(parts) > length + 1 and _MAJOR.fullmatch(parts[length]):
        length += 1
    return "/".join(parts[length:]) if len(parts) > length else path
