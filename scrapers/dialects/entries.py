"""Where a page's menu puts its links: the top entries of the one menu that is recognised, and what lies below each."""

import re
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

from scrapers.dialects import lexicon
from scrapers.dialects.page import Element, Link, Outline, Page

FEWEST_HEADS = 3  # a row of fewer entries is no menu
MOST_HEADS = 24  # a row of more is a farm of links
LONGEST_HEAD = 12  # characters of an entry's name
HIGHEST = 6  # boxes between 首页 and the menu that holds it
_HOME = re.compile(r"^(网站|本站|返回)?(首页|主页)$|^home$", re.I)
_MENU_NAMES = re.compile(
    r"(^|[\s_-])(main|top|site|head(er)?)?[\s_-]?(nav|navbar|navi|navigation|menu|daohang|dh|caidan)([\s_-]|$|\d|bar|box|main|wrap|list|ul)"
)
_OTHER_MENU = re.compile(
    r"sub|side|left|right|foot|bottom|quick|fast|kj|link|friend|tab|crumb|bread|mobile|path|position"
)
_NUMBERED = re.compile(r"([a-z_-]*?)[_-]?(\d{1,2})")
_HEADS = frozenset(["a", "dt", "h1", "h2", "h3", "h4", "h5", "h6"])
_BODIES = frozenset(["div", "ul", "ol", "dd", "dl", "table", "section", "p"])
_BLANKS = " 　\xa0·•>»|[]【】()（）:：-\r\n\t"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a menu puts a link. Level 1: a top entry; 2: below one, which is a link or only a name."""

    level: int
    above: Link | None = None
    above_name: str = ""


@dataclass(slots=True)
class _Entry:
    head: Link | None
    name: str  # of a head that is no link
    below: list[Link]


def places(page: Page) -> dict[int, Place]:
    """Link number → its place, for the links of the page's own menu; empty: no menu is recognised.

    The menu is the row of entries that holds 首页; without one, the row that calls itself the navigation. An entry's
    head is its first link, or the words before it, where the others stand in a box of their own. A row whose entries
    cannot be told apart that way says nothing of levels.
    """
    out = page.outline
    kids: dict[int, list[Element]] = defaultdict(list)
    for element in out.elements:
        if element.parent is not None and (element.links or element.tag in _HEADS):
            kids[element.parent.number].append(element)
    best = _best(page, kids, (e for link in out.links if is_home(page, link) for e in _around(link)))
    if best is None:
        best = _best(page, kids, (inner for e in out.elements if _is_named_menu(e) for inner in _inside(e, kids)))
    found: dict[int, Place] = {}
    _open_numbered(out, best or [])
    for entry in best or ():
        if entry.head is not None:
            found.setdefault(entry.head.number, Place(1))
        for link in entry.below:
            found.setdefault(link.number, Place(2, entry.head, entry.name))
    return found


def _open_numbered(out: Outline, entries: list[_Entry]) -> None:
    """Put below an entry the box that a script opens: it bears the number of the entry's own (nav4, sub_nav4)."""
    boxes: dict[str, list[tuple[str, Element]]] = defaultdict(list)
    for element in out.elements:
        if element.links and element.tag != "a" and (m := _numbered(element)):
            boxes[m[2]].append((m[1], element))
    bare = [entry for entry in entries if entry.head is not None and not entry.below]
    for entry in bare:
        own = _numbered(entry.head.element) or _numbered(entry.head.element.parent)  # type: ignore[union-attr]
        others = [box for name, box in boxes.get(own[2], ()) if own[1] in name and name != own[1]] if own else []
        if own and own[1] and len(others) == 1:
            entry.below = out.links[others[0].links_from : others[0].links_to]


def _numbered(element: Element | None) -> re.Match[str] | None:
    """The id of a box as its name and its number."""
    return _NUMBERED.fullmatch((element.node.attributes.get("id") or "").lower()) if element is not None else None


def is_home(page: Page, link: Link) -> bool:
    """A link that says 首页, or a word that leads to the root of the page's host."""
    if _HOME.match(link.text.strip(_BLANKS) or link.title.strip()):
        return True
    url = page.absolute(link.href)
    parts = urlsplit(url) if url and len(url) < 200 and "[" not in url else None
    return parts is not None and parts.path in ("", "/") and not parts.query and (parts.hostname or "") == page.host


def _best(page: Page, kids: dict[int, list[Element]], rows: object) -> list[_Entry] | None:
    """Of the rows that could be a menu the one with most heads; the first of equals."""
    best: list[_Entry] | None = None
    most, seen = FEWEST_HEADS - 1, set()
    for element in rows:  # type: ignore[attr-defined]
        if element.number in seen:
            continue
        seen.add(element.number)
        entries = _entries(page, element, kids)
        heads = sum(entry.head is not None or bool(entry.name) for entry in entries)
        if most < heads <= MOST_HEADS:
            best, most = entries, heads
    return best


def _around(link: Link) -> list[Element]:
    found: list[Element] = []
    element = link.element.parent
    while element is not None and element.tag not in ("body", "html") and len(found) < HIGHEST:
        found.append(element)
        element = element.parent
    return found


def _is_named_menu(element: Element) -> bool:
    if element.links < FEWEST_HEADS or element.links > 400:
        return False
    names = element.names()
    if _OTHER_MENU.search(names):
        return False
    return element.tag == "nav" or bool(names.strip() and _MENU_NAMES.search(names))


def _inside(element: Element, kids: dict[int, list[Element]]) -> list[Element]:
    """A box and the boxes in it, as long as one of them holds everything."""
    found = [element]
    while True:
        whole = [kid for kid in kids[element.number] if kid.links == element.links and kid.tag != "a"]
        if not whole:
            return found
        element = whole[0]
        found.append(element)


def _entries(page: Page, row: Element, kids: dict[int, list[Element]]) -> list[_Entry]:
    """The entries of one row; none where it is a way-bread, or where too many of its parts have no head."""
    out = page.outline
    parts = [kid for kid in kids[row.number] if kid.links or kid.tag in _HEADS]
    if len(parts) < FEWEST_HEADS or _is_trail(out, row):
        return []
    groups = _groups(page, parts)
    entries: list[_Entry] = []
    headless = 0
    for group in groups:
        entry = _grouped(page, group) if len(group) > 1 else _entry(page, group[0], kids)
        if entry is None:
            headless += 1
        elif entry.head is None or not is_home(page, entry.head):
            entries.append(entry)
    return entries if headless * 3 <= len(groups) else []


def _is_trail(out: Outline, row: Element) -> bool:
    text = out.text(row)
    return len(text) < 200 and (bool(re.search(r"位\s?置|[>＞»›→]\s*\S", text)) and row.links < 9)


def _groups(page: Page, parts: list[Element]) -> list[list[Element]]:
    """Heads with the boxes that follow them, where head and box stand side by side (dt dd dd, a div a div, h3 ul)."""
    heads = [part for part in parts if part.tag in _HEADS]
    if len(heads) < 2 or len(heads) == len(parts):
        return [[part] for part in parts]
    groups: list[list[Element]] = []
    for part in parts:
        head = groups[-1][0] if groups else None
        follows = part.tag in _BODIES and not (part.tag == "dl" and _first_tag_is_dt(part))
        if head is not None and follows and head.tag in _HEADS and not _is_home_box(page, head):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _first_tag_is_dt(part: Element) -> bool:
    child = part.node.first_child
    while child is not None and child.tag in ("-text", "-comment"):
        child = child.next
    return child is not None and child.tag == "dt"


def _is_home_box(page: Page, head: Element) -> bool:
    return head.links == 1 and is_home(page, page.outline.links[head.links_from])


def _grouped(page: Page, group: list[Element]) -> _Entry | None:
    head, out = group[0], page.outline
    below = [link for body in group[1:] for link in out.links[body.links_from : body.links_to]]
    if head.links == 1:
        link = out.links[head.links_from]
        return _Entry(link, "", below) if _is_short(link) else None
    name = _words(out.text(head)) if not head.links else ""
    return _Entry(None, name, below) if name else None


def _entry(page: Page, part: Element, kids: dict[int, list[Element]]) -> _Entry | None:
    """One entry in a box of its own: its head, and the links that stand in a box below the head. None: no head."""
    out = page.outline
    links = out.links[part.links_from : part.links_to]
    if not links:
        return None
    first = next((link for link in links if link.href == links[0].href and _is_short(link)), links[0])
    said = _words(out.texts[part.texts_from : first.element.texts_from])
    if said and _lies_deeper(first, part):
        return _Entry(None, said, links)
    rest = [link for link in links if link is not first and (link.href != first.href or _lies_deeper(link, part))]
    if not rest:
        return _Entry(first, "", []) if _is_short(first) else None
    while True:
        branches = kids[part.number]
        if len(branches) == 1 and branches[0].tag != "a":
            part = branches[0]
            continue
        break
    flat = [branch for branch in branches if branch.tag == "a" and branch is not first.element]
    flat = [branch for branch in flat if out.links[branch.links_from].href != first.href]
    alone = next((b for b in branches if b.links_from <= first.number < b.links_to), None)
    if flat or alone is None or any(link.number < alone.links_to for link in rest) or not _is_short(first):
        return None
    return _Entry(first, "", rest)


def _lies_deeper(link: Link, part: Element) -> bool:
    """A list or a box stands between an entry and the link."""
    element = link.element.parent
    while element is not None and element is not part:
        if element.tag in _BODIES or element.tag == "li":
            return True
        element = element.parent
    return False


def _is_short(link: Link) -> bool:
    words = link.text.strip(_BLANKS) or link.title.strip() or _alt(link)
    return 2 <= len(words) <= LONGEST_HEAD


def _alt(link: Link) -> str:
    image = link.element.node.css_first("img")
    return ((image.attributes.get("alt") or "") if image else "").strip()


def _words(texts: list[str] | str) -> str:
    """A name that stands alone before the links; empty: nothing does, or more than a name."""
    words = "".join("".join(texts).split()).strip(_BLANKS)
    return words if 2 <= len(words) <= LONGEST_HEAD and not lexicon.is_no_column(words) else ""
