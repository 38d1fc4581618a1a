"""The article of a page whose markup does not tell where it is.

Knows trafilatura. Must never ask it for a date: it guesses, and a guess is no date.
"""

from feeds.parse.html.tree import Node, Tree

# It walks a tree by recursion; real pages stay far below.
_DEEPEST = 200
# It takes seconds for more.
_LONGEST_CHARS = 400_000


def lines_of(tree: Tree) -> tuple[str, ...]:
    """The lines of a page's article, none where there is no article or the page is too large."""
    markup = tree.html or ""
    if len(markup) > _LONGEST_CHARS or (tree.body is not None and _depth(tree.body) > _DEEPEST):
        return ()
    # A third of a second and hundreds of modules: only who meets a page that needs it pays.
    import trafilatura  # noqa: PLC0415

    text = trafilatura.extract(markup, include_comments=False, with_metadata=False)
    return tuple(line for line in (text or "").splitlines() if line.strip())


def _depth(root: Node) -> int:
    """How deep elements stand below one, in one walk without recursion."""
    deepest, depth = 0, 0
    node: Node | None = root
    while node is not None:
        deepest = max(deepest, depth)
        below = node.first_child
        if below is not None:
            node, depth = below, depth + 1
            continue
        while node is not None and node.next is None and depth > 0:
            node, depth = node.parent, depth - 1
        node = node.next if node is not None and depth > 0 else None
    return deepest
