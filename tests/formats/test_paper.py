"""Word papers, opened again: they say what the notice says, and nothing in the facts can act."""

import hashlib
import io
import os
import re
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.shared import Mm

from inspectorate.finding import Proof, Ruling
from inspectorate.formats import paper
from inspectorate.letter import compose_letters
from inspectorate.notice import Notice
from inspectorate.survey import compose_survey
from tests.golden.seed import decided, finding, golden

TEMPLATES = Path(paper.__file__).parent.parent / "templates"
NASTY = "5个栏目 <b>&amp; {{ 7*7 }} {% for x in y %} ]]> \x00\x07\x0b\x0c\u202e\ufffe =1+1 {_{ 完"
ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f0001050101"
    "27a3b6e10000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def notice() -> Notice:
    return golden().notice()


@pytest.fixture(scope="module")
def opened(notice: Notice) -> Document:
    return docx.Document(io.BytesIO(paper.print_notice(notice)))


def text_of(document: Document) -> str:
    """Everything in the body, the text boxes too, a line a paragraph."""
    lines = []
    for paragraph in document.element.body.iter(qn("w:p")):
        parts = [
            n.text or "" if n.tag == qn("w:t") else " "
            for n in paragraph.iter(qn("w:t"), qn("w:tab"), qn("w:br"))
            if next(n.iterancestors(qn("w:p"))) is paragraph
        ]
        lines.append("".join(parts))
    return "\n".join(lines)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def headers_of(document: Document) -> list[str]:
    return ["".join(t.text or "" for t in part.element.iter(qn("w:t"))) for part in edges(document, "header")]


def edges(document: Document, kind: str) -> list:
    return [r.target_part for r in document.part.rels.values() if r.reltype.endswith("/" + kind)]


def test_the_seed_notice_prints_its_sentences(opened: Document) -> None:
    text = squeezed(text_of(opened))
    printed = golden().printed
    assert printed["title"] in text
    for sentence in printed["sentences"]:
        assert squeezed(sentence) in text
    for word in ("55家", "网站检查率100%", "网站7家", "合格率87%", "六政办秘〔2018〕200号"):
        assert word in text
    assert "各县区人民政府，开发区管委，市政府各部门、各直属机构：" in text


def test_annex_1_has_two_header_rows_and_the_seven_rows_in_order(opened: Document, notice: Notice) -> None:
    table = opened.tables[0]
    rows = [[c.text for c in row.cells] for row in table.rows]
    assert rows[0][5:9] == ["微博", "微博", "微信", "微信"]
    assert rows[1][5:9] == ["名称", "地址", "名称", "二维码"]
    assert rows[0][0] == rows[1][0] == "序号"
    assert len(rows) == 2 + 7
    for printed, row in zip(rows[2:], notice.site_rows, strict=True):
        assert printed == [
            str(row.number), row.site_code, row.name, row.home_url, row.disclosure_url, row.weibo_name,
            row.weibo_address, row.wechat_name, "", "不合格", row.problems,
        ]  # fmt: skip
    repeated = [bool(r._tr.trPr is not None and r._tr.trPr.findall(qn("w:tblHeader"))) for r in table.rows]
    assert repeated == [True, True] + [False] * 7


def test_the_page_is_that_of_the_standard(opened: Document) -> None:
    first, wide, last = opened.sections
    for section in (first, last):
        assert abs(section.page_width - Mm(210)) < Mm(0.1)
        assert abs(section.page_height - Mm(297)) < Mm(0.1)
        for edge, millimetres in (("top", 37), ("left", 28), ("bottom", 35), ("right", 26)):
            assert abs(getattr(section, f"{edge}_margin") - Mm(millimetres)) < Mm(0.1)
    assert wide.page_width > wide.page_height
    assert abs(wide.top_margin - Mm(28)) < Mm(0.1)  # the head lies on the binding edge
    body = opened.styles["公文正文"]
    normal = opened.styles["Normal"]
    assert normal.font.size.pt == 16
    assert normal.paragraph_format.line_spacing.pt == pytest.approx(28.95)
    assert body.element.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert opened.styles["公文标题"].font.size.pt == 22
    assert str(opened.styles["发文机关标志"].font.color.rgb) == "FF0000"


def test_the_page_number_stands_right_on_odd_pages_and_left_on_even_ones(opened: Document) -> None:
    assert opened.settings.odd_and_even_pages_header_footer
    section = opened.sections[0]
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    assert (odd.style.name, even.style.name) == ("单页页码", "双页页码")
    assert squeezed(odd.text) == "—1—"


def test_the_same_notice_gives_the_same_bytes_in_another_process_and_at_another_time(notice: Notice) -> None:
    here = paper.print_notice(notice)
    time.sleep(2.1)  # a zip directory counts in steps of two seconds
    assert paper.print_notice(notice) == here
    code = (
        "import hashlib; from tests.golden.seed import golden; from inspectorate.formats import paper;"
        "print(hashlib.sha256(paper.print_notice(golden().notice())).hexdigest())"
    )
    house = Path(__file__).resolve().parent.parent.parent
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=house, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/Lima", "PYTHONPATH": str(house)},
    ).stdout  # fmt: skip
    assert said.strip() == hashlib.sha256(here).hexdigest()


def test_a_clean_official_draft_has_no_watermark_and_a_trial_has_it_on_every_page(notice: Notice) -> None:
    assert not any(headers_of(docx.Document(io.BytesIO(paper.print_notice(notice)))))
    trial = replace(notice, watermark=("试算", "补算稿", "待核"))
    document = docx.Document(io.BytesIO(paper.print_notice(trial)))
    said = headers_of(document)
    assert len(said) == 4
    for words in said:
        assert "试算 · 补算稿 · 待核" in words
    for section in document.sections:
        assert not section.header.is_linked_to_previous
        assert not section.even_page_header.is_linked_to_previous
    for part in edges(document, "header"):
        said = [shape.get("string") for shape in part.element.iter("{urn:schemas-microsoft-com:vml}textpath")]
        assert "试算 · 补算稿 · 待核" in said


def test_text_from_findings_is_data_and_never_read_as_a_tag(notice: Notice) -> None:
    rows = (replace(notice.site_rows[0], problems=NASTY, name=NASTY), *notice.site_rows[1:])
    document = docx.Document(io.BytesIO(paper.print_notice(replace(notice, site_rows=rows))))
    row = document.tables[0].rows[2].cells
    assert "49" not in row[10].text
    assert row[10].text.startswith("5个栏目 <b>&amp; {{ 7*7 }} {% for x in y %} ]]>")
    assert row[10].text.endswith("完")
    assert row[2].text == row[10].text
    assert len(document.tables[0].rows) == 9


def test_a_missing_fact_stops_the_printing() -> None:
    from docxtpl import DocxTemplate
    from jinja2 import UndefinedError

    template = DocxTemplate(str(TEMPLATES / "letter.docx"))
    with pytest.raises(UndefinedError):
        paper._render(template, {"title": "x"}, ())


def test_the_file_tells_which_fonts_were_asked_for_and_ships_none(notice: Notice) -> None:
    made = paper.print_notice(notice)
    properties = docx.Document(io.BytesIO(made)).core_properties
    for font in ("方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "Noto Serif CJK SC"):
        assert font in properties.comments
    assert properties.title == notice.title
    assert "E15" in properties.subject
    names = zipfile.ZipFile(io.BytesIO(made)).namelist()
    assert not [n for n in names if n.endswith((".ttf", ".odttf", ".otf"))]


def test_a_long_name_of_the_office_still_fits_in_one_line(notice: Notice) -> None:
    long = replace(notice, issuer="淮滨市人民政府办公室政务公开和政府网站管理办公室")
    document = docx.Document(io.BytesIO(paper.print_notice(long)))
    assert document.styles["发文机关标志"].font.size.pt * 24 <= 442


def test_a_qr_code_is_printed_where_the_register_keeps_one(notice: Notice) -> None:
    rows = (replace(notice.site_rows[0], wechat_qr="a.png"), *notice.site_rows[1:])
    document = docx.Document(io.BytesIO(paper.print_notice(replace(notice, site_rows=rows), {"a.png": ONE_PIXEL})))
    assert len(document.inline_shapes) == 1
    without = docx.Document(io.BytesIO(paper.print_notice(replace(notice, site_rows=rows))))
    assert len(without.inline_shapes) == 0


def test_a_letter_holds_every_counted_thing_and_is_a_draft() -> None:
    seed = golden()
    proof = tuple(
        Proof(f"http://jyj.luan.gov.cn/c{i}/?a=1&b=<2>", seed.inspection.inspected_at, "ab", f"栏目{i}：{NASTY}")
        for i in range(1, 13)
    )
    found = finding(
        "E15.W-V-03b", "3415000048", "LA02", phrase="10个以上栏目未更新", because="12个栏目未更新", proof=proof
    )
    (letter,) = compose_letters(
        seed.quarter, seed.issuer, seed.inspection, seed.register, [decided(found, Ruling.UPHELD)]
    )
    made = paper.print_letter(letter, seed.inspection.inspected_at)
    assert made == paper.print_letter(letter, seed.inspection.inspected_at)
    document = docx.Document(io.BytesIO(made))
    assert all("草稿" in words for words in headers_of(document))
    rows = [[c.text for c in row.cells] for row in document.tables[0].rows]
    assert len(rows) == 1 + 12
    assert rows[12][1] == "http://jyj.luan.gov.cn/c12/?a=1&b=<2>"
    assert rows[1][3] == "2018-09-10 10:00"
    text = text_of(document)
    assert "六安市教育局：" in text
    assert "2个工作日内" in text
    assert "六安市民政局" not in text


def test_a_survey_form_is_filled_with_the_units_site() -> None:
    seed = golden()
    form = compose_survey(seed.register.units[1], seed.issuer, seed.register, seed.inspection.inspected_at.date())
    made = paper.print_survey(form, seed.inspection.inspected_at)
    assert made == paper.print_survey(form, seed.inspection.inspected_at)
    text = text_of(docx.Document(io.BytesIO(made)))
    for words in (
        "六安市政府网站域名业务摸底调查表",
        "单位全称：六安市教育局（加盖公章）",
        "正常运行网站名称：六安市教育局",
        "域名1：jyj.luan.gov.cn",
        "○○○.luan.gov.cn",
        "下属机构政府网站未整合迁移至市政府网站集约化平台域名情况",
    ):
        assert words in text


@pytest.mark.parametrize("name", ["notice.docx", "letter.docx", "survey.docx"])
def test_the_templates_are_what_their_script_builds(name: str) -> None:
    sys.path.insert(0, str(TEMPLATES))
    try:
        import build_templates
    finally:
        sys.path.remove(str(TEMPLATES))
    built = build_templates.build(build_templates.TEMPLATES[name]())
    assert contents(built) == contents((TEMPLATES / name).read_bytes())


def contents(package: bytes) -> dict[str, bytes]:
    """What is packed, whichever compressor packed it."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}
