"""Evidence: what was answered is kept as it came, once, and found again."""

import gzip
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from inspectorate.evidence import Answer, Door
from scrapers import warc
from scrapers.warc import Exchange, NotKept, Recorder, collect, first_copy, positions, record_at

AT = datetime(2026, 11, 24, 2, 0, 0, 123456, tzinfo=UTC)
BODY = gzip.compress("<title>市教育局</title>".encode(), mtime=0)


def exchange(url: str = "http://a.gov.cn/", body: bytes = BODY, at: datetime = AT) -> Exchange:
    headers = [("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    asked = [("Host", "a.gov.cn"), ("User-Agent", "Inspectorate/0.1")]
    return Exchange(url, at, 0.25, "GET / HTTP/1.1", asked, "HTTP/1.1", 200, "OK", headers, body)


def kinds(path: Path) -> list[str]:
    with open(path, "rb") as file:
        return [record.rec_type for record in ArchiveIterator(file)]


def test_a_file_begins_with_warcinfo_and_holds_each_answer_with_its_request(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "site")
    answer = recorder.keep(exchange())
    recorder.close()
    assert kinds(tmp_path / answer.warc) == ["warcinfo", "response", "request"]


def test_the_digest_is_of_the_payload_as_received_and_warcio_finds_it_right(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "site")
    answer = recorder.keep(exchange())
    recorder.close()
    record = record_at(tmp_path / answer.warc, answer.position)
    assert answer.sha256 == hashlib.sha256(BODY).hexdigest()
    assert record.rec_headers.get_header("WARC-Payload-Digest") == f"sha256:{answer.sha256}"
    assert record.raw_stream.read() == BODY
    with open(tmp_path / answer.warc, "rb") as file:
        for checked in ArchiveIterator(file, check_digests=True):
            checked.content_stream().read()
            assert checked.digest_checker.passed is not False


def test_the_time_of_the_visit_outlives_the_file_to_the_microsecond(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "site")
    answer = recorder.keep(exchange())
    recorder.close()
    told = record_at(tmp_path / answer.warc, answer.position).rec_headers.get_header("WARC-Date")
    assert warc.read_warc_date(told) == AT


def test_an_unchanged_payload_is_kept_once_even_by_another_process(tmp_path: Path) -> None:
    first = Recorder(tmp_path, "probe")
    whole = first.keep(exchange())
    first.close()
    later = datetime(2026, 11, 24, 3, tzinfo=UTC)
    second = Recorder(tmp_path, "probe", {whole.url: whole})
    again = second.keep(exchange(at=later))
    second.close()
    third = Recorder(tmp_path, "probe", {again.url: again})
    once_more = third.keep(exchange(at=later.replace(hour=4)))
    third.close()
    assert kinds(tmp_path / again.warc) == ["warcinfo", "revisit", "request"]
    assert (again.sha256, again.fetched_at) == (whole.sha256, later)
    for answer in (again, once_more):
        found = first_copy(answer, tmp_path)
        assert (found.warc, found.position) == (whole.warc, whole.position)


def test_a_payload_whose_first_copy_is_gone_is_kept_whole(tmp_path: Path) -> None:
    gone = Answer("http://a.gov.cn/", AT, 200, hashlib.sha256(BODY).hexdigest(), "gone.warc.gz", 0)
    recorder = Recorder(tmp_path, "site", {gone.url: gone})
    answer = recorder.keep(exchange())
    recorder.close()
    assert record_at(tmp_path / answer.warc, answer.position).rec_type == "response"


def test_half_a_record_at_the_end_spoils_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "site")
    kept = recorder.keep(exchange())
    cut = recorder.keep(exchange("http://a.gov.cn/2", b"x" * 5000))
    recorder.close()
    path = tmp_path / kept.warc
    path.write_bytes(path.read_bytes()[: cut.position + 40])
    assert len(list(positions(path))) == 3
    assert record_at(path, kept.position).raw_stream.read() == BODY
    with pytest.raises(NotKept, match="不完整"):
        record_at(path, cut.position)


def test_what_nobody_answered_is_kept_too(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "site")
    recorder.keep_failure("http://a.gov.cn/", AT, Door.TIMEOUT, None, "15 秒内未能打开")
    recorder.close()
    ((_, _), (_, text)) = list(positions(tmp_path / recorder.file))
    assert warc.parse_record(text).rec_headers.get_header(warc.OUTCOME) == "timeout"


def test_collecting_copies_what_findings_rest_on_and_the_first_copies_of_revisits(tmp_path: Path) -> None:
    source, target = tmp_path / "all", tmp_path / "out"
    first = Recorder(source, "site")
    whole = first.keep(exchange())
    first.keep(exchange("http://a.gov.cn/unasked", b"no finding rests on this"))
    first.close()
    second = Recorder(source, "site", {whole.url: whole})
    again = second.keep(exchange(at=datetime(2026, 11, 25, tzinfo=UTC)))
    second.close()
    assert collect([again], source, target) == []
    assert kinds(target / whole.warc) == ["warcinfo", "response", "request"]
    assert kinds(target / again.warc) == ["warcinfo", "revisit", "request"]
    before = {path.name: len(path.read_bytes()) for path in target.iterdir()}
    assert collect([again], source, target) == []
    assert {path.name: len(path.read_bytes()) for path in target.iterdir()} == before


def test_collecting_says_which_records_are_not_there(tmp_path: Path) -> None:
    lost = Answer("http://a.gov.cn/", AT, 200, "0" * 64, "lost.warc.gz", 0)
    assert collect([lost], tmp_path, tmp_path / "out") == [lost]
