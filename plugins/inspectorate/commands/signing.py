"""Doors for signing and publishing: who may sign which paper, and what is frozen once it is signed."""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from psycopg2.extensions import connection as Connection

from inspectorate import judge
from inspectorate.commands import BAD_INPUT, DONE, OURS_FAILED
from inspectorate.commands import inspection as steps
from inspectorate.commands.deciding import parts
from inspectorate.commands.inspection import Judged
from inspectorate.finding import Finding, Json, Outcome, Ruling
from inspectorate.notice import Notice
from inspectorate.quarter import SHANGHAI, day_of, read_day
from inspectorate.register import BadInput, Issuer
from inspectorate.settings import published_folder
from inspectorate.store import database, letters, qr_codes, signing, worksheets
from inspectorate.store import finding as findings_kept
from inspectorate.store import inspection as inspections
from inspectorate.store.inspection import Inspection
from inspectorate.store.signing import AGREED, RETURNED, REVIEWED, Answer, Publication, Signature
from inspectorate.worksheet import objections

OPTIONS = {"review": (REVIEWED,), "sign": (AGREED, RETURNED)}
LONGEST_NUMBER = 60
NAMED_AT_MOST = 30  # subjects that a question lists


@dataclass(frozen=True)
class Paper:
    """The draft as `draft` would print it now."""

    judged: Judged
    notice: Notice
    docx: bytes
    sha256: str
    decided: tuple[str, ...]  # digests of the findings that it prints and that a person decided


@dataclass(frozen=True)
class Wish:
    """What a signer wants the paper to bear."""

    document_number: str
    signed_on: date
    rectify_by: date


def paper_now(connection: Connection, inspection: Inspection) -> Paper:
    """Judge anew, because confirmations and decisions may have come since, and print the draft; nothing is kept."""
    from inspectorate.formats import paper

    found, judged = steps.judged_anew(connection, inspection)
    made = steps.compose_notice(judged)
    docx = paper.print_notice(made, qr_codes.read(connection, inspection.register))
    decided = tuple(raw.digest for raw, said in zip(found, judged.findings, strict=True) if _printed(said))
    return Paper(judged, made, docx, hashlib.sha256(docx).hexdigest(), decided)


def _printed(finding: Finding) -> bool:
    """Whether a person's decision stands behind what a paper may say of this finding."""
    return finding.decision is not Ruling.NONE and finding.stands_as is Outcome.FAILED


def obstacles(connection: Connection, paper: Paper, now: datetime) -> list[str]:
    """Why a paper cannot be signed by anybody yet, in official Chinese; empty: it can."""
    inspection = paper.judged.inspection
    found = [_one_notice_a_quarter(p) for p in signing.publications(connection, inspection.quarter)]
    found += paper.notice.obstacles()
    if unseen := judge.unattested(paper.judged.findings):
        found.append("尚有人工指标未经确认: " + "、".join(unseen))
    names = {p.sign_in: p.name for p in inspection.register.issuer.people}
    settled = {(f.clause, f.subject) for f in paper.judged.findings if f.decision is not Ruling.NONE}
    for one in objections(worksheets.read(connection, inspection)):
        if (one.clause, one.subject) not in settled:
            found.append(f"须先复核：{one.tell(names)}")
    explained = {e.unit for said in signing.explanations(connection, inspection).values() for e in said}
    waiting = [
        one
        for one in letters.listed(connection, inspection, ["verify"])
        if one.answer_until is not None and one.state != "undeliverable"
        if one.answer_until > now and one.unit not in explained
    ]
    if waiting:
        last = max(one.answer_until for one in waiting if one.answer_until).astimezone(SHANGHAI)
        found.append(f"核实函的说明期限未满（至{last:%Y-%m-%d %H:%M}），{len(waiting)}个单位尚未说明")
    return found


def _one_notice_a_quarter(published: Publication) -> str:
    return f"本季度已印发 {published.name}（{published.document_number}），不再另发通报"


# Signing


def sign(arguments: argparse.Namespace) -> int:
    """A person's answer, weighed and recorded; with --stage in the form that an Airflow task reads."""
    stage: signing.Stage = arguments.stage or "sign"
    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        if arguments.answer is None:
            if not arguments.stage:
                raise BadInput("请用 --answer 同意签发 或 --answer 退回修改 作答")
            print(json.dumps(_question(connection, inspection, stage), ensure_ascii=False))
            return DONE
        if not arguments.by:
            raise BadInput("请用 --by 写明作答人的登录名")
        told = _answer(connection, inspection, stage, arguments)
    if arguments.stage:
        print(json.dumps({"accepted": not told.refused, "because": told.because}, ensure_ascii=False))
        return DONE
    print(f"{inspection.name}: {told.because}", file=sys.stderr)
    return BAD_INPUT if told.refused else DONE


@dataclass(frozen=True)
class Told:
    """What a signer is told."""

    because: str
    refused: bool = True


def _answer(
    connection: Connection, inspection: Inspection, stage: signing.Stage, arguments: argparse.Namespace
) -> Told:
    published = signing.publication(connection, inspection)
    if published is not None:
        return Told(f"已印发（{published.document_number}），不再签发", refused=False)
    form = read_form(arguments)
    paper: Paper | None = None
    wish: Wish | None = None
    issuer = inspection.register.issuer
    because = _stranger(issuer, arguments.by) or _unknown_answer(stage, arguments.answer)
    if not because and arguments.answer != RETURNED:
        paper = paper_now(connection, inspection)
        because = "；".join(obstacles(connection, paper, datetime.now(SHANGHAI)))
        if not because and stage == "sign":
            because = _asked(paper, arguments.draft) or _bound(connection, paper, arguments.by)
        if not because and stage == "sign":
            try:
                wish = read_wish(form, inspection, datetime.now(SHANGHAI).date())
            except BadInput as bad:
                because = str(bad)
        if not because and wish and (taken := signing.number_taken(connection, wish.document_number, inspection)):
            because = f"文号 {wish.document_number} 已用于 {taken}"
    answer = Answer(
        stage, arguments.answer, arguments.by, not because, because, paper.sha256 if paper else "", form,
        arguments.run, arguments.attempt,
    )  # fmt: skip
    if because or wish is None:
        signing.record(connection, inspection, answer)
        return Told(because or f"{arguments.answer}，已记录", refused=bool(because))
    standing = signing.signature(connection, inspection)
    if standing is None or not _same(standing, answer, wish):
        signing.sign(connection, inspection, answer, wish.document_number, wish.signed_on, wish.rectify_by)
    return Told(f"{AGREED}（{wish.document_number}，{wish.signed_on}），已记录", refused=False)


def _same(standing: Signature, answer: Answer, wish: Wish) -> bool:
    was = (standing.draft_sha256, standing.by, standing.document_number, standing.signed_on, standing.rectify_by)
    return was == (answer.draft_sha256, answer.by, wish.document_number, wish.signed_on, wish.rectify_by)


def _stranger(issuer: Issuer, sign_in: str) -> str:
    if issuer.person(sign_in) is not None:
        return ""
    known = "、".join(p.sign_in for p in issuer.people) or "无"
    return f"issuer.yaml 的 people 中没有 {sign_in!r}（现有: {known}）"


def _unknown_answer(stage: signing.Stage, chosen: str) -> str:
    return "" if chosen in OPTIONS[stage] else f"答复应为 {'、'.join(OPTIONS[stage])}: {chosen!r}"


def _asked(paper: Paper, asked: str) -> str:
    """Why this is not the paper that the person was asked about; empty: it is, or nobody says which it was."""
    return "询问之后稿件已有变化，请重新阅稿后作答" if asked and asked != paper.sha256 else ""


def _bound(connection: Connection, paper: Paper, by: str) -> str:
    """Why this person cannot sign this paper; empty: they can."""
    inspection = paper.judged.inspection
    kept = signing.draft(connection, inspection)
    if kept is None:
        return "尚未成稿，请先 draft"
    if kept.sha256 != paper.sha256:
        return f"稿件在成稿（{kept.drafted_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}）之后已有变化，请重新成稿"
    if by in signing.decided_by(connection, inspection, paper.decided):
        return f"{by} 复核过本稿所列问题，不得签发"
    return ""


# The form


def read_form(arguments: argparse.Namespace) -> Json:
    """What was filled in: the JSON of Airflow's form, or the options of the command line under the same names."""
    given = {"文号": arguments.number, "成文日期": arguments.signed_on, "整改期限": arguments.rectify_by}
    if arguments.form is None:
        return {name: str(value) for name, value in given.items() if value is not None}
    try:
        form = json.loads(arguments.form)
    except ValueError:
        form = None
    if not isinstance(form, dict):
        raise BadInput(f"--form 应为一个 JSON 对象: {arguments.form!r}")
    return form


def read_wish(form: Json, inspection: Inspection, today: date) -> Wish:
    """Number, date and deadline; BadInput says which of them is missing or cannot be.

    A bare number gets the issuer's prefix and the year; the date is today's unless it is given; the deadline is a day,
    a number of days after the date, or the issuer's.
    """
    issuer = inspection.register.issuer
    signed_on = read_signed_on(form, day_of(inspection.inspected_at), "监测时间点", today)
    number = read_number(form, issuer.number_prefix, signed_on)
    rectify_by = _deadline(str(form.get("整改期限") or ""), signed_on, issuer)
    if rectify_by <= signed_on:
        raise BadInput(f"整改期限 {rectify_by} 应晚于成文日期 {signed_on}")
    return Wish(number, signed_on, rectify_by)


def read_signed_on(form: Json, first: date, since: str, today: date) -> date:
    """成文日期, today's unless it is given; `since` says what `first` is the day of."""
    try:
        signed_on = read_day(str(form["成文日期"])) if form.get("成文日期") else today
    except ValueError as bad:
        raise BadInput(f"成文日期: {bad}") from None
    if not first <= signed_on <= today + timedelta(days=31):
        raise BadInput(f"成文日期 {signed_on} 应在{since}之后、今天起一个月之内")
    return signed_on


def read_number(form: Json, prefix: str, signed_on: date) -> str:
    """文号; a bare number gets the prefix and the year."""
    number = "".join(str(form.get("文号") or "").split())
    if re.fullmatch(r"[1-9]\d*", number):
        number = f"{prefix}〔{signed_on.year}〕{number}号"
    if not number:
        raise BadInput("未填写文号")
    if len(number) > LONGEST_NUMBER or not number.isprintable():
        raise BadInput(f"文号不可用: {number[:LONGEST_NUMBER]!r}")
    return number


def _deadline(text: str, signed_on: date, issuer: Issuer) -> date:
    if re.fullmatch(r"\d{1,3}", text):
        return signed_on + timedelta(days=int(text))
    try:
        return read_day(text) if text else signed_on + timedelta(days=issuer.rectify_days)
    except ValueError as bad:
        raise BadInput(f"整改期限: {bad}") from None


# What Airflow asks


def _question(connection: Connection, inspection: Inspection, stage: signing.Stage) -> Json:
    """What a task shows before it waits for a person; settled: nobody need be asked."""
    if published := signing.publications(connection, inspection.quarter):  # this inspection, or another of the quarter
        because = f"已印发 {published[0].name}（{published[0].document_number}）"
        return {"settled": True, "because": because, "subject": "", "body": ""}
    paper = paper_now(connection, inspection)
    standing = signing.signature(connection, inspection)
    if standing is not None and standing.draft_sha256 == paper.sha256:
        return {"settled": True, "because": f"已签发（{standing.document_number}）", "subject": "", "body": ""}
    title = {"review": "复核", "sign": "签发"}[stage]
    return {
        "settled": False,
        "because": "",
        "draft": paper.sha256,
        "subject": f"{title}：{paper.judged.quarter.title}巡查通报（{inspection.name}）",
        "body": _body(connection, inspection, paper, stage),
    }


def _body(connection: Connection, inspection: Inspection, paper: Paper, stage: signing.Stage) -> str:
    """Markdown: figures, who would be named, what still stands in the way, and where to look."""
    figures = paper.notice.figures
    lines = [
        f"网站{figures.sites.running}家：合格{figures.sites.passed}、不合格{figures.sites.failed}、"
        f"待核{figures.sites.unjudged}、未纳入{figures.sites.set_aside}。"
    ]
    if figures.accounts.running:
        lines.append(
            f"账号{figures.accounts.running}个：不合格{figures.accounts.failed}、待核{figures.accounts.unjudged}。"
        )
    named = [*(r.name for r in paper.notice.site_rows), *(r.name for r in paper.notice.account_rows)]
    if named:
        lines.append(f"拟通报：{name_some(named)}。")
    if blocking := obstacles(connection, paper, datetime.now(SHANGHAI)):
        lines.append("**尚不能签发**：" + "；".join(as_data(b) for b in blocking))
    refused = [a.because for _, a in signing.answers(connection, inspection) if a.stage == stage and not a.accepted]
    if refused:
        lines.append(f"上一次作答未被接受：{as_data(refused[-1])}")
    lines.append(f"复核台：/desk/inspection/{inspection.name}")
    if stage == "sign":
        lines.append(f"稿件：/desk/paper/{inspection.name}（notice.docx 的 SHA-256：{paper.sha256}）")
        lines.append("复核过本稿所列问题的人不得签发。同意签发须填写文号。")
    return "\n\n".join(lines)


def name_some(names: Sequence[str]) -> str:
    shown = "、".join(as_data(name) for name in names[:NAMED_AT_MOST])
    return f"{shown}{'等' if len(names) > NAMED_AT_MOST else ''}"


def as_data(text: str) -> str:
    """Text as data in markdown: no link, no emphasis, no HTML."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&])", r"\\\1", " ".join(text.split()))


# Publishing


def publish(arguments: argparse.Namespace) -> int:
    """Freeze and leave the signed paper; again: the same, and nothing changes."""
    from inspectorate.formats.pdf import ConverterFailed
    from inspectorate.notice import Contradiction

    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        published = signing.publication(connection, inspection)
        again = published is not None
        if published is None:
            try:
                published = _publish(connection, inspection)
            except (ConverterFailed, Contradiction) as failed:
                print(f"本系统故障：{failed}", file=sys.stderr)
                return OURS_FAILED
        files = signing.published_files(connection, published)
    folder = leave(published_folder() / published.quarter, files)
    digests = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    print(f"{published.name}: 已印发（{published.document_number}）{folder}", file=sys.stderr)
    print(
        json.dumps(
            {
                "inspection": published.name,
                "document_number": published.document_number,
                "signed_on": published.signed_on.isoformat(),
                "rectify_by": published.rectify_by.isoformat(),
                "folder": str(folder),
                "sha256": digests,
                "again": again,
            },
            ensure_ascii=False,
        )
    )
    return DONE


def _publish(connection: Connection, inspection: Inspection) -> Publication:
    """Only from the signature row, and only if the draft is still the one that was signed."""
    from inspectorate.formats import paper, pdf, sheet

    signing.hold(connection, inspection)
    published = signing.publication(connection, inspection)  # another one may have been quicker
    if published is not None:
        connection.rollback()
        return published
    signed = signing.signature(connection, inspection)
    if signed is None:
        raise BadInput(f"{inspection.name}: 没有有效的签发记录，不得印发")
    now = paper_now(connection, inspection)
    if now.sha256 != signed.draft_sha256:
        raise BadInput(f"{inspection.name}: 签发之后稿件已有变化，须重新成稿并重新签发")
    if blocking := obstacles(connection, now, datetime.now(SHANGHAI)):
        raise BadInput(f"{inspection.name}: " + "；".join(blocking))
    if signed.by in signing.decided_by(connection, inspection, now.decided):
        raise BadInput(f"{inspection.name}: {signed.by} 复核过本稿所列问题，签发无效")
    if taken := signing.number_taken(connection, signed.document_number, inspection):
        raise BadInput(f"{inspection.name}: 文号 {signed.document_number} 已用于 {taken}")
    final = steps.compose_notice(now.judged, signed.document_number, signed.signed_on, signed.rectify_by)
    pictures = qr_codes.read(connection, inspection.register)
    docx = paper.print_notice(final, pictures)
    files = {
        "notice.docx": docx,
        "notice.pdf": pdf.convert({"notice": docx})["notice"],
        "annex1.xlsx": sheet.print_annex(final, pictures),
    }
    verdicts = [judge.verdict_row(v) for v in now.judged.verdicts]
    signing.publish(connection, inspection, signed, final.wording_dated, verdicts, files)
    made = signing.publication(connection, inspection)
    if made is None:
        raise LookupError(f"publication {inspection.name}: 刚写入的记录不见了")
    return made


def leave(folder: Path, files: dict[str, bytes]) -> Path:
    """Leave frozen bytes in a folder; a file that holds them already is not touched."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != body:
            new = folder / f".{name}.new"
            new.write_bytes(body)
            new.replace(path)
    return folder


# After publication


def already_published(connection: Connection, inspection: Inspection, folder: Path | None) -> bool:
    """Say 已印发 and write what a later judging would say otherwise; False: it is not published."""
    published = signing.publication(connection, inspection)
    if published is None:
        return False
    _, judged = steps.judged_anew(connection, inspection)
    count = note_difference(connection, judged, published, folder)
    print(
        f"{inspection.name}: 已印发（{published.document_number}），未作改动；与印发稿不同的结论{count}条",
        file=sys.stderr,
    )
    return True


def beside_published(connection: Connection, judged: Judged, folder: Path | None) -> None:
    """A trial of a quarter that is published changes nothing of it: the difference is written instead."""
    for published in signing.publications(connection, judged.inspection.quarter):
        count = note_difference(connection, judged, published, folder)
        print(
            f"提示 {published.name} 已印发（{published.document_number}），不受影响；与印发稿不同的结论{count}条",
            file=sys.stderr,
        )


def note_difference(connection: Connection, judged: Judged, published: Publication, folder: Path | None) -> int:
    """Keep, and with a folder leave as difference.jsonl, whose verdict would be another one; say how many."""
    rows = differences(published.verdicts, [judge.verdict_row(v) for v in judged.verdicts])
    signing.keep_difference(connection, judged.inspection, published, rows)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / "difference.jsonl").write_text(text, encoding="utf-8")
    return len(rows)


def differences(was: Sequence[Json], becomes: Sequence[Json]) -> list[Json]:
    """Subjects whose verdict or failed clauses differ, also those that only one of the two knows."""
    old, new = ({row["subject"]: row for row in rows} for rows in (was, becomes))
    found = []
    for subject in dict.fromkeys([*old, *new]):
        before, after = old.get(subject), new.get(subject)
        if _said(before) != _said(after):
            found.append({"subject": subject, "was": before, "becomes": after})
    return found


def _said(row: Json | None) -> tuple[str | None, tuple[str, ...], tuple[str, ...]] | None:
    return None if row is None else (row["verdict"], tuple(row["clauses"]), tuple(row["phrases"]))


# A unit's word


def explain(arguments: argparse.Namespace) -> int:
    """Keep what a unit says of a finding about it; after its window it is kept as late."""
    if not arguments.text.strip() and arguments.file is None:
        raise BadInput("请用 --text 或 --file 提交说明")
    file = (arguments.file.name, arguments.file.read_bytes()) if arguments.file is not None else None
    quarter, number, clause, subject = parts(arguments.finding_id)
    with database.opened() as connection:
        inspection = inspections.find(connection, quarter, number)
        signing.refuse_published(connection, inspection)
        units = {
            f.unit for f in findings_kept.read(connection, inspection) if (f.clause, f.subject) == (clause, subject)
        }
        if not units:
            raise BadInput(f"{arguments.finding_id}: 没有这条判定")
        if arguments.by not in units:
            raise BadInput(f"{arguments.finding_id}: 不是单位 {arguments.by} 的问题")
        until = letters.window(connection, inspection, arguments.by)
        late = until is not None and until < datetime.now(SHANGHAI)
        signing.explain(connection, inspection, clause, subject, arguments.by, arguments.text, file, late)
    print(f"说明已收到{'（已过说明期限）' if late else ''}", file=sys.stderr)
    return DONE
