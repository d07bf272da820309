"""Writes the pages of the mirror city, each site's in the manner of its family."""

import json
import posixpath
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from demo import snares
from demo.days import WEEKDAYS, at_clock, back_from, months_before
from demo.dress import dressed
from demo.families import CHARSETS, environment, families
from demo.model import City, Column, Item, Site
from demo.words import TOPICS, Writer

HIDDEN = {
    "script",
    "frame",
    "refused",
    "captcha",
    "broken",
    "missing",
    "forbidden",
    "link_out",
    "login",
    "archived",
    *snares.HOSTILE,
}  # no items of theirs elsewhere
SERVICE_HALL = "zwfw.qiongyu.gov.cn"  # the province's service hall, which many sites link to

WAF = (
    "<html><head><title>405</title></head><body><center><h1>您的访问被阻断</h1><p>您的请求疑似攻击行为，已被安全防护系统拦截。"
    "</p><p>事件编号：20317744019</p></center></body></html>"
)
CAPTCHA = (
    "<!DOCTYPE html><html><head><title>安全验证</title></head><body><div id='captcha'><p>请完成安全验证后继续访问</p>"
    "<p>拖动滑块完成拼图</p></div><script src='/_waf_/captcha.js'></script></body></html>"
)
CHALLENGE = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><meta id='q{n}' content='{n}x' r='m'><script r='m'>"
    "$_ts=window['$_ts'];if(!$_ts)$_ts={{}};$_ts.nsd={n};$_ts.cd='{n}';</script></head><body></body></html>"
)
RUNS = timedelta(days=20)  # a survey
# What the templates' own scripts do: a page whose scripts were lost shows a browser nothing certain.
SCRIPTS = {
    "/js/menu.js": "",
    "/static/js/jquery.min.js": "",
    "/static/vendor.js": "",
    "/images/jquery.js": "function createPageHTML() {}",
    "/system/resource/js/counter.js": "function _showDynClicks() {}",
    "/_js/sudy-jquery-autoload.js": "",
    "/script/0/jquery.js": "function $(it) { if (typeof it === 'function') { it(); } else { return new Box(it); } }",
    "/script/fsjpage/jpage.js": """function Box(place) { this.place = document.getElementById(place.slice(1)); }
Box.prototype.jpage = function (asked) {
  var place = this.place;
  if (asked.proxyUrl) {
    fetch(asked.proxyUrl).then(r => r.json()).then(function (d) {
      var rows = d.rows.map(r => `<li><a href="${r.url}">${r.title}</a><span>${r.date}</span></li>`);
      place.innerHTML = '<ul>' + rows.join('') + '</ul>';
    });
  }
};
""",
}
LOST = (
    "<html><head><title>提示信息</title></head><body><div class='tip'>"
    "<p>抱歉，您访问的页面不存在或已被删除！</p><a href='/'>返回首页</a></div></body></html>"
)
BROKEN = "<html><head><title>500</title></head><body><h1>HTTP Status 500 – Internal Server Error</h1></body></html>"


@dataclass(slots=True)
class Answer:
    """What one address answers."""

    body: bytes
    content_type: str = "text/html"
    status: int = 200
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


Answers = dict[str, Answer]  # path and query → answer


class Press:
    """Prints one site's pages."""

    def __init__(self, city: City, site: Site) -> None:
        self.city, self.site, self.family = city, site, families()[site.layout]
        self.charset = CHARSETS[site.charset]
        self.dice = random.Random(f"{city.seed}:{site.code}:pages")
        self.writer = Writer(random.Random(f"{city.seed}:{site.code}:text"), site.unit.short, site.unit.trade)
        self.template = environment().get_template(f"{site.layout}.html")
        folder = next(c for c in site.menu if c.shape == "topics").path.rsplit("/", 1)[0]
        self.topics = {
            name: self.family.column.format(folder=f"{folder}/zt{n}", slug=f"zt{n}", number=1950 + n)
            for n, name in enumerate(self.dice.sample(TOPICS, 3), 1)
        }
        self.nav = [self.menu_entry(top) for top in site.menu]
        if "disclosure" in site.flags:
            entry = next(e for e, top in zip(self.nav, site.menu, strict=True) if top.slug == "zwgk")
            entry["children"].append({"name": "信息公开目录", "href": site.disclosure_url})
        if "strangers" in site.flags:
            others = [(s.name, s.home) for s in city.running if s is not site][-3:]
            children = [{"name": name, "href": href} for name, href in [*others, *snares.STRANGERS]]
            self.nav.append({"name": "相关网站", "href": others[0][1], "children": children})
        self.content_type = "text/html" + (f"; charset={self.charset.header}" if self.charset.header else "")
        self.answers: Answers = {}

    # --- small parts ---

    def menu_entry(self, top: Column) -> dict[str, Any]:
        """A first-level entry with its children; the newest layout links a parent to its first child."""
        children = [{"name": c.name, "href": self.href(c)} for c in top.children]
        href = self.href(top)
        if top.shape == "topics" and "topics_in_menu" in self.site.flags:
            children = [{"name": name, "href": path} for name, path in self.topics.items()]
        if top.shape == "channel" and not self.family.parents:
            href = children[0]["href"]
        return {"name": top.name, "href": href, "children": children}

    def href(self, column: Column) -> str:
        """How the menu links a column: by path at home, in full elsewhere."""
        if column.trap == "link_out":
            return f"http://{SERVICE_HALL}/{self.site.unit.label}/"
        return column.path if column.host == self.site.host else column.url

    def row(self, item: Item, dates: str, at: str, home: bool = False, dress: str = "") -> dict[str, Any]:
        """One row of a list on the page `at`, with its date as a line and as two boxes."""
        day = item.day
        href = self.link(item.path, at) if self.family.relative else item.path
        row: dict[str, Any] = {"title": item.title, "href": href, "pinned": item.pinned, "tip": ""}
        row |= {"date": "", "day": "", "month": "", "written": f"{item.written or ''}"}
        if dress or dates == "attribute":
            row["date"] = dressed(day, dress, self.city.day)
            if dates == "attribute":
                row["tip"] = f"标题：{item.title}\n发布时间：{item.at:%Y-%m-%d %H:%M:%S}"
        elif dates == "list":
            row |= {
                "date": self.family.print_day(day, self.city.day, home),
                "day": f"{day:%d}",
                "month": f"{day:%Y-%m}",
            }
        return row

    @staticmethod
    def link(path: str, at: str) -> str:
        """A path as the page `at` links it: from where it lies."""
        near = posixpath.relpath(path, at.rpartition("/")[0] or "/")
        return near if near.startswith("../") else f"./{near}"

    def block(self, column: Column, count: int, at: str, home: bool = False) -> dict[str, Any]:
        """A block of a column's first items, as home and channel pages show it."""
        items = [] if column.trap in HIDDEN else column.items[:count]
        if home:  # what is pinned inside is not put on the home page
            items = [i for i in column.items if not i.pinned and i.day <= self.city.day][:count]
        return {
            "name": column.name,
            "href": self.href(column),
            "more": self.href(column),
            "entries": [self.row(i, column.dates, at, home) for i in items],
        }

    def tags(self, column: Column | None, item: Item | None = None) -> list[tuple[str, str]]:
        """The page tags that the guideline asks for, on the sites that have them."""
        if "tags" not in self.site.flags:
            return []
        tags = [("SiteName", self.site.name), ("SiteDomain", self.site.host), ("SiteIDCode", self.site.code)]
        if column is not None:
            tags.append(("ColumnName", column.name))
            if "column_type" in self.site.flags:
                kinds = {"news": "工作动态", "notice": "通知公告", "policy": "政策文件"}
                tags.append(("ColumnType", kinds.get(column.cls, column.name)))
            if item is None:
                tags += [("ColumnDescription", f"{self.site.name}{column.name}"), ("ColumnKeywords", column.name)]
        if item is not None:
            tags += [
                ("ArticleTitle", item.title),
                ("PubDate", f"{self.city.at if 'wrong_tags' in self.site.flags else item.at:%Y-%m-%d %H:%M}"),
                ("ContentSource", item.source),
            ]
        return tags

    # --- whole pages ---

    def put(
        self, path: str, kind: str, title: str, column: Column | None = None, item: Item | None = None, **facts: Any
    ) -> Answer:
        """Print one page and keep its answer under its path."""
        group = column.parent or column if column is not None else None
        lone: dict[str, Any] = {"name": title, "href": path, "children": []}
        sides = next((e for e in self.nav if group is not None and e["name"] == group.name), lone)
        crumbs = [{"name": c.name, "href": self.href(c)} for c in (group, column) if c is not None]
        if crumbs and sides["children"]:  # the newest layout has no page for a parent
            crumbs[0]["href"] = sides["href"]
        today = self.city.day
        clock = (
            f"{today.year}年{today.month}月{today.day}日 星期{WEEKDAYS[today.weekday()]}"
            if "clock" in self.site.flags
            else ""
        )
        page = {
            "kind": kind, "title": title, "tags": self.tags(column, item), "clock": clock, "refresh": "", "pages": 1,
            "group": sides, "crumbs": crumbs if group is not column else crumbs[:1], "heading": title, "form": "",
            "aside": [], "empty": "", "total": -1, "extra": "", "note": "", **facts,
        }  # fmt: skip
        text = self.template.render(site=self.site, page=page, nav=self.nav, year=today.year, charset=self.charset.tag)
        if self.site.flags & {"sessions", "aliases"}:
            text = snares.stray_links(text, self.site, random.Random(f"{self.city.seed}:{self.site.code}:{path}"))
        answer = Answer(text.encode(self.charset.written), self.content_type)
        self.answers[path] = answer
        return answer

    def print_site(self) -> Answers:
        """Every page of the site."""
        site = self.site
        leaves = [c for c in site.leaves if c.shape == "list" and not c.trap.endswith("_host")]
        shown = [c for c in leaves if c.trap not in HIDDEN and not c.blank]
        news = [c for c in shown if c.cls == "news"][:2]
        front = [
            *news,
            *[c for c in shown if c.slug == "tzgg"],
            *[c for c in shown if c.cls == "policy" and c.dates == "list"][:1],
        ]
        friends = [{"name": s.name, "href": s.home} for s in self.city.running if s is not site][:4]
        friends += [
            {"name": "中国政府网", "href": "http://www.gov.cn/"},
            {"name": "省政务服务网", "href": f"http://{SERVICE_HALL}/"},
        ]
        topics = next(c for c in site.menu if c.shape == "topics")
        blocks = [self.block(c, 6, site.front, home=True) for c in front]
        facts: dict[str, Any] = {"blocks": blocks, "friends": friends, "topics_href": self.href(topics)}
        facts["extra"] = self.print_snares()
        front_page = self.put(site.front, "home", site.name, **facts)
        front_page.seconds = 1.2 if site.role == "edge_dates" else 0.0  # slow, and well within fifteen seconds
        for top in site.menu:
            if top.shape == "channel" and self.family.parents:
                blocks = [self.block(c, 4, top.path) for c in top.children if c.shape == "list" and c.host == site.host]
                self.put(top.path, "channel", f"{top.name}-{site.name}", top, blocks=blocks)
        for column in [*site.leaves, topics]:
            if column.host == site.host:
                self.print_column(column)
        self.put_small_pages()
        return self.answers

    def print_snares(self) -> str:
        """What stands before the home page and on it and leads nowhere; returns what is to be put on it."""
        site, extra = self.site, ""
        if site.entrance:
            text, status, headers = snares.entrance(site, self.charset.tag)
            body = text.encode(self.charset.written)
            self.answers["/"] = Answer(body, self.content_type, status, headers=headers)
        if "calendar" in site.flags:
            extra += snares.calendar("2026-10", "2026-12")
            month = snares.month_page(site, self.charset.tag).encode(self.charset.written)
            self.answers["/rili/*"] = Answer(month, self.content_type)
        if "prints" in site.flags:
            columns = [c for c in site.leaves if c.host == site.host and c.trap not in HIDDEN][:3]
            links = "".join(f"<a href='{snares.print_view(c.path)}'>{c.name}打印版</a> " for c in columns)
            extra += f"<p class='prints'>{links}</p>"
        return extra

    def put_small_pages(self) -> None:
        """robots.txt, a site map, style sheets and the picture everyone links."""
        site = self.site
        robots = "User-agent: *\nDisallow: /oa/\n" if "robots" in site.flags else "User-agent: *\nDisallow:\n"
        self.answers["/robots.txt"] = Answer(robots.encode(), "text/plain")
        for path, text in SCRIPTS.items():
            self.answers[path] = Answer(text.encode(), "application/javascript")
        self.answers[self.family.style] = Answer(b"body{font-size:14px}.sub{position:absolute}", "text/css")
        links = [{"name": c.name, "href": self.href(c)} for top in site.menu for c in [top, *top.children]]
        self.put(self.family.sitemap, "links", f"网站地图-{site.name}", links=links)
        if self.family.about:
            about = [f"{site.name}由{site.unit.name}主办。", f"联系电话：{site.unit.phone}"]
            self.put(self.family.about, "single", f"联系我们-{site.name}", paragraphs=about)

    def print_column(self, column: Column) -> None:
        """A column's own page or pages and all beneath it, or what stands in their place."""
        if column.shape == "single":
            self.put(
                column.path, "single", f"{column.name}-{self.site.name}", column, paragraphs=self.writer.paragraphs(4)
            )
        elif column.shape == "letters":
            self.print_letters(column)
        elif column.shape == "topics":
            self.print_topics(column)
        elif column.trap in ("script", "frame"):
            self.print_hidden(column)
        elif column.trap == "login":
            body = snares.log_in(self.site, self.charset.tag).encode(self.charset.written)
            self.answers[column.path] = Answer(body, self.content_type)
        elif column.trap in PUZZLES:
            self.answers[column.path] = PUZZLES[column.trap]
        elif column.trap != "link_out":
            self.print_list(column)
        if column.trap in snares.HOSTILE:
            whole = self.answers[column.path].body
            body, status, headers = snares.break_page(column.trap, whole, column, self.charset.written)
            self.answers[column.path] = Answer(body, self.content_type, status, headers=headers)
        if column.trap not in PUZZLES and column.trap != "link_out":
            self.print_articles(column)

    def print_list(self, column: Column) -> None:
        """The list pages of a column, page by page."""
        size = self.family.rows
        count = max(1, -(-len(column.items) // size))
        paths = [column.path, *(self.further(column, n, count) for n in range(1, count))]
        for n, path in enumerate(paths):
            items = column.items[n * size : (n + 1) * size]
            rows = [self.row(i, column.dates, path, dress=column.dress) for i in items]
            turn: dict[str, Any] = {
                "number": n + 1,
                "pages": count,
                "total": len(column.items),
                "all": paths,
                "first": paths[0],
                "last": paths[-1],
            }
            turn |= {"prev": paths[n - 1] if n else "", "next": paths[n + 1] if n + 1 < count else ""}
            if column.trap == "loop" and count > 1 and n + 1 == count:
                turn["next"] = paths[0]  # after the last page the first one comes again
            turn["note"] = column.empty if column.trap == "archived" else ""
            data = [{"title": row["title"], "url": row["href"], "publishDate": row["date"]} for row in rows]
            turn |= {"empty": column.empty, "data": data, "aside": self.aside(column, path), "entries": rows}
            if column.form and column.items:
                turn |= self.shaped(column, path)
            self.put(path, "list", f"{column.name}-{self.site.name}", column, **turn)

    def shaped(self, column: Column, at: str) -> dict[str, Any]:
        """What the list's form needs: two tabs, the older half first; years as headings over days without; when each
        survey ran."""
        rows = [self.row(i, "list", at, dress="brackets" if column.form == "years" else "") for i in column.items]
        for item, row in zip(column.items, rows, strict=True):
            row["date"] = f"[{item.day:%m-%d}]" if column.form == "years" else f"{item.day:%Y-%m-%d}"
            until = item.day + RUNS
            row |= {"until": f"{until}", "state": "已结束" if until < self.city.day else "进行中"}
        half = len(rows) // 2
        tabs = [{"name": "转载", "entries": rows[half:]}, {"name": "本级", "entries": rows[:half]}]
        years = [
            {"name": year, "entries": [r for r, i in zip(rows, column.items, strict=True) if i.day.year == year]}
            for year in sorted({i.day.year for i in column.items}, reverse=True)
        ]
        return {"form": column.form, "tabs": tabs, "years": years, "entries": rows, "pages": 1}

    def aside(self, column: Column, at: str) -> list[dict[str, Any]]:
        """Boxes beside a list: what is new and what is read most on the whole site, neither of them the column's."""
        if "aside" not in self.site.flags:
            return []
        shown = [c for c in self.site.leaves if c.items and c is not column and not c.trap and c.host == self.site.host]
        items = sorted((i for c in shown for i in c.items if i.day <= self.city.day), key=lambda i: i.at)
        boxes = (("最新更新", items[-5:]), ("点击排行", items[:5]))
        return [{"name": name, "entries": [self.row(i, "list", at) for i in picked]} for name, picked in boxes]

    def further(self, column: Column, n: int, count: int) -> str:
        """The address of a list's page after the first, `n` from one on."""
        folder, _, name = column.path.rpartition("/")
        base = f"{folder}/{name.partition('.')[0]}"
        facts = {"folder": folder, "base": base, "number": column.number, "n": n, "page": n + 1, "left": count - n}
        return self.family.further.format(**facts)

    def print_articles(self, column: Column) -> None:
        """Every article of a column; a guide shows its eight parts."""
        for item in column.items:
            serial = item.path.rsplit("=", 1)[-1].rsplit("_", 1)[-1].partition(".")[0]
            texts = guide_parts(item, self.site) if column.words == "guide" else item.paragraphs
            facts = {
                "published": item.at,
                "source": item.source,
                "serial": serial,
                "paragraphs": texts,
                "heading": item.title,
            }
            self.put(item.path, "article", f"{item.title}-{self.site.name}", column, item, **facts)

    def print_letters(self, column: Column) -> None:
        """The letter box as a list and each letter's page."""
        rows = [
            {"title": x.title, "href": x.path, "asked": x.asked, "answered": x.answered, "number": x.number}
            for x in column.letters
        ]
        self.put(column.path, "letters", f"{column.name}-{self.site.name}", column, letters=rows)
        for letter, row in zip(column.letters, rows, strict=True):
            self.put(
                letter.path,
                "letter",
                f"{letter.title}-{self.site.name}",
                column,
                letter=row,
                paragraphs=self.writer.paragraphs(2),
            )

    def print_topics(self, column: Column) -> None:
        """Specials of campaigns long over: a page each, its last items years old."""
        links = []
        for number, (name, path) in enumerate(self.topics.items(), 1):
            links.append({"name": name, "href": path})
            newest = months_before(self.city.day, self.dice.randint(26, 60))
            rows, special = [], Column(f"zt{number}", name, "other", "news", host=self.site.host, path=path)
            for serial, day in enumerate(back_from(newest, 5, 10, self.dice), 1):
                item = Item(
                    self.writer.title("news"),
                    at_clock(day, self.dice),
                    self.family.article.format(
                        folder=path.rsplit("/", 1)[0], number=1950 + number, serial=100 * number + serial, d=day
                    ),
                    self.site.name,
                )
                item.paragraphs = self.writer.paragraphs(2)
                special.items.append(item)
                rows.append(self.row(item, "list", path))
            data = [{"title": row["title"], "url": row["href"], "publishDate": row["date"]} for row in rows]
            self.put(path, "list", f"{name}-{self.site.name}", special, entries=rows, data=data)
            self.print_articles(special)
        self.put(column.path, "links", f"{column.name}-{self.site.name}", column, links=links)

    def print_hidden(self, column: Column) -> None:
        """A column filled by a script, or one whose list is a page within the page."""
        folder = column.path.rsplit("/", 1)[0]
        title = f"{column.name}-{self.site.name}"
        if column.trap == "script":
            data = [{"title": i.title, "url": i.path, "date": f"{i.day}"} for i in column.items]
            data_path = f"{folder}/{column.slug}-data.json"
            self.answers[data_path] = Answer(json.dumps({"rows": data}).encode(), "application/json")
            self.put(column.path, "script", title, column, data_href=data_path)
        else:
            inner = "".join(f"<li><a href='{i.path}'>{i.title}</a><span>{i.day}</span></li>" for i in column.items)
            frame_path = f"{folder}/{column.slug}-frame.html"
            tag = self.charset.tag and f"<meta charset='{self.charset.tag}'>"
            body = f"<html><head>{tag}</head><body><ul>{inner}</ul></body></html>"
            self.answers[frame_path] = Answer(body.encode(self.charset.written), self.content_type)
            self.put(column.path, "frame", title, column, data_href=frame_path)


WEB = "text/html; charset=utf-8"
PUZZLES: dict[str, Answer] = {
    "refused": Answer(WAF.encode(), WEB, 403),
    "captcha": Answer(CAPTCHA.encode(), WEB),
    "broken": Answer(BROKEN.encode(), WEB, 500),
    "missing": Answer(LOST.encode(), WEB),
    # robots.txt shuts the folder: nobody may ask for it, so what stands there is no evidence
    "forbidden": Answer("<html><body><h1>内部办公</h1></body></html>".encode(), WEB),
}


def guide_parts(item: Item, site: Site) -> list[str]:
    """The eight parts of a service guide."""
    return [
        f"事项名称：{item.title}", "设定依据：相关法律法规", "申请条件：符合规定条件的单位和个人",
        "办理材料：申请表、身份证明", f"办理地点：{site.unit.name}服务窗口", "办理时间：工作日9:00至17:00",
        f"联系电话：{site.unit.phone}", "办理流程：申请、受理、审查、决定、送达",
    ]  # fmt: skip


def print_wall(city: City, site: Site) -> Answers:
    """A site that shows nothing of itself, for a firewall's challenge or for repair: every address answers the same."""
    n = random.Random(f"{city.seed}:{site.code}:wall").randint(10**4, 10**5)
    if n % 3 == 0:
        return {"*": Answer(snares.REPAIR.encode(), "text/html; charset=utf-8")}
    return {"*": Answer(CHALLENGE.format(n=n).encode(), "text/html; charset=utf-8", 412)}


def print_annex(site: Site, column: Column) -> Answers:
    """A column that lives on a host of its own: list and articles there."""
    rows = "".join(f"<li><a href='{i.path}'>{i.title}</a><span>{i.day}</span></li>\n" for i in column.items)
    head = f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{column.name}-{site.name}</title></head><body>"
    foot = f"<p>主办单位：{site.unit.name}　网站标识码：{site.code}</p></body></html>"
    nav = f"<p>当前位置：<a href='{site.home}'>{site.name}</a> &gt; <a href='/'>{column.name}</a></p>"
    answers = {
        "/": Answer(
            f"{head}<h1>{column.name}</h1>{nav}<ul class='list'>{rows}</ul>{foot}".encode(), "text/html; charset=utf-8"
        )
    }
    for item in column.items:
        text = "".join(f"<p>{t}</p>" for t in item.paragraphs)
        body = f"{head}<h1>{item.title}</h1><p>发布时间：{item.at:%Y-%m-%d %H:%M} 来源：{item.source}</p>{text}{foot}"
        answers[item.path] = Answer(body.encode(), "text/html; charset=utf-8")
    answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow:\n", "text/plain")
    return answers


def print_disclosure(city: City, portal: Site, press: Press) -> None:
    """The second entrance of every department, kept on the city portal, each with a list of its own."""
    for site in city.running:
        if "disclosure" not in site.flags:
            continue
        dice = random.Random(f"{city.seed}:{site.code}:disclosure:{city.day}")
        writer = Writer(dice, site.unit.short, site.unit.trade)
        path = site.disclosure_url.removeprefix(f"http://{portal.host}")
        catalogue = Column("xxgkml", f"{site.unit.short}信息公开目录", "other", "other", host=portal.host, path=path)
        for day in back_from(months_before(city.day, 1), 7, 15, dice):
            article = f"/openness/detail.html?id={dice.randint(16**11, 16**12 - 1):012x}"
            item = Item(writer.title("other"), at_clock(day, dice), article, site.unit.name)
            item.paragraphs = writer.paragraphs()
            catalogue.items.append(item)
        rows = [press.row(i, "list", path) for i in catalogue.items]
        data = [{"title": row["title"], "url": row["href"], "publishDate": row["date"]} for row in rows]
        press.put(path, "list", f"{catalogue.name}-{portal.name}", catalogue, entries=rows, data=data)
        press.print_articles(catalogue)
