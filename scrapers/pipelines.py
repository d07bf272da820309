"""Rows reach the database in batches, by a thread of their own, after the records that they rest on are on the disk."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from inspectorate.evidence import AccountVisit, Answer, Discovery, Landed, LinkSweep, PageVisit, Visit
from inspectorate.register import Column
from inspectorate.store import database, evidence
from scrapers.warc import Recorder

BATCH_ROWS = 1000
DISCOVERED_BY = "discover"


@dataclass(frozen=True, slots=True)
class ColumnsFound:
    """All columns of one site as discovery left them, to be set beside the register's."""

    site_code: str
    columns: tuple[Column, ...]
    on: date
    ended: bool  # only a discovery that ended can say that a column is gone


Item = tuple[Landed | ColumnsFound, ...]


class Lands(Protocol):
    """What land_columns of the register does."""

    def __call__(
        self, connection: Any, site_code: str, columns: list[Column], by: str, today: date, ended: bool
    ) -> Any: ...


class Landing:
    """Takes rows as they come; hands them on when a site ends, at every thousandth row and at the end.

    The first thing that fails stands in `failure`; nothing is landed after it.
    """

    def __init__(self, url: str, recorder: Recorder, land_columns: Lands | None = None) -> None:
        self.failure: BaseException | None = None
        self.counts: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()  # how visits ended
        self.changes: dict[str, Any] = {}  # site → what is new, gone or moved
        self._url = url
        self._recorder = recorder
        self._land_columns = land_columns
        self._waiting: list[Landed | ColumnsFound] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="landing")
        self._connection: Any = None
        self._last: Future[None] | None = None

    def add(self, row: Landed | ColumnsFound) -> None:
        self.counts[type(row).__name__] += 1
        if isinstance(row, Visit | PageVisit | AccountVisit):
            self.ends[str(row.outcome)] += 1
        self._waiting.append(row)
        if len(self._waiting) >= BATCH_ROWS or isinstance(row, Discovery | LinkSweep):
            self.hand_on()

    def hand_on(self) -> None:
        """Give what is waiting to the thread."""
        if self._waiting and self.failure is None:
            batch, self._waiting = self._waiting, []
            self._last = self._thread.submit(self._guarded, lambda: self._land(batch))

    def close(self) -> None:
        """Land what is left and wait for it; the first failure is raised."""
        self.hand_on()
        self._thread.submit(self._guarded, self._hang_up)
        self._thread.shutdown(wait=True)
        self._recorder.close()
        if self.failure is not None:
            raise self.failure

    def _guarded(self, work: Callable[[], None]) -> None:
        if self.failure is None:
            try:
                work()
            except BaseException as failure:
                self.failure = failure
                raise

    def _land(self, batch: list[Landed | ColumnsFound]) -> None:
        self._recorder.flush()
        if self._connection is None:
            self._connection = database.connect(self._url)
        for found in batch:
            if isinstance(found, ColumnsFound) and self._land_columns is not None:
                self.changes[found.site_code] = self._land_columns(
                    self._connection, found.site_code, list(found.columns), DISCOVERED_BY, found.on, found.ended
                )
        rows = [row for row in batch if not isinstance(row, ColumnsFound)]
        if rows:
            evidence.land(self._connection, rows)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()


def known_copies(connection: Any, urls: list[str]) -> dict[str, Answer]:
    """The latest landed answer of each address, so that an unchanged payload is not kept a second time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (url) url, fetched_at, status, sha256, warc, position from answer"
            " where url = any(%s) and status is not null order by url, fetched_at desc",
            [list(dict.fromkeys(urls))],
        )
        return {row[0]: Answer(*row) for row in cursor.fetchall()}


class LandingPipeline:
    """Scrapy's end of it: an item is all the rows that one page gave. If landing fails, the errand ends."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._landing: Landing = crawler.spider.landing

    @classmethod
    def from_crawler(cls, crawler: Any) -> "LandingPipeline":
        return cls(crawler)

    async def process_item(self, item: Item) -> Item:
        for row in item:
            self._landing.add(row)
        if self._landing.failure is not None:
            await self._crawler.engine.close_spider_async(reason="landing_failed")
        return item
