"""Doors for seeing: discover a site's columns, probe the home pages, read one saved page."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from inspectorate.commands import BAD_INPUT, DONE
from inspectorate.quarter import read_time
from inspectorate.register import BadInput

KINDS = ("page", "home", "list", "article", "letters", "weibo", "wechat")


def read(arguments: argparse.Namespace) -> int:
    """One file in, one JSON object out; `--batch` reads many in one process. No network, no database, no clock."""
    if arguments.batch is not None:
        return _read_batch(arguments.batch)
    if arguments.kind is None or arguments.file is None or not arguments.url or arguments.fetched_at is None:
        raise BadInput("read 需要 KIND FILE --url URL --fetched-at TIME，或 --batch FILE.jsonl")
    headers = json.loads(_bytes(arguments.headers)) if arguments.headers else {}
    answer = _answer(
        arguments.kind,
        arguments.file,
        arguments.url,
        arguments.fetched_at,
        arguments.content_type,
        arguments.status,
        headers,
    )
    print(json.dumps(answer, ensure_ascii=False))
    return DONE


def _read_batch(batch: Path) -> int:
    worst = DONE
    for number, line in enumerate(_bytes(batch).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            answer = _answer_line(json.loads(line), batch)
        except (BadInput, ValueError, KeyError, TypeError) as bad:
            print(f"{batch.name}:{number}: {bad}", file=sys.stderr)
            answer, worst = {"error": str(bad)}, BAD_INPUT
        print(json.dumps(answer, ensure_ascii=False))
    return worst


def _answer_line(row: dict[str, Any], batch: Path) -> dict[str, Any]:
    missing = [name for name in ("kind", "file", "url", "fetched_at") if not row.get(name)]
    if missing:
        raise BadInput(f"缺少 {'、'.join(missing)}")
    headers = row.get("headers") or {}
    if isinstance(headers, str):
        headers = json.loads(_bytes(batch.parent / headers))
    return _answer(
        row["kind"],
        batch.parent / row["file"],  # an absolute path stays as it is
        row["url"],
        read_time(row["fetched_at"]),
        row.get("content_type") or "",
        int(row.get("status") or 200),
        headers,
    )


def _answer(
    kind: str,
    file: Path,
    url: str,
    fetched_at: datetime,
    content_type: str,
    status: int,
    headers: dict[str, str],
) -> dict[str, Any]:
    from scrapers.dialects import Page, answer
    from scrapers.reading import PageChanged

    if kind not in KINDS:
        raise BadInput(f"未知种类 {kind!r}（可用 {' '.join(KINDS)}）")
    page = Page(
        url=url,
        body=_bytes(file),
        fetched_at=fetched_at,
        status=status,
        content_type=content_type,
        headers={str(name): str(value) for name, value in headers.items()},
    )
    try:
        return answer(page, kind)
    except PageChanged as changed:
        raise BadInput(f"{file.name}: {changed}") from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as failed:
        raise BadInput(f"{file}: {failed.strerror or failed}") from None


def discover(arguments: argparse.Namespace) -> int:
    from inspectorate.commands.crawling import errand
    from inspectorate.store import cluster

    with cluster.running():
        return errand("site", arguments.codes, ["--discover"])


def probe(arguments: argparse.Namespace) -> int:
    from inspectorate.commands.crawling import errand
    from inspectorate.store import cluster

    with cluster.running():
        return errand("probe", arguments.only, [])


def visits(arguments: argparse.Namespace) -> int:
    """Every landed visit of a site's home page as it was seen, with the record that it rests on."""
    from inspectorate.formats import ledger_files
    from inspectorate.store import database, evidence, register

    if arguments.until <= arguments.since:
        raise BadInput(f"--to {arguments.until.isoformat()} 不晚于 --from {arguments.since.isoformat()}")
    with database.opened() as connection:
        if arguments.code not in {site.site_code for site in register.read(connection).sites}:
            raise BadInput(f"登记库中没有网站标识码 {arguments.code}")
        found = evidence.read_visits(connection, arguments.code, arguments.since, arguments.until)
    try:
        ledger_files.write_visits(arguments.out, found)
    except OSError as failed:
        raise BadInput(f"{arguments.out}: {failed.strerror or failed}") from None
    print(f"{arguments.code}: 首页访问记录 {len(found)} 条", file=sys.stderr)
    return DONE


def lines(rows: Iterator[dict[str, Any]]) -> None:
    """Rows as JSON lines on stdout."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
