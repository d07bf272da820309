"""What each site holds, and how its role bends that."""

import random
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from demo import snares
from demo.days import SHANGHAI, at_clock, back_from, months_after, months_before
from demo.dress import BLANKS, DRESSES, TAILS, tail_of
from demo.families import families
from demo.model import City, Column, Item, Letter, Site, Visit
from demo.words import Writer

NEWS = {
    "portal": [
        ("szyw", "政务要闻"),
        ("bmdt", "部门动态"),
        ("xzdt", "乡镇动态"),
        ("msdt", "民生动态"),
        ("zsdt", "招商动态"),
    ],
    "department": [
        ("jryw", "政务要闻"),
        ("gzdt", "工作动态"),
        ("jcdt", "基层动态"),
        ("hydt", "行业动态"),
        ("yxdt", "一线动态"),
    ],
}
BOXES = {"city": "市长信箱", "county": "县区长信箱", "committee": "主任信箱", "department": "局长信箱"}
NEWSY = ("news", "notice", "policy")


def plan(city: City) -> None:
    """Fill every running site with columns, items and letters, and write the week of visits."""
    for site in city.running:
        dice = random.Random(f"{city.seed}:{site.code}:{city.day}")
        lay_menu(site, dice)
        freshen(site, city.day, dice)
        ROLES[site.role](site, city.day, dice)
        breach(site, city, dice)
        add_snares(site, city)
        hold_talks(site, city.day, dice)
        dress_lists(site, dice)
        write_items(site, city, dice)
        write_letters(site, city, dice)
        city.visits += knock(site, city.day, dice)


def lay_menu(site: Site, dice: random.Random) -> None:
    """The usual menu of a government site, in one of its usual orders."""
    news = [
        Column(slug, name, "news", "news") for slug, name in NEWS[site.kind][: 5 if site.role == "stale_news" else 4]
    ]
    news[0].size, news[0].step = 20, 2
    policies = [("gfxwj", "规范性文件"), ("zcfg", "政策法规"), ("bmwj", "部门文件"), ("sjzc", "上级政策")]
    plans = [
        ("ghjh", "规划计划", "plan"),
        ("rsxx", "人事信息", "staff"),
        ("gzjh", "工作计划", "plan"),
        ("rsrm", "人事任免", "staff"),
    ]
    others = [
        ("czyjs", "财政预决算"),
        ("tjsj", "统计数据"),
        ("zdxm", "重大项目"),
        ("shjz", "社会救助"),
        ("xzzf", "行政执法"),
        ("yjgl", "应急管理"),
    ]
    affairs = [
        Column("jgzn", "机构职能", "other", "other", shape="single"),
        Column("ldxx", "领导信息", "other", "other", shape="single"),
        Column("gsgg", "公示公告", "notice", "notice", step=20),
        *[Column(slug, name, "personnel_plan", words, step=40) for slug, name, words in plans],
        *[Column(slug, name, "other", "other", step=40) for slug, name in others],
    ]
    notice = Column("tzgg", "通知公告", "notice", "notice", size=18, step=8)
    talk = [Column("yjzj", "意见征集", "interaction", "call", step=35)]
    if site.role != "stale_news":
        talk.insert(
            0,
            Column("xx", BOXES[site.unit.level], "interaction", "question", shape="letters", size=dice.randint(9, 15)),
        )
    service = [Column("bszn", "办事指南", "other", "guide", step=20)]
    if site.role in ("shut", "first_level", "blank_five", "plain"):  # forms without any date: nobody can say how old
        service.append(Column("zlxz", "资料下载", "other", "form", dates="none", trap="dateless"))
    tops = [
        group("xwzx", dice.choice(["新闻中心", "新闻动态", "资讯中心"]), "news", news),
        notice,
        group(
            "zcwj", "政策文件", "policy", [Column(slug, name, "policy", "policy", step=25) for slug, name in policies]
        ),
        group("zwgk", dice.choice(["政务公开", "政府信息公开"]), "other", affairs),
        group(
            "bsfw",
            dice.choice(["办事服务", "政务服务"]),
            "other",
            [Column("bszn", "办事指南", "other", "guide", step=20)],
        ),
        group("hdjl", dice.choice(["互动交流", "政民互动"]), "interaction", talk),
        Column("ztzl", "专题专栏", "other", "news", shape="topics"),
    ]
    if dice.random() < 0.5:
        tops[1], tops[2] = tops[2], tops[1]
    site.menu = tops


def group(slug: str, name: str, cls: str, children: list[Column]) -> Column:
    """A first-level column that only gathers its children."""
    top = Column(slug, name, cls, "", shape="channel", children=children)
    for child in children:
        child.parent = top
    return top


def lists(site: Site, *classes: str) -> list[Column]:
    """The site's columns of articles of these classes, in menu order."""
    return [c for c in site.leaves if c.shape == "list" and c.cls in classes and not c.trap.endswith("_host")]


def named(site: Site, slug: str) -> Column:
    """One column by its slug."""
    return next(c for top in site.menu for c in [top, *top.children] if c.slug == slug)


def freshen(site: Site, today: date, dice: random.Random) -> None:
    """Every list well inside its period, as a kept site's are."""
    reach = {"news": 9, "notice": 90, "policy": 120, "personnel_plan": 250, "interaction": 200, "other": 260}
    for column in lists(site, *reach):
        column.newest = today - timedelta(days=dice.randint(1, reach[column.cls]))
    site.menu[0].children[0].newest = today - timedelta(days=dice.randint(0, 2))


def make_stale(columns: Iterable[Column], today: date, dice: random.Random) -> None:
    """Put each column past its period: one at least by a single day, the others by more."""
    for number, column in enumerate(columns):
        extra = 1 if number == 0 else dice.randint(2, 45)
        column.newest = last_day_in(column, today) - timedelta(days=extra)


def last_day_in(column: Column, today: date) -> date:
    """The oldest day that still counts as updated for the column's class."""
    if column.cls == "news":
        return today - timedelta(days=14)
    return months_before(today, 6 if column.cls in ("notice", "policy") else 12)


def make_blank(columns: Iterable[Column]) -> None:
    """A heading and nothing beneath it."""
    for column in columns:
        column.blank, column.newest = True, None


# --- the roles -------------------------------------------------------------------------------------------------------


def stale_news(site: Site, today: date, dice: random.Random) -> None:
    """Eight columns of news, notices and policies out of date, first level enough for either edition."""
    news = lists(site, "news")
    make_stale([*news[1:], named(site, "tzgg"), *named(site, "zcwj").children[:3]], today, dice)
    make_stale(named(site, "zcwj").children[3:], today, dice)
    news[-1].trap = "future"  # an item of next month on top: it clears nobody


def first_level(site: Site, today: date, dice: random.Random) -> None:
    """Six out of date, but four of them on the second level with a fresh sister: E15 fails, E19 passes."""
    make_stale([*lists(site, "news")[1:3], named(site, "gsgg"), *named(site, "zcwj").children[1:]], today, dice)


def stale_ten(site: Site, today: date, dice: random.Random) -> None:
    """Twelve columns not kept, only four of them news or policy, two blank."""
    other = lists(site, "other")
    other.remove(named(site, "bszn"))
    dice.shuffle(other)
    make_stale([*lists(site, "news")[2:], *named(site, "zcwj").children[2:]], today, dice)
    make_stale([*lists(site, "personnel_plan"), *other[:2]], today, dice)
    make_blank(other[2:4])


def blank_five(site: Site, today: date, dice: random.Random) -> None:  # noqa: ARG001
    """Five or six headings with nothing beneath."""
    columns = lists(site, "other", "personnel_plan")
    columns = [c for c in columns if c.slug not in ("bszn", "zlxz")]
    make_blank(dice.sample(columns, dice.choice([5, 6])))


def moving(site: Site, today: date, dice: random.Random) -> None:  # noqa: ARG001
    """Five headings emptied because what stood there moves to the portal: the page does not say so, the unit can."""
    make_blank(dice.sample([c for c in lists(site, "other") if c.slug not in ("bszn", "zlxz")], 5))


def home_stale(site: Site, today: date, dice: random.Random) -> None:
    """Nothing new on the whole site for more than two weeks; only the news columns are late by it."""
    for column in lists(site, *NEWSY, "personnel_plan", "interaction", "other"):
        column.newest = today - timedelta(days=dice.randint(17, 60))
    make_stale(lists(site, "news"), today, dice)
    site.menu[0].children[0].newest = today - timedelta(days=15)


def edge_counts(site: Site, today: date, dice: random.Random) -> None:
    """Four out of date, four blank, nine together: one short of each of the three limits."""
    other = lists(site, "other")
    other.remove(named(site, "bszn"))
    dice.shuffle(other)
    make_stale([*lists(site, "news")[1:], named(site, "tzgg")], today, dice)
    make_stale(dice.sample(lists(site, "personnel_plan"), 1), today, dice)
    make_blank(other[:4])


def edge_dates(site: Site, today: date, dice: random.Random) -> None:  # noqa: ARG001 - roles share one signature
    """Everything exactly on the last day that is still in."""
    for column in lists(site, *NEWSY, "personnel_plan", "interaction", "other"):
        column.newest = last_day_in(column, today)


def odd_lists(site: Site, today: date, dice: random.Random) -> None:  # noqa: ARG001
    """Kept columns whose lists are easily misread: pinned, ascending, undated, with an item of next month."""
    news = lists(site, "news")
    news[1].trap = news[2].trap = "pinned"
    news[3].trap = "ascending"
    named(site, "tzgg").trap = "pinned"
    for column, trap in zip(
        named(site, "zcwj").children, ["undated", "undated", "ascending", "fresh_future"], strict=True
    ):
        column.trap = trap
    named(site, "bszn").trap = "undated"


def unreadable(site: Site, today: date, dice: random.Random) -> None:  # noqa: ARG001
    """Columns that no plain fetch can see through; whether they are kept nobody can say from outside."""
    news, policies = lists(site, "news"), named(site, "zcwj").children
    plan_ = named(site, "ghjh")
    marks = ["script", "refused", "frame", "broken", "captcha", "missing", "forbidden"]
    columns = [*news[1:], *policies[:3], plan_]
    for column, mark in zip(columns, dice.sample(marks, len(marks)), strict=True):
        column.trap = mark
    named(site, "shjz").trap = "link_out"
    light = [trap for trap in snares.HOSTILE if trap not in snares.HEAVY]
    others = [c for c in lists(site, "other", "personnel_plan") if not c.trap and c.slug != "bszn"]
    hostile = [*dice.sample(light, 4), dice.choice(sorted(snares.HEAVY))]
    for column, trap in zip(dice.sample(others, len(hostile)), hostile, strict=True):
        column.trap = trap


def letter_waiting(site: Site, today: date, dice: random.Random) -> None:
    """Columns are kept; the letter comes with `write_letters`."""


def untouched(site: Site, today: date, dice: random.Random) -> None:
    """Nothing is bent."""


ROLES = {
    "stale_news": stale_news, "first_level": first_level, "stale_ten": stale_ten, "blank_five": blank_five,
    "moving": moving, "home_stale": home_stale, "shut": untouched, "letter_waiting": letter_waiting,
    "edge_counts": edge_counts, "edge_dates": edge_dates, "odd_lists": odd_lists, "unreadable": unreadable,
    "walled": untouched, "plain": untouched,
}  # fmt: skip


def breach(site: Site, city: City, dice: random.Random) -> None:
    """Columns on a host that is not the site's own (DN-06)."""
    base = site.host.removeprefix("www.")
    for flag, host in (("deep_host", f"zs.{base}"), ("other_host", f"{site.unit.label}zs.{city.label}-invest.cn")):
        if flag in site.flags:
            column = Column("index", "招商引资", "other", "other", trap=flag, host=host, step=20)
            column.newest = city.day - timedelta(days=dice.randint(3, 12) + (15 if site.role == "home_stale" else 0))
            column.parent = named(site, "zwgk")
            named(site, "zwgk").children.append(column)


def add_snares(site: Site, city: City) -> None:
    """The columns that the site's habits add to its groups."""
    dice = random.Random(f"{city.seed}:{site.code}:{city.day}:snares")
    for slug, column, newest in snares.add_columns(site, city.day, dice):
        column.parent, column.newest = named(site, slug), newest
        column.parent.children.append(column)


def hold_talks(site: Site, today: date, dice: random.Random) -> None:
    """Surveys as tables of when they ran; where there are few, they and the interviews go back further than a year."""
    calls = named(site, "yjzj")
    calls.form = dice.choice(["", "stretches"])
    if "few_talks" in site.flags:
        group_ = named(site, "hdjl")
        site.flags.discard("talks")
        group_.children = [c for c in group_.children if c.slug != "zxft"]
        talks = Column("zxft", "在线访谈", "interaction", "talk", parent=group_)
        group_.children.append(talks)
        for column in (calls, talks):
            column.newest, column.size, column.step = today - timedelta(days=dice.randint(60, 100)), 3, 900


def dress_lists(site: Site, dice: random.Random) -> None:
    """The ways of the lists: each changes how a column looks and nothing in what is true of it."""
    for column in lists(site, *NEWSY, "personnel_plan", "interaction", "other"):
        # beside boxes of other items an empty frame proves little, so there the page says it in words
        if column.trap != "archived":
            column.empty = dice.choice(BLANKS[1:] if "aside" in site.flags else BLANKS)
        if column.trap or column.form:
            continue
        if column.cls == "policy" and dice.random() < 0.3:
            column.form = "two_dates"
        elif dice.random() < 0.12:
            column.form = dice.choice(["tabs", "years"])
        elif dice.random() < 0.35:
            column.dress = dice.choice(DRESSES)
        if dice.random() < 0.2:
            column.tail = dice.choice(TAILS)
        if dice.random() < 0.1:
            column.trap = "moved"
        elif dice.random() < 0.1:
            column.trap = "loop"


# --- items, letters, visits ------------------------------------------------------------------------------------------


def write_items(site: Site, city: City, dice: random.Random) -> None:
    """Give every column its addresses and its articles, the newest on the planned day."""
    writer = Writer(dice, site.unit.short, site.unit.trade)
    serial = dice.randint(1000, 8000)
    for number, column in enumerate([c for top in site.menu for c in [top, *top.children]], 1):
        place(column, site, number)
        if column.shape != "list" or column.newest is None:
            continue
        for day in reversed(back_from(column.newest, column.size, column.step, dice)):
            serial += dice.randint(1, 9)
            moment = at_clock(day, dice)
            if day == city.day:  # published this morning, never later than now
                moment = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
            moved = column.trap == "moved"  # taken over from an older system, whose addresses bear other days
            path = article_path(site, column, day - timedelta(days=2500) if moved else day, serial)
            title = writer.title(column.words) + (tail_of(column.tail, day, dice) if column.tail else "")
            item = Item(title, moment, path, dice.choice([site.unit.name, site.name, f"{city.name}日报"]))
            item.written = day - timedelta(days=dice.randint(100, 900)) if column.form == "two_dates" else None
            item.paragraphs = writer.paragraphs()
            column.items.append(item)
        if "markup" in site.flags and column.slug == "tzgg":
            column.items[-1].title = f"{snares.MARKUP}{column.items[-1].title}"
        column.items.sort(key=lambda i: i.at, reverse=True)
        bend_list(column, site, city.day, dice)


def place(column: Column, site: Site, number: int) -> None:
    """Where a column lies, in its family's manner; a forbidden one lies in the forbidden folder."""
    column.number = 1000 + number
    if column.host:  # elsewhere
        column.path = "/"
        return
    column.host = site.host
    folder = f"/{column.parent.slug}/{column.slug}" if column.parent else f"/{column.slug}"
    if column.trap == "forbidden":
        column.path = f"/oa/{column.slug}/index.html"
    else:
        column.path = families()[site.layout].column.format(folder=folder, slug=column.slug, number=column.number)


def article_path(site: Site, column: Column, day: date, serial: int) -> str:
    """Where an article lies, in its family's manner."""
    folder = column.path.rsplit("/", 1)[0]
    return families()[site.layout].article.format(folder=folder, number=column.number, serial=serial, d=day)


def bend_list(column: Column, site: Site, today: date, dice: random.Random) -> None:
    """Turn the list's order or dress as its trap says; what is newest stays as it was."""
    if column.dress in ("attribute", "address"):
        column.dates = column.dress
    if column.trap == "ascending":
        column.items.reverse()
    elif column.trap == "undated":
        column.dates = "article"
    elif column.trap == "pinned":
        old = column.items[-1]
        old.at, old.pinned = old.at - timedelta(days=500), True
        old.path = article_path(site, column, old.day, dice.randint(100, 900))
        column.items.insert(0, column.items.pop())
    elif column.trap in ("future", "fresh_future"):
        first = column.items[-1]
        first.at = at_clock(months_after(today, 1), dice)
        first.path = article_path(site, column, first.day, dice.randint(100, 900))
        column.items.insert(0, column.items.pop())


def write_letters(site: Site, city: City, dice: random.Random) -> None:
    """Letters of about a year, most answered within weeks, and those that the role asks for."""
    writer = Writer(dice, site.unit.short, site.unit.trade)
    boxes = [c for c in site.leaves if c.shape == "letters"]
    if site.role == "odd_lists":  # complaints are no consultation: an old one waits there and is no veto
        parent = named(site, "hdjl")
        box = Column("tsjb", "投诉举报", "interaction", "question", shape="letters", parent=parent, size=6)
        place(box, site, 900)
        parent.children.append(box)
        boxes.append(box)
    for box in boxes:
        asked = back_from(city.day - timedelta(days=dice.randint(22, 30)), box.size, 20, dice)
        pairs: list[tuple[date, date | None]] = [(day, day + timedelta(days=dice.randint(2, 20))) for day in asked]
        if site.role != "home_stale" and box.slug == "xx":
            pairs.insert(0, (city.day - timedelta(days=dice.randint(2, 6)), None))
        pairs += special_letters(site, box, city.day, dice)
        pairs.sort(key=lambda pair: pair[0], reverse=True)
        for number, (day, answered) in enumerate(pairs):
            serial = f"{day:%Y%m%d}{dice.randint(100, 999)}{number:02d}"
            folder = box.path.rsplit("/", 1)[0]
            base = box.path.removesuffix(".htm")
            path = families()[site.layout].letter.format(folder=folder, base=base, number=box.number, serial=serial)
            reply = at_clock(answered, dice) if answered else None
            box.letters.append(Letter(writer.title("question"), at_clock(day, dice), reply, path, serial))


def special_letters(site: Site, box: Column, today: date, dice: random.Random) -> list[tuple[date, date | None]]:
    """The letters that a role is about."""
    limit = months_before(today, 3)
    if box.slug == "tsjb":
        return [(limit - timedelta(days=40), None)]
    if site.role == "letter_waiting":
        return [(limit - timedelta(days=dice.randint(1, 120)), None)]
    if site.role == "edge_dates":  # exactly three months, and one so old that it is outside the year
        return [(limit, None), (months_before(today, 13), None)]
    if site.role == "edge_counts":  # answered, if late
        asked = months_before(today, 7)
        return [(asked, months_after(asked, 4))]
    return []


def knock(site: Site, today: date, dice: random.Random) -> list[Visit]:
    """Hourly visits of the seven whole days before today; 9 shut of 168 are over five in a hundred, 8 are not."""
    hours = [(today - timedelta(days=back), hour) for back in range(7, 0, -1) for hour in range(24)]
    visits = []
    counts = {"shut": dice.randint(9, 14), "edge_dates": 8, "edge_counts": 4}
    shut = set(dice.sample(range(1, 168), counts.get(site.role, dice.choice([0, 0, 1, 2]))))
    spare = [n for n in range(1, 168) if n not in shut]
    unknown = set() if site.role in ("edge_dates", "shut") else set(dice.sample(spare, dice.choice([0, 0, 1])))
    slow = dice.choice(spare)
    twin = min(shut) if site.role == "edge_dates" else -1
    for number, (day, hour) in enumerate(hours):
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)
        moment += timedelta(minutes=30, seconds=dice.randint(-540, 540))
        if site.role == "walled":
            visits.append(Visit(site.code, moment, round(dice.uniform(0.1, 0.4), 3), "wall"))
        elif number in unknown:
            visits.append(Visit(site.code, moment, None, "ours"))
        elif number in shut:
            visits.append(shut_visit(site, moment, dice))
            if number == twin:  # asked again four minutes later: the same knock, not a second one
                visits.append(shut_visit(site, moment + timedelta(minutes=4), dice))
        else:
            seconds = 14.9 if number == slow and site.role == "edge_dates" else round(dice.uniform(0.2, 2.8), 3)
            visits.append(Visit(site.code, moment, seconds, "opened"))
    return visits


def shut_visit(site: Site, moment: datetime, dice: random.Random) -> Visit:
    """A door found shut in one of the ways there are; opened after fifteen seconds is shut as well."""
    outcome = dice.choice(["timeout", "timeout", "refused", "reset", "dns", "tls", "http_error", "opened"])
    seconds = {"timeout": 15.0, "opened": dice.choice([15.0, 15.2, 19.6])}.get(outcome)
    if outcome == "http_error":
        seconds = round(dice.uniform(0.1, 0.9), 3)
    return Visit(site.code, moment, seconds, outcome)
