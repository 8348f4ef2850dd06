"""The verifier's tree agrees with published vectors, with the definition, and with the house; planted bugs are seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest

from domain.audit import calc
from verifier import tree

# The eight leaves and the roots of the test suite of Certificate Transparency's reference implementation.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
Inclusion = Callable[..., bool]


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots_are_reproduced_by_the_verifier_and_by_the_house(size: int) -> None:
    leaves = [tree.leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert tree.tree_head(leaves).hex() == ROOTS[size - 1]
    assert calc.root_of(leaves).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert tree.tree_head([]) == calc.root_of([]) == sha256(b"").digest()


def leaves_of(size: int) -> list[bytes]:
    return [tree.leaf_hash(bytes([number])) for number in range(size)]


def defined_path(position: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The audit path as RFC 6962, 2.1.1, defines it."""
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if position < half:
        return [*defined_path(position, leaves[:half]), tree.tree_head(leaves[half:])]
    return [*defined_path(position - half, leaves[half:]), tree.tree_head(leaves[:half])]


def check_inclusion(is_included: Inclusion) -> None:
    """What must hold of a function that decides about inclusion; raises AssertionError when it does not."""
    for size in range(1, 18):
        leaves = leaves_of(size)
        root = tree.tree_head(leaves)
        for position, leaf in enumerate(leaves):
            path = list(calc.path_of(leaves, position=position))
            assert path == defined_path(position, leaves)
            true = {"position": position, "size": size, "path": path, "root": root}
            assert is_included(leaf, **true)
            assert not is_included(tree.leaf_hash(b"another"), **true)
            assert not is_included(leaf, **{**true, "root": tree.leaf_hash(b"another")})
            assert not is_included(leaf, **{**true, "path": [*path, root]})
            assert not is_included(leaf, **{**true, "position": -1})
            assert not is_included(leaf, **{**true, "position": size})
            # Another position gives another path, but for those beyond the end, which were refused above.
            for other in range(size):
                assert is_included(leaf, **{**true, "position": other}) == (other == position)
            for at in range(len(path)):
                turned = [*path[:at], tree.leaf_hash(path[at]), *path[at + 1 :]]
                assert not is_included(leaf, **{**true, "path": turned})
                assert not is_included(leaf, **{**true, "path": path[:at] + path[at + 1 :]})


def test_inclusion_is_decided_as_the_standard_says() -> None:
    check_inclusion(tree.is_included)


def always(leaf: bytes, **_: object) -> bool:
    return True


def without_the_last_step(leaf: bytes, *, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    return tree.is_included(leaf, position=position, size=size, path=path[:-1], root=root)


def with_sides_swapped(leaf: bytes, *, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    reached = leaf
    for beside in path:
        reached = tree.node_hash(reached, beside) if position % 2 else tree.node_hash(beside, reached)
        position //= 2
    return reached == root


def without_looking_at_the_position(
    leaf: bytes, *, position: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    return any(tree.is_included(leaf, position=at, size=size, path=path, root=root) for at in range(size))


def ignoring_what_is_left_of_the_path(
    leaf: bytes, *, position: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    return any(
        tree.is_included(leaf, position=position, size=size, path=path[:used], root=root)
        for used in range(len(path) + 1)
    )


def without_bounds(leaf: bytes, *, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    return tree.is_included(leaf, position=position % size, size=size, path=path, root=root)


def without_the_uneven_right_side(leaf: bytes, *, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Correct for full trees only: it forgets that a last leaf goes up without a neighbour."""
    if not 0 <= position < size:
        return False
    reached = leaf
    for beside in path:
        reached = tree.node_hash(beside, reached) if position % 2 else tree.node_hash(reached, beside)
        position //= 2
    return reached == root


@pytest.mark.parametrize(
    "planted",
    [
        always,
        without_the_last_step,
        with_sides_swapped,
        without_looking_at_the_position,
        ignoring_what_is_left_of_the_path,
        without_bounds,
        without_the_uneven_right_side,
    ],
    ids=lambda planted: planted.__name__,
)
def test_a_bug_planted_into_the_inclusion_is_noticed(planted: Inclusion) -> None:
    with pytest.raises(AssertionError):
        check_inclusion(planted)
