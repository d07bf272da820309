"""PDFs, converted by the real converter and read again."""

import os
import re
import shutil
import stat
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from inspectorate.formats import paper, pdf
from inspectorate.formats.pdf import ConverterFailed, convert
from inspectorate.notice import Notice
from tests.golden.seed import golden

NEEDS_CONVERTER = pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")),
    reason="needs LibreOffice and poppler-utils (make setup)",
)


@pytest.fixture(scope="module")
def notice() -> Notice:
    return golden().notice()


@pytest.fixture(scope="module")
def made(notice: Notice) -> dict[str, bytes]:
    trial = replace(notice, watermark=("试算", "待核"))
    return convert({"notice": paper.print_notice(notice), "试算/稿": paper.print_notice(trial)})


def pages(document: bytes, folder: Path) -> list[str]:
    (folder / "a.pdf").write_bytes(document)
    said = subprocess.run(["pdftotext", "-layout", folder / "a.pdf", "-"], capture_output=True, check=True).stdout
    return [re.sub(r"\s", "", page) for page in said.decode().split("\f")[:-1]]


def fonts(document: bytes, folder: Path) -> set[str]:
    (folder / "a.pdf").write_bytes(document)
    said = subprocess.run(["pdffonts", folder / "a.pdf"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in said.splitlines()[2:]}


@NEEDS_CONVERTER
def test_the_seed_notice_prints_its_facts(made: dict[str, bytes], tmp_path: Path) -> None:
    found = pages(made["notice"], tmp_path)
    text = "".join(re.sub("—\\d+—", "", page) for page in found)
    for words in ("网站检查率100%", "网站7家", "合格率87%", "六政办秘〔2018〕200号", "9月28日前"):
        assert words in text
    codes = re.findall(r"34150000\d\d", text)
    assert codes == list(golden().printed["problems"])
    first = found[0]
    assert "各县区人民政府，开发区管委，市政府各部门、各直属机构：" in first
    assert "根据《政府网站发展指引》" in first  # the first page must show text
    assert "抄送：市委办公室，市人大常委会办公室，市政协办公室。" in found[-1]


@NEEDS_CONVERTER
def test_every_page_has_its_number(made: dict[str, bytes], tmp_path: Path) -> None:
    found = pages(made["notice"], tmp_path)
    for number, page in enumerate(found, 1):
        assert f"—{number}—" in page or all(part in page for part in ("—", str(number)))
    assert f"—{len(found)}—" in found[-1]


@NEEDS_CONVERTER
def test_a_draft_shows_its_watermark_on_every_page(made: dict[str, bytes], tmp_path: Path) -> None:
    assert all("【试算·待核】" in page for page in pages(made["试算/稿"], tmp_path))
    assert not any("试算" in page for page in pages(made["notice"], tmp_path))


@NEEDS_CONVERTER
def test_chinese_is_never_printed_as_boxes(made: dict[str, bytes], tmp_path: Path) -> None:
    """Every font of 公文 that is missing has a Chinese stand-in, and no page falls to a font that has no Chinese."""
    assert {f for f in fonts(made["notice"], tmp_path) if "CJK" in f or "Song" in f or "Hei" in f}


def test_no_paper_needs_no_converter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert convert({}) == {}


def test_a_missing_converter_is_told_in_chinese_and_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConverterFailed, match="缺少文档转换程序 LibreOffice"):
        convert({"a": b""})


def stand_in(folder: Path, body: str) -> None:
    """A converter of our own writing, where only its behaviour matters."""
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo 磁盘已满 >&2; exit 77", "退出码 77.*磁盘已满"),
        ("exit 0", "没有生成以下文件的 PDF: 甲"),
        ("sleep 60", "超过 1 秒没有完成"),
    ],
)
def test_a_converter_that_fails_is_told_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    stand_in(tmp_path, body)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    began = time.monotonic()
    with pytest.raises(ConverterFailed, match=words):
        convert({"甲": b""}, seconds=1)
    assert time.monotonic() - began < 10


def test_each_conversion_has_a_profile_of_its_own_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, f'echo "$*" >> {tmp_path}/said; exit 1')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for _ in (1, 2):
        with pytest.raises(ConverterFailed):
            convert({"a": b"", "b": b""})
    profiles = re.findall(r"UserInstallation=file://(\S+)", (tmp_path / "said").read_text())
    assert len(set(profiles)) == 2
    assert not any(Path(p).parent.exists() for p in profiles)
    assert (tmp_path / "said").read_text().count(".docx") == 4  # both files in each single call


def test_the_stand_ins_of_the_converter_are_those_of_the_templates() -> None:
    text = (Path(pdf.__file__).parent.parent / "templates" / "build_templates.py").read_text(encoding="utf-8")
    for name, others in pdf.STAND_INS.items():
        assert f'"{name}"' in text
        assert f'"{others[-1]}"' in text
