"""How lists write a day, and what else stands in a title that looks like one."""

import random
from datetime import date, timedelta

WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")
# What a list may do with a day; the day is the same in all of them.
DRESSES = ("attribute", "address", "wide", "wide_words", "alike", "short", "brackets", "clock", "dots")
TAILS = ("expiry", "meeting", "next_year", "last_years")
BLANKS = ("", "暂无信息", "暂无数据", "栏目建设中", "该栏目暂无内容", "没有相关信息")
KNOWN_YEAR = 350  # days back to which nobody needs the year


def dressed(day: date, dress: str, today: date) -> str:
    """A day as this dress writes it; empty where the row itself does not say it."""
    near = 0 <= (today - day).days < KNOWN_YEAR
    if dress in ("attribute", "address"):
        return ""
    if dress == "short":
        return f"{day.month}月{day.day}日" if near else f"{day.year}年{day.month}月{day.day}日"
    if dress == "brackets":
        return f"[{day:%m-%d}]" if near else f"[{day:%Y-%m-%d}]"
    if dress == "wide_words":
        return f"{day.year}年{day.month}月{day.day}日".translate(WIDE)
    patterns = {"wide": f"{day:%Y-%m-%d}".translate(WIDE), "alike": f"{day:%Y—%m—%d}", "dots": f"{day:%Y.%m.%d}"}
    return patterns.get(dress) or f"{day:%Y-%m-%d} 09:{day.day:02d}"


def tail_of(kind: str, day: date, dice: random.Random) -> str:
    """What a title bears behind its words: a date that is no day of publication, before it or after."""
    if kind == "expiry":
        end = day + timedelta(days=dice.randint(200, 900))
        return dice.choice([f"（有效期至{end.year}年{end.month}月{end.day}日）", f"（截止时间：{end:%Y-%m-%d}）"])
    if kind == "meeting":
        meeting = day + timedelta(days=dice.randint(2, 12))
        year = dice.choice(["", f"{meeting.year}年"])
        return f"（{year}{meeting.month}月{meeting.day}日会议）"
    if kind == "next_year":
        return f"（{day.year + 1}年度）"
    return dice.choice([f"（{day.year - 5}—{day.year - 1}年）", f"（{day.year - 4}年6月1日起试行）"])
