"""Files of the columnar copy: one immutable file per kind and segment, and a manifest that is swapped in.

A reader that holds a manifest can map its files until they are removed, which only happens after the next
manifest is in place. A writer that dies leaves at most files that no manifest names.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MANIFEST = "current.json"
KEPT_FOLDERS = 4  # copies of other databases (tests, an old server) beside the one in use

Segment = dict[str, np.ndarray]  # the columns of one kind, sorted by day

ROW = np.dtype(
    [
        ("id", "i8"),
        ("member", "i4"),
        ("day", "i4"),
        ("quantity", "f4"),
        ("amount", "f4"),
        ("number", "f4"),
        ("reference", "i8"),
        ("detail", "i8"),
    ]
)
COLUMNS = tuple(ROW.names or ())
ALWAYS = ("id", "member", "day")


class Damaged(Exception):
    """The files do not fit their manifest; the copy is to be read anew."""


@dataclass
class State:
    """The copy at one moment. `base` holds most rows of a kind, `tail` what came since."""

    watermark: int = 0
    epoch: int = -1
    generation: int = 0
    members: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    names: dict[int, str] = field(default_factory=dict)
    base: dict[int, Segment] = field(default_factory=dict)
    tail: dict[int, Segment] = field(default_factory=dict)
    files: dict[str, dict] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(len(part["id"]) for parts in (self.base, self.tail) for part in parts.values())


def load(folder: Path) -> State:
    """The stored state, mapped into memory; an empty one where nothing is stored yet. Raises Damaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        return State()
    except ValueError as problem:
        raise Damaged(str(problem)) from problem
    try:
        state = State(manifest["watermark"], manifest["epoch"], manifest["generation"])
        state.names = {int(code): name for code, name in manifest["names"].items()}
        state.members = np.fromfile(folder / manifest["members"]["file"], dtype=np.int64)
        if len(state.members) != manifest["members"]["rows"]:
            raise Damaged("members")
        for part in ("base", "tail"):
            for code, described in manifest[part].items():
                getattr(state, part)[int(code)] = _map(folder, described)
        state.files = {part: manifest[part] for part in ("base", "tail")}
    except (OSError, KeyError, ValueError) as problem:
        raise Damaged(str(problem)) from problem
    return state


def _map(folder: Path, described: dict) -> Segment:
    path, rows = folder / described["file"], described["rows"]
    width = sum(ROW[name].itemsize for name in described["columns"])
    if path.stat().st_size != width * rows:
        raise Damaged(f"{path.name} has {path.stat().st_size} bytes, not {width * rows}")
    raw = np.memmap(path, dtype=np.uint8, mode="r")
    segment, at = {}, 0
    for name in described["columns"]:
        size = ROW[name].itemsize * rows
        segment[name] = np.frombuffer(raw, dtype=ROW[name], count=rows, offset=at)
        at += size
    return segment


def save(folder: Path, state: State, changed: dict[str, set[int]]) -> None:
    """Write the changed segments and swap the manifest in; then remove what it no longer names."""
    state.generation += 1
    described: dict[str, dict] = {"base": {}, "tail": {}}
    for part in ("base", "tail"):
        for code, segment in getattr(state, part).items():
            known = state.files.get(part, {}).get(str(code))
            is_new = known is None or code in changed[part]
            name = f"{state.generation:08d}-{part}-{code & 0xFFFFFFFFFFFFFFFF:016x}.bin"
            described[part][str(code)] = _write(folder, name, segment) if is_new else known
    members = f"{state.generation:08d}-members.bin"
    _write_file(folder / members, [state.members])
    state.files = described
    manifest = {
        "watermark": state.watermark,
        "epoch": state.epoch,
        "generation": state.generation,
        "names": {str(code): name for code, name in state.names.items()},
        "members": {"file": members, "rows": len(state.members)},
        **described,
    }
    temporary = folder / f"{MANIFEST}.new"
    _write_file(temporary, [np.frombuffer(json.dumps(manifest).encode(), dtype=np.uint8)])
    temporary.replace(folder / MANIFEST)
    _sync_folder(folder)
    _sweep(
        folder,
        keep={members, MANIFEST, "lock"} | {d["file"] for part in described.values() for d in part.values()},
    )


def _write(folder: Path, name: str, segment: Segment) -> dict:
    present = [column for column in COLUMNS if column in segment]
    _write_file(folder / name, [segment[column] for column in present])
    return {"file": name, "rows": len(segment["id"]), "columns": present}


def _write_file(path: Path, arrays: list[np.ndarray]) -> None:
    with path.open("wb") as handle:
        for array in arrays:
            np.ascontiguousarray(array).tofile(handle)
        handle.flush()
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: Path, keep: set[str]) -> None:
    for path in folder.iterdir():
        if path.name not in keep:
            path.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Forget a damaged or outdated copy; the next refresh reads everything again."""
    _sweep(folder, keep={"lock"})


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer per folder; the lock ends with its process."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.utime(folder)
        yield


def remove_strangers(parent: Path, ours: str) -> None:
    """Copies of databases that were not used for longest go first."""
    others = [path for path in parent.iterdir() if path.is_dir() and path.name != ours]
    for path in sorted(others, key=lambda each: each.stat().st_mtime, reverse=True)[KEPT_FOLDERS - 1 :]:
        with suppress(OSError), (path / "lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path)
