"""The child of the cage: limits itself, cleans one file from one handle into another, says what came of it."""

from __future__ import annotations

import os
import resource
import sys
from typing import Any

import orjson

from domain.cleaning.cleaning import clean
from domain.cleaning.errors import write_faults
from domain.cleaning.values import FileKind, Limits
from domain.errors import Refused


def main(orders: dict[str, Any]) -> None:
    """Clean as ordered and print one line."""
    _limit(memory=orders["memory"], seconds=orders["seconds"], largest=orders["limits"]["unpacked_max"])
    print(orjson.dumps(_clean(orders)).decode())  # noqa: T201 - the line that the parent reads


def _limit(*, memory: int, seconds: int, largest: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: largest,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for kind, most in limits.items():
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            continue  # Not every system knows every limit; the parent's clock holds everywhere.


def _clean(orders: dict[str, Any]) -> dict[str, object]:
    source = orders["source"]
    content = os.pread(source, os.fstat(source).st_size, 0)
    try:
        cleaned = clean(content, taken={FileKind(kind) for kind in orders["taken"]}, limits=Limits(**orders["limits"]))
    except Refused as refused:
        return {"faults": write_faults(refused.faults)}
    except Exception as bug:  # noqa: BLE001 - told to the parent; the text could hold what is in the file, so its place
        trace = bug.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        return {"bug": f"{type(bug).__name__} at {place}"}
    preview = cleaned.preview or b""
    with os.fdopen(os.dup(orders["into"]), "wb") as into:
        into.write(cleaned.content)
        into.write(preview)
    return {"faults": [], "kind": cleaned.kind.value, "size": len(cleaned.content), "preview_size": len(preview)}


if __name__ == "__main__":
    main(orjson.loads(sys.argv[1]))
