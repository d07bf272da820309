"""The shape of a page without its words, so that one broken template is known on many sites."""

import hashlib

from selectolax.lexbor import LexborNode

from scrapers.dialects.page import Page

DEEPEST = 40
MOST_NODES = 20_000
UNSEEN = frozenset({"script", "style", "noscript", "link", "meta", "br", "svg", "template"})


def template_of(page: Page) -> str:
    """A digest of how the page's boxes lie in one another by tag and class; empty: too large, or no page.

    Words, numbers, addresses, ids and how often a box is repeated are left out: two sites on one platform differ in
    these and in nothing else.
    """
    body = page.tree.body
    if body is None:
        return ""
    left = [MOST_NODES]
    shape = _shape(body, 0, left)
    return hashlib.sha256(shape.encode()).hexdigest() if left[0] > 0 else ""


def _shape(node: LexborNode, depth: int, left: list[int]) -> str:
    left[0] -= 1
    within: set[str] = set()
    child = node.child
    while child is not None and left[0] > 0:
        if not child.tag.startswith(("-", "!")) and child.tag not in UNSEEN and depth < DEEPEST:
            within.add(_shape(child, depth + 1, left))
        child = child.next
    names = "".join(c for c in (node.attributes.get("class") or "") if not c.isdigit())
    said = f"{node.tag}.{' '.join(sorted(names.split()))}({','.join(sorted(within))})"
    return said if len(said) < 200 else hashlib.sha256(said.encode()).hexdigest()
