"""Files that a browser may keep: compressed once, with their digests as entity tags.

An artifact has them compressed beforehand, by scripts/finish-build. A checkout and a wheel have them as they are.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from dci_common.edge.http import Request, Response

_TYPES = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml",
    }
)
_PLAIN = "text/plain; charset=utf-8"  # licences
_FOREVER = "public, max-age=31536000, immutable"
_CHECKED = "no-cache"  # kept, and asked about before each use


class StaticFile(NamedTuple):
    """A file: compressed with gzip, in base64; its entity tag, and its type."""

    compressed: str
    tag: str
    content_type: str


class StaticFiles:
    """The files of a folder by their paths in it. Each is read when it is first asked for.

    Files below `vendor/` never change, because the folder of each library has its version in its name. With `is_kept`
    false a file is read anew when it was written: somebody is at work on it.
    """

    def __init__(self, folder: Path, *, is_kept: bool = True) -> None:
        self._folder, self._is_kept = folder, is_kept
        # What is not in this list is no file, so that no path leads out of the folder.
        self._paths = self._listed()
        self._read: dict[str, tuple[int, StaticFile]] = {}  # with the time at which the file was written

    def has(self, path: str) -> bool:
        """Return whether there is a file with this path."""
        if not self._is_kept and not (path in self._paths and self._paths[path].is_file()):
            self._paths = self._listed()
        return path in self._paths

    def respond(self, request: Request, path: str) -> Response:
        """Return a file that there is: without its content where the browser has it already."""
        file = self._file(path)
        headers = {
            "ETag": file.tag,
            "Cache-Control": _FOREVER if _is_versioned(path) else _CHECKED,
            "Vary": "Accept-Encoding",
        }
        if _is_known(request.headers.get("if-none-match", ""), file.tag):
            return Response(304, "", headers)
        headers["Content-Type"] = file.content_type
        if not _takes_gzip(request.headers.get("accept-encoding", "")):
            plain = gzip.decompress(base64.b64decode(file.compressed))
            return Response(200, base64.b64encode(plain).decode(), headers, is_base64=True)
        return Response(200, file.compressed, {**headers, "Content-Encoding": "gzip"}, is_base64=True)

    def _file(self, path: str) -> StaticFile:
        source = self._paths[path]
        written = 0 if self._is_kept else source.stat().st_mtime_ns
        if path not in self._read or self._read[path][0] != written:
            content = source.read_bytes()
            compressed = content if source.suffix == ".gz" else gzip.compress(content, mtime=0)
            digest = base64.urlsafe_b64encode(hashlib.sha256(compressed).digest()).decode().rstrip("=")
            content_type = _TYPES.get(Path(path).suffix, _PLAIN)
            # Weak: the same tag is sent with the file as it is, and with it compressed (RFC 9110 §8.8.1).
            file = StaticFile(base64.b64encode(compressed).decode(), f'W/"{digest}"', content_type)
            self._read[path] = written, file
        return self._read[path][1]

    def _listed(self) -> dict[str, Path]:
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return {path.relative_to(self._folder).as_posix().removesuffix(".gz"): path for path in files}


def is_file_name(path: str) -> bool:
    """Return whether a path is that of a file and not of a page, whose ids may have full stops too."""
    return path.startswith("vendor/") or Path(path).suffix in {*_TYPES, ".ico", ".map", ".txt"}


def _is_versioned(path: str) -> bool:
    return path.startswith("vendor/") and path.count("/") > 1


def _is_known(tags: str, tag: str) -> bool:
    """Return whether `If-None-Match` names a tag, in the weak comparison (RFC 9110 §13.1.2)."""
    listed = {one.strip().removeprefix("W/") for one in tags.split(",")}
    return tag.removeprefix("W/") in listed or listed == {"*"}


def _takes_gzip(accepted: str) -> bool:
    """Return whether `Accept-Encoding` lists gzip, without the weight 0."""
    for one in accepted.lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
