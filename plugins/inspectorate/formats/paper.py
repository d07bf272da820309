"""Papers as Word documents (docx): the notice, the letters of verification and the survey forms."""

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from docx.shared import Mm, Pt
from docxtpl import DocxTemplate, InlineImage
from jinja2 import Environment, StrictUndefined

from inspectorate.letter import Letter
from inspectorate.notice import Notice
from inspectorate.survey import Survey
from inspectorate.wording import printable, width_of

TEMPLATES = Path(__file__).parent.parent / "templates"
BODY_POINTS = 16  # 三号
TEXT_WIDTH_POINTS = 440  # of the type area, 156 mm
LARGEST_MARK_POINTS = 54
DATE_FROM_EDGE = 4  # characters: 成文日期 with a seal
BLANK = "＿" * 12
IMPRINT_PITCH = 23  # points, of the template's 版记
IMPRINT_CHARACTERS = 26  # 四号 characters on a line of 抄送
IMPRINT_RULES = 6  # points that three rules and the room beside them take
LISTS = ("sites", "accounts", "set_aside", "unjudged", "survey")
ASKED_FONTS = (
    "标题及发文机关标志 方正小标宋简体；正文 仿宋_GB2312；一级标题、表头 黑体；二级标题 楷体_GB2312；页码 宋体"
)
STAND_INS = "缺少上述字体时，Word 按本文件字体表以 Noto Serif CJK SC、Noto Sans CJK SC 代替"


def print_notice(notice: Notice, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The 通报 as docx; the same notice gives the same bytes.

    `pictures` holds the QR codes by the file name that the register keeps; one that is missing leaves its cell empty.
    """
    template = DocxTemplate(io.BytesIO(_template("notice.docx")))
    facts = _plain(notice)
    facts["labels"] = dict.fromkeys(LISTS, "") | facts["labels"]
    facts["titles"] = dict.fromkeys(LISTS, "") | facts["titles"]
    for row in facts["site_rows"]:
        row["picture"] = _picture(template, (pictures or {}).get(row["wechat_qr"]))
    wide = [name for name in LISTS[:4] if facts["labels"][name]]
    context = {
        "n": facts,
        "title": "\n".join(facts["title_lines"]),
        "wide": bool(wide),
        **{f"{name}_first": name == wide[0] for name in wide},
        "survey": _boxes(facts["survey"]) if facts["survey"] else None,
        "blank": BLANK,
        "imprint_height": _imprint_height(facts["copies"]),
    }
    _render(template, context, notice.watermark)
    _fit(template, notice.issuer, notice.signed_on)
    subject = f"版本 {'、'.join(notice.editions)}；用语库 {notice.wording_dated}"
    _sign_file(template, notice.title, notice.issuer, subject, notice.inspected_at)
    return _pack(template)


def print_letter(letter: Letter, made_at: datetime | None = None) -> bytes:
    """One unit's 核实函 as docx, marked 草稿 until it is sent."""
    template = DocxTemplate(io.BytesIO(_template("letter.docx")))
    _render(
        template, {"letter": _plain(letter), "title": "\n".join(map(printable, letter.title_lines))}, letter.watermark
    )
    _fit(template, letter.issuer, letter.signed_on)
    _sign_file(template, f"{letter.title}（{letter.unit}）", letter.issuer, "", made_at)
    return _pack(template)


def print_survey(survey: Survey, made_at: datetime | None = None) -> bytes:
    """One unit's survey form as docx."""
    template = DocxTemplate(io.BytesIO(_template("survey.docx")))
    _render(template, {"survey": _boxes(_plain(survey)), "blank": BLANK}, ())
    _sign_file(template, f"{survey.title}（{survey.unit}）", "", "", made_at)
    return _pack(template)


@lru_cache
def _template(name: str) -> bytes:
    return (TEMPLATES / name).read_bytes()


def _plain(value: Any) -> Any:
    """Facts for the template: dataclasses as mappings, every text as data that paper can show."""
    if isinstance(value, str):
        return printable(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value


def _boxes(survey: dict[str, Any]) -> dict[str, Any]:
    """□ and ☑ for the domains, as the form's first note asks."""
    for site in survey["sites"]:
        for domain in site["domains"]:
            domain["main_box"] = "☑" if domain["main"] is True else "□"
            domain["other_box"] = "☑" if domain["main"] is False else "□"
    return survey


def _picture(template: DocxTemplate, picture: bytes | None) -> InlineImage | str:
    return InlineImage(template, io.BytesIO(picture), width=Mm(10)) if picture else ""


def _render(template: DocxTemplate, context: dict[str, Any], words: tuple[str, ...]) -> None:
    """Fill the template. What the context holds is escaped and never read as a tag; a fact that is missing raises."""
    watermark = " · ".join(words)
    span = max(width_of(watermark), 1)
    height = min(150, 430 / span)
    shape = {"watermark": watermark, "mark_width": round(height * span), "mark_height": round(height)}
    template.render(context | shape, Environment(autoescape=True, undefined=StrictUndefined))


def _fit(template: DocxTemplate, issuer: str, signed_on: str) -> None:
    """What depends on the length of the office's name: the red head in one line, 署名 centred over 成文日期."""
    styles = template.docx.styles
    if "发文机关标志" in styles:
        styles["发文机关标志"].font.size = Pt(
            min(LARGEST_MARK_POINTS, int(TEXT_WIDTH_POINTS / max(width_of(issuer), 1)))
        )
    centred = DATE_FROM_EDGE + (width_of(signed_on) - width_of(issuer)) / 2
    styles["署名"].paragraph_format.right_indent = Pt(BODY_POINTS * max(centred, 0))


def _imprint_height(copies: str) -> int:
    """Points, so that the last rule of 版记 lies on the bottom edge of the type area."""
    lines = 1 + (math.ceil(width_of(copies) / IMPRINT_CHARACTERS) if copies else 0)
    return lines * IMPRINT_PITCH + IMPRINT_RULES


def _sign_file(template: DocxTemplate, title: str, author: str, subject: str, at: datetime | None) -> None:
    """The file's properties: which fonts were asked for, and no clock but the inspection's."""
    found = template.docx.core_properties
    found.title, found.author, found.subject = printable(title)[:255], printable(author)[:255], printable(subject)[:255]
    found.comments = f"字体：{ASKED_FONTS}。{STAND_INS}。"
    found.language = "zh-CN"
    if at is not None:
        found.created = found.modified = at.astimezone(UTC).replace(tzinfo=None)


def _pack(template: DocxTemplate) -> bytes:
    """The package with fixed times in its directory, so that the same facts give the same bytes."""
    written = io.BytesIO()
    template.docx.save(written)
    kept = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)
    return kept.getvalue()
