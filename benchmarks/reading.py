"""What reading a page costs beside parsing it alone and beside other readers, in one run, and whose dates are right.

The other readers are optional: `pip install .[benchmark]`. Each gets the decoded text; the least CPU time of a few
rounds counts, and the readers take turns within a round, so that a busy machine slows all of them alike.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import lxml.html
from selectolax.lexbor import LexborHTMLParser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.accuracy import corpus, labels, own_pages, page_of  # noqa: E402
from scrapers.dialects import Page, answer  # noqa: E402
from scrapers.dialects.page import decode  # noqa: E402

Reader = Callable[[Page], str | None]  # a page in, the time of publication out

NO_ARTICLE = object()
LXML = "parse by lxml"


@dataclass(slots=True)
class Tally:
    """What one reader needed and said."""

    milliseconds: list[float] = field(default_factory=list)
    right: int = 0
    wrong: int = 0
    missing: int = 0
    invented: int = 0
    failed: int = 0

    def judge(self, wanted: str | None, got: str | None) -> None:
        if (got or "")[:10] == (wanted or "")[:10]:
            self.right += 1
        elif not got:
            self.missing += 1
        elif wanted:
            self.wrong += 1
        else:
            self.invented += 1


def parse_only(page: Page) -> str | None:
    LexborHTMLParser(decode(page.body)[0])
    return None


def parse_by_lxml(page: Page) -> str | None:
    lxml.html.document_fromstring(page.text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    return None


def ours(page: Page) -> str | None:
    fresh = Page(page.url, page.body, page.fetched_at, page.status)
    said: str | None = answer(fresh)["published_at"]
    return said


def others() -> Iterator[tuple[str, Reader]]:
    """The readers that are installed."""
    try:
        from htmldate import find_date

        yield "htmldate", lambda page: find_date(page.text, url=page.url, original_date=True)
        yield (
            "htmldate, quick",
            lambda page: find_date(page.text, url=page.url, original_date=True, extensive_search=False),
        )
    except ImportError:
        print("htmldate 未安装", file=sys.stderr)
    try:
        from trafilatura import bare_extraction

        def trafilatura(page: Page) -> str | None:
            found = bare_extraction(page.text, url=page.url, with_metadata=True)
            return found.date if found else None

        yield "trafilatura", trafilatura
    except ImportError:
        print("trafilatura 未安装", file=sys.stderr)
    try:
        from gne import GeneralNewsExtractor

        yield "gne", lambda page: GeneralNewsExtractor().extract(page.text).get("publish_time")
    except ImportError:
        print("gne 未安装", file=sys.stderr)


def real_pages(folder: Path) -> Iterator[tuple[Page, object]]:
    """The corpus' pages, each with its label's day of publication; NO_ARTICLE where the label is silent."""
    if not (folder / "labels.jsonl").exists():
        return
    for label in labels(folder):
        if label["file"].startswith("html/") and label["file"].endswith(".html"):
            yield page_of(folder, label), label["label"].get("published_displayed", NO_ARTICLE)


def made_pages() -> Iterator[tuple[Page, object]]:
    for _, page, case in own_pages():
        if case["kind"] == "page":
            yield page, case["expect"].get("published_at", NO_ARTICLE)


def measure(pages: list[tuple[Page, object]], readers: dict[str, Reader], rounds: int) -> dict[str, Tally]:
    tallies = {name: Tally() for name in readers}
    for number, (page, wanted) in enumerate(pages):
        page.text  # noqa: B018  (decoded once, before the clock runs)
        best = dict.fromkeys(readers, float("inf"))
        said: dict[str, str | None] = {}
        for _ in range(rounds):
            for name, read in readers.items():
                started = time.process_time()
                try:
                    said[name] = read(page)
                except Exception as error:  # noqa: BLE001  (a reader that crashes on a page is told, not hidden)
                    said[name] = None
                    tallies[name].failed += 1
                    print(f"{name}: {page.url}: {type(error).__name__}", file=sys.stderr)
                best[name] = min(best[name], time.process_time() - started)
        for name, tally in tallies.items():
            tally.milliseconds.append(best[name] * 1e3)
            if wanted is not NO_ARTICLE:
                tally.judge(None if wanted is None else str(wanted), day(said[name]))
        if sys.stderr.isatty():
            print(f"\r{number + 1}/{len(pages)}", end="", file=sys.stderr)
    return tallies


def day(said: str | None) -> str | None:
    """The day of whatever shape a reader gives to a time."""
    if not said:
        return None
    digits = str(said).strip().replace("/", "-").replace("年", "-").replace("月", "-").replace("日", " ")
    parts = digits[:10].split()[0].split("-")
    try:
        return datetime(int(parts[0]), int(parts[1]), int(parts[2])).date().isoformat()
    except (IndexError, ValueError):
        return digits


def table(title: str, tallies: dict[str, Tally]) -> None:
    parse, mine = tallies["parse only"].milliseconds, tallies["ours"].milliseconds
    print(f"\n{title}: {len(parse)} pages")
    print(f"{'reader':18} {'ms':>7} {'/parse':>7} {'/ours':>7}   right wrong none invented crashed")
    for name, tally in tallies.items():
        by_parse = statistics.median(t / p for t, p in zip(tally.milliseconds, parse, strict=True))
        by_ours = statistics.median(t / m for t, m in zip(tally.milliseconds, mine, strict=True))
        dates = (
            f"{tally.right:5} {tally.wrong:5} {tally.missing:4} {tally.invented:8} {tally.failed:7}"
            if name not in ("parse only", LXML)
            else ""
        )
        print(f"{name:18} {statistics.median(tally.milliseconds):7.2f} {by_parse:7.2f} {by_ours:7.2f}   {dates}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=float, default=4.0, help="end 1 where reading costs more parses than this")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    chosen = parser.parse_args()
    readers: dict[str, Reader] = {"parse only": parse_only, LXML: parse_by_lxml, "ours": ours, **dict(others())}
    ratio = by_lxml = 0.0
    kept = {}
    for title, pages in (("real pages (corpus)", list(real_pages(corpus()))), ("made pages", list(made_pages()))):
        if not pages:
            print(f"{title}: none here", file=sys.stderr)
            continue
        tallies = measure(pages, readers, chosen.rounds)
        table(title, tallies)
        kept[title] = {
            name: [statistics.median(t.milliseconds), t.right, t.wrong, t.missing, t.invented]
            for name, t in tallies.items()
        }
        pairs = zip(tallies["ours"].milliseconds, tallies["parse only"].milliseconds, strict=True)
        ratio = ratio or statistics.median(m / p for m, p in pairs)
        pairs = zip(tallies["ours"].milliseconds, tallies[LXML].milliseconds, strict=True)
        by_lxml = by_lxml or statistics.median(m / p for m, p in pairs)
    if chosen.json:
        chosen.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"\nreading ÷ parsing alone: by lxml {by_lxml:.2f} (most: {chosen.most:g}), by lexbor {ratio:.2f}")
    return 0 if by_lxml <= chosen.most else 1


if __name__ == "__main__":
    sys.exit(main())
