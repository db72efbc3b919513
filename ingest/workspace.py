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
        r"/home/circleci/[^/]+/",
        r"/root/project/",  # CircleCI, as root
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
_FOREIGN = re.compile(
    r"^/(?:usr|opt|lib|lib64|etc|proc|nix|snap|system|library|applications|program files|program files \(x86\)|windows)/"
    r"|(?:^|/)(?:node_modules|site-packages|dist-packages|\.cargo/registry|go/pkg/mod|\.m2/repository|\.gradle/caches|\.nuget/packages)/",
    re.IGNORECASE,
)
_FORGES = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitea.com", "golang.org")
_HOST = re.compile(r"^[a-z0-9-]+(?:\.[a-z0-9-]+)+$", re.IGNORECASE)
_MAJOR = re.compile(r"^v[2-9][0-9]*$")


def inside(path: str, slug: str = "") -> str | None:
    """Return `path` relative to the workspace it lies in ("" for the workspace itself), or None when it lies in none.

    A relative path lies in the workspace. GitLab's `/builds/<group>/.../<project>/` is known by the `slug` of the project.
    """
    if not path.startswith("/"):
        return "" if path in {"", "."} else path
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


def is_foreign(path: str) -> bool:
    """Say whether `path` is of the system, of a package manager or of a dependency, by where it lies."""
    return bool(_FOREIGN.search(path))


def without_module(path: str) -> str:
    """Return a Go import path without its module: three segments on the known forges, two on other hosts, and the major version."""
    parts = path.split("/")
    if len(parts) < 2 or not _HOST.fullmatch(parts[0]):
        return path
    length = 3 if parts[0].lower() in _FORGES else 2
    if len(parts) > length + 1 and _MAJOR.fullmatch(parts[length]):
        length += 1
    return "/".join(parts[length:]) if len(parts) > length else path
