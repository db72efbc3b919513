"""A C and C++ project of many constructs, and LZ4 from its source distribution, built for measuring."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.producers.ground import Ground

LZ4 = "4.3.3"
_OWN = ("gears.cpp", "second.cpp", "plain.c")
_LZ4 = ("squeeze.c", "lz4libs/lz4.c", "lz4libs/lz4hc.c", "lz4libs/lz4frame.c", "lz4libs/xxhash.c")


def project(ground: Ground) -> Path:
    """Return the folder with the sources: `gears` and a part of LZ4."""
    folder = ground.project("gears")
    archive = ground.source_of(f"lz4=={LZ4}", ground.python(name="download"))
    shutil.copytree(archive / "lz4libs", folder / "lz4libs")
    return folder


def build(
    ground: Ground, folder: Path, *, cc: str, cxx: str, flags: Sequence[str]
) -> tuple[list[Path], list[Path]]:
    """Compile both programs and run them; return the programs and the object files."""
    programs, objects = [], []
    for name, sources in (("gears", _OWN), ("squeeze", _LZ4)):
        made = []
        for source in sources:
            target = folder / f"{Path(source).stem}.o"
            compiler = cxx if source.endswith(".cpp") else cc
            ground.run(
                compiler, "-g", "-O0", "-w", *flags, "-Ilz4libs", "-c", source, "-o", target.name, cwd=folder
            )
            made.append(target)
        program = folder / name
        ground.run(cxx, *flags, *[target.name for target in made], "-o", program.name, cwd=folder)
        ground.run(program, cwd=folder, env={"LLVM_PROFILE_FILE": f"{name}.profraw"})
        programs.append(program)
        objects += made
    return programs, objects
