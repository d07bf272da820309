"""One page as it was served: bytes, charset, the tree that is parsed once, and its flat outline."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, Generic, TypeVar
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers.packing import GZIP, MAGIC, unpacked

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
MOST_ELEMENTS = 80_000
MOST_NODES = 650_000  # tags and attributes: a tree takes some 300 bytes for each
MOST_DEPTH = 1_500
MOST_ATTRIBUTES = 2_000

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_.:-]+)""")
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_GB = re.compile(r"^(x-)?(gb[_-]?2312(-80)?|gbk|gb18030|cp936|ms936|windows-936|euc-cn|hz-gb-2312|chinese)$", re.I)
_OPENS = re.compile(r"<(?:html|body)[\s>]", re.I)
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
_ODD = re.compile(r"[０-９－—–−．／・]")  # is quickly searched for; the next pattern is not
_WIDE = re.compile(r"[0-9０-９](?:(?<=[０-９])|\s?[－—–−．／・]\s?[0-9])")
_PLAIN = tuple(zip("０１２３４５６７８９－—–−／．・：　\xa0", "0123456789----/..:  ", strict=True))

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


class Link:
    """One link of the outline and the stretch of text inside it; words and title are looked up when asked for."""

    __slots__ = ("_text", "_texts", "_title", "element", "href", "number", "told")

    def __init__(self, number: int, element: Element, href: str, texts: list[str]) -> None:
        self.number = number
        self.element = element
        self.href = href
        self.told: Any = None  # what its title attribute says, once a list has asked
        self._texts = texts
        self._text: str | None = None
        self._title: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            first, last = self.element.texts_from, self.element.texts_to
            said = self._texts[first] if last - first == 1 else "".join(self._texts[first:last])
            self._text = " ".join(said.split())
        return self._text

    @property
    def title(self) -> str:
        if self._title is None:
            self._title = self.element.node.attrs.get("title") or ""
        return self._title


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
        b"  ".decode(name)  # of no bytes at all Python looks no charset up
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
    if len(text) > 1_000_000 and (most := _most_characters(text)) < len(text):
        text, cut = text[:most], True
    tags = text.count("<") if len(text) >= 15_000 else 0
    if tags < 5_000:
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


def _most_characters(text: str) -> int:
    """How much of a long page may be parsed without its tree growing out of bounds."""
    nodes, at = 0, 0
    for part in text.split("<"):
        head = part.partition(">")[0]
        bare = head.count("/") if '"' not in head and "'" not in head else 0
        nodes += 1 + 2 * (len(head.split()) - 1 + bare)  # an attribute weighs two tags
        if nodes > MOST_NODES:
            return max(at - 1, 0)
        at += len(part) + 1
    return len(text)


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
    torn: str = field(default="", init=False, repr=False)  # why a packed body could not be unpacked whole
    way: tuple[list[str], bool] | None = field(default=None, init=False, repr=False)  # 当前位置, once it has been read

    def __post_init__(self) -> None:
        if self.fetched_at.tzinfo is None:
            self.fetched_at = self.fetched_at.replace(tzinfo=SHANGHAI)
        if self.body[:2] == MAGIC:  # kept as it was sent
            self.body, self.torn = unpacked(self.body, GZIP, MOST_BYTES)

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

    def holds(self, word: str) -> bool:
        """Whether the source bears a word; bytes are searched several times as quickly as Chinese text."""
        return word.encode(self.charset, "ignore") in self.body

    @once
    def _parsed(self) -> tuple[LexborHTMLParser, bool]:
        text, cut = tame(self.text)
        return LexborHTMLParser(text), cut or len(self.body) > MOST_BYTES

    @property
    def tree(self) -> LexborHTMLParser:
        return self._parsed[0]

    @property
    def cut(self) -> bool:
        """Not to be read whole: what is missing on it proves nothing."""
        return bool(self.why_cut)

    @once
    def why_cut(self) -> str:
        """Why a page cannot be read whole: too long, too deep, too hostile, or not sent to its end; empty: it can."""
        if self._parsed[1] or self.outline.full:
            return "页面过大或嵌套过深，未能完整读取"
        if self.torn:
            return self.torn
        return "" if self.ended else "页面未传输完整"

    @once
    def ended(self) -> bool:
        """A page that opens as a whole one closes as one, and so does data; a fragment does neither."""
        text, head = self.text, self.text[:400].lstrip("\ufeff \r\n\t")
        if head[:1] in ("{", "["):
            return text.rstrip()[-1:] in ("}", "]")
        if "<datastore" in head:
            return "</datastore" in text
        if "</html>" in text[-200:] or not _OPENS.search(text, 0, 20_000):
            return True
        tail = text[-200_000:].lower()
        return "</html" in tail or "</body" in tail

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
        return self.body_outside()

    def body_outside(self, *left_out: Element) -> int:
        """The same without what stands in some elements."""
        lines = [line for line in self._lines_outside(left_out) if len(line) >= 40]
        return sum(len(line) for line in lines if not any(word in line for word in _FOOT))

    @once
    def unlinked(self) -> list[str]:
        """The visible text outside of links line by line, stripped, without empty lines."""
        return [line for line in self._lines_outside(()) if line]

    def _lines_outside(self, left_out: Iterable[Element]) -> list[str]:
        texts = self.outline.texts.copy()
        for element in [*(link.element for link in self.outline.links), *left_out]:
            texts[element.texts_from : element.texts_to] = [""] * (element.texts_to - element.texts_from)
        return [line.strip() for line in "".join(texts).split("\n")]

    @once
    def inputs(self) -> int:
        """How many fields of forms it has."""
        return len(self.tree.tags("input"))

    @once
    def _metas(self) -> tuple[dict[str, str], str]:
        """Named tags and refresh, wherever on the page they stand."""
        metas: dict[str, str] = {}
        refresh = ""
        for node in self.tree.tags("meta"):
            attributes = node.attributes
            name = (attributes.get("name") or attributes.get("property") or "").strip()
            if name and not metas.get(name):
                metas[name] = (attributes.get("content") or "").strip()
            if not refresh and (attributes.get("http-equiv") or "").lower().strip() == "refresh":
                around = node.parent
                if around is None or around.tag != "noscript":  # readers have scripts
                    refresh = attributes.get("content") or ""
        return metas, refresh

    @once
    def title(self) -> str | None:
        """The words of <title>, blanks folded."""
        found = self.tree.tags("title")
        return (" ".join(found[0].text().split()) if found else "") or None

    @property
    def metas(self) -> dict[str, str]:
        """The named meta tags as written; of a name that stands twice the first with a value."""
        return self._metas[0]

    @property
    def refresh(self) -> str:
        """What a meta tag says in place of the header Refresh."""
        return self._metas[1]

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
        node = self.tree.css_first("base[href]")
        href = (node.attributes.get("href") or "").strip() if node else ""
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
        if "\\" in href:
            path, mark, asked = href.partition("?")
            href = path.replace("\\", "/") + mark + asked  # as browsers do
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


_TITLES = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
# What the walk does with an element: 1 a block, 2 not to be seen, 3 a link, 4 a heading, 5 a frame, 6 the end of a
# line, 7 nothing to say; others stand in a line.
_KINDS = dict.fromkeys(BLOCKS, 1) | dict.fromkeys(_UNSEEN, 2) | dict.fromkeys((*_TITLES, "dt"), 4)
_KINDS |= {"a": 3, "iframe": 5, "frame": 5, "br": 6, "hr": 6, "img": 7, "input": 7, "link": 7, "meta": 7}
# An open node: one in a line, a block without a link so far (itself, its tag, where its text begins), or one that
# is kept.
Opened = LexborNode | tuple[LexborNode, str, int] | Element


def _numbered(kinds: dict[str, int]) -> dict[int, tuple[int, str]]:
    """The same by the parser's own numbers for tags, which are quicker to get than names."""
    tree = LexborHTMLParser("<html></html>")
    return {tree.create_node(tag).tag_id: (kind, tag) for tag, kind in kinds.items()}


_WALK = _numbered(_KINDS)
_TEXT, _COMMENT = (n.tag_id for n in LexborHTMLParser("x<!---->").body.iter(include_text=True))  # type: ignore[union-attr]
_WALK[_COMMENT] = (2, "")
_IN_LINE = (0, "")
_ENDS_LINE = frozenset([1, 4, 5, 6])


def outline(tree: LexborHTMLParser) -> Outline:
    """One walk over the tree: texts, links and the elements that hold links, in the order of the page.

    Headings apart, elements without a link are not kept: no list, menu or way-bread is made of them.
    """
    out = Outline([], [], [], [], [])
    texts = out.texts
    say, known = texts.append, _WALK.get
    opened: list[Opened] = []
    said = "\n"  # the last text
    blocks = 0
    node = tree.body or tree.root
    while node is not None:
        number = node.tag_id
        if number == _TEXT:
            if not node.is_empty_text_node and not (text := node.text_content).isspace():
                say(text)
                said = text
            elif said != "\n" and said != " ":
                say(" ")
                said = " "
        else:
            kind, tag = known(number, _IN_LINE)
            down = node.first_child if kind < 5 and kind != 2 else None
            if said != "\n" and kind in _ENDS_LINE:
                say("\n")
                said = "\n"
            if kind == 1 or kind == 3:
                blocks += 1
            if kind == 3 or kind == 4:
                _note(out, opened, node, tag)
                if down is None:
                    opened.pop()
            elif down is not None:
                opened.append((node, tag, len(texts)) if kind else node)
            elif kind == 5:
                out.frames.append((node.attributes.get("src") or "").strip())
            if blocks > MOST_ELEMENTS:
                out.full = True
                break
            if down is not None:
                node = down
                continue
        following = node.next
        while following is None and opened:
            closed = opened.pop()
            if closed.__class__ is LexborNode:
                following = closed.next
                continue
            kept = closed.__class__ is Element
            if said != "\n" and not (kept and closed.tag == "a"):
                say("\n")
                said = "\n"
            if kept:
                closed.texts_to, closed.links_to = len(texts), len(out.links)
            following = (closed.node if kept else closed[0]).next
        node = following
    for unclosed in opened:
        if unclosed.__class__ is Element:
            unclosed.texts_to, unclosed.links_to = len(texts), len(out.links)
    return out


def _note(out: Outline, opened: list[Opened], node: LexborNode, tag: str) -> None:
    """Open a heading, which is kept, or a link, which is kept if it leads anywhere."""
    href = node.attrs.get("href") if tag == "a" else None
    if tag == "a" and not href:
        opened.append(node)
        return
    opened.append((node, tag, len(out.texts)))
    element = _kept(out, opened)
    if href:
        out.links.append(Link(len(out.links), element, href, out.texts))
        element.links_to = len(out.links)
    elif tag != "dt":
        out.titles.append(element)


def _kept(out: Outline, opened: list[Opened]) -> Element:
    """The innermost open node as an element that is kept, and with it every block that it stands in."""
    missing = []
    holder: Element | None = None
    for at in range(len(opened) - 1, -1, -1):
        node = opened[at]
        if node.__class__ is Element:
            holder = node
            break
        if node.__class__ is tuple:
            missing.append(at)
    for at in reversed(missing):
        node, tag, texts_from = opened[at]
        opened[at] = holder = Element(len(out.elements), tag, node, holder, texts_from, len(out.links))
        out.elements.append(holder)
    return holder
