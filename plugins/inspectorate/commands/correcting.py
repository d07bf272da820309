"""Doors after publication: a finding that proved wrong is taken back, and a second paper says so."""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from psycopg2.extensions import connection as Connection

from inspectorate import judge
from inspectorate.commands import BAD_INPUT, DONE, OURS_FAILED
from inspectorate.commands import inspection as steps
from inspectorate.commands import signing as signing_doors
from inspectorate.commands.deciding import known_person, parts
from inspectorate.commands.inspection import Judged
from inspectorate.correction import Corrected, Withdrawn, compose_correction
from inspectorate.finding import Finding, Json, Outcome, Ruling
from inspectorate.judge import FAILED
from inspectorate.notice import Notice
from inspectorate.quarter import SHANGHAI
from inspectorate.register import BadInput
from inspectorate.settings import published_folder
from inspectorate.store import correcting, database, qr_codes, signing
from inspectorate.store import finding as kept
from inspectorate.store import inspection as inspections
from inspectorate.store.correcting import Answer, Correction, Key
from inspectorate.store.inspection import Inspection
from inspectorate.store.signing import AGREED, RETURNED, Publication


@dataclass(frozen=True)
class Paper:
    """The correction as `draft --correction` would print it now."""

    inspection: Inspection
    published: Publication
    before: Judged  # as the papers so far have it
    after: Judged
    withdrawn: tuple[Key, ...]  # by this correction
    notice: Notice
    docx: bytes
    annex: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.docx).hexdigest()


def published_of(connection: Connection, inspection: Inspection) -> Publication:
    """BadInput if an inspection was not published: nothing of it can be corrected."""
    published = signing.publication(connection, inspection)
    if published is None:
        raise BadInput(f"{inspection.name}: 尚未印发，请用 decide 复核")
    return published


# Taking back


def reverse(arguments: argparse.Namespace) -> int:
    """Write that a published finding was wrong, or (`--restore`) that it was not, until a correction says so."""
    if not arguments.reason.strip():
        raise BadInput("撤销认定须写明理由")
    quarter, number, clause, subject = parts(arguments.finding_id)
    with database.opened() as connection:
        inspection = inspections.find(connection, quarter, number)
        known_person(inspection.register.issuer, arguments.by)
        take_back(connection, inspection, clause, subject, arguments.reason, arguments.by, restore=arguments.restore)
    print(
        f"{arguments.finding_id}: 已{'恢复认定' if arguments.restore else '撤销认定，待印发更正通报'}", file=sys.stderr
    )
    return DONE


def take_back(
    connection: Connection, inspection: Inspection, clause: str, subject: str, reason: str, by: str, restore: bool
) -> None:
    """BadInput says why nothing can be taken back or restored. Commits."""
    published = published_of(connection, inspection)
    standing = correcting.reversals(connection, inspection)
    named = {row["subject"] for row in published.verdicts if row["verdict"] == FAILED}
    found = _decided(connection, inspection).get((clause, subject))
    which = f"{inspection.name}/{clause}/{subject}"
    if found is None:
        raise BadInput(f"{which}: 没有这条判定")
    if (clause, subject) in told_of(connection, inspection):
        raise BadInput(f"{which}: 更正通报已经印发")
    if restore != ((clause, subject) in standing):
        raise BadInput(f"{which}: {'没有撤销过，无须恢复' if restore else '已经撤销'}")
    digest, finding = found
    if subject not in named or finding.stands_as not in (Outcome.FAILED, Outcome.UNJUDGED):
        raise BadInput(f"{which}: 印发的通报没有这样认定，无须撤销")
    ruling = "restored" if restore else "dropped"
    correcting.reverse(connection, inspection, clause, subject, digest, ruling, reason, by, datetime.now(SHANGHAI))


def _decided(connection: Connection, inspection: Inspection) -> dict[Key, tuple[str, Finding]]:
    """Each published finding with the digest that its decision stuck to."""
    raw = kept.read(connection, inspection)
    said = kept.read_decided(connection, inspection)
    return {(f.clause, f.subject): (r.digest, f) for r, f in zip(raw, said, strict=True)}


# The paper


def without(judged: Judged, taken_back: Sequence[Key]) -> Judged:
    """The same inspection with these findings counted as passed."""
    gone = set(taken_back)
    found = [replace(f, decision=Ruling.DROPPED) if (f.clause, f.subject) in gone else f for f in judged.findings]
    return steps.with_verdicts(judged.inspection, judged.editions, found, judged.set_aside)


def standing(connection: Connection, inspection: Inspection) -> Judged:
    """What was published, without what has been taken back since."""
    return without(steps.judged_before(connection, inspection), list(correcting.reversals(connection, inspection)))


def paper_now(
    connection: Connection, inspection: Inspection, number: str | None = None, signed_on: date | None = None
) -> Paper:
    """The correction of what was taken back and no paper has said yet. BadInput: there is nothing to correct."""
    from inspectorate.formats import paper, sheet

    published = published_of(connection, inspection)
    reversals = correcting.reversals(connection, inspection)
    told = told_of(connection, inspection)
    fresh = tuple(key for key in reversals if key not in told)
    if not fresh:
        raise BadInput(f"{inspection.name}: 没有待更正的认定（请先 reverse）")
    judged = steps.judged_before(connection, inspection)
    printed = {(clause, row["subject"]) for row in published.verdicts for clause in row["clauses"]}
    before, after = without(judged, sorted(told)), without(judged, list(reversals))
    original = steps.compose_notice(judged)
    first = Corrected(original.title, published.document_number, published.signed_on, steps.compose_notice(before))
    made = compose_correction(
        judged.quarter,
        inspection.register.issuer,
        first,
        steps.compose_notice(after, number, signed_on),
        _withdrawn(judged, after, [k for k in fresh if k in printed], {key: r.reason for key, r in reversals.items()}),
    )
    pictures = qr_codes.read(connection, inspection.register)
    docx, annex = paper.print_notice(made, pictures), sheet.print_annex(made, pictures)
    return Paper(inspection, published, before, after, fresh, made, docx, annex)


def _withdrawn(judged: Judged, after: Judged, keys: Sequence[Key], reasons: dict[Key, str]) -> list[Withdrawn]:
    names = judged.inspection.register.names
    phrases = {(f.clause, f.subject): f.phrase for f in judged.findings if f.stands_as is Outcome.FAILED}
    verdicts = {v.subject: v for v in after.verdicts}
    return [
        Withdrawn(
            names.get(subject, subject),
            subject,
            phrases.get((clause, subject), ""),
            reasons[clause, subject],
            verdicts[subject].verdict or "",
            verdicts[subject].phrases,
        )
        for clause, subject in keys
    ]


def nothing_new(connection: Connection, inspection: Inspection) -> str:
    """That everything taken back stands in a published correction; empty: there is more, or none was published."""
    made = latest(connection, published_of(connection, inspection))
    if made is None or set(correcting.reversals(connection, inspection)) - told_of(connection, inspection):
        return ""
    return f"已印发更正通报（{made.document_number}），其后没有撤销过认定"


def told_of(connection: Connection, inspection: Inspection) -> set[Key]:
    """What published corrections have taken back."""
    return {key for c in correcting.corrections(connection, inspection.quarter) for key in c.withdrawn}


def obstacles(paper: Paper) -> list[str]:
    """Why nobody can sign this correction yet; empty: somebody can.

    What nobody had to decide as long as the finding stood that is taken back may bear the verdict now.
    """
    found = [f"撤销后不合格的依据变为 {one}，未经复核，请一并 reverse" for one in paper.notice.undecided]
    found += [
        f"撤销后 {row.name}（{row.subject}）待核，请对其未认定的指标一并 reverse：{row.reason}"
        for row in paper.notice.unjudged
    ]
    return found + list(replace(paper.notice, unjudged=(), undecided=()).obstacles())


def draft(arguments: argparse.Namespace) -> int:
    """Print the correction and keep it; what was published is not touched."""
    from inspectorate.formats import pdf
    from inspectorate.formats.pdf import ConverterFailed
    from inspectorate.notice import Contradiction

    folder: Path = arguments.out
    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        if told := nothing_new(connection, inspection):
            print(f"{inspection.name}: {told}", file=sys.stderr)
            print(json.dumps({"inspection": inspection.name, "withdrawn": 0}))
            return DONE
        try:
            made = paper_now(connection, inspection)
            printed = pdf.convert({"notice": made.docx})["notice"]
        except (ConverterFailed, Contradiction) as failed:
            print(f"本系统故障：{failed}", file=sys.stderr)
            return OURS_FAILED
        signing.keep_draft(connection, inspection, made.docx, printed, "correction_draft")
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in _papers(made, printed).items():
        (folder / name).write_bytes(body)
    print(f"{inspection.name}: 更正通报已成稿，撤销认定{len(made.withdrawn)}条", file=sys.stderr)
    print(json.dumps({"inspection": inspection.name, "withdrawn": len(made.withdrawn)}))
    return DONE


def _papers(made: Paper, printed: bytes) -> dict[str, bytes]:
    return {"correction.docx": made.docx, "correction.pdf": printed, "annex1.xlsx": made.annex}


# Signing


def sign(arguments: argparse.Namespace) -> int:
    """As a notice is signed: whoever decided what the paper prints, or took it back, may not.

    With --stage in the form that an Airflow task reads.
    """
    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        if arguments.answer is None and arguments.stage:
            print(json.dumps(_question(connection, inspection), ensure_ascii=False))
            return DONE
        if arguments.answer is None or not arguments.by:
            raise BadInput("请用 --answer 和 --by 作答")
        answer = _answer(connection, inspection, arguments)
        correcting.record(connection, inspection, answer)
    if arguments.stage:
        print(json.dumps({"accepted": answer.accepted, "because": answer.because}, ensure_ascii=False))
        return DONE
    said = answer.because or f"{answer.chosen}，已记录"
    print(f"{inspection.name} 更正: {said}", file=sys.stderr)
    return DONE if answer.accepted else BAD_INPUT


def _answer(connection: Connection, inspection: Inspection, arguments: argparse.Namespace) -> Answer:
    chosen, by = arguments.answer, arguments.by
    try:
        known_person(inspection.register.issuer, by)
        if chosen not in (AGREED, RETURNED):
            raise BadInput(f"答复应为 {AGREED}、{RETURNED}: {chosen!r}")
        if chosen == RETURNED:
            return Answer(chosen, by, accepted=True)
        made = paper_now(connection, inspection)
        drafted = signing.draft(connection, inspection, "correction_draft")
        if blocking := obstacles(made):
            raise BadInput("；".join(blocking))
        if drafted is None or drafted.sha256 != made.sha256:
            raise BadInput("尚未成稿，或成稿之后已有变化，请先 draft --correction")
        if arguments.draft and arguments.draft != made.sha256:
            raise BadInput("询问之后稿件已有变化，请重新阅稿后作答")
        if by in involved(connection, made):
            raise BadInput(f"{by} 复核过或撤销过本稿所列问题，不得签发")
        form, original = signing_doors.read_form(arguments), made.published
        signed_on = signing_doors.read_signed_on(form, original.signed_on, "原通报", datetime.now(SHANGHAI).date())
        number = signing_doors.read_number(form, original.document_number.partition("〔")[0], signed_on)
        if taken := signing.number_taken(connection, number):
            raise BadInput(f"文号 {number} 已用于 {taken}")
    except BadInput as refused:
        return Answer(chosen, by, accepted=False, because=str(refused))
    return Answer(chosen, by, True, "", made.sha256, number, signed_on)


def _question(connection: Connection, inspection: Inspection) -> Json:
    """What a task shows before it waits for a person; settled: nobody need be asked."""
    settled = {"settled": True, "subject": "", "body": ""}
    if told := nothing_new(connection, inspection):
        return settled | {"because": told}
    made = paper_now(connection, inspection)
    signed = correcting.signature(connection, inspection)
    if signed is not None and signed.draft_sha256 == made.sha256:
        return settled | {"because": f"已签发（{signed.document_number}）"}
    sites, names = made.notice.figures.sites, inspection.register.names
    taken_back = [f"{names.get(subject, subject)}（{clause}）" for clause, subject in made.withdrawn]
    lines = [
        f"更正{made.published.document_number}。拟撤销认定{len(taken_back)}条：{signing_doors.name_some(taken_back)}。",
        f"更正后网站{sites.running}家：合格{sites.passed}、不合格{sites.failed}。",
    ]
    if blocking := obstacles(made):
        lines.append("**尚不能签发**：" + "；".join(map(signing_doors.as_data, blocking)))
    if refused := correcting.last_refusal(connection, inspection):
        lines.append(f"上一次作答未被接受：{signing_doors.as_data(refused)}")
    lines += [
        f"更正稿：/desk/paper/{inspection.name}?correction=draft（correction.docx 的 SHA-256：{made.sha256}）",
        "复核过或撤销过本稿所列问题的人不得签发。同意签发须填写文号。",
    ]
    subject = f"签发：{made.after.quarter.title}更正通报（{inspection.name}）"
    return {"settled": False, "because": "", "draft": made.sha256, "subject": subject, "body": "\n\n".join(lines)}


def involved(connection: Connection, paper: Paper) -> set[str]:
    """Who decided anything that this paper prints, or took anything back."""
    printed = set(paper.withdrawn) | {
        (f.clause, f.subject)
        for f in paper.after.findings
        if f.decision is not Ruling.NONE and f.stands_as is Outcome.FAILED
    }
    digests = [digest for key, (digest, _) in _decided(connection, paper.inspection).items() if key in printed]
    deciders = signing.decided_by(connection, paper.inspection, digests)
    return deciders | correcting.reversed_by(connection, paper.inspection)


# Publishing


def publish(arguments: argparse.Namespace) -> int:
    """Freeze and leave the signed correction beside the paper that it corrects; again: the same."""
    from inspectorate.formats.pdf import ConverterFailed
    from inspectorate.notice import Contradiction

    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        published = published_of(connection, inspection)
        if correcting.signature(connection, inspection) is not None:
            try:
                _publish(connection, inspection)
            except (ConverterFailed, Contradiction) as failed:
                print(f"本系统故障：{failed}", file=sys.stderr)
                return OURS_FAILED
        made = latest(connection, published)
        if made is None:
            raise BadInput(f"{inspection.name}: 没有有效的更正签发记录，不得印发")
        files = correcting.files(connection, made)
    folder = signing_doors.leave(published_folder() / made.quarter / made.name, files)
    print(f"{inspection.name}: 已印发更正通报（{made.document_number}）{folder}", file=sys.stderr)
    print(
        json.dumps(
            {
                "inspection": inspection.name,
                "corrects": published.document_number,
                "document_number": made.document_number,
                "signed_on": made.signed_on.isoformat(),
                "withdrawn": [f"{inspection.name}/{clause}/{subject}" for clause, subject in made.withdrawn],
                "folder": str(folder),
                "sha256": {name: hashlib.sha256(body).hexdigest() for name, body in files.items()},
            },
            ensure_ascii=False,
        )
    )
    return DONE


def latest(connection: Connection, published: Publication) -> Correction | None:
    """The last correction of a published notice; None: nothing was corrected."""
    made = [c for c in correcting.corrections(connection, published.quarter) if c.number == published.number]
    return made[-1] if made else None


def _publish(connection: Connection, inspection: Inspection) -> None:
    from inspectorate.formats import pdf

    signing.hold(connection, inspection)
    signed = correcting.signature(connection, inspection)
    if signed is None:  # another one was quicker
        connection.rollback()
        return
    now = paper_now(connection, inspection)
    if now.sha256 != signed.draft_sha256:
        raise BadInput(f"{inspection.name}: 签发之后更正稿已有变化，须重新成稿并重新签发")
    if blocking := obstacles(now):
        raise BadInput(f"{inspection.name}: " + "；".join(blocking))
    if signed.by in involved(connection, now):
        raise BadInput(f"{inspection.name}: {signed.by} 复核过或撤销过本稿所列问题，签发无效")
    if taken := signing.number_taken(connection, signed.document_number):
        raise BadInput(f"{inspection.name}: 文号 {signed.document_number} 已用于 {taken}")
    final = paper_now(connection, inspection, signed.document_number, signed.signed_on)
    files = _papers(final, pdf.convert({"notice": final.docx})["notice"])
    verdicts = [judge.verdict_row(v) for v in final.after.verdicts]
    correcting.publish(connection, inspection, signed, final.withdrawn, verdicts, files)


def withdrawn_of(judged: Judged, made: Correction) -> Iterator[tuple[str, Finding]]:
    """(unit, finding) of everything that a correction took back."""
    keys = set(made.withdrawn)
    return ((f.unit, f) for f in judged.findings if (f.clause, f.subject) in keys)


# The trail


def trail(arguments: argparse.Namespace) -> int:
    """Who did what to an inspection, when and why: JSON lines, or with --out a table (.csv or .xlsx)."""
    from inspectorate.formats.table_files import write_csv, write_workbook
    from inspectorate.store import trail as trails

    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        events = trails.read(connection, inspection)
    out: Path | None = arguments.out
    if out is None:
        for one in events:
            row = {"at": one.at.astimezone(SHANGHAI).isoformat(), "by": one.by, "what": one.what, "clause": one.clause}
            print(
                json.dumps(row | {"subject": one.subject, "said": one.said, "because": one.because}, ensure_ascii=False)
            )
        return DONE
    titles = ("时间", "人", "事项", "指标", "对象", "内容", "说明")
    rows = [
        (f"{e.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}", e.by, e.what, e.clause, e.subject, e.said, e.because)
        for e in events
    ]
    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise BadInput(f"{out.name}: 应为 .csv 或 .xlsx")
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".csv":
        write_csv(out, titles, rows)
    else:
        write_workbook(out, {f"{inspection.quarter}-{inspection.number}": (titles, rows)})
    print(f"{inspection.name}: {len(rows)} 条记录 {out}", file=sys.stderr)
    return DONE
