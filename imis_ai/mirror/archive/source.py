"""Opens a folder or zip of CSV files without trusting it: paths, sizes, encoding."""

import codecs
import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from imis_ai.mirror.archive.problems import BadArchive, Problems

MOST_ENTRIES = 100
MOST_BYTES = 8 * 1024**3
MOST_RATIO = 200
SMALL = 1024**2
CHUNK = 1024**2


@dataclass(frozen=True)
class Source:
    """The CSV files by lower-case name; `open` gives one as bytes."""

    name: str
    openers: dict[str, Callable[[], IO[bytes]]]

    @contextmanager
    def text(self, file: str) -> Iterator[IO[str]]:
        with self.openers[file]() as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The archive at `path`. Raises BadArchive when it is neither folder nor zip, or not safe to unpack."""
    if path.is_dir():
        files = {file.name.lower(): file for file in sorted(path.iterdir()) if file.suffix.lower() == ".csv"}
        yield Source(path.name, {name: _opener(file) for name, file in files.items()})
    elif path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield Source(path.name, _entries(path.name, archive))
    else:
        what = "is not a folder or a zip file" if path.exists() else "does not exist"
        raise _refused(path.name, f"{what}. Name the folder or zip that holds members.csv.")


def _opener(file: Path) -> Callable[[], IO[bytes]]:
    return lambda: file.open("rb")


def _refused(name: str, text: str) -> BadArchive:
    problems = Problems()
    problems.add(name, text)
    return BadArchive(problems)


def _entries(name: str, archive: zipfile.ZipFile) -> dict[str, Callable[[], IO[bytes]]]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MOST_ENTRIES:
        raise _refused(
            name, f"holds {len(infos):,} files; {MOST_ENTRIES} is the most. Zip the CSV files only."
        )
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise _refused(name, f"unpacks to more than {MOST_BYTES // 1024**3} GiB. Split it by year.")
    found: dict[str, Callable[[], IO[bytes]]] = {}
    for info in infos:
        if problem := _unsafe(info):
            raise _refused(name, f"“{info.filename[:80]}” {problem}. Zip the CSV files again, plainly.")
        file = PurePosixPath(info.filename)
        if file.suffix.lower() == ".csv" and not file.name.startswith("."):
            if file.name.lower() in found:
                raise _refused(name, f"holds {file.name} twice. Keep one of them.")
            found[file.name.lower()] = _zip_opener(archive, info)
    return found


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _unsafe(info: zipfile.ZipInfo) -> str:
    path = PurePosixPath(info.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename:
        return "leads out of the folder"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link"
    if info.flag_bits & 0x1:
        return "is protected by a password"
    if info.file_size > SMALL and info.file_size > MOST_RATIO * max(info.compress_size, 1):
        return "unpacks to more than 200 times its size"
    return ""


def check_encoding(source: Source, file: str, problems: Problems) -> bool:
    """Whether the file is UTF-8; otherwise the line where it stops being so is noted."""
    line = 1
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with source.openers[file]() as raw:
            for number, chunk in enumerate(iter(lambda: raw.read(CHUNK), b"")):
                if number == 0 and chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                    problems.add(file, "is UTF-16. Save it as “CSV UTF-8”.")
                    return False
                if b"\0" in chunk:
                    line += chunk[: chunk.index(b"\0")].count(b"\n")
                    problems.add(file, "holds a NUL byte and is no plain text. Export it again.", line=line)
                    return False
                decoder.decode(chunk)
                line += chunk.count(b"\n")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += bytes(error.object)[: error.start].count(b"\n")
        problems.add(file, "is not UTF-8 (perhaps Windows-1252). Save it as “CSV UTF-8”.", line=line)
        return False
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        problems.add(file, f"can't be unpacked ({type(error).__name__}). Zip it again.", line=line)
        return False
    return True
