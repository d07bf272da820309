"""Writes the Word templates beside it: page, fonts and levels of GB/T 9704-2012, with docxtpl's tags for the facts.

Run it after a change and commit what it wrote: `python plugins/inspectorate/templates/build_templates.py`.
A clerk may also open a template in Word or WPS and change a style there; the tags must stay as they are.
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
TWIPS_A_MILLIMETRE = 1440 / 25.4

# Fonts by name, none shipped. Word falls back to the second name, our own PDF always (formats/pdf.py).
XBS, FANGSONG, KAITI, HEITI, SONGTI = "方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体"
FONTS = {
    XBS: "Noto Serif CJK SC",
    FANGSONG: "Noto Serif CJK SC",
    KAITI: "Noto Serif CJK SC",
    HEITI: "Noto Sans CJK SC",
    SONGTI: "Noto Serif CJK SC",
}

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w10="urn:schemas-microsoft-com:office:word" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"

RED = "FF0000"
THICK, THIN = 8, 6  # eighths of a point: 0.35 mm and 0.25 mm
KEPT = "<w:keepNext/>"  # no signature stands on a page without text (此页无正文)
PITCH = 579  # twips: 22 lines on 225 mm
TITLE_PITCH = 680
TWO_CHARACTERS = 'w:firstLineChars="200" w:firstLine="640"'


def mm(millimetres: float) -> int:
    """Twips."""
    return round(millimetres * TWIPS_A_MILLIMETRE)


TEXT_WIDTH = mm(156)
WIDE_WIDTH = mm(225)


# Pieces of WordprocessingML.


def run(text: str, style: str = "") -> str:
    dress = f'<w:rPr><w:rStyle w:val="{style}"/></w:rPr>' if style else ""
    return f'<w:r>{dress}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(style: str = "", *runs: str, extra: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{extra}</w:pPr>{''.join(runs)}</w:p>"


def text(style: str, content: str, extra: str = "") -> str:
    return paragraph(style, run(content), extra=extra)


TAB = "<w:r><w:tab/></w:r>"


def tag(content: str) -> str:
    """A docxtpl tag that takes its whole paragraph away."""
    return text("", f"{{%p {content} %}}")


def row_tag(content: str, cells: int) -> str:
    """A docxtpl tag that takes its whole table row away."""
    first = cell("TableCell", f"{{%tr {content} %}}", 1000, span=cells)
    return f"<w:tr>{first}</w:tr>"


def cell(style: str, content: str, width: int, span: int = 1, merge: str = "") -> str:
    """One cell; merge is `restart` or `continue` down the rows."""
    inside = f'<w:tcW w:w="{width}" w:type="dxa"/>'
    inside += f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    inside += {"": "", "restart": '<w:vMerge w:val="restart"/>', "continue": "<w:vMerge/>"}[merge]
    inside += "" if "{% vm %}" in content else '<w:vAlign w:val="center"/>'  # docxtpl puts its merge at the end
    return f"<w:tc><w:tcPr>{inside}</w:tcPr>{text(style, content) if content else paragraph(style)}</w:tc>"


def row(*cells: str, head: bool = False) -> str:
    repeat = "<w:tblHeader/>" if head else ""
    return f'<w:tr><w:trPr><w:cantSplit/>{repeat}<w:jc w:val="center"/></w:trPr>{"".join(cells)}</w:tr>'


def table(widths: list[int], *rows: str) -> str:
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:top w:w="30" w:type="dxa"/><w:left w:w="40" w:type="dxa"/><w:bottom w:w="30" w:type="dxa"/>'
        f'<w:right w:w="40" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def field(code: str, style: str) -> str:
    dress = f'<w:rPr><w:rStyle w:val="{style}"/></w:rPr>'
    parts = [
        '<w:fldChar w:fldCharType="begin"/>',
        f'<w:instrText xml:space="preserve"> {code} </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>1</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    ]
    return "".join(f"<w:r>{dress}{part}</w:r>" for part in parts)


def page_number() -> str:
    return run("— ", "PageDigits") + field("PAGE", "PageDigits") + run(" —", "PageDigits")


def section(kind: str, ends_here: bool) -> str:
    """Section properties: `tall` is the page of GB/T 9704, `wide` the same page turned, head to the binding edge."""
    if kind == "tall":
        size = f'<w:pgSz w:w="{mm(210)}" w:h="{mm(297)}"/>'
        edges = {"top": 37, "right": 26, "bottom": 35, "left": 28, "header": 20, "footer": 22.5}
        parts = (
            ("header", "default", "h1"),
            ("header", "even", "h2"),
            ("footer", "default", "f1"),
            ("footer", "even", "f2"),
        )
    else:
        size = f'<w:pgSz w:w="{mm(297)}" w:h="{mm(210)}" w:orient="landscape"/>'
        edges = {"top": 28, "right": 37, "bottom": 26, "left": 35, "header": 14, "footer": 12}
        parts = (
            ("header", "default", "h3"),
            ("header", "even", "h4"),
            ("footer", "default", "f3"),
            ("footer", "even", "f4"),
        )
    named = "".join(f'<w:{what}Reference w:type="{when}" r:id="{rid}"/>' for what, when, rid in parts)
    margins = " ".join(f'w:{edge}="{mm(size_mm)}"' for edge, size_mm in edges.items())
    inside = (
        f'<w:sectPr>{named}<w:type w:val="nextPage"/>{size}<w:pgMar {margins} w:gutter="0"/>'
        f'<w:docGrid w:type="lines" w:linePitch="{PITCH}"/></w:sectPr>'
    )
    return paragraph("Small", extra=inside) if ends_here else inside


# Headers and footers.

WATERMARK_SHAPE = (
    '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
    'path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>'
    '<v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>'
    '<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/>'
    '<v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>'
    '<v:path textpathok="t" o:connecttype="custom" o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" '
    'o:connectangles="270,180,90,0"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
)


TEXT_BOX = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def header(number: int) -> str:
    """The words of the watermark, twice: across the page, and small at its top, where every reader finds text."""
    shape = (
        f'<w:r><w:pict>{WATERMARK_SHAPE}<v:shape id="watermark{number}" o:spid="_x0000_s{2048 + number}" '
        'type="#_x0000_t136" style="position:absolute;margin-left:0;margin-top:0;'
        "width:{{ mark_width }}pt;height:{{ mark_height }}pt;rotation:315;z-index:-251658752;"
        "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
        'mso-position-vertical:center;mso-position-vertical-relative:margin" '
        'o:allowincell="f" fillcolor="#d0d0d0" stroked="f"><v:fill opacity=".5"/>'
        f'<v:textpath style="font-family:&quot;{HEITI}&quot;;font-size:1pt" string="{{{{ watermark }}}}"/>'
        "</v:shape></w:pict></w:r>"
    )
    body = tag("if watermark") + paragraph("MarkLine", shape, run("【{{ watermark }}】")) + tag("endif")
    return f"{DECLARATION}<w:hdr {NAMESPACES}>{body}{paragraph('Small')}</w:hdr>"


def footer(style: str) -> str:
    return f"{DECLARATION}<w:ftr {NAMESPACES}>{paragraph(style, page_number())}</w:ftr>"


def turned_footer(number: int, odd: bool) -> str:
    """The number where it would stand if the page were held upright: at the left edge, turned with the page."""
    top, bottom = mm(28) / 20, mm(210 - 26) / 20
    style = (
        f"position:absolute;margin-left:{mm(21) / 20:.1f}pt;margin-top:{top:.1f}pt;"
        f"width:20pt;height:{bottom - top:.1f}pt;"
        "z-index:1;mso-position-horizontal-relative:page;mso-position-vertical-relative:page"
    )
    inside = paragraph("PageOdd" if odd else "PageEven", page_number())
    box = (
        f'<w:r><w:pict>{TEXT_BOX}<v:shape id="number{number}" o:spid="_x0000_s{3072 + number}" '
        f'type="#_x0000_t202" style="{style}" filled="f" stroked="f">'
        f'<v:textbox style="layout-flow:vertical" inset="0,0,0,0"><w:txbxContent>{inside}</w:txbxContent></v:textbox>'
        "</v:shape></w:pict></w:r>"
    )
    return f"{DECLARATION}<w:ftr {NAMESPACES}>{paragraph('Small', box)}</w:ftr>"


# Styles: their names are what a clerk sees in the style list.


def fonts(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}" w:hint="eastAsia"/>'


def style(
    key: str,
    name: str,
    font: str = "",
    half_points: int = 0,
    layout: str = "",
    *,
    colour: str = "",
    spacing: int = 0,
    based: str = "Normal",
) -> str:
    dress = fonts(font) if font else ""
    dress += f'<w:color w:val="{colour}"/>' if colour else ""
    dress += f'<w:spacing w:val="{spacing}"/>' if spacing else ""
    dress += f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>' if half_points else ""
    parent = f'<w:basedOn w:val="{based}"/>' if based else ""
    default = ' w:default="1"' if key == "Normal" else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}"{default}><w:name w:val="{name}"/>{parent}<w:qFormat/>'
        f"<w:pPr>{layout}</w:pPr><w:rPr>{dress}</w:rPr></w:style>"
    )


def character_style(key: str, name: str, font: str, half_points: int = 0, more: str = "") -> str:
    size = f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>' if half_points else ""
    return (
        f'<w:style w:type="character" w:styleId="{key}"><w:name w:val="{name}"/><w:qFormat/>'
        f"<w:rPr>{fonts(font)}{more}{size}</w:rPr></w:style>"
    )


def exact(twips: int, before: int = 0, after: int = 0) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{twips}" w:lineRule="exact"/>'


def justified(where: str) -> str:
    return f'<w:jc w:val="{where}"/>'


RED_RULE = '<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="6" w:color="' + RED + '"/></w:pBdr>'


def styles() -> str:
    plain = (
        '<w:widowControl w:val="0"/><w:kinsoku/><w:overflowPunct/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
    )
    dense = '<w:snapToGrid w:val="0"/>'
    rows = [
        style("Normal", "Normal", FANGSONG, 32, plain + exact(PITCH) + justified("both"), spacing=-5, based=""),
        style("Small", "占位行", FANGSONG, 2, dense + exact(20)),
        style("Mark", "发文机关标志", XBS, 96, dense + exact(1200, before=mm(32)) + justified("center"), colour=RED),
        style("Number", "发文字号", FANGSONG, 32, RED_RULE + exact(PITCH) + justified("center")),
        style("DocTitle", "公文标题", XBS, 44, dense + exact(TITLE_PITCH) + justified("center")),
        style("To", "主送机关", FANGSONG, 32),
        style("Text", "公文正文", FANGSONG, 32, f"<w:ind {TWO_CHARACTERS}/>"),
        style("LevelOne", "一级标题", HEITI, 32, f"{KEPT}<w:ind {TWO_CHARACTERS}/>"),
        style("Enclosed", "附件说明首行", FANGSONG, 32, KEPT + '<w:ind w:left="1920" w:hanging="1280"/>'),
        style("EnclosedNext", "附件说明续行", FANGSONG, 32, KEPT + '<w:ind w:left="1920" w:hanging="320"/>'),
        style("EnclosedOnly", "附件说明单件", FANGSONG, 32, KEPT + '<w:ind w:left="1600" w:hanging="960"/>'),
        style("Signer", "署名", FANGSONG, 32, KEPT + justified("right")),
        style("Signed", "成文日期", FANGSONG, 32, '<w:ind w:right="1280"/>' + justified("right")),
        style("AnnexLabel", "附件标识", HEITI, 32, justified("left")),
        style("AnnexTitle", "附件标题", XBS, 44, dense + exact(TITLE_PITCH, after=200) + justified("center")),
        style("Imprint", "版记", FANGSONG, 28, dense + exact(460) + '<w:ind w:left="1120" w:hanging="1120"/>'),
        style("ImprintLast", "印发机关和日期", FANGSONG, 28, '<w:tabs><w:tab w:val="right" w:pos="8560"/></w:tabs>'
              + dense + exact(460)),
        style("TableHead", "表头", HEITI, 18, dense + exact(260) + justified("center"), spacing=1),
        style("TableCell", "表格左", FANGSONG, 18, dense + exact(260) + justified("left"), spacing=1),
        style("TableMid", "表格中", FANGSONG, 18, dense + exact(260) + justified("center"), spacing=1),
        style("FormLine", "表前表后", FANGSONG, 21, dense + exact(360) + justified("left")),
        style("FormNote", "填表说明", FANGSONG, 21, dense + exact(290) + justified("both")),
        style("MarkLine", "稿本标识", HEITI, 24, dense + exact(320) + justified("right"), colour="C00000"),
        style("PageOdd", "单页页码", SONGTI, 28, dense + exact(320) + '<w:ind w:right="280"/>' + justified("right")),
        style("PageEven", "双页页码", SONGTI, 28, dense + exact(320) + '<w:ind w:left="280"/>' + justified("left")),
        character_style("Kai", "楷体字", KAITI),
        character_style("Hei", "黑体字", HEITI),
        character_style("PageDigits", "页码字", SONGTI, 28),
    ]  # fmt: skip
    return f"{DECLARATION}<w:styles {NAMESPACES}>{''.join(rows)}</w:styles>"


# The notice.


def notice_head() -> str:
    return "".join(
        [
            text("Mark", "{{ n.issuer }}"),
            paragraph(), paragraph(),
            text("Number", "{{ n.number }}"),
            paragraph(), paragraph(),
            text("DocTitle", "{{ title }}"),
            paragraph(),
            tag("if n.addressees"),
            text("To", "{{ n.addressees }}："),
            tag("endif"),
            text("Text", "{{ n.preamble }}"),
        ]
    )  # fmt: skip


def notice_body() -> str:
    point = paragraph("Text", run("{{ p.label }}{{ p.heading }}。", "Kai"), run("{{ p.text }}"))
    return "".join(
        [
            tag("for s in n.sections"),
            text("LevelOne", "{{ s.ordinal }}、{{ s.heading }}"),
            tag("for line in s.paragraphs"),
            text("Text", "{{ line }}"),
            tag("endfor"),
            tag("for p in s.points"),
            point,
            tag("endfor"),
            tag("endfor"),
            tag("if n.closing"),
            text("Text", "{{ n.closing }}", extra=KEPT),
            tag("endif"),
            tag("if n.attachments"),
            paragraph(extra=KEPT),
            tag("if n.attachments|length == 1"),
            text("EnclosedOnly", "附件：{{ n.attachments[0] }}"),
            tag("else"),
            tag("for title in n.attachments"),
            tag("if loop.first"),
            paragraph("Enclosed", run("附件：1."), TAB, run("{{ title }}")),
            tag("else"),
            paragraph("EnclosedNext", run("{{ loop.index }}."), TAB, run("{{ title }}")),
            tag("endif"),
            tag("endfor"),
            tag("endif"),
            tag("endif"),
            paragraph(extra=KEPT), paragraph(extra=KEPT),
            text("Signer", "{{ n.issuer }}"),
            text("Signed", "{{ n.signed_on }}"),
        ]
    )  # fmt: skip


def annex_head(name: str) -> str:
    fresh = "<w:pageBreakBefore/>"
    return "".join(
        [
            tag(f"if {name}_first"),
            text("AnnexLabel", f"{{{{ n.labels.{name} }}}}"),
            tag("else"),
            text("AnnexLabel", f"{{{{ n.labels.{name} }}}}", extra=fresh),
            tag("endif"),
            paragraph(),
            text("AnnexTitle", f"{{{{ n.titles.{name} }}}}"),
        ]
    )


def wide_table(rows: str, heads: list[str], fields: list[tuple[str, str]], widths_mm: list[float]) -> str:
    """A list of one header row; fields are (style, name)."""
    widths = [mm(w) for w in widths_mm]
    return table(
        widths,
        row(*(cell("TableHead", h, w) for h, w in zip(heads, widths, strict=True)), head=True),
        row_tag(f"for r in {rows}", len(widths)),
        row(*(cell(s, f"{{{{ r.{f} }}}}", w) for (s, f), w in zip(fields, widths, strict=True))),
        row_tag("endfor", len(widths)),
    )


def annex_sites() -> str:
    """Annex 1, rule book §14: two header rows, 微博 and 微信 over two cells each."""
    widths = [mm(w) for w in (9, 20, 29, 26, 33, 18, 26, 18, 11, 12, 23)]
    heads = ["序号", "网站标识码", "网站名称", "首页地址", "信息公开网网址", "", "", "", "", "结果", "存在的突出问题"]
    upper = [cell("TableHead", h, w, merge="restart") for h, w in zip(heads, widths, strict=True)]
    upper[5:9] = [
        cell("TableHead", "微博", widths[5] + widths[6], span=2),
        cell("TableHead", "微信", widths[7] + widths[8], span=2),
    ]
    lower = [cell("TableHead", "", w, merge="continue") for w in widths]
    for i, name in zip(range(5, 9), ("名称", "地址", "名称", "二维码"), strict=True):
        lower[i] = cell("TableHead", name, widths[i])
    fields = [
        ("TableMid", "number"), ("TableMid", "site_code"), ("TableCell", "name"), ("TableCell", "home_url"),
        ("TableCell", "disclosure_url"), ("TableCell", "weibo_name"), ("TableCell", "weibo_address"),
        ("TableCell", "wechat_name"), ("TableMid", "picture"), ("TableMid", "result"), ("TableCell", "problems"),
    ]  # fmt: skip
    body = row(*(cell(s, f"{{{{ r.{f} }}}}", w) for (s, f), w in zip(fields, widths, strict=True)))
    return annex_head("sites") + table(
        widths, row(*upper, head=True), row(*lower, head=True),
        row_tag("for r in n.site_rows", len(widths)), body, row_tag("endfor", len(widths)),
    )  # fmt: skip


def annex_accounts() -> str:
    return annex_head("accounts") + wide_table(
        "n.account_rows",
        ["序号", "平台", "账号名称", "主办单位", "地址", "结果", "存在的突出问题"],
        [("TableMid", "number"), ("TableMid", "platform"), ("TableCell", "name"), ("TableCell", "unit"),
         ("TableCell", "address"), ("TableMid", "result"), ("TableCell", "problems")],
        [10, 14, 40, 48, 55, 14, 44],
    )  # fmt: skip


def annex_list(name: str, reason: str) -> str:
    return annex_head(name) + wide_table(
        f"n.{name}",
        ["序号", "类别", "标识码", "名称", "主办单位", reason],
        [("TableMid", "number"), ("TableMid", "kind"), ("TableMid", "subject"), ("TableCell", "name"),
         ("TableCell", "unit"), ("TableCell", "reason")],
        [10, 12, 24, 42, 42, 95],
    )  # fmt: skip


def imprint() -> str:
    """版记, on the bottom edge of the type area of the last page: thick, thin and thick rules as wide as the area."""

    def rules(**edges: int) -> str:
        lines = "".join(
            f'<w:{edge} w:val="single" w:sz="{size}" w:space="1" w:color="000000"/>' for edge, size in edges.items()
        )
        return f"<w:pBdr>{lines}</w:pBdr>"

    last = (run("　{{ n.issuer }}"), TAB, run("{{ n.signed_on }}印发"))
    copies = text("Imprint", "　抄送：{{ n.copies }}。", extra=rules(top=THICK))
    closing = paragraph("ImprintLast", *last, extra=rules(top=THIN, bottom=THICK))
    alone = paragraph("ImprintLast", *last, extra=rules(top=THICK, bottom=THICK))
    style = (
        f"position:absolute;width:{TEXT_WIDTH / 20:.1f}pt;height:{{{{ imprint_height }}}}pt;z-index:2;"
        "margin-left:0;mso-wrap-distance-left:0;mso-wrap-distance-right:0;mso-position-horizontal-relative:margin;"
        "mso-position-vertical:bottom;mso-position-vertical-relative:margin"
    )
    shape = (
        f'<w:pict>{TEXT_BOX}<v:shape id="imprint" o:spid="_x0000_s4096" type="#_x0000_t202" style="{style}" '
        'filled="f" stroked="f"><v:textbox inset="0,0,0,0"><w:txbxContent>'
        f"{{% if n.copies %}}{copies}{closing}{{% else %}}{alone}{{% endif %}}"
        '</w:txbxContent></v:textbox><w10:wrap type="topAndBottom"/></v:shape></w:pict>'
    )
    return paragraph("Small", f"<w:r>{shape}</w:r>")


# The survey form, rule book §15.

FORM = [mm(w) for w in (24, 22, 22, 22, 22, 22, 22)]


def form_row(label: str, *cells: tuple[str, int], style_name: str = "TableCell", merge: str = "continue") -> str:
    """A row of the form: its label down the left side, then cells as (text, how many of the six fields)."""
    used, made = 1, [cell("TableHead", label, FORM[0], merge=merge)]
    for content, span in cells:
        made.append(cell(style_name, content, sum(FORM[used : used + span]), span=span))
        used += span
    return row(*made)


def form_list(label: str, heads: list[tuple[str, int]], rows: str, fields: list[tuple[str, int]]) -> str:
    return "".join(
        [
            form_row(label, *heads, style_name="TableHead", merge="restart"),
            row_tag(f"for r in site.{rows}", 7),
            form_row("", *((f"{{{{ r.{f} }}}}", span) for f, span in fields)),
            row_tag("endfor", 7),
        ]
    )


JUDGED = "{{ survey.compliance }}"
BY_NAME = [("name", 2), ("host", 2), ("compliant", 2)]
SYSTEM_HEADS = [
    ("业务系统名称", 1),
    ("是否已迁移到市政务云数据中心", 1),
    ("建设方式（上级建设/自建）", 1),
    ("业务系统域名", 1),
    (JUDGED, 2),
]
MERGED_HEADS = [
    ("内设机构/下属机构名称", 1),
    ("展现方式（专题/栏目/网页/其他）", 1),
    ("是否为事业单位", 1),
    ("是否承担行政职能", 1),
    (JUDGED, 2),
]
APART_HEADS = [
    ("内设机构/下属机构名称", 1),
    ("网站名称", 1),
    ("首页网址", 1),
    ("是否为事业单位", 1),
    ("是否承担行政职能", 1),
    (JUDGED, 1),
]


def form_domains(label: str, answer: str, span: int) -> str:
    """One line a held domain, with boxes to tick; the label runs down beside them."""
    return "".join(
        [
            row_tag("for d in site.domains", 7),
            form_row(f"{{% vm %}}{label}", ("域名{{ loop.index }}：{{ d.name }}", 6 - span), (answer, span), merge=""),
            row_tag("endfor", 7),
        ]
    )


def form_by_name(label: str, what: str, rows: str) -> str:
    return form_list(label, [(f"{what}名称", 2), (f"{what}域名", 2), (JUDGED, 2)], rows, BY_NAME)


def form_table() -> str:
    filed = "是否在“全国政府网站信息报送系统”填报所持有的全部域名并明确主次域名：□是　□否"
    boxes = "{{ d.main_box }}主域名　{{ d.other_box }}次域名"
    filings = "□ICP备案　□公安机关备案　□其他（备注：________）"
    return table(
        FORM,
        row(
            cell("TableCell", "正常运行网站名称：{{ site.name }}", sum(FORM[:4]), span=4),
            cell("TableCell", "所属类型（门户网站/部门网站）：{{ site.kind }}", sum(FORM[4:]), span=3),
        ),
        form_domains("持有多个域名、主次域名情况", boxes, 3),
        row(cell("TableCell", filed, sum(FORM), span=7)),
        form_domains("域名备案情况", filings, 4),
        form_by_name("网站频道域名情况", "频道", "channels"),
        form_by_name("网站栏目域名情况", "栏目", "columns"),
        form_by_name("网站专题域名情况", "专题", "topics"),
        form_list(
            "业务系统域名情况",
            SYSTEM_HEADS,
            "systems",
            [("name", 1), ("migrated", 1), ("built_by", 1), ("host", 1), ("compliant", 2)],
        ),
        form_list(
            "下属机构网站整合迁移至本级网站后，为其开设的专题、栏目或网页域名情况",
            MERGED_HEADS,
            "subordinates",
            [("name", 1), ("shown_as", 1), ("institution", 1), ("administrative", 1), ("compliant", 2)],
        ),
        form_list(
            "下属机构政府网站未整合迁移至市政府网站集约化平台域名情况",
            APART_HEADS,
            "apart",
            [("name", 1), ("shown_as", 1), ("host", 1), ("institution", 1), ("administrative", 1), ("compliant", 1)],
        ),
    )


def survey_form() -> str:
    line = "________________"
    return "".join(
        [
            text("FormLine", "单位全称：{{ survey.unit or blank }}（加盖公章）　　填报日期：______年____月____日"),
            text("FormLine", f"域名业务联系人及电话：{{{{ survey.contact or '{line}' }}}}"),
            text("FormLine", f"已关停自建网站名称及域名：{{{{ survey.closed_sites or '{line}' }}}}"),
            text("FormLine", "已关停自建网站备案注销/变更完成情况：□ICP备案　□公安机关备案　□其他（备注：____）"),
            tag("for site in survey.sites"),
            form_table(),
            tag("for line in site.proposals"),
            text("FormNote", "{{ line }}"),
            tag("endfor"),
            text("FormNote", ""),
            tag("endfor"),
            text("FormNote", "填表说明："),
            tag("for note in survey.notes"),
            text("FormNote", "{{ note }}"),
            tag("endfor"),
        ]
    )


# The three papers.


def notice_document() -> str:
    wide = {
        "sites": annex_sites(),
        "accounts": annex_accounts(),
        "set_aside": annex_list("set_aside", "未纳入原因"),
        "unjudged": annex_list("unjudged", "待核事项"),
    }
    return "".join(
        [
            notice_head(),
            notice_body(),
            tag("if wide"),
            section("tall", ends_here=True),
            *(tag(f"if n.labels.{name}") + made + tag("endif") for name, made in wide.items()),
            section("wide", ends_here=True),
            tag("endif"),
            tag("if survey"),
            tag("if wide"),
            text("AnnexLabel", "{{ n.labels.survey }}"),
            tag("else"),
            text("AnnexLabel", "{{ n.labels.survey }}", extra="<w:pageBreakBefore/>"),
            tag("endif"),
            text("AnnexTitle", "{{ survey.title }}"),
            survey_form(),
            tag("endif"),
            imprint(),
            section("tall", ends_here=False),
        ]
    )


def letter_document() -> str:
    widths = [mm(w) for w in (10, 62, 58, 26)]
    heads = [cell("TableHead", h, w) for h, w in zip(("序号", "地址", "情况", "取证时间"), widths, strict=True)]
    fields = (("TableMid", "number"), ("TableCell", "url"), ("TableCell", "what"), ("TableMid", "fetched_at"))
    proof = table(
        widths,
        row(*heads, head=True),
        row_tag("for r in i.proof", 4),
        row(*(cell(s, f"{{{{ r.{f} }}}}", w) for (s, f), w in zip(fields, widths, strict=True))),
        row_tag("endfor", 4),
    )
    return "".join(
        [
            text("DocTitle", "{{ title }}"),
            paragraph(),
            text("To", "{{ letter.unit }}："),
            text("Text", "{{ letter.opening }}"),
            tag("for i in letter.questions"),
            paragraph("Text", run("{{ i.number }}.{{ i.name }}（{{ i.subject }}）：{{ i.phrase }}。", "Kai"),
                      run("{{ i.because }}（指标 {{ i.clause }}）。")),
            tag("endfor"),
            text("Text", "{{ letter.closing }}", extra=KEPT),
            paragraph(extra=KEPT),
            text("EnclosedOnly", "附件：问题清单"),
            paragraph(extra=KEPT), paragraph(extra=KEPT),
            text("Signer", "{{ letter.issuer }}"),
            text("Signed", "{{ letter.signed_on }}"),
            text("AnnexLabel", "附件", extra="<w:pageBreakBefore/>"),
            paragraph(),
            text("AnnexTitle", "问题清单"),
            tag("for i in letter.questions"),
            text("FormLine", "{{ i.number }}.{{ i.name }}（{{ i.subject }}）：{{ i.phrase }}"),
            tag("if i.proof"),
            proof,
            tag("else"),
            text("FormLine", "（无逐条清单：{{ i.because }}）"),
            tag("endif"),
            text("FormNote", ""),
            tag("endfor"),
            section("tall", ends_here=False),
        ]
    )  # fmt: skip


def survey_document() -> str:
    return text("AnnexTitle", "{{ survey.title }}") + survey_form() + section("tall", ends_here=False)


# The package.


def font_table() -> str:
    rows = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>'
        for name, other in FONTS.items()
    )
    return f"{DECLARATION}<w:fonts {NAMESPACES}>{rows}</w:fonts>"


SETTINGS = (
    f"{DECLARATION}<w:settings {NAMESPACES}><w:evenAndOddHeaders/>"
    '<w:characterSpacingControl w:val="compressPunctuation"/><w:compat>'
    '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
    '</w:compat><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
)
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CORE = (
    f'{DECLARATION}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title></dc:title>'
    '<dcterms:created xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:created>'
    '<dcterms:modified xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:modified></cp:coreProperties>'
)


def parts(body: str) -> dict[str, str]:
    """Every part of one template's package: path → text."""
    edges = {f"header{i}": header(i) for i in range(1, 5)}
    edges |= {"footer1": footer("PageOdd"), "footer2": footer("PageEven")}
    edges |= {"footer3": turned_footer(1, odd=True), "footer4": turned_footer(2, odd=False)}
    named = {"styles": "styles", "settings": "settings", "fontTable": "fontTable"}
    relations = "".join(f'<Relationship Id="{k}" Type="{OFFICE}/{v}" Target="{k}.xml"/>' for k, v in named.items())
    relations += "".join(
        f'<Relationship Id="{name[0]}{name[-1]}" Type="{OFFICE}/{name[:-1]}" Target="{name}.xml"/>' for name in edges
    )
    kinds = {"document": "document.main", "styles": "styles", "settings": "settings", "fontTable": "fontTable"}
    kinds |= {name: name[:-1] for name in edges}
    types = "".join(f'<Override PartName="/word/{k}.xml" ContentType="{WORD}.{v}+xml"/>' for k, v in kinds.items())
    return {
        "[Content_Types].xml": f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/docProps/core.xml" '
        f'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>{types}</Types>',
        "_rels/.rels": f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>",
        "docProps/core.xml": CORE,
        "word/document.xml": f"{DECLARATION}<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">'
        f"{relations}</Relationships>",
        "word/styles.xml": styles(),
        "word/settings.xml": SETTINGS,
        "word/fontTable.xml": font_table(),
        **{f"word/{name}.xml": made for name, made in edges.items()},
    }


def build(body: str) -> bytes:
    """The same body gives the same bytes."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts(body).items():
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


TEMPLATES: dict[str, Callable[[], str]] = {
    "notice.docx": notice_document,
    "letter.docx": letter_document,
    "survey.docx": survey_document,
}

if __name__ == "__main__":
    for file, document in TEMPLATES.items():
        (HERE / file).write_bytes(build(document()))
