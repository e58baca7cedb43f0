"""Unpacks an npm-style `.tgz` in memory, trusting nothing in it.

Laws: nothing is ever written to disk; a member is a plain file or a folder below `package/`, else the whole archive
is refused; what it may unpack to is limited before it is unpacked.
Source: https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
"""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import PurePosixPath

from fhirbridge.errors import BadPackage


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may be: bytes packed and unpacked, files, and how many bytes a packed one may become.

    The ratio counts once `free_bytes` have come out; JSON packs 1:10 to 1:30.
    """

    packed_bytes: int = 64 * 2**20
    unpacked_bytes: int = 384 * 2**20
    files: int = 50_000
    ratio: int = 100
    free_bytes: int = 8 * 2**20


LIMITS = Limits()
ROOT = "package"


def unpack(archive: bytes, limits: Limits = LIMITS) -> dict[str, bytes]:
    """Return the JSON files that stand directly in the archive's `package` folder, by name.

    Raises:
        BadPackage: it is no .tgz, is cut off, is too large, or holds a member that no package has.
    """
    if len(archive) > limits.packed_bytes:
        raise BadPackage(f"The package is larger than {limits.packed_bytes} bytes.")
    try:
        with tarfile.open(fileobj=_Limited(archive, limits), mode="r|") as tar:
            return dict(_iter_files(tar, limits))
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, OverflowError) as error:
        raise BadPackage("The file is no .tgz archive, or it is cut off.") from error


def _iter_files(tar: tarfile.TarFile, limits: Limits) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for member in tar:
        _check(member)
        if member.name in seen:
            raise BadPackage("The package holds two files of one name.")
        seen.add(member.name)
        if len(seen) > limits.files:
            raise BadPackage(f"The package holds more than {limits.files} files.")
        folder, _, name = member.name.removeprefix("./").rpartition("/")
        if folder == ROOT and name.endswith(".json") and member.isfile():
            file = tar.extractfile(member)
            yield name, file.read() if file else b""


def _check(member: tarfile.TarInfo) -> None:
    """Refuse a member that is anything but a plain file or folder inside the archive."""
    if not (member.isdir() or member.type in (tarfile.REGTYPE, tarfile.AREGTYPE)) or member.issparse():
        raise BadPackage("The package holds a link, a device or another thing that is no plain file.")
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or ":" in member.name:
        raise BadPackage("The package holds a file whose path leads out of it.")


class _Limited(io.RawIOBase):
    """The unpacked bytes of a gzip file, up to the limits."""

    def __init__(self, archive: bytes, limits: Limits) -> None:
        self._limits = limits
        self._most = min(limits.unpacked_bytes, max(limits.free_bytes, limits.ratio * len(archive)))
        self._file = GzipFile(fileobj=io.BytesIO(archive))
        self._count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = self._most - self._count
        data = self._file.read(left + 1 if size < 0 else min(size, left + 1))
        self._count += len(data)
        if self._count > self._limits.unpacked_bytes:
            raise BadPackage(f"The package unpacks to more than {self._limits.unpacked_bytes} bytes.")
        if self._count > self._most:
            raise BadPackage("The package unpacks to far more than definitions do; it is not opened further.")
        return data
