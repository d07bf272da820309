"""Lists that only scripts show, read by a real Chromium, and the pictures that it takes."""

import base64
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inspectorate import settings
from scrapers import warc
from scrapers.screen import HIDDEN, as_read, inscribed
from tests.scrapers.mirror import HOST, NEWS, OLD, Mirror, Reply, days_ago, home_page, list_page
from tests.scrapers.test_errands import SEEN, empty_tables

Rows = Callable[[str], list[tuple[Any, ...]]]
Run = Callable[..., Any]
BASE = f"http://{HOST}"
needs_browser = pytest.mark.skipif(settings.browser() is None, reason="没有安装 Chromium（chromium-headless-shell）")

# A column as front ends of today print it: a frame, a script that asks for data, a notice that is hidden by its style.
SHELL = (
    "<html><head><title>{name}-市教育局</title><meta name='ColumnName' content='{name}'>"
    "<link rel='stylesheet' href='/css/site.css'></head><body>"
    "<div class='crumb'>当前位置：<a href='/'>首页</a> &gt; {name}</div><ul class='list' id='rows'></ul>"
    "<div class='none' id='none'>暂无数据</div><div>版权所有 市教育局</div>"
    "<script src='/js/fill.js'></script><script>{script}</script></body></html>"
)
FILL = """
function fill(rows) {
  document.getElementById('rows').innerHTML = rows.map(function (row) {
    return '<li><a href="' + row[0] + '">' + row[1] + '</a><span>' + row[2] + '</span></li>';
  }).join('');
  document.getElementById('none').className = rows.length ? 'none' : '';
}
function ask(method, url, form) {
  var x = new XMLHttpRequest();
  x.open(method, url);
  x.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
  x.onload = function () { try { fill(JSON.parse(x.responseText).rows || []); } catch (e) { fill([]); } };
  x.onerror = function () { fill([]); };
  x.send(form);
}
"""
COLUMNS = [("/gzdt/index.html", "工作动态"), ("/zcwj/index.html", "政策文件")]


def shell(name: str, script: str) -> Reply:
    return Reply(SHELL.format(name=name, script=script))


def data(rows: list[tuple[str, str, str]], **more: object) -> Reply:
    return Reply(json.dumps({"rows": rows} | more), headers={"Content-Type": "application/json"})


def write_shells(mirror: Mirror, news: str, policy: str) -> None:
    mirror.pages[f"{BASE}/"] = Reply(home_page(COLUMNS, NEWS))
    mirror.pages[f"{BASE}/gzdt/index.html"] = shell("工作动态", news)
    mirror.pages[f"{BASE}/zcwj/index.html"] = shell("政策文件", policy)
    mirror.pages[f"{BASE}/js/fill.js"] = Reply(FILL, headers={"Content-Type": "text/javascript"})
    mirror.pages[f"{BASE}/css/site.css"] = Reply(".none{display:none}", headers={"Content-Type": "text/css"})


COLUMN_ROWS = (
    "select url, outcome, complete, items, newest::text, blank, because from page_visit"
    " where kind = 'column' order by url"
)


@needs_browser
def test_a_list_that_scripts_fill_is_read_and_what_they_left_is_its_proof(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    # One list is asked for at once by POST, the other after six seconds of the page's time.
    write_shells(
        mirror, "ask('POST', '/api/list', 'page=1')", "setTimeout(function () { ask('GET', '/api/old') }, 6000)"
    )
    mirror.pages[f"{BASE}/api/list page=1"] = data(NEWS, code=200)
    mirror.pages[f"{BASE}/api/old"] = data(OLD)
    filed()
    ran = run("site", "--picture-after", "policy=180")
    assert ran.status == 0, ran.told
    assert rows(COLUMN_ROWS) == [
        (f"{BASE}/gzdt/index.html", "opened", True, 8, days_ago(1), False, ""),
        (f"{BASE}/zcwj/index.html", "opened", True, 8, days_ago(301), False, ""),
    ]
    assert mirror.asked.count(f"{BASE}/js/fill.js") == 1  # both columns share it
    assert {h.get("User-Agent") for h in mirror.headers} == {settings.user_agent()}
    [(warc_file, position, sha256)] = rows(
        "select a.warc, a.position, a.sha256 from page_visit as v join answer as a using (sha256)"
        " where v.url like '%gzdt%'"
    )
    record = warc.record_at(settings_evidence(tmp_path) / warc_file, position)
    assert record.rec_type == "conversion"
    assert record.rec_headers.get_header("WARC-Target-URI") == f"{BASE}/gzdt/index.html"
    assert record.rec_headers.get_header("WARC-Payload-Digest") == f"sha256:{sha256}"
    assert record.rec_headers.get_header("WARC-Refers-To").startswith("<urn:uuid:")
    assert NEWS[0][1] in record.raw_stream.read().decode()
    # The policy column is older than it was said it may be, so there is a picture of it, and of it alone.
    [(site, url, page_sha, because)] = rows("select site, url, page_sha256, because from picture")
    assert (site, url, because) == ("3415000001", f"{BASE}/zcwj/index.html", "")
    assert page_sha == rows("select sha256 from page_visit where url like '%zcwj%'")[0][0]
    # A replay runs no script and lands the same.
    seen, asked = rows(SEEN_MADE), len(mirror.asked)
    pictures = rows("select * from picture")
    empty_tables(rows)
    rows("with gone as (delete from picture returning 1) select count(*) from gone")
    ran = run("site", "--replay", str(settings_evidence(tmp_path)), "--picture-after", "policy=180")
    assert ran.status == 0, ran.told
    assert len(mirror.asked) == asked
    assert rows(SEEN_MADE) == seen
    assert [row[1:] for row in rows("select * from picture")] == [row[1:] for row in pictures]


SEEN_MADE = SEEN.replace("from answer", "from answer where url !~ '/(js|api|css)/'")


def settings_evidence(tmp_path: Path) -> Path:
    return tmp_path / "home" / "evidence"


BROKEN = {  # what a column's script does, what it is answered, and what is told of it
    "工作动态": ("ask('GET', '/api/500')", Reply("<h1>500</h1>", 500), "HTTP 500"),
    "通知公告": ("ask('GET', '/api/reset')", Reply(reset=True), "/api/reset"),
    "政策文件": ("ask('GET', '/api/code')", data([], code=500, msg="系统异常"), "code=500"),
    "政策解读": ("ask('GET', '/api/wall')", Reply("<html><body>请输入验证码继续访问</body></html>"), "拦截页面"),
    "人事任免": ("fill([]); nothing.there", None, "脚本出错"),
    "规划计划": (
        "var s = document.createElement('script'); s.src = '/js/no.js'; document.body.append(s); fill([])",
        None,
        "no.js HTTP 404",
    ),
    "领导讲话": ("ask('GET', 'http://169.254.169.254/api/list')", None, "内网"),
    "图片新闻": ("fill([]); new WebSocket('ws://127.0.0.1:1/')", None, "推送"),
    "媒体关注": ("var a = []; while (true) a.push(new Array(1e6).fill(Math.random()))", None, "浏览器"),
    "部门动态": ("fill([]); document.body.innerHTML += '<p>' + 'x'.repeat(11e6) + '</p>'", None, "10 MB"),
    "基层动态": ("setInterval(function () { ask('GET', '/api/on') }, 10)", data([]), "请求超过 60 次"),
    "财政预决算": ("while (true) {}", None, "秒内未能读完"),
}


@needs_browser
@pytest.mark.slow
def test_an_empty_list_is_unknown_where_its_scripts_did_not_run_whole(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scrapers import browser

    defaults = browser.Patience.__init__.__defaults__ or ()
    monkeypatch.setattr(browser.Patience.__init__, "__defaults__", (15.0, *defaults[1:]))
    write_shells(mirror, "", "")
    names = [*BROKEN, "应急管理", "扶贫工作"]
    mirror.pages[f"{BASE}/"] = Reply(home_page([(f"/c{n}/", name) for n, name in enumerate(names)], NEWS))
    for number, (name, (script, answer, _)) in enumerate(BROKEN.items()):
        mirror.pages[f"{BASE}/c{number}/"] = shell(name, script)
        if answer is not None:
            mirror.pages[f"{BASE}{script.split(chr(39))[3]}"] = answer
    # Rows that came before a script broke can clear and not accuse; what ran whole and says that it is empty, is,
    # even if its server has lost a library that nothing on the page needed.
    mirror.pages[f"{BASE}/c{len(BROKEN)}/"] = shell("应急管理", f"fill({json.dumps(OLD)}); nothing.there")
    # So has a page that its editor saved with what stood on his disk and in his browser.
    missing = "".join(
        f"var s = document.createElement('script'); s.src = '{lost}'; document.body.append(s);"
        for lost in ("/js/jquery.min.js", "file:///C:/a.js", "chrome-extension://dbjbempljhcmhlfp/inspector.js")
    )
    mirror.pages[f"{BASE}/c{len(BROKEN) + 1}/"] = shell("扶贫工作", f"{missing} ask('GET', '/api/none')")
    mirror.pages[f"{BASE}/api/none"] = data([], code=0)
    filed()
    ran = run("site")
    assert ran.status == 0, ran.told
    named = dict(rows("select url, name from site_column"))
    seen = {named[row[0]]: list(row) for row in rows(COLUMN_ROWS)}
    assert set(seen) == set(names)
    for name, (_, _, why) in BROKEN.items():
        url, outcome, complete, _, _, blank, because = seen[name]
        assert (outcome, complete, blank) == ("ours", False, None), (name, because)
        assert why in because, name
        assert (url, because) in rows("select url, because from ours")
    assert seen["应急管理"][1:6] == ["opened", False, 8, days_ago(301), None]
    assert "脚本出错" in seen["应急管理"][6]
    assert seen["扶贫工作"][1:] == ["opened", True, 0, None, True, ""]


def test_without_a_browser_such_a_column_is_unknown_and_says_so(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    write_shells(mirror, "ask('GET', '/api/list')", "")
    mirror.pages[f"{BASE}/zcwj/index.html"] = Reply(list_page("政策文件", OLD))
    filed()
    assert run("site", "--picture-after", "policy=180", INSPECTORATE_BROWSER="none").status == 0
    news, policy = rows(COLUMN_ROWS)
    assert news[1:3] == ("ours", False)
    assert news[5] is None
    assert "未安装浏览器" in news[6]
    assert policy[1:3] == ("opened", True)
    assert rows("select url, sha256, because from picture") == [(f"{BASE}/zcwj/index.html", None, "未安装浏览器")]
    run("site", "--picture-after", "policy=180", INSPECTORATE_BROWSER="none")
    assert rows("select count(*) from picture") == [(1,)]  # it is not said every night


@needs_browser
@needs_browser
def test_an_old_home_page_is_looked_at_after_its_scripts_ran_and_inside_its_frames(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    """Without a browser nobody can say that it is old; a home page without scripts needs none."""
    home = "select newest::text, complete, because from page_visit where kind = 'home' order by visited_at desc limit 1"
    front = home_page(COLUMNS, OLD)
    mirror.pages[f"{BASE}/"] = Reply(front)
    mirror.pages[f"{BASE}/gzdt/index.html"] = mirror.pages[f"{BASE}/zcwj/index.html"] = Reply(
        list_page("工作动态", OLD)
    )
    filed()
    run("site", INSPECTORATE_BROWSER="none")
    assert rows(home) == [(days_ago(301), True, "")]
    script = "<script src='/js/fill.js'></script><script>ask('GET', '/a')</script>"
    script = f"<h3>要闻</h3><ul id='rows'></ul><i id='none'></i>{script}"
    mirror.pages[f"{BASE}/"] = Reply(front.replace("<div class='foot'>", f"{script}<div class='foot'>"))
    mirror.pages[f"{BASE}/js/fill.js"] = Reply(FILL, headers={"Content-Type": "text/javascript"})
    mirror.pages[f"{BASE}/a"] = data([list(row) for row in NEWS])  # type: ignore[misc]
    run("site", INSPECTORATE_BROWSER="none")
    [(newest, complete, because)] = rows(home)
    assert (newest, complete) == (days_ago(301), False)
    assert because == "首页的一部分未能读取: 脚本可能显示更新的内容（未安装浏览器）"
    run("site")
    assert rows(home) == [(days_ago(1), True, "")]
    mirror.pages[f"{BASE}/"] = Reply(
        front.replace("<div class='foot'>", "<iframe src='/in.html'></iframe><div class='foot'>")
    )
    mirror.pages[f"{BASE}/in.html"] = Reply(list_page("要闻", NEWS))
    run("site", INSPECTORATE_BROWSER="none")
    assert rows(home) == [(days_ago(1), True, "")]


def test_a_browser_that_cannot_start_is_as_none(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_shells(mirror, "ask('GET', '/api/list')", "")
    mirror.pages[f"{BASE}/zcwj/index.html"] = Reply(list_page("政策文件", OLD))
    filed()
    broken = run("site", "--picture-after", "policy=180", PLAYWRIGHT_NODEJS_PATH=shutil.which("false"))
    assert broken.status == 0
    news, policy = rows(COLUMN_ROWS)
    assert (news[1:3], policy[1:3]) == (("ours", False), ("opened", True))
    assert "浏览器无法启动" in news[6]
    ((sha256, because),) = rows("select sha256, because from picture")
    assert sha256 is None
    assert "浏览器无法启动" in because


@needs_browser
def test_the_browser_reaches_nothing_but_through_our_door(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    """Whatever a page tries, a listener inside our own network hears nothing, and robots.txt holds."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    inside = f"127.0.0.1:{listener.getsockname()[1]}"
    tries = f"""
      fetch('http://{inside}/a').catch(function () {{}});
      new Image().src = 'http://{inside}/b.png';
      navigator.sendBeacon('http://{inside}/c', 'x');
      try {{ new WebSocket('ws://{inside}/d'); }} catch (e) {{}}
      try {{ new EventSource('http://{inside}/e'); }} catch (e) {{}}
      ['preconnect', 'dns-prefetch', 'prefetch', 'preload'].forEach(function (rel) {{
        var l = document.createElement('link'); l.rel = rel; l.href = 'http://{inside}/f'; l.as = 'script';
        document.head.appendChild(l);
      }});
      var f = document.createElement('iframe'); f.src = 'http://{inside}/g'; document.body.appendChild(f);
      window.open('http://{inside}/h');
      try {{
        var turn = {{urls: 'turn:{inside}?transport=tcp', username: 'a', credential: 'b'}};
        var p = new RTCPeerConnection({{iceServers: [{{urls: 'stun:{inside}'}}, turn]}});
        p.createDataChannel('x'); p.createOffer().then(function (o) {{ p.setLocalDescription(o); }});
      }} catch (e) {{}}
      try {{ navigator.serviceWorker.register('/sw.js').catch(function () {{}}); }} catch (e) {{}}
      try {{ new Worker(URL.createObjectURL(new Blob(["fetch('http://{inside}/i')"]))); }} catch (e) {{}}
      ask('GET', '/secret/list');
    """
    write_shells(mirror, tries, "location.href = 'http://" + inside + "/j'")
    mirror.pages[f"{BASE}/robots.txt"] = Reply("User-agent: *\nDisallow: /secret/")
    filed()
    run("site", "--picture-after", "home=0")
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()
    assert not [url for url in mirror.asked if HOST not in url]
    assert not [url for url in mirror.asked if "/secret/" in url or "sw.js" in url]
    assert [(row[1], row[5]) for row in rows(COLUMN_ROWS)] == [("ours", None)] * 2


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder for temporary files: the browser's socket stands there, and its path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="b") as folder:
        yield Path(folder)


@needs_browser
def test_a_killed_errand_leaves_no_browser_behind(
    mirror: Mirror, filed: Run, environment: dict[str, str], short_folder: Path
) -> None:
    write_shells(mirror, "ask('GET', '/api/list')", "")
    mirror.pages[f"{BASE}/api/list"] = Reply("{}", seconds=20)
    filed()
    own = environment | {"TMPDIR": str(short_folder)}
    for kill in (os.kill, os.killpg):  # the process alone, and its whole group at once as Airflow does it
        mirror.asked.clear()
        with subprocess.Popen([sys.executable, "-m", "scrapers", "site"], env=own, start_new_session=True) as errand:
            until = time.monotonic() + 150
            while f"{BASE}/api/list" not in mirror.asked and time.monotonic() < until:
                time.sleep(0.1)
            assert f"{BASE}/api/list" in mirror.asked
            assert browsers(short_folder)
            kill(errand.pid, signal.SIGKILL)
        until = time.monotonic() + 20
        while browsers(short_folder) and time.monotonic() < until:
            time.sleep(0.1)
        assert browsers(short_folder) == []


def browsers(profile: Path) -> list[str]:
    """The living processes of a browser whose profile lies below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"chrom" in line and str(profile).encode() in line:
            found.append(process.name)
    return found


@needs_browser
def test_a_picture_is_taken_once_and_bears_its_address_and_time(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    mirror.pages[f"{BASE}/"] = Reply(home_page(COLUMNS, NEWS))
    mirror.pages[f"{BASE}/gzdt/index.html"] = Reply(list_page("工作动态", NEWS))
    mirror.pages[f"{BASE}/zcwj/index.html"] = Reply(list_page("政策文件", OLD))
    filed()
    for _ in range(2):
        run("site", "--picture-after", "news=14,policy=180,home=14")
    [(url, page_sha256, newest, because)] = rows("select url, page_sha256, newest::text, because from picture")
    assert (url, newest, because) == (f"{BASE}/zcwj/index.html", days_ago(301), "")
    assert (page_sha256, "text/html; charset=utf-8") in rows("select sha256, content_type from answer")
    [(file, position)] = rows("select warc, position from answer join picture using (sha256)")
    record = warc.record_at(settings_evidence(tmp_path) / file, position)
    assert (record.rec_type, record.rec_headers.get_header("Content-Type")) == ("resource", "image/png")
    chunks = png_chunks(record.raw_stream.read())
    width, height = struct.unpack(">II", chunks["IHDR"][0][:8])
    assert width == 1280
    assert height > 650  # the page, and the strip over it
    told = {part.partition(b"\0")[0]: part.rpartition(b"\0")[2].decode() for part in chunks["iTXt"]}
    assert told[b"Title"] == url
    assert told[b"Source"] == page_sha256
    assert abs((datetime.now(UTC) - datetime.fromisoformat(told[b"Creation Time"])).total_seconds()) < 600
    # A newer state of the page is another picture.
    mirror.pages[url] = Reply(
        list_page("政策文件", [("/zcwj/99.html", "关于印发另一号规范性文件的通知", days_ago(200))])
    )
    run("site", "--picture-after", "policy=180")
    assert rows("select count(*), count(distinct newest) from picture") == [(2, 2)]


@needs_browser
def test_the_home_page_is_pictured_now_and_then_for_the_inspectors(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    mirror.pages[f"{BASE}/"] = Reply(home_page(COLUMNS, NEWS) + "<p>页脚</p>" * 2000)
    filed()
    ran = [run("site", "--picture-home", "--budget", "2") for _ in range(2)]
    assert [one.status for one in ran] == [0, 0], ran[0].told
    [(url, because, sha256)] = rows("select url, because, sha256 from picture where newest is null and blank is null")
    assert (url, because) == (f"{BASE}/", "")
    [(file, position)] = rows("select warc, position from answer join picture using (sha256)")
    record = warc.record_at(settings_evidence(tmp_path) / file, position)
    chunks = png_chunks(record.raw_stream.read())
    assert struct.unpack(">II", chunks["IHDR"][0][:8]) < (1280, 1800)  # its upper part, and the strip over it
    # A month later it is due anew; a door that is shut by then says so only where nothing was kept, and once.
    rows("with aged as (update picture set taken_at = taken_at - interval '31 days' returning 1) select 1 from aged")
    mirror.pages[f"{BASE}/"] = Reply("", 503)
    for _ in range(2):
        run("site", "--picture-home")
    assert rows("select sha256 from picture") == [(sha256,)]
    rows("with gone as (delete from picture returning 1) select count(*) from gone")
    for _ in range(2):
        run("site", "--picture-home")
    assert rows("select sha256, because from picture") == [(None, "首页未能读取：HTTP 503")]
    mirror.pages[f"{BASE}/"] = Reply(home_page(COLUMNS, NEWS))
    run("site", "--picture-home")
    assert rows("select count(*) from picture where sha256 is not null") == [(1,)]


def png_chunks(png: bytes) -> dict[str, list[bytes]]:
    """The chunks of a PNG by name, each checked."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found: dict[str, list[bytes]] = {}
    at = 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        assert zlib.crc32(name + body) == struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0]
        found.setdefault(name.decode(), []).append(body)
        at += 12 + length
    return found


def test_what_nobody_sees_says_nothing_and_a_hidden_tab_still_clears() -> None:
    dom = (
        f"<html><body><div {HIDDEN}>暂无数据</div><ul {HIDDEN}><li><a href='/1.html'>题目</a></li></ul>"
        "<!--v-if--><script>var webpack = 1</script><p>正文</p></body></html>"
    )
    left = as_read(dom.encode()).decode()
    assert "暂无数据" not in left
    assert "v-if" not in left
    assert "webpack" not in left
    assert "题目" in left
    assert "正文" in left


def test_facts_are_written_into_a_picture_without_harming_it() -> None:
    dot = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    chunks = png_chunks(inscribed(dot, {"Title": "http://教育.政务/"}))
    assert chunks["iTXt"] == [b"Title\0\0\0\0\0" + "http://教育.政务/".encode()]
    assert list(chunks) == ["IHDR", "iTXt", "IDAT", "IEND"]
