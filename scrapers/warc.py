"""What a site answered, kept as WARC (ISO 28500): written record by record, found again by file and position."""

import hashlib
import os
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal, Self

from warcio.recordloader import ArcWarcRecord, ArcWarcRecordLoader

from inspectorate import settings
from inspectorate.evidence import Answer, Door, frozen

GZIP = 31  # zlib's word for one gzip member
LEVEL = 4  # a twentieth larger than the best, in a quarter of the time
LEVEL_OF_COMPRESSED = 1  # what came compressed gains nothing by being compressed again
# Most of a small record's time goes into clearing zlib's tables, and it hardly gains by being searched twice.
SMALL, SMALL_LEVEL, SMALL_GZIP, SMALL_MEMORY = 8192, 2, 28, 5
PIECE = 1 << 16
FIELDS, ANSWERED, ASKED = (
    "application/warc-fields",
    "application/http; msgtype=response",
    "application/http; msgtype=request",
)
SAME = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
# Named so that other programs pass over them: ISO 28500 lets a reader ignore fields that it does not know.
ADDRESS = "WARC-IP-Address"
SECONDS, OUTCOME, FORM = "Inspectorate-Seconds", "Inspectorate-Outcome", "Inspectorate-Form"
BECAUSE, LEFT_AT = "Inspectorate-Because", "Inspectorate-Left-At"
VIEW = "urn:view:"  # Browsertrix's name for a page's picture
DOM = "urn:dom:"  # only where there is no DOM: one that was kept is a conversion of its page
# Heritrix's names for where a revisit's first copy lies.
FILE, OFFSET = "WARC-Refers-To-Filename", "WARC-Refers-To-File-Offset"


class NotKept(Exception):
    """A record is not where it should be, or only half of it was written."""


@frozen
class Exchange:
    """One request and its answer, as they went over the wire; the body de-chunked and still content-encoded."""

    url: str
    sent_at: datetime
    seconds: float
    request_line: str
    request_headers: list[tuple[str, str]]
    version: str  # HTTP/1.1
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    address: str = ""  # that was connected to; empty: a proxy's, or not known
    form: bytes | None = None  # what was posted; None: a GET

    @property
    def content_type(self) -> str:
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")

    def kept_at(self, warc: str, position: int, sha256: str = "") -> Answer:
        """The row of this answer, kept as the record at a position of a file."""
        sha256 = sha256 or hashlib.sha256(self.body).hexdigest()
        seconds = round(self.seconds, 6)
        return Answer(self.url, self.sent_at, self.status, sha256, warc, position, self.content_type, seconds)


@dataclass(frozen=True, slots=True)
class Made:
    """What we made of a page: the DOM that its scripts left (`conversion`), or a picture of it (`resource`).

    A picture goes under `urn:view:` and the page's address, as other archives have it.
    """

    type: Literal["conversion", "resource"]
    target: str
    at: datetime
    content_type: str
    body: bytes
    because: str = ""  # why it is not whole
    left_at: str = ""  # the address that its scripts led to

    @classmethod
    def dom(cls, url: str, at: datetime, body: bytes, because: str, left_at: str) -> Self:
        return cls("conversion", url, at, "text/html; charset=utf-8", body, because, left_at)

    @classmethod
    def picture(cls, url: str, at: datetime, body: bytes) -> Self:
        return cls("resource", VIEW + url, at, "image/png", body)

    def kept_at(self, warc: str, position: int) -> Answer:
        sha256 = hashlib.sha256(self.body).hexdigest()
        return Answer(self.target, self.at, None, sha256, warc, position, self.content_type)


def _form(form: bytes | None) -> list[tuple[str, str]]:
    """Tells a post from a page that is asked for at the same address."""
    return [] if form is None else [(FORM, f"sha256:{hashlib.sha256(form).hexdigest()}")]


def _address(address: str) -> list[tuple[str, str]]:
    return [(ADDRESS, address)] if address else []


class Recorder:
    """Writes one process's file: warcinfo first, then for each answer a response or revisit and its request.

    The file is begun with the first record and never appended to by another process, so a record that a kill cut in
    half is the last of its file and spoils nothing else. `known` says by URL where an earlier payload is kept.
    """

    def __init__(self, folder: Path, errand: str, known: Mapping[str, Answer] | None = None) -> None:
        self.folder = folder
        self.errand = errand
        self._known = dict(known or {})
        self._out: BinaryIO | None = None
        self._end = 0  # where the next record begins
        self.file = ""

    def keep(self, exchange: Exchange) -> Answer:
        """Write one answer; the row says where. It may be landed only after `flush`."""
        sha256 = hashlib.sha256(exchange.body).hexdigest()
        self._open()
        position, at, name = self._end, warc_date(exchange.sent_at), _record_name()
        block = _head(f"{exchange.version} {exchange.status} {exchange.reason}", _as_kept(exchange.headers))
        fields = [
            ("WARC-Record-ID", name),
            ("WARC-Target-URI", exchange.url),
            ("WARC-Date", at),
            ("WARC-Payload-Digest", f"sha256:{sha256}"),
            (SECONDS, f"{exchange.seconds:.6f}"),
            *_address(exchange.address),
            *_form(exchange.form),
        ]
        first = self._first_copy(exchange.url, sha256) if exchange.form is None else None
        if first is None:
            self._write("response", fields, ANSWERED, block + exchange.body, level=_level(exchange.headers))
        else:
            fields += [
                ("WARC-Profile", SAME),
                ("WARC-Refers-To-Target-URI", first.url),
                ("WARC-Refers-To-Date", warc_date(first.fetched_at)),
                (FILE, first.warc),
                (OFFSET, str(first.position)),
            ]
            self._write("revisit", fields, ANSWERED, block)
        asked = [
            ("WARC-Record-ID", _record_name()),
            ("WARC-Target-URI", exchange.url),
            ("WARC-Date", at),
            ("WARC-Concurrent-To", name),
        ]
        posted = exchange.form or b""
        self._write("request", asked, ASKED, _head(exchange.request_line, exchange.request_headers) + posted)
        answer = exchange.kept_at(self.file, position, sha256)
        if first is None and exchange.form is None:
            self._known[exchange.url] = answer
        return answer

    def keep_made(self, made: Made) -> Answer:
        """Write what we made of a page; the row has no status, since nobody answered it."""
        out, position = self._open(), self._end
        answer = made.kept_at(self.file, position)
        fields = [
            ("WARC-Record-ID", _record_name()),
            ("WARC-Target-URI", made.target),
            ("WARC-Date", warc_date(made.at)),
            ("WARC-Payload-Digest", f"sha256:{answer.sha256}"),
        ]
        known = self._known.get(made.target)
        if made.type == "conversion" and known is not None and known.warc == self.file:
            out.flush()
            record = record_at(self.folder / known.warc, known.position)
            fields.append(("WARC-Refers-To", record.rec_headers.get_header("WARC-Record-ID")))
        told = ((BECAUSE, made.because), (LEFT_AT, made.left_at))
        fields += [(name, " ".join(text.split())) for name, text in told if text]  # a page may have worded it
        self._write(made.type, fields, made.content_type, made.body)
        return answer

    def keep_failure(
        self,
        url: str,
        sent_at: datetime,
        outcome: Door,
        seconds: float | None,
        because: str,
        address: str = "",
        form: bytes | None = None,
    ) -> tuple[str, int]:
        """Write that nothing came, so that a replay can tell it too; says file and position."""
        self._open()
        position = self._end
        fields = [
            ("WARC-Record-ID", _record_name()),
            ("WARC-Target-URI", url),
            ("WARC-Date", warc_date(sent_at)),
            (OUTCOME, str(outcome)),
            *_address(address),
            *_form(form),
        ]
        if seconds is not None:
            fields.append((SECONDS, f"{seconds:.6f}"))
        self._write("metadata", fields, FIELDS, f"outcome: {outcome}\r\nbecause: {because}\r\n".encode())
        return self.file, position

    def copy(self, members: bytes) -> tuple[str, int]:
        """Take over whole records of another archive as they are; says file and position of the first."""
        out, position = self._open(), self._end
        out.write(members)
        out.flush()
        self._end += len(members)
        return self.file, position

    def flush(self) -> None:
        """Everything written so far is on the disk when this returns. May be called from another thread."""
        if self._out is not None:
            self._out.flush()
            os.fsync(self._out.fileno())

    def close(self) -> None:
        self.flush()
        if self._out is not None:
            self._out.close()
            self._out = None

    def _open(self) -> BinaryIO:
        """The file, begun with what it is."""
        if self._out is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            begun = datetime.now(UTC)
            self.file = f"{self.errand}-{begun:%Y%m%dT%H%M%S%f}-{os.getpid()}.warc.gz"
            self._out, self._end = open(self.folder / self.file, "xb"), 0  # noqa: SIM115 - open as long as the process
            about = "".join(f"{name}: {value}\r\n" for name, value in _about(self.errand).items())
            fields = [
                ("WARC-Record-ID", _record_name()),
                ("WARC-Filename", self.file),
                ("WARC-Date", warc_date(begun)),
            ]
            self._write("warcinfo", fields, FIELDS, about.encode())
            descriptor = os.open(self.folder, os.O_RDONLY)
            os.fsync(descriptor)  # the name too must outlive a power cut
            os.close(descriptor)
        return self._out

    def _write(
        self, kind: str, fields: Sequence[tuple[str, str]], content: str, block: bytes, level: int = LEVEL
    ) -> None:
        """One record as a gzip member of its own. Written here because warcio's writer takes half of a probe's time."""
        told = [
            ("WARC-Type", kind),
            *fields,
            ("WARC-Block-Digest", f"sha256:{hashlib.sha256(block).hexdigest()}"),
            ("Content-Type", content),
            ("Content-Length", str(len(block))),
        ]
        shape = (level, zlib.DEFLATED, GZIP, 8)
        if len(block) <= SMALL:
            shape = (min(level, SMALL_LEVEL), zlib.DEFLATED, SMALL_GZIP, SMALL_MEMORY)
        member = zlib.compressobj(*shape)
        whole = member.compress(b"".join((_head("WARC/1.1", told), block, b"\r\n\r\n"))) + member.flush()
        self._open().write(whole)
        self._end += len(whole)

    def _first_copy(self, url: str, sha256: str) -> Answer | None:
        """Where the same payload of the same address is kept whole, if it still is."""
        known = self._known.get(url)
        if known is None or known.sha256 != sha256:
            return None
        if known.warc == self.file:
            return known
        try:
            whole = first_copy(known, self.folder)
        except NotKept:
            return None
        self._known[url] = whole
        return whole


def collect(answers: Iterable[Answer], source: Path, target: Path) -> list[Answer]:
    """Copy the records that findings rest on, member by member as they are, into files of the same names.

    Each file keeps its own first record, which says who wrote it. A revisit brings its first copy with it, and every
    response its request. Run again, it writes the same files again. Returned are the answers whose record is not kept
    whole any more: the caller tells a person.
    """
    wanted: dict[str, set[int]] = {}
    missing = []
    for answer in answers:
        try:
            first = first_copy(answer, source)
        except NotKept:
            missing.append(answer)
            continue
        wanted.setdefault(answer.warc, set()).add(answer.position)
        wanted.setdefault(first.warc, set()).add(first.position)
    target.mkdir(parents=True, exist_ok=True)
    for name, positions in sorted(wanted.items()):
        new = target / f"{name}.new"
        with open(new, "wb") as out:
            for position in sorted({0} | positions):
                out.write(members_at(source / name, position))
        new.replace(target / name)
    return missing


def first_copy(answer: Answer, folder: Path) -> Answer:
    """The answer whose record holds the bytes: itself, or what its revisit refers to. NotKept if it is not there."""
    record = record_at(folder / answer.warc, answer.position)
    if record.rec_type != "revisit":
        return answer
    headers = record.rec_headers
    name, offset = headers.get_header(FILE), headers.get_header(OFFSET)
    if not name or not offset or Path(name).name != name:
        raise NotKept(f"{answer.warc}@{answer.position}: 复用记录未写明原记录位置")
    first = Answer(
        headers.get_header("WARC-Refers-To-Target-URI"),
        read_warc_date(headers.get_header("WARC-Refers-To-Date")),
        answer.status,
        answer.sha256,
        name,
        int(offset),
    )
    if record_at(folder / name, first.position).rec_type != "response":
        raise NotKept(f"{name}@{offset}: 不是完整的应答记录")
    return first


def record_at(path: Path, position: int) -> ArcWarcRecord:
    """One record, read from its place in a file; NotKept if it is not there whole."""
    if path.suffix == ".gz":
        return parse_record(_member(path, position)[0])
    try:
        with open(path, "rb") as file:
            file.seek(position)
            record = ArcWarcRecordLoader().parse_record_stream(file, no_record_parse=True)
            length = int(record.rec_headers.get_header("Content-Length") or 0)
            body = file.read(length)
    except OSError as error:
        raise NotKept(f"{path.name}@{position}: {error.strerror}") from error
    if len(body) < length:
        raise NotKept(f"{path.name}@{position}: 记录不完整")
    return parse_record(record.rec_headers.to_bytes(encoding="utf-8") + body)


def parse_record(text: bytes) -> ArcWarcRecord:
    """One record from its uncompressed bytes."""
    return ArcWarcRecordLoader().parse_record_stream(BytesIO(text))


def members_at(path: Path, position: int) -> bytes:
    """The raw gzip member at a position, and the one behind it if that is its request."""
    record, raw = _member(path, position)
    identity = parse_record(record).rec_headers.get_header("WARC-Record-ID")
    try:
        following, more = _member(path, position + len(raw))
    except NotKept:
        return raw
    belongs = parse_record(following).rec_headers.get_header("WARC-Concurrent-To") == identity
    return raw + more if belongs else raw


def positions(path: Path) -> Iterator[tuple[int, bytes]]:
    """Every whole record of a file with its position, uncompressed; a half-written last one is passed over."""
    position = 0
    while True:
        try:
            text, raw = _member(path, position)
        except NotKept:
            return
        yield position, text
        position += len(raw)


def warc_date(moment: datetime) -> str:
    """With microseconds, as WARC 1.1 allows: a replay lands the same time of visit."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def read_warc_date(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _member(path: Path, position: int) -> tuple[bytes, bytes]:
    """One gzip member, uncompressed and raw."""
    try:
        with open(path, "rb") as file:
            file.seek(position)
            return _inflate(lambda: file.read(PIECE), f"{path.name}@{position}")
    except OSError as error:
        raise NotKept(f"{path.name}@{position}: {error.strerror}") from error


def _inflate(read: Callable[[], bytes], place: str) -> tuple[bytes, bytes]:
    inflating = zlib.decompressobj(GZIP)
    text, raw = [], []
    while not inflating.eof:
        piece = read()
        if not piece:
            raise NotKept(f"{place}: 记录不完整")
        try:
            text.append(inflating.decompress(piece))
        except zlib.error as error:
            raise NotKept(f"{place}: {error}") from error
        raw.append(piece)
    whole = b"".join(raw)
    return b"".join(text), whole[: len(whole) - len(inflating.unused_data)]


def _as_kept(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The body is kept de-chunked, so the header that would say otherwise goes under another name."""
    return [
        ("X-Archive-Orig-Transfer-Encoding" if name.lower() == "transfer-encoding" else name, value)
        for name, value in headers
    ]


def _record_name() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _level(headers: Sequence[tuple[str, str]]) -> int:
    encoded = any(name.lower() == "content-encoding" for name, _ in headers)
    return LEVEL_OF_COMPRESSED if encoded else LEVEL


def _head(first: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """A first line and its headers, as UTF-8: every reader tries that before it asks for another code.

    A line end in a value would begin a header of a page's own choice.
    """
    text = first + "\r\n" + "".join([f"{name}: {value}\r\n" for name, value in headers]) + "\r\n"
    if text.count("\n") + text.count("\r") != 2 * (len(headers) + 2):
        return _head(_one_line(first), [(_one_line(name), _one_line(value)) for name, value in headers])
    return text.encode("utf-8", "replace")


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _about(errand: str) -> dict[str, str]:
    return {
        "software": f"inspectorate/{settings.version()}",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "obey",
        "http-header-user-agent": settings.user_agent(),
        "description": f"errand {errand}",
    }
