"""The Merkle tree of RFC 6962, part 2.1, as it is defined there: by halves at the greatest power of two."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(content: bytes) -> bytes:
    """Hash the content of a leaf."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours."""
    return sha256(b"\x01" + left + right).digest()


def tree_head(leaves: Sequence[bytes]) -> bytes:
    """Give the root over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(tree_head(leaves[:half]), tree_head(leaves[half:]))


def is_included(leaf: bytes, *, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a leaf stands at a position, counted from 0, of a tree of so many leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= position < size:
        return False
    here, last, reached = position, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if here % 2 or here == last:
            reached = node_hash(beside, reached)
            while here % 2 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            reached = node_hash(reached, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == root
