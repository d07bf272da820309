"""Papers as PDF, converted from Word by LibreOffice without a window, many files in one call."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

PROGRAMS = ("soffice", "libreoffice")
SECONDS = 180.0
# The stand-ins of templates/build_templates.py, for a computer that has none of the fonts of 公文.
STAND_INS = {
    "方正小标宋简体": ("方正小标宋_GBK", "Noto Serif CJK SC"),
    "仿宋_GB2312": ("FangSong", "仿宋", "Noto Serif CJK SC"),
    "楷体_GB2312": ("KaiTi", "楷体", "Noto Serif CJK SC"),
    "黑体": ("SimHei", "Noto Sans CJK SC"),
    "宋体": ("SimSun", "Noto Serif CJK SC"),
}


class ConverterFailed(RuntimeError):
    """Our converter is missing, failed or did not end in time; the paper itself may be right."""


def convert(papers: Mapping[str, bytes], seconds: float = SECONDS) -> dict[str, bytes]:
    """Word documents by name → PDFs under the same names, all by one start of the converter.

    Raises ConverterFailed, in official Chinese, if it is missing, fails, leaves a paper out or takes longer.
    """
    if not papers:
        return {}
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise ConverterFailed("缺少文档转换程序 LibreOffice（soffice），无法生成 PDF；请先安装 libreoffice-writer")
    with tempfile.TemporaryDirectory(prefix="inspectorate-pdf-") as private:
        folder = Path(private)
        names = {f"{i:05d}": name for i, name in enumerate(papers)}
        sources = []
        for stem, name in names.items():
            sources.append(folder / f"{stem}.docx")
            sources[-1].write_bytes(papers[name])
        _run(program, folder, sources, seconds)
        made = {name: folder / "out" / f"{stem}.pdf" for stem, name in names.items()}
        if missing := [name for name, path in made.items() if not path.is_file()]:
            raise ConverterFailed(f"文档转换程序没有生成以下文件的 PDF: {'、'.join(missing)}")
        return {name: path.read_bytes() for name, path in made.items()}


def _run(program: str, folder: Path, sources: list[Path], seconds: float) -> None:
    """One conversion with a profile of its own; two that shared one would collide."""
    fonts = folder / "fonts.conf"
    fonts.write_text(_font_rules(folder), encoding="utf-8")
    arguments = [
        program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore", "--nolockcheck",
        "--convert-to", "pdf:writer_pdf_Export", "--outdir", str(folder / "out"), *map(str, sources),
    ]  # fmt: skip
    surroundings = os.environ | {"HOME": str(folder), "FONTCONFIG_FILE": str(fonts), "SAL_USE_VCLPLUGIN": "svp"}
    with subprocess.Popen(
        arguments, env=surroundings, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise ConverterFailed(
                f"文档转换超过 {seconds:.0f} 秒没有完成，已中止（共 {len(sources)} 个文件）"
            ) from None
    if process.returncode:
        words = said.decode(errors="replace").strip()[-300:]
        raise ConverterFailed(f"文档转换程序出错（退出码 {process.returncode}）: {words or '没有说明'}")


def _font_rules(folder: Path) -> str:
    """The system's fonts, with a named stand-in for each font of 公文 that is not installed."""
    rules = "".join(
        f"<alias binding='same'><family>{name}</family><accept>"
        + "".join(f"<family>{other}</family>" for other in others)
        + "</accept></alias>"
        for name, others in STAND_INS.items()
    )
    return (
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
        "<include ignore_missing='yes'>/etc/fonts/fonts.conf</include>"
        f"<cachedir>{folder / 'fonts'}</cachedir>{rules}</fontconfig>"
    )
