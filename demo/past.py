"""What was kept of a quarter long over, and of the one before it: nothing."""

import random
from datetime import datetime, timedelta
from typing import Any

from demo.days import at_clock, earlier_quarter, inspection_of
from demo.model import Account, City, Item, Visit
from demo.plan import article_path, knock, named
from demo.posting import post
from demo.words import Writer

SEEDED, BARE = 2, 3  # quarters back: with evidence, and without


def remember(city: City) -> None:
    """Visits of the week, posts and items of the quarter's windows, as another monitor and the pages still hold them.

    One site was shut; only visits of that time can accuse, so nobody else may be named. Every other account posted
    in the window; the rest posted before it, which today's look cannot turn into silence.
    """
    dice = random.Random(f"{city.seed}:past:{city.day}")
    moment = seeded_moment(city)
    kept = [s for s in city.running if s.role == "plain"] or [s for s in city.running if s.role == "edge_dates"]
    city.past_shut = dice.choice(kept).code
    for site in city.running:
        city.past_visits += [v for v in knock(site, moment.date(), dice) if v.outcome == "opened" and sound(v)]
        if site.role == "plain":
            seed_item(city, site.code, moment, dice)
    for visit in dice.sample([v for v in city.past_visits if v.site_code == city.past_shut], 15):
        visit.outcome, visit.seconds = "timeout", 15.0
    for number, account in enumerate(a for a in city.accounts if a.filed):
        account.past = past_posts(account, moment, 20 if number % 2 else 2, dice)


def seeded_moment(city: City) -> datetime:
    return inspection_of(*earlier_quarter(city.at, SEEDED), city.inspection_day)


def sound(visit: Visit) -> bool:
    """Opened in time; what role a site plays today says nothing of then."""
    return visit.seconds is not None and visit.seconds < 14


def seed_item(city: City, code: str, moment: datetime, dice: random.Random) -> None:
    """An item of the window at the end of a list that is read today."""
    site = next(s for s in city.running if s.code == code)
    column = named(site, "gsgg")
    day = moment.date() - timedelta(days=dice.randint(2, 9))
    if column.items and column.items[-1].day > day:
        writer = Writer(dice, site.unit.short, site.unit.trade)
        path = article_path(site, column, day, dice.randint(100, 900))
        item = Item(writer.title(column.words), at_clock(day, dice), path, site.unit.name)
        item.paragraphs = writer.paragraphs()
        column.items.append(item)


def past_posts(account: Account, moment: datetime, back: int, dice: random.Random) -> list[Any]:
    """Three posts, the newest so many days before the inspection."""
    writer = Writer(dice, account.unit.short, account.unit.trade)
    days = [moment.date() - timedelta(days=back + 3 * n) for n in range(3)]
    return [post(account, at_clock(day, dice), writer.title("post"), dice) for day in days]


def tell_past(city: City) -> dict[str, Any]:
    """By quarter: the sites that may be named, and whether anything at all may pass."""
    seeded, bare = (f"{y}Q{n}" for y, n in (earlier_quarter(city.at, back) for back in (SEEDED, BARE)))
    return {
        seeded: {"failed": [city.past_shut], "seeded": True},
        bare: {"failed": [], "seeded": False},
    }
