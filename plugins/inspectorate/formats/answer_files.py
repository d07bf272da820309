"""Questions about columns as a table to be filled in, and the answers read back row by row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from inspectorate.asking import Question
from inspectorate.formats.table_files import Field, Row, read_tables, rows_of, write_csv
from inspectorate.register import BadInput, Complaint

FIELDS = (
    Field("subject", ("标识码",), mandatory=True),
    Field("name", ("名称",)),
    Field("unit", ("主办单位",)),
    Field("column", ("栏目",)),
    Field("url", ("网址",)),
    Field("fact", ("事项",), mandatory=True),
    Field("question", ("问题",)),
    Field("now", ("现有认定",)),
    Field("verdict", ("现有结论",)),
    Field("otherwise", ("可能变为",)),
    Field("clauses", ("涉及指标",)),
    Field("minutes", ("预计分钟",)),
    Field("answer", ("答复",)),
    Field("reason", ("理由",)),
    Field("until", ("截止日期",)),
    Field("by", ("确认人",)),
    Field("sha256", ("页面摘要",)),
)
FACTS = {
    "class": "class", "类别": "class", "owner": "owner", "责任单位": "owner", "blank": "blank", "空白": "blank",
    "date": "date", "日期": "date", "level": "level", "层级": "level", "subject": "subject", "整体": "subject",
}  # fmt: skip
TITLES = {"class": "类别", "owner": "责任单位", "blank": "空白", "date": "日期", "level": "层级", "subject": "整体"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One filled-in row; `place` tells where it stood."""

    site_code: str
    url: str
    fact: str
    answer: str
    reason: str
    by: str
    until: date | None
    sha256: str  # of the page that the person was shown; empty: the latest
    place: str


def write_questions(
    file: Path, questions: Iterable[Question], names: Mapping[str, str], units: Mapping[str, str]
) -> None:
    """The questions as CSV, with empty cells for answer, reason, end date and name."""
    rows = [
        [
            q.subject, names.get(q.subject, ""), units.get(q.unit, ""), q.column, q.url, TITLES[q.fact], q.text, q.now,
            q.verdict, q.otherwise, "；".join(q.clauses), f"{q.minutes:g}", "", "", "", "", q.sha256,
        ]
        for q in questions
    ]  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    write_csv(file, [field.titles[0] for field in FIELDS], rows)


def read_answers(file: Path) -> list[Answer]:
    """The rows that have an answer. BadInput with every bad row."""
    tables, told = read_tables(file)
    found = [answer for table in tables for row in rows_of(table, FIELDS, {}, told) if (answer := _read(row))]
    if bad := [complaint for complaint in told if complaint.refuses]:
        raise BadInput(bad)
    if not found:
        raise BadInput([Complaint(file.name, "没有填写任何答复")])
    return found


def _read(row: Row) -> Answer | None:
    if not row.text("answer"):
        return None
    fact = row.choice("fact", FACTS)
    if fact == "subject":
        row.wrong("对整个对象的认定请用 decide 或 set-aside 办理")
    elif not row.text("url"):
        row.wrong("缺少网址")
    if not row.text("by"):
        row.wrong("有答复，但没有确认人")
    text = row.text
    return Answer(
        row.identifier("subject"), text("url"), fact, text("answer"), text("reason"), text("by"), row.day("until"),
        text("sha256"), row.place,
    )  # fmt: skip
