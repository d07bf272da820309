"""Posts of the accounts, their ledger, and what Weibo and the feeds show of them."""

import base64
import json
import random
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from demo.days import SHANGHAI, at_clock, months_before
from demo.model import Account, City, Post
from demo.words import Writer

LOGIN_WALL = {"ok": -100, "url": "https://passport.weibo.com/sso/signin?entry=wapsso", "msg": "请先登录"}
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def write_posts(city: City) -> None:
    """Three months and more of posts for every account, cut and shown as its role says."""
    for account in city.accounts:
        dice = random.Random(f"{city.seed}:{account.account_id}:{city.day}")
        posts = post_days(account, city, dice)
        account.filed = [] if account.role in ("wall_unfiled", "no_address") else posts
        account.shown = list(posts)
        if account.role == "feed_lags":
            account.shown = [p for p in posts if p.at.date() < city.day - timedelta(days=25)]
        if account.role in ("wall_filed", "wall_unfiled", "no_address"):
            account.shown = []
        if account.role == "pinned":
            old = months_before(city.day, 14)
            account.shown.insert(0, post(account, at_clock(old, dice), "置顶｜本账号留言须知", dice, pinned=True))


def post_days(account: Account, city: City, dice: random.Random) -> list[Post]:
    """Posts newest first; a county interprets something every week, everyone else at least twice a month."""
    newest = {"silent": city.day - timedelta(days=dice.randint(15, 40)), "edge": city.day - timedelta(days=14)}
    day = newest.get(account.role, city.day - timedelta(days=dice.randint(1, 3)))
    oldest = months_before(city.day, 4)
    step = dice.choice([1, 2, 3])
    writer = Writer(dice, account.unit.short, account.unit.trade)
    posts: list[Post] = []
    explained = day + timedelta(days=30)
    cadence = 3 if account.unit.level in ("city", "county") else 9
    while day >= oldest:
        explains = account.role != "no_interpretation" and (explained - day).days >= cadence
        if explains:
            explained = day
        title = writer.title("interpretation" if explains else "post")
        repost = not explains and dice.random() < 0.2
        posts.append(post(account, at_clock(day, dice), title, dice, repost=repost, interpretation=explains))
        day -= timedelta(days=dice.randint(1, step))
    return posts


def post(account: Account, moment: datetime, title: str, dice: random.Random, **marks: bool) -> Post:
    """One post with an id and an address as its platform gives them."""
    if account.platform == "weibo":
        bid = "N" + "".join(dice.choice(BASE62) for _ in range(8))
        identity = str(5_000_000_000_000_000 + int(moment.timestamp()) * 1_000 + dice.randint(0, 999))
        return Post(identity, moment, title, f"https://m.weibo.cn/status/{bid}", **marks)
    biz = base64.b64encode(f"39{account.account_id[-2:]}00{dice.randint(1000, 9999)}".encode()).decode()
    token = "".join(dice.choice(BASE62) for _ in range(22))
    return Post(biz, moment, title, f"http://mp.weixin.qq.com/s/{token}", **marks)


def weibo_time(moment: datetime, today: date, short: bool = False) -> str:
    """As Weibo prints it: Tue Nov 25 10:00:00 +0800 2025, or in the short manner 昨天 10:00, 11-25, 2025-11-25."""
    local = moment.astimezone(SHANGHAI)
    if short and local.date() == today - timedelta(days=1):
        return f"昨天 {local:%H:%M}"
    if short:
        return f"{local:%m-%d}" if local.year == today.year else f"{local:%Y-%m-%d}"
    return f"{WEEKDAYS[local.weekday()]} {MONTHS[local.month - 1]} {local:%d %H:%M:%S} +0800 {local.year}"


def weibo_pages(account: Account, today: date) -> dict[str, dict[str, object]]:
    """The answers of getIndex by container and page: `100505uid` the profile, `107603uid/1…` the posts."""
    keys = (f"100505{account.uid}", f"107603{account.uid}/1")
    if account.role in ("wall_filed", "wall_unfiled"):
        return dict.fromkeys(keys, LOGIN_WALL)
    user = {
        "id": int(account.uid),
        "screen_name": account.name,
        "verified": True,
        "verified_type": 1,
        "verified_reason": f"{account.unit.name}官方微博",
        "statuses_count": len(account.shown),
        "followers_count": 1200 + len(account.shown),
        "profile_url": f"https://m.weibo.cn/u/{account.uid}",
    }
    tabs = {"selectedTab": 1, "tabs": [{"tabKey": "weibo", "title": "微博", "containerid": f"107603{account.uid}"}]}
    pages: dict[str, dict[str, object]] = {keys[0]: {"ok": 1, "data": {"userInfo": user, "tabsInfo": tabs}}}
    for start in range(0, max(1, len(account.shown)), 10):
        cards = [weibo_card(account, user, p, today) for p in account.shown[start : start + 10]]
        number = start // 10 + 1
        info = {
            "containerid": f"107603{account.uid}",
            "v_p": 42,
            "show_style": 1,
            "total": len(account.shown),
            "page": number + 1,
        }
        if start + 10 >= len(account.shown):
            info["page"] = None
        pages[f"107603{account.uid}/{number}"] = {"ok": 1, "data": {"cardlistInfo": info, "cards": cards}}
    return pages


def weibo_card(account: Account, user: dict[str, object], shown: Post, today: date) -> dict[str, object]:
    """One card; a pinned post sits in a card group with its mark, as it does there."""
    bid = shown.url.rsplit("/", 1)[1]
    short = account.role in ("edge", "plain")
    blog: dict[str, object] = {
        "created_at": weibo_time(shown.at, today, short),
        **dict.fromkeys(("id", "idstr", "mid"), shown.id),
        "bid": bid,
        "text": f"【{shown.title}】<br />详情请见链接。",
        "source": "政务微博",
        "user": user,
        **{"reposts_count": 1, "comments_count": 2, "attitudes_count": 5, "isLongText": False},
    }
    if shown.repost:
        first = weibo_time(shown.at - timedelta(hours=3), today, short)
        other = {"id": 7_000_000_001, "screen_name": "省级发布"}
        blog["retweeted_status"] = {
            "id": str(int(shown.id) - 7),
            "created_at": first,
            "text": "转发内容",
            "user": other,
        }
    scheme = f"{shown.url}?mblogid={bid}&luicode=10000011&lfid=107603{account.uid}"
    if shown.pinned:
        blog |= {"isTop": 1, "mblogtype": 2, "title": {"text": "置顶", "base_color": 1}}
        return {"card_type": 11, "card_group": [{"card_type": 9, "scheme": scheme, "mblog": blog}]}
    return {"card_type": 9, "itemid": f"107603{account.uid}_-_{shown.id}", "scheme": scheme, "mblog": blog}


def feed_text(account: Account) -> tuple[str, str]:
    """The newest twenty posts as RSS, Atom or JSON Feed, with the content type."""
    shown = account.shown[:20]
    if account.feed == "json":
        items = [
            {"id": p.url, "url": p.url, "title": p.title, "content_text": p.title, "date_published": p.at.isoformat()}
            for p in shown
        ]
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": account.name,
            "feed_url": account.address,
            "items": items,
        }
        return json.dumps(feed, ensure_ascii=False, indent=1), "application/feed+json; charset=utf-8"
    if account.feed == "atom":
        entries = "".join(
            f'<entry><id>{escape(p.url)}</id><title>{escape(p.title)}</title><link href="{escape(p.url)}"/>'
            f"<published>{p.at.isoformat()}</published><updated>{p.at.isoformat()}</updated></entry>\n"
            for p in shown
        )
        updated = shown[0].at.isoformat() if shown else "1970-01-01T00:00:00Z"
        text = (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
            f"<id>{account.address}</id><title>{account.name}</title><updated>{updated}</updated>\n{entries}</feed>"
        )
        return text, "application/atom+xml; charset=utf-8"
    items_text = "".join(
        f"<item><title><![CDATA[{p.title}]]></title><link>{escape(p.url)}</link><guid>{escape(p.url)}</guid>"
        f"<pubDate>{format_datetime(p.at)}</pubDate></item>\n"
        for p in shown
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{account.name}</title><link>http://mp.weixin.qq.com/</link><description>{account.unit.name}</description>\n"
        f"{items_text}</channel></rss>"
    )
    return text, "text/xml"
