"""The same door, answered from kept WARC files: no network is touched, and a record's own time is the visit's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import urldefrag

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from inspectorate.evidence import Answer, Door
from scrapers.dialects import Page
from scrapers.door import Knock, Limits, opened
from scrapers.screen import Ask, Motif, Rendered, Shot
from scrapers.warc import (
    ADDRESS,
    BECAUSE,
    DOM,
    FILE,
    FORM,
    LEFT_AT,
    OFFSET,
    OUTCOME,
    SECONDS,
    VIEW,
    Exchange,
    Made,
    NotKept,
    Recorder,
    members_at,
    parse_record,
    positions,
    read_warc_date,
    record_at,
)

NOT_KEPT = "未留存"
TOLD_BY_PROXY = ("proxy-status", "x-squid-error")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one answer is kept."""

    at: datetime
    path: Path
    position: int
    digest: str
    revisit: bool


@dataclass
class Kept:
    """What stands behind the door in a replay: the WARC files of a folder, our own and others'.

    Of several records of one URL the latest of the same errand is taken, else the latest of all. Records that lie
    outside of the evidence folder are taken over into it, so that a row always names a record that is there.
    """

    folder: Path
    errand: str
    recorder: Recorder
    landed: Callable[[Answer], None]
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self._places: dict[str, list[Place]] = {}
        self._by_digest: dict[str, Place] = {}
        self._asked: dict[str, int] = {}
        for path in sorted(self.folder.rglob("*.warc*")):
            if path.name.endswith((".warc", ".warc.gz")):
                self._index(path)

    async def knock(
        self,
        url: str,
        headers: Mapping[str, str],  # noqa: ARG002 - a record has its own
        form: bytes | None = None,
        *,
        again: bool = False,  # noqa: ARG002
        sending: Callable[[], None] | None = None,  # noqa: ARG002
    ) -> Knock:
        for place in self._turns(url) if form is None else []:
            try:
                return self._answer(url, place)
            except NotKept:
                continue  # half a record: an earlier one may be whole
        return Knock(url, datetime.now(UTC), Door.OURS, because=NOT_KEPT, local=True)

    def holds(self, url: str) -> bool:
        """Whether anything was kept of an address."""
        return bool(self._places.get(_key(url)))

    async def close(self) -> None:
        """Nothing is held open."""

    def _turns(self, url: str) -> list[Place]:
        """The records that may answer this time, the best first.

        A page that was tried twice in one errand is answered twice in the same order; then the last answer stays.
        """
        places = self._places.get(_key(url)) or self._places.get(_key(_other_scheme(url))) or []
        own = [place for place in places if place.path.name.startswith(f"{self.errand}-")]
        by_time = sorted(own or places, key=lambda place: place.at)
        if not by_time:
            return []
        tries = [place for place in by_time if place.path == by_time[-1].path]
        turn = self._asked.get(url, 0)
        self._asked[url] = turn + 1
        return [tries[min(turn, len(tries) - 1)], *reversed(by_time)]

    def _index(self, path: Path) -> None:
        """Note every response, revisit and failure of one file."""
        for position, record in _records(path):
            headers = record.rec_headers
            url = headers.get_header("WARC-Target-URI")
            if not url or headers.get_header(FORM):
                continue  # only the browser posts, and what came of it stands in the page that it left
            if not (
                record.rec_type in ("response", "revisit", "conversion")
                or (record.rec_type == "resource" and url.startswith(VIEW))
                or (record.rec_type == "metadata" and headers.get_header(OUTCOME))
            ):
                continue
            if record.rec_type == "conversion":
                url = DOM + url
            digest = headers.get_header("WARC-Payload-Digest") or ""
            at = read_warc_date(headers.get_header("WARC-Date"))
            place = Place(at, path, position, digest, record.rec_type == "revisit")
            self._places.setdefault(_key(url.strip("<>")), []).append(place)
            if record.rec_type == "response" and digest:
                self._by_digest.setdefault(digest, place)

    def made(self, target: str) -> tuple[ArcWarcRecord, bytes, Answer | None] | None:
        """What was made of a page, its record, its bytes and its row, or that it failed; None: nothing was kept."""
        for place in self._turns(target):
            try:
                record = record_at(place.path, place.position)
            except NotKept:
                continue
            if record.rec_type == "metadata":
                return record, b"", None
            headers = record.rec_headers
            url, content_type = headers.get_header("WARC-Target-URI"), headers.get_header("Content-Type") or ""
            body = record.raw_stream.read()
            made = Made(record.rec_type, url, place.at, content_type, body)
            answer = made.kept_at(place.path.name, place.position)
            if not self._ours(place):
                file, position = self.recorder.copy(members_at(place.path, place.position))
                answer = replace(answer, warc=file, position=position)
            self.landed(answer)
            return record, body, answer
        return None

    def _answer(self, url: str, place: Place) -> Knock:
        record = record_at(place.path, place.position)
        if record.rec_type == "metadata":
            return _failure(url, place, record)
        seconds = float(record.rec_headers.get_header(SECONDS) or 0)
        whole = self._whole(place, record) if place.revisit else record
        body = _payload(whole)
        told = record.http_headers or whole.http_headers
        if told is None:
            raise NotKept(f"{place.path.name}@{place.position}: 没有 HTTP 头")
        number, _, reason = told.statusline.partition(" ")
        address = record.rec_headers.get_header(ADDRESS) or ""
        exchange = Exchange(
            url, place.at, seconds, "", [], told.protocol, int(number), reason, told.headers, body, address
        )
        answer = self._take_over(exchange, place)
        self.landed(answer)
        # Only behind a proxy does such a header come from it; what was kept without one bears none.
        proxied = any(name.lower() in TOLD_BY_PROXY for name, _ in told.headers)
        return opened(exchange, answer, self.limits.decoded_bytes, proxied=proxied)

    def _whole(self, place: Place, record: ArcWarcRecord) -> ArcWarcRecord:
        """The record with the bytes that a revisit refers to: by place, by address and time, or by digest."""
        headers = record.rec_headers
        name, offset = headers.get_header(FILE), headers.get_header(OFFSET)
        if name and offset and (place.path.parent / Path(name).name).exists():
            found = record_at(place.path.parent / Path(name).name, int(offset))
            if found.rec_headers.get_header("WARC-Payload-Digest") == place.digest:
                return found
        first = headers.get_header("WARC-Refers-To-Target-URI"), headers.get_header("WARC-Refers-To-Date")
        if all(first):
            for other in self._places.get(_key(first[0]), []):
                if other.at == read_warc_date(first[1]) and not other.revisit:
                    return record_at(other.path, other.position)
        if place.digest in self._by_digest:
            other = self._by_digest[place.digest]
            return record_at(other.path, other.position)
        raise NotKept(f"{place.path.name}@{place.position}: 复用的原记录未留存")

    def _take_over(self, exchange: Exchange, place: Place) -> Answer:
        """The row of a kept answer; a record from elsewhere is copied, a revisit of elsewhere written whole."""
        if not self._ours(place):
            if place.revisit or place.path.suffix != ".gz":
                return self.recorder.keep(exchange)
            file, position = self.recorder.copy(members_at(place.path, place.position))
            return exchange.kept_at(file, position)
        return exchange.kept_at(place.path.name, place.position)

    def _ours(self, place: Place) -> bool:
        """Whether a record lies in our own evidence already."""
        ours = self.recorder.folder / place.path.name
        return ours.exists() and ours.samefile(place.path)


@dataclass
class KeptScreen:
    """What the browser left of each page, in a replay: no script runs a second time."""

    kept: Kept
    missing: str = ""

    async def render(self, page: Page, ask: Ask) -> Rendered:  # noqa: ARG002 - nothing is asked
        found = self.kept.made(DOM + page.url)
        if found is None:
            return Rendered(page.url, NOT_KEPT)
        record, dom, answer = found
        if answer is None:
            return Rendered(page.url, _because(record))
        headers = record.rec_headers
        url, because = headers.get_header(LEFT_AT) or page.url, headers.get_header(BECAUSE) or ""
        return Rendered(url, because, answer, dom)

    async def picture(self, motif: Motif, ask: Ask) -> Shot | None:  # noqa: ARG002
        found = self.kept.made(VIEW + motif.page.url)
        if found is None:
            return None
        record, _, answer = found
        taken_at = read_warc_date(record.rec_headers.get_header("WARC-Date"))
        return Shot(taken_at, answer, "" if answer is not None else _because(record))

    async def close(self) -> None:
        """Nothing is held open."""


def _records(path: Path) -> list[tuple[int, ArcWarcRecord]]:
    """Positions and headers of one file's whole records; what cannot be read ends the list."""
    if path.suffix == ".gz":
        return [(position, parse_record(text)) for position, text in positions(path)]
    found = []
    with open(path, "rb") as file:
        records = ArchiveIterator(file, no_record_parse=True)
        try:
            for record in records:
                found.append((records.get_record_offset(), record))
        except (ArchiveLoadFailed, EOFError):
            pass
    return found


def _payload(record: ArcWarcRecord) -> bytes:
    """The payload de-chunked and still content-encoded; others keep the chunks as they came."""
    raw: bytes = record.raw_stream.read()
    if record.http_headers and (record.http_headers.get_header("transfer-encoding") or "").lower() == "chunked":
        return bytes(ChunkedDataReader(BytesIO(raw)).read(len(raw) + 1))
    return raw


def _failure(url: str, place: Place, record: ArcWarcRecord) -> Knock:
    """A knock that ended without an answer, as it was written then."""
    headers = record.rec_headers
    seconds = headers.get_header(SECONDS)
    because = _because(record)
    outcome = Door(headers.get_header(OUTCOME))
    address, kept = headers.get_header(ADDRESS) or "", (place.path.name, place.position)
    return Knock(url, place.at, outcome, float(seconds) if seconds else None, because, record=kept, address=address)


def _because(record: ArcWarcRecord) -> str:
    text = record.raw_stream.read().decode()
    return next((line.partition(": ")[2] for line in text.splitlines() if line.startswith("because: ")), "")


def _key(url: str) -> str:
    bare = urldefrag(url)[0]
    return bare + "/" if bare.count("/") == 2 else bare


def _other_scheme(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{'http' if scheme == 'https' else 'https'}{separator}{rest}"
