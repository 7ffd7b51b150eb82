"""The tree hash, against the examples of RFC 9162 and its own definition."""

import hashlib

import pytest

from surveytrail.integrity.tree import leaf_hash, tree_hash


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_the_trees_of_the_standard() -> None:
    # RFC 9162, section 2.1.5: the tree of seven leaves splits into four and three
    a, b, c, d, e, f, g = (leaf_hash(bytes([value])) for value in range(7))
    assert tree_hash([]) == hashlib.sha256(b"").digest()
    assert tree_hash([a]) == a == hashlib.sha256(b"\x00\x00").digest()
    assert tree_hash([a, b, c]) == node(node(a, b), c)
    left, right = node(node(a, b), node(c, d)), node(node(e, f), g)
    assert tree_hash([a, b, c, d, e, f, g]) == node(left, right)
    assert tree_hash([a, b, c, d]) == left


def test_published_root_of_certificate_transparency() -> None:
    # test vectors of the reference implementation: eight entries
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    root = tree_hash([leaf_hash(bytes.fromhex(entry)) for entry in entries])
    assert root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_any_change_of_order_or_content_changes_the_root(size: int) -> None:
    leaves = [leaf_hash(str(value).encode()) for value in range(size)]
    changed = [*leaves[:-1], leaf_hash(b"x")]
    assert tree_hash(changed) != tree_hash(leaves)
    assert tree_hash([*leaves, leaves[-1]]) != tree_hash(leaves)
    if size > 1:
        assert tree_hash(leaves[::-1]) != tree_hash(leaves)
