"""What shows a page as people see it, after its scripts ran: what is asked of it, and how its answers are read."""

import re
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from selectolax.lexbor import LexborHTMLParser

from inspectorate.evidence import Answer
from scrapers.dialects import Page
from scrapers.door import Knock
from scrapers.guard import host_of

NOT_INSTALLED = "未安装浏览器"
HIDDEN = "data-inspectorate-hidden"  # on what nobody sees, in a kept DOM

# Hosts that only count visitors or offer to share a page: nobody is counted twice because we looked, and nothing that
# a page says depends on them.
COUNTERS = (
    "hm.baidu.com", "cnzz.com", "umeng.com", "51.la", "conac.cn", "zfwzgl.www.gov.cn", "pucha.kaipuyun.cn",
    "ta.trs.cn", "google-analytics.com", "googletagmanager.com", "share.baidu.com", "bdimg.share.baidu.com",
    "jiathis.com", "bshare.cn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks for while its scripts run."""

    url: str
    kind: str  # Chromium's word: document, script, stylesheet, xhr, fetch, image
    headers: Mapping[str, str]
    form: bytes | None  # None: a GET


Ask = Callable[[Asked], Awaitable[Knock]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page after its scripts ran. `because` says why there is none, or why it is not whole."""

    url: str
    because: str = ""
    answer: Answer | None = None
    dom: bytes = b""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, or why there is none."""

    taken_at: datetime
    answer: Answer | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Motif:
    """What a picture is to show."""

    page: Page
    sha256: str | None  # of what the page was read from
    scripts: bool  # whether they are to run: not a second time, where the page is what they left
    upper: bool = False  # only as much of it as tells it from another


class Screen(Protocol):
    """What shows pages: Chromium, or what was kept of it."""

    missing: str  # why nothing can be shown; empty: it can, as far as is known

    async def render(self, page: Page, ask: Ask) -> Rendered:
        """Run a page's scripts and keep what they leave."""

    async def picture(self, motif: Motif, ask: Ask) -> Shot | None:
        """Keep a picture of a page, with its address and the time on it; None: in a replay, of which there is none."""

    async def close(self) -> None: ...


@dataclass(frozen=True)
class NoScreen:
    """A machine without a browser: what only scripts show is unknown, and there are no pictures."""

    missing: str = NOT_INSTALLED

    async def render(self, page: Page, ask: Ask) -> Rendered:  # noqa: ARG002
        return Rendered(page.url, self.missing)

    async def picture(self, motif: Motif, ask: Ask) -> Shot | None:  # noqa: ARG002
        return Shot(datetime.now(UTC), because=self.missing)

    async def close(self) -> None:
        """Nothing is open."""


def is_counter(url: str) -> bool:
    host = host_of(url)
    return any(host == counter or host.endswith(f".{counter}") for counter in COUNTERS)


def runs_scripts(page: Page) -> bool:
    """Whether a page has scripts that could show more than it holds; those that only count its readers cannot."""
    for node in page.tree.css("script"):
        source = node.attributes.get("src")
        if source:
            if not is_counter(page.absolute(source) or source):
                return True
        elif (text := node.text().strip()) and not any(counter in text for counter in COUNTERS):
            return True
    return False


def as_read(dom: bytes) -> bytes:
    """A kept DOM as the readers take it: what its scripts were made of is gone, and what nobody sees.

    Hidden elements that hold links stay: they are rows behind a tab, and can only clear. Comments are where scripts
    leave their marks.
    """
    tree = LexborHTMLParser(dom.decode("utf-8", "replace"))
    tree.strip_tags(["script", "noscript", "template"], recursive=True)
    for node in tree.css(f"[{HIDDEN}]"):
        if node.css_first("a[href]") is None:
            node.decompose(recursive=True)
    return re.sub(r"<!--.*?-->", "", tree.html or "", flags=re.S).encode()


def inscribed(png: bytes, facts: Mapping[str, str]) -> bytes:
    """A PNG with facts written into it (iTXt), behind its header."""
    written = b""
    for name, text in facts.items():
        chunk = b"iTXt" + name.encode("latin-1") + b"\0\0\0\0\0" + text.encode()
        written += struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    head = 8 + 25  # the signature and IHDR
    return png[:head] + written + png[head:]
