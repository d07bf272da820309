"""One page as it was served: bytes, charset, the tree that is parsed once, and its flat outline."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, Generic, TypeVar
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

Value = TypeVar("Value")


class once(Generic[Value]):
    """cached_property without its lock, which costs more than half of what is behind it: one thread reads a page."""

    def __init__(self, work: Callable[[Any], Value]) -> None:
        self.work = work
        self.name = work.__name__
        self.__doc__ = work.__doc__

    def __get__(self, owner: Any, kind: type | None = None) -> Value:
        value = owner.__dict__[self.name] = self.work(owner)
        return value


SHANGHAI = timezone(timedelta(hours=8))

MOST_BYTES = 10_000_000
MOST_ELEMENTS = 150_000
MOST_DEPTH = 1_500
MOST_ATTRIBUTES = 2_000

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_.:-]+)""")
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_GB = re.compile(r"^(x-)?(gb[_-]?2312(-80)?|gbk|gb18030|cp936|ms936|windows-936|euc-cn|hz-gb-2312|chinese)$", re.I)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_WHOLE_TAG = re.compile(r"""/?[a-zA-Z][^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_SCRIPTS = re.compile(r"<(script|style|textarea|xmp)\b.*?</\1", re.I | re.S)
# Elements that cannot nest in themselves however often their end is forgotten, and void ones.
_SHALLOW = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "option",
        "optgroup",
        "tbody",
        "thead",
        "tfoot",
        "br",
        "img",
        "input",
        "hr",
        "meta",
        "link",
        "area",
        "base",
        "col",
        "embed",
        "param",
        "source",
        "track",
        "wbr",
        "html",
        "head",
        "body",
        "script",
        "style",
        "textarea",
        "title",
        "rp",
        "rt",
    ]
)
_FORMATTING = frozenset(
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u", "a"]
)
_FORMATTING_TAGS = re.compile(r"</?(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b[^<>]*>", re.I)

# Full-width digits, and look-alike signs between digits, that stand where plain ones should.
_ODD = re.compile(r"[０-９－—–−．／]")  # is quickly searched for; the next pattern is not
_WIDE = re.compile(r"[0-9０-９](?:(?<=[０-９])|\s?[－—–−．／]\s?[0-9])")
_PLAIN = tuple(zip("０１２３４５６７８９－—–−／．：　\xa0", "0123456789----/.:  ", strict=True))

_FOOT = ("ICP备", "公网安备", "标识码", "版权所有", "Copyright", "COPYRIGHT")


def plain(text: str) -> str:
    """Full-width digits and the signs between them made half-width, one for one, so that one pattern reads both."""
    if _ODD.search(text) and _WIDE.search(text):
        for odd, sign in _PLAIN:  # quicker than translate, which looks every character up
            text = text.replace(odd, sign)
    return text


BLOCKS = frozenset(
    [
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "table",
        "tbody",
        "thead",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
        "hr",
        "section",
        "article",
        "header",
        "footer",
        "nav",
        "main",
        "aside",
        "form",
        "fieldset",
        "center",
        "body",
        "pre",
        "blockquote",
        "caption",
        "iframe",
        "frame",
        "option",
        "figure",
        "figcaption",
        "textarea",
    ]
)
_UNSEEN = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "select",
        "textarea",
        "head",
        "title",
        "object",
        "video",
        "audio",
    ]
)


class Element:
    """One element of the outline: which stretch of texts and links it holds.

    It knows its parent and not its children: without a circle a page is gone from memory as soon as nobody holds it.
    """

    __slots__ = ("links_from", "links_to", "node", "number", "parent", "tag", "texts_from", "texts_to")

    def __init__(
        self, number: int, tag: str, node: LexborNode, parent: "Element | None", texts_from: int, links_from: int
    ) -> None:
        self.number = number
        self.tag = tag
        self.node = node
        self.parent = parent
        self.texts_from = self.texts_to = texts_from
        self.links_from = self.links_to = links_from

    @property
    def links(self) -> int:
        return self.links_to - self.links_from

    def names(self) -> str:
        """Its class and id in lower case, the only words that a layout says of itself."""
        attributes = self.node.attributes
        return f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()


@dataclass(slots=True, eq=False)
class Link:
    """One link of the outline, with the stretch of text inside it."""

    number: int
    element: Element
    href: str
    title: str
    text: str = ""


@dataclass(slots=True)
class Outline:
    """The tree told flat, in the order of the page: texts, links and the elements that hold them."""

    texts: list[str]  # "\n" stands where a block begins or ends
    links: list[Link]
    elements: list[Element]
    titles: list[Element]  # h1 … h6
    frames: list[str]  # addresses of frames and iframes
    full: bool = False  # more elements than are read: what is missing proves nothing

    def text(self, element: Element) -> str:
        return "".join(self.texts[element.texts_from : element.texts_to])


def decode(body: bytes, header: str = "") -> tuple[str, str]:
    """Bytes in, text and charset out; what is declared is believed only where it decodes.

    A byte order mark wins. Bytes that are UTF-8 throughout are UTF-8, whatever a page declares: Chinese text in another
    charset does not come out as UTF-8 by chance, except for a few bytes. The whole GB family is read as gb18030.
    """
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return body.decode("utf-8-sig" if name == "utf-8" else name, "replace"), name
    declared = _declared(body, header)
    if body.isascii():
        return body.decode("ascii"), declared or "utf-8"
    order = ["utf-8", "gb18030"]
    if declared == "gb18030" and len(body) < 4096 and sum(byte > 127 for byte in body) < 9:
        order.reverse()
    if declared and declared not in order:
        order.append(declared)  # big5 and the like: after the two that cannot be mistaken
        if declared not in ("iso-8859-1", "latin-1", "windows-1252", "ascii", "us-ascii"):
            order = ["utf-8", declared, "gb18030"]
    for name in order:
        try:
            return body.decode(name), name
        except (UnicodeDecodeError, LookupError):
            continue
    broken = {name: body.decode(name, "replace") for name in ("utf-8", "gb18030")}
    counts = {name: text.count("�") for name, text in broken.items()}
    best = min(counts, key=lambda name: (counts[name], name != declared))
    return broken[best], best


def _declared(body: bytes, header: str) -> str:
    said = _HEADER_CHARSET.search(header)
    name = said[1] if said else ""
    if not name:
        head = body[:4096].lower()
        found = _CHARSET.search(head) if b"charset" in head or b"encoding" in head else None
        name = found[1].decode("ascii", "replace") if found else ""
    name = name.lower().strip()
    if _GB.match(name):
        return "gb18030"
    if name in ("utf8", "utf-8", "unicode-1-1-utf-8"):
        return "utf-8"
    try:
        b"".decode(name)
    except (LookupError, ValueError):
        return ""
    return name


def tame(text: str) -> tuple[str, bool]:
    """Markup that would make any parser quadratic is cut short; True where something was cut."""
    cut = False
    if len(text) >= 100_000 and _may_burst(text):
        parts = _SCRIPTS.sub("", text).split("<")
        if any(map(_bursting, parts)):
            text = "<".join(part[:2_000] + ">" if _bursting(part) else part for part in parts)
            cut = True
    if len(text) < 15_000 or text.count("<") < 5_000:
        return text, cut
    depth = formatting = 0
    loose = False
    for found in _TAG.finditer(text):
        tag = found[2].lower()
        if tag in _SHALLOW:
            continue
        step = -1 if found[1] else 1
        if tag in _FORMATTING:
            formatting = max(0, formatting + step)
            loose = loose or formatting > 200
            continue
        depth = max(0, depth + step)
        if depth > MOST_DEPTH:
            text, cut = text[: found.start()], True
            break
    if loose:
        text = _FORMATTING_TAGS.sub("", text)
    return text, cut


def _may_burst(text: str) -> bool:
    parts = text.split("<")
    return max(map(len, parts)) > 20_000 and any(map(_bursting, parts))


def _bursting(part: str) -> bool:
    """A tag with more attributes than any author writes."""
    if len(part) <= 20_000 or _WHOLE_TAG.match(part, 0, 4_000):
        return False  # the text or the script behind a tag is long, not the tag
    if sum(map(part.count, " \n\t\r\f")) < MOST_ATTRIBUTES:
        return False  # a picture written into an attribute: long, and one word
    return len(part.split()) > MOST_ATTRIBUTES


@dataclass(eq=False)
class Page:
    """One answer of a server. `fetched_at` bears an offset; without one it is Asia/Shanghai."""

    url: str
    body: bytes
    fetched_at: datetime
    status: int = 200
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    way: tuple[list[str], bool] | None = field(default=None, init=False, repr=False)  # 当前位置, once it has been read

    def __post_init__(self) -> None:
        if self.fetched_at.tzinfo is None:
            self.fetched_at = self.fetched_at.replace(tzinfo=SHANGHAI)

    @once
    def today(self) -> date:
        """The day in Shanghai on which the page was fetched."""
        return self.fetched_at.astimezone(SHANGHAI).date()

    @once
    def _decoded(self) -> tuple[str, str]:
        header = self.content_type or next((v for k, v in self.headers.items() if k.lower() == "content-type"), "")
        text, charset = decode(self.body[:MOST_BYTES], header)
        return text.replace("\0", "") if b"\0" in self.body else text, charset

    @property
    def text(self) -> str:
        """The source as text, without NUL."""
        return self._decoded[0]

    @property
    def charset(self) -> str:
        return self._decoded[1]

    @once
    def _parsed(self) -> tuple[LexborHTMLParser, bool]:
        text, cut = tame(self.text)
        return LexborHTMLParser(text), cut or len(self.body) > MOST_BYTES

    @property
    def tree(self) -> LexborHTMLParser:
        return self._parsed[0]

    @property
    def cut(self) -> bool:
        """Too long, too deep or too hostile to be read whole: what is missing on it proves nothing."""
        return self._parsed[1] or self.outline.full

    @once
    def outline(self) -> Outline:
        return outline(self.tree)

    @once
    def visible(self) -> str:
        """Everything that a reader could see, tabs that are folded away included, a line a block."""
        return "".join(self.outline.texts)

    @once
    def lines(self) -> list[str]:
        """The visible text line by line, stripped, without empty lines."""
        return [line for line in map(str.strip, self.visible.split("\n")) if line]

    @once
    def folded(self) -> str:
        """The visible text without any blank."""
        return "".join(self.visible.split())

    @once
    def plain(self) -> str:
        """The visible text with its full-width digits made half-width."""
        return plain(self.visible)

    @once
    def body_length(self) -> int:
        """How many characters of running text: lines of 40 or more, links and the foot's identifiers left out."""
        texts = self.outline.texts.copy()
        for link in self.outline.links:
            element = link.element
            texts[element.texts_from : element.texts_to] = [""] * (element.texts_to - element.texts_from)
        lines = [line.strip() for line in "".join(texts).split("\n") if len(line) >= 40]
        return sum(len(line) for line in lines if len(line) >= 40 and not any(word in line for word in _FOOT))

    @once
    def inputs(self) -> int:
        """How many fields of forms it has."""
        return len(self.tree.css("input"))

    @once
    def _head(self) -> tuple[dict[str, str], str | None, str, str]:
        """Tags, title, base and refresh, wherever on the page they stand."""
        metas: dict[str, str] = {}
        title: str | None = None
        base = refresh = ""
        for node in self.tree.css("title,meta,base"):
            tag = node.tag
            if tag == "title":
                title = " ".join(node.text().split()) if title is None else title
                continue
            attributes = node.attributes
            if tag == "base":
                base = base or (attributes.get("href") or "").strip()
                continue
            name = (attributes.get("name") or attributes.get("property") or "").strip()
            if name and not metas.get(name):
                metas[name] = (attributes.get("content") or "").strip()
            if not refresh and (attributes.get("http-equiv") or "").lower().strip() == "refresh":
                refresh = attributes.get("content") or ""
        return metas, title or None, base, refresh

    @property
    def title(self) -> str | None:
        """The words of <title>, blanks folded."""
        return self._head[1]

    @property
    def metas(self) -> dict[str, str]:
        """The named meta tags as written; of a name that stands twice the first with a value."""
        return self._head[0]

    @property
    def refresh(self) -> str:
        """What a meta tag says in place of the header Refresh."""
        return self._head[3]

    @once
    def tags(self) -> dict[str, str]:
        """The meta tags by lower-case name."""
        found: dict[str, str] = {}
        for name, value in self.metas.items():
            if not found.get(name.lower()):
                found[name.lower()] = value
        return found

    @once
    def base(self) -> str:
        href = self._head[2]
        return self.absolute_to(self.url, href) if href else self.url

    @once
    def _origin(self) -> str:
        return self.absolute_to(self.base, "/").removesuffix("/")

    @staticmethod
    def absolute_to(base: str, href: str) -> str:
        try:
            return urljoin(base, re.sub(r"[\r\n\t]", "", href.strip()))
        except ValueError:
            return ""

    def absolute(self, href: str) -> str:
        """An address as the page gives it, made absolute; empty where it leads nowhere."""
        href = href.strip()
        if not href or href.startswith("#") or href[:11].lower() == "javascript:":
            return ""
        if href[:7] == "http://" and href.isprintable() and "/." not in href:
            return href if "/" in href[7:] else href + "/" if "?" not in href and "#" not in href else href
        if href[0] == "/" and href[1:2] != "/" and "/." not in href and href.isprintable():
            return self._origin + href
        return self.absolute_to(self.base, href)

    @once
    def host(self) -> str:
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""


# What the walk does with an element: 1 a block, 2 not to be seen, 3 a link, 5 a frame.
_WALK = dict.fromkeys(BLOCKS, 1) | dict.fromkeys(_UNSEEN, 2) | {"a": 3, "iframe": 5, "frame": 5}
_WALK |= dict.fromkeys(["-comment", "-doctype", "!doctype", "!--"], 2)
_TITLES = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
Open = tuple[LexborNode, Element | None]


def outline(tree: LexborHTMLParser) -> Outline:
    """One walk over the tree: texts, links and elements in the order of the page."""
    out = Outline([], [], [], [], [])
    texts, elements, links = out.texts, out.elements, out.links
    say, walk = texts.append, _WALK.get
    open_nodes: list[Open] = []
    holder: Element | None = None  # the innermost open element
    said = "\n"  # the last text
    node = tree.root
    while node is not None:
        tag = node.tag
        if tag == "-text":
            text = node.text_content
            if text:
                if not text.isspace():
                    say(text)
                    said = text
                elif said != "\n" and said != " ":
                    say(" ")
                    said = " "
        elif (what := walk(tag)) is None:
            down = node.first_child
            if down is not None:
                open_nodes.append((node, None))
                node = down
                continue
        elif what != 2:
            down = node.first_child
            if what != 3 and said != "\n":
                say("\n")
                said = "\n"
            if down is not None or what != 1:
                number = len(elements)
                if number >= MOST_ELEMENTS:
                    out.full = True
                    break
                element = Element(number, tag, node, holder, len(texts), len(links))
                elements.append(element)
                if what != 1 or tag in _TITLES:
                    _note(out, element, what)
                if down is not None:
                    open_nodes.append((node, element))
                    holder = element
                    node = down
                    continue
                element.links_to = len(links)
        following = node.next
        while following is None and open_nodes:
            node, closed = open_nodes.pop()
            if closed is not None:
                if said != "\n" and closed.tag != "a":
                    say("\n")
                    said = "\n"
                closed.texts_to = len(texts)
                closed.links_to = len(links)
                holder = closed.parent
            following = node.next
        node = following
    return _told(out, open_nodes)


def _told(out: Outline, unclosed: list[Open]) -> Outline:
    """The outline with what a walk that was cut short left open closed, and the words of every link."""
    for _, element in unclosed:
        if element is not None:
            element.texts_to, element.links_to = len(out.texts), len(out.links)
    texts = out.texts
    for link in out.links:
        first, last = link.element.texts_from, link.element.texts_to
        link.text = " ".join((texts[first] if last - first == 1 else "".join(texts[first:last])).split())
    return out


def _note(out: Outline, element: Element, what: int) -> None:
    """A link's address and title, a frame's address, a heading."""
    if what == 1:
        out.titles.append(element)
        return
    attributes = element.node.attributes
    if what == 3:
        href = attributes.get("href")
        if href:
            out.links.append(Link(len(out.links), element, href, attributes.get("title") or ""))
    else:
        out.frames.append((attributes.get("src") or "").strip())
