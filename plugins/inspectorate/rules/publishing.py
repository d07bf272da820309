"""How a site publishes: the hour beside the day on its articles, and its yearly table in time. 信息发布"""

import re
import unicodedata
from datetime import date

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ACCUSES_WITHIN, ArticleVisit, SiteEvidence, YearlyTable
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.quarter import day_of
from inspectorate.rules.registry import UNBOUNDED, Context, bounded, find, rule

_SIGNS = re.compile(r"[\s\W_]+")
_SUPERVISION = "监管"  # the supervisor's own table: 政府网站监管年度报表


@rule
def hour_not_shown(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Articles that show the day on which they were published and no hour.

    Only what was published since the edition is in force; a page without a day, or one that was read more than 36 hours
    before, accuses nobody. The articles that were read stand for all.
    """
    at = context.inspected_at
    since = [r for r in evidence.readings if r.dated is None or r.dated >= edition.valid_from]
    bare = [r for r in since if r.clock is False and r.dated is not None]
    lacking = [r for r in bare if at - ACCUSES_WITHIN <= r.visited_at <= at]
    open_ = len(bare) - len(lacking) + sum(r.dated is None or r.clock is None for r in since)
    low, limit = len(lacking), clause.count
    outcome = bounded(low, UNBOUNDED if not since else low + open_, limit)
    said = f"读取的{len(since)}篇文章中，{low}篇只标明日期而未标明时分"
    if open_:
        said += f"，{open_}篇未能认定"
    if not since:
        said = "没有读到文章页"
    return find(clause, context, outcome, said, low if since else None, limit, _bare(lacking))


def _bare(lacking: list[ArticleVisit]) -> list[Proof]:
    rows = sorted(lacking, key=lambda r: r.url)
    return [Proof(r.url, r.visited_at, r.sha256, f"《{r.title}》只标明{r.dated}，未标明时分") for r in rows]


@rule
def yearly_table_late(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding | None:
    """The table of the year before was listed under a day after the last one allowed, and nowhere under an earlier one.

    A portal lists the tables of others as well: only one that names nobody but this site accuses, any clears. One that
    was not seen accuses nobody, for lists are not read back to January. None: no table has been due since the
    edition came into force.
    """
    due = last_due(clause, context.day)
    if due < edition.valid_from:
        return None
    of_year = [t for t in evidence.tables if str(due.year - 1) in t.title and _SUPERVISION not in t.title]
    in_time = [t for t in of_year if (t.dated is not None and t.dated <= due) or day_of(t.first_seen) <= due]
    own = [t for t in of_year if t.dated is not None and names_only(t, context, clause, due.year - 1)]
    table = f"{due.year - 1}年度网站工作年度报表"
    if in_time:
        first = min(in_time, key=lambda t: (t.dated or day_of(t.first_seen), t.url))
        return find(clause, context, Outcome.PASSED, f"{first.dated or day_of(first.first_seen)}已发布{table}", 0, 1)
    own = [t for t in own if t.dated is not None and t.dated <= context.day]
    if not own or len(own) < len(of_year) or _opened_since(context, due):
        said = f"截至{due}是否已发布{table}，未能认定"
        return find(clause, context, Outcome.UNJUDGED, said, limit=1)
    first = min(own, key=lambda t: (t.dated or due, t.url))
    proof = [Proof(first.url, first.first_seen, None, f"《{first.title}》注明{first.dated}，晚于{due}")]
    return find(clause, context, Outcome.FAILED, f"{table}{first.dated}才发布，晚于{due}", 1, 1, proof)


def last_due(clause: Clause, day: date) -> date:
    """The latest of the clause's yearly days that is over on a day: on the day itself there is still time."""
    month, number = clause.due
    due = date(day.year, month, number)
    return due if due < day else date(day.year - 1, month, number)


def names_only(table: YearlyTable, context: Context, clause: Clause, year: int) -> bool:
    """Whether nothing is left of a title without the year, the words for such a table and the names of this site."""
    left = _SIGNS.sub("", unicodedata.normalize("NFKC", table.title)).replace(f"{year}", "")
    for name in sorted({context.site.name, context.unit.name, *clause.words}, key=len, reverse=True):
        left = left.replace(_SIGNS.sub("", unicodedata.normalize("NFKC", name)), "")
    return not left


def _opened_since(context: Context, due: date) -> bool:
    """A site that came into scope later had nothing to publish by then."""
    return context.site.valid_from is not None and context.site.valid_from > due
