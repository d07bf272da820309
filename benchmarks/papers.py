"""What the papers cost beside the libraries that write them, on the same facts: Word, spreadsheet and PDF.

    python benchmarks/papers.py [--rows 90] [--cells 5000] [--rounds 5] [--pdf 5]

Goals (performance.md 12 to 14): a notice at most twice docxtpl alone, a spreadsheet of 5,000 rows at most 1.3 times
XlsxWriter, many papers in one conversion at most 0.6 of one conversion each. CPU seconds; ours and the bare library
take turns and a ratio is formed within a round. A conversion is LibreOffice's, so its whole time by the clock is told.
"""

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import xlsxwriter
from docxtpl import DocxTemplate

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspectorate.formats import paper, pdf, sheet  # noqa: E402
from inspectorate.notice import Notice  # noqa: E402
from inspectorate.wording import printable  # noqa: E402
from tests.golden.seed import golden  # noqa: E402


def of_size(rows: int) -> Notice:
    """The golden notice, whose failing sites are told again and again until there are so many."""
    notice = golden().notice()
    given = notice.site_rows
    return replace(notice, site_rows=tuple(replace(given[n % len(given)], number=n + 1) for n in range(rows)))


def filled(notice: Notice) -> dict[str, Any]:
    """What our notice gives to its template."""
    given: list[dict[str, Any]] = []
    ours = paper._render

    def look(template: DocxTemplate, context: dict[str, Any], words: tuple[str, ...]) -> None:
        given.append(dict(context))
        ours(template, context, words)

    paper._render = look
    try:
        paper.print_notice(notice)
    finally:
        paper._render = ours
    return given[-1]


def docxtpl_alone(facts: dict[str, Any]) -> bytes:
    template = DocxTemplate(paper.TEMPLATES / "notice.docx")
    template.render(facts, autoescape=True)
    kept = io.BytesIO()
    template.save(kept)
    return kept.getvalue()


def xlsxwriter_alone(rows: list[tuple[Any, ...]]) -> bytes:
    kept = io.BytesIO()
    book = xlsxwriter.Workbook(kept, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page, look = book.add_worksheet(), book.add_format({"border": 1, "text_wrap": True})
    for number, row in enumerate(rows):
        page.write_row(number, 0, row, look)
    book.close()
    return kept.getvalue()


def cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def wall(work: Callable[[], object]) -> float:
    before = time.monotonic()
    work()
    return time.monotonic() - before


def beside(name: str, ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> None:
    ours(), bare()  # templates are parsed and modules loaded
    each = [(cpu(ours), cpu(bare)) for _ in range(rounds)]
    ratio = statistics.median(one / other for one, other in each)
    mine, other = (statistics.median(times) for times in zip(*each, strict=True))
    print(f"{name}: ours {mine:.3f} CPU s, the library alone {other:.3f}, ratio {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=90, help="failing sites in the notice")
    parser.add_argument("--cells", type=int, default=5000, help="rows of the spreadsheet")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pdf", type=int, default=5, help="papers to convert; 0: none")
    asked = parser.parse_args()
    notice = of_size(asked.rows)
    facts = filled(notice)
    beside("docx", lambda: paper.print_notice(notice), lambda: docxtpl_alone(facts), asked.rounds)
    large = of_size(asked.cells)
    rows = [tuple(printable(v) if isinstance(v, str) else v for v in sheet._site(row)) for row in large.site_rows]
    beside("xlsx", lambda: sheet.print_annex(large), lambda: xlsxwriter_alone(rows), asked.rounds)
    if asked.pdf:
        printed = paper.print_notice(notice)
        single = wall(lambda: pdf.convert({"0": printed}))
        many = wall(lambda: pdf.convert({str(n): printed for n in range(asked.pdf)}))
        print(f"pdf: one {single:.1f} s, {asked.pdf} in one conversion {many / asked.pdf:.1f} s each, ", end="")
        print(f"ratio {many / asked.pdf / single:.2f}")


if __name__ == "__main__":
    main()
