"""The walls of the parser cage: what a process gives up before it looks at hostile bytes. PURE; Linux does most, others less.

After `shut` the process can open no file and no socket, start no process, write no file and leave no core dump.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_LANDLOCK_VERSION_FLAG = 1
_LANDLOCK_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""Number of file system rights by version of the interface (later ones have 16, too)."""
_LANDLOCK_NET_VERSION = 4
_NOBODY = 65534


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, and to end it first when memory runs out."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")


def shut() -> str:
    """Lock this process for good; returns which walls stand, in words."""
    walls = ["no new files"]
    if os.geteuid() == 0:
        # Root could raise its own limits again; nobody cannot.
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
        walls.append("not root")
        die_with_parent()  # a change of user clears it
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if version := _landlock(libc):
            walls.append(f"landlock {version}")
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        resource.setrlimit(limit, (0, 0))
    # The main wall: descriptors 0, 1, 2 are in use, and no other can be had. Files, sockets and helpers all need one.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    return ", ".join(walls)


def bound(*, memory: int, seconds: int) -> None:
    """Bound the next job: `memory` bytes of address space in all (0: no bound), `seconds` of processor time from now."""
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _landlock(libc: ctypes.CDLL) -> int:
    """Deny all file system and TCP rights; returns the version of the interface, 0 where the kernel has none."""
    version = int(libc.syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION_FLAG))
    if version < 1:
        return 0
    rules = _Ruleset(fs=(1 << _LANDLOCK_FS_RIGHTS.get(version, 16)) - 1)
    size = ctypes.sizeof(ctypes.c_uint64)
    if version >= _LANDLOCK_NET_VERSION:
        rules.net, size = 3, 2 * size
    ruleset = int(libc.syscall(_LANDLOCK_CREATE, ctypes.byref(rules), size, 0))
    if ruleset < 0:
        return 0
    denied = int(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0))
    os.close(ruleset)
    return version if denied == 0 else 0
