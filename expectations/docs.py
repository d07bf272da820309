"""Data Docs that an office without the internet can read: no address of the world in them, and all rows in a table."""

import html
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from expectations.suites import KINDS, OUTCOMES, Outcome

# Great Expectations lets its pages load style and script from a dozen hosts; without these they stay readable.
EXTERNAL = (
    re.compile(r"<script\b[^>]*\bsrc=[\"'](?:https?:)?//[^>]*>\s*</script>", re.I | re.S),
    re.compile(r"<link\b[^>]*\bhref=[\"'](?:https?:)?//[^>]*>", re.I | re.S),
    re.compile(r"<img\b[^>]*\bsrc=[\"'](?:https?:)?//[^>]*>", re.I | re.S),
    re.compile(r"<iframe\b.*?</iframe>", re.I | re.S),
    re.compile(r"<footer\b.*?</footer>", re.I | re.S),
    re.compile(r"url\(\s*[\"']?(?:https?:)?//[^)]*\)", re.I),
    re.compile(r"\bhref=[\"'](?:https?:)?//[^\"']*[\"']", re.I),
)
STYLE = """<style>
body { font: 14px/1.6 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif; margin: 1.5em; }
table { border-collapse: collapse; margin: .6em 0; } th, td { border: 1px solid #bbb; padding: .2em .6em; }
th { background: #eef2f8; text-align: left; } .met { color: #1a7f37; } .unmet { color: #b42318; }
.told { color: #9a6700; } pre, code { white-space: pre-wrap; } .modal, .popover, nav img { display: none; }
.fa-check-circle::before { content: "✔"; color: #1a7f37; } .fa-times::before { content: "✘"; color: #b42318; }
.fa-exclamation-triangle::before { content: "!"; color: #9a6700; }
</style>"""
TITLES = {
    "kind": "类别", "subject": "对象", "unit": "单位", "name": "名称", "url": "地址", "measured": "实测",
    "limit_value": "期限或限值", "said": "说明", "clause": "指标", "judged": "判定", "recounted": "复算",
    "judged_measured": "判定计数", "recounted_measured": "复算计数", "low": "下限", "high": "上限",
    "visits": "访问次数",
    "counted": "有效次数", "due": "应访次数", "short_days": "不足天数", "item": "记录", "seen_at": "时间",
    "seconds": "用时（秒）", "fault": "问题", "read_now": "本次", "read_before": "上次", "sources": "有来源",
    "tried": "已访问",
}  # fmt: skip


def unplug(folder: Path) -> int:
    """Take every address of the world out of the pages of a folder; how many pages were changed."""
    for ballast in ("fonts", "images"):  # four megabytes a run that no page needs
        shutil.rmtree(folder / "static" / ballast, ignore_errors=True)
    changed = 0
    for page in [*folder.rglob("*.html"), *folder.rglob("*.css")]:
        was = page.read_text(encoding="utf-8")
        text = was
        for pattern in EXTERNAL:
            text = pattern.sub("", text)
        text = text.replace("</head>", STYLE + "</head>", 1)
        if text != was:
            page.write_text(text, encoding="utf-8")
            changed += 1
    return changed


def write_index(folder: Path, title: str, said: Iterable[str], outcomes: Sequence[Outcome]) -> Path:
    """One page in Chinese before the Data Docs: what was told, each expectation, and all rows against it."""
    parts = [f"<h1>{_text(title)}</h1>", *(f"<p>{_text(line)}</p>" for line in said)]
    parts += ["<table><tr><th>要求</th><th>结果</th><th>不符</th></tr>"]
    for outcome in outcomes:
        each = outcome.expectation
        word, style = (
            ("符合", "met") if outcome.success else ("不符，停止", "unmet") if each.stops else ("提示", "told")
        )
        count = f'<a href="#{_text(each.code)}">{len(outcome.rows)}</a>' if outcome.rows else "0"
        parts.append(f'<tr><td>{_text(each.says)}</td><td class="{style}">{word}</td><td>{count}</td></tr>')
    parts += ["</table>", '<p><a href="gx/index.html">数据文档（Great Expectations）</a></p>']
    for outcome in outcomes:
        if outcome.rows:
            parts += [f'<h2 id="{_text(outcome.expectation.code)}">{_text(outcome.expectation.says)}</h2>']
            parts += [_table(outcome.rows)]
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    head = f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{_text(title)}</title>{STYLE}</head>'
    page.write_text(f"{head}<body>{''.join(parts)}</body></html>", encoding="utf-8")
    return page


def _table(rows: Sequence[dict[str, Any]]) -> str:
    names = list(rows[0])
    lines = ["<table><tr>" + "".join(f"<th>{_text(TITLES.get(name, name))}</th>" for name in names) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{_text(_said(row[name]))}</td>" for name in names) + "</tr>" for row in rows]
    return "".join([*lines, "</table>"])


def _said(value: object) -> object:
    return {**KINDS, **OUTCOMES}.get(value, value) if isinstance(value, str) else value


def _text(value: object) -> str:
    return "" if value is None else html.escape(str(value))
