"""Who lives in the city: units, sites and accounts, and who plays which part."""

import random
from datetime import datetime

from demo import snares, words
from demo.families import families
from demo.model import Account, City, Site, Unit

# What a site may be: one full set, for which twelve sites are enough.
SITE_ROLES = [
    "stale_news", "first_level", "stale_ten", "blank_five", "home_stale", "shut", "letter_waiting",
    "edge_counts", "edge_dates", "odd_lists", "unreadable", "walled",
]  # fmt: skip
# A city to be watched has more sites and, by the rules that are in force now, eight that fail; for one of the eight
# its unit has a reason that no page tells.
CITY_ROLES = [
    "stale_news", "stale_news", "stale_ten", "blank_five", "home_stale", "shut", "letter_waiting", "moving",
    *2 * ["first_level", "edge_counts", "edge_dates", "odd_lists", "unreadable"], "walled",
]  # fmt: skip
A_CITY = 40  # sites from which on it is one
# What an account may be: silent ones first, then the near misses.
WEIBO_ROLES = ["silent", "edge", "pinned", "wall_filed", "wall_unfiled", "no_interpretation"]
WECHAT_ROLES = ["silent", "feed_lags", "no_address", "no_interpretation", "edge", "plain"]
# Habits of a site that make it harder to read and change nothing in what is true of it, with their share of the sites.
FLAGS = {"aside": 0.5, "wrong_tags": 0.3, "topics_in_menu": 0.5}
NEVER_PORTAL = {"walled", "moving"}  # the city portal also serves other units' disclosure pages


def cast(seed: int, at: datetime, sites: int, accounts: int) -> City:
    """The city's people and houses; the same for the same seed and sizes. Needs at least 12 sites."""
    dice = random.Random(f"{seed}:cast")
    name, label = dice.choice(words.CITIES)
    city = City(seed, at, name, label, f"99{dice.randint(1, 89):02d}", [], [], [], feed_host=f"feeds.{label}media.cn")
    if at.month % 3 == 0 and 8 <= at.day <= 12:  # a scheduled inspection on this very day would be a second one
        city.inspection_day = 20
    city.units = found_units(city, dice, sites)
    city.sites = found_sites(city, dice)
    city.sites += retired_sites(city, dice)
    city.accounts = found_accounts(city, dice, accounts)
    return city


def found_units(city: City, dice: random.Random, count: int) -> list[Unit]:
    """One city office, about a sixth counties, one or two zones, departments for the rest."""
    counties = dice.sample(words.COUNTIES, max(2, min(len(words.COUNTIES), count // 7)))
    zones = dice.sample(words.ZONES, 1 if count < 40 else 2)
    departments = dice.sample(words.DEPARTMENTS, count - 1 - len(counties) - len(zones) + 2)  # two more: retired sites
    rows = [(f"{city.name}市人民政府办公室", f"{city.name}市", "city", "政务公开", city.label)]
    rows += [(f"{name}人民政府", name, "county", "乡村振兴", label) for name, label in counties]
    rows += [(f"{city.name}{name}管理委员会", name, "committee", "项目建设", label) for name, label in zones]
    rows += [(f"{city.name}市{name}", f"市{name}", "department", trade, label) for name, label, trade in departments]
    units = []
    for number, (name, short, level, trade, label) in enumerate(rows, 1):
        contact = dice.choice(words.SURNAMES) + dice.choice(words.GIVEN)
        unit_id = f"{city.division}-{number:03d}"
        units.append(Unit(unit_id, name, short, level, trade, label, contact, f"0000-8{dice.randint(100000, 999999)}"))
    return units


def found_sites(city: City, dice: random.Random) -> list[Site]:
    """One running site a unit, but for the last two units, each with a role and a layout."""
    units = city.units[:-2]
    roles = part_roles(dice, len(units))
    layouts = part_layouts(city.seed, roles)
    sites = []
    for number, (unit, role, layout) in enumerate(zip(units, roles, layouts, strict=True), 1):
        portal = unit.level in ("city", "county")
        division = f"{city.division}{20 + number:02d}" if unit.level == "county" else f"{city.division}00"
        host = f"www.{unit.label}.gov.cn" if portal else f"{unit.label}.{city.label}.gov.cn"
        name = f"{unit.short}人民政府" if portal else unit.name
        site = Site(f"{division}{number:04d}", name, unit, "portal" if portal else "department", host, layout, role)
        register_marks(site, dice, number)
        sites.append(site)
    breach_domains(city, sites, dice)
    flag_sites(sites, dice)
    return sites


def part_roles(dice: random.Random, count: int) -> list[str]:
    """Deal the roles; the city portal (first) never gets one that would spoil its neighbours."""
    roles = (CITY_ROLES if count >= A_CITY else SITE_ROLES)[:count]
    roles = [*roles, *["plain"] * (count - len(roles))]
    dice.shuffle(roles)
    if roles[0] in NEVER_PORTAL:
        other = next(n for n, role in enumerate(roles) if role not in NEVER_PORTAL)
        roles[0], roles[other] = roles[other], roles[0]
    return roles


def part_layouts(seed: int, roles: list[str]) -> list[str]:
    """Deal the families, as many of each as can be: over as many seeds as there are families each role meets each."""
    known = list(families())
    order = sorted(range(len(roles)), key=lambda n: (roles[n], n))
    layouts = [""] * len(roles)
    for place, n in enumerate(order):
        layouts[n] = known[(place + seed) % len(known)]
    return layouts


def register_marks(site: Site, dice: random.Random, number: int) -> None:
    """ICP and police numbers in the right shape, of no real body."""
    site.icp = f"琼ICP备{dice.randint(15, 19)}99{number:04d}号" + dice.choice(["", "-1"])
    site.police = f"{site.code[:6]}02{dice.randint(1, 999999):06d}"


def breach_domains(city: City, sites: list[Site], dice: random.Random) -> None:
    """Seed DN-03 on one department, DN-06 on two sites and too few surveys and interviews on one.

    The same sites may fail for something else too.
    """
    sturdy = [
        s for s in sites if s.role in ("stale_news", "shut", "letter_waiting", "home_stale", "blank_five", "stale_ten")
    ]
    departments = [s for s in sturdy if s.unit.level == "department"]
    wrong = dice.choice(departments)
    wrong.host = f"www.{city.label}{wrong.unit.label}.gov.cn"
    wrong.flags.add("wrong_department_host")
    others = [s for s in sturdy if s is not wrong]
    deep, sideways = dice.sample(others, 2)
    deep.flags.add("deep_host")
    dice.choice(others).flags.add("few_talks")
    sideways.flags.add("other_host")


def flag_sites(sites: list[Site], dice: random.Random) -> None:
    """The small differences of dress: tags, clocks, disclosure pages, a soft 404, a forbidden folder."""
    portal = sites[0]
    for site in sites:
        snares.lay(site, random.Random(f"{site.code}:{site.layout}:{site.icp}:snares"))
        if dice.random() < 0.7:
            site.flags.add("tags")
            if dice.random() < 0.6:
                site.flags.add("column_type")
        if site.role in ("odd_lists", "home_stale") or dice.random() < 0.3:
            site.flags.add("clock")
        site.flags |= {flag for flag, share in FLAGS.items() if dice.random() < share}
        site.charset = dice.choice(families()[site.layout].charsets)
        if site.unit.level == "department" and site.role != "walled":
            site.flags.add("disclosure")
            branch = "".join(dice.choice("0123456789abcdef") for _ in range(24))
            site.disclosure_url = f"http://{portal.host}/openness/?branch_id={branch}"
        if site.role == "unreadable":
            site.flags |= {"robots", "soft404"}
    dice.choice([s for s in sites if s.role not in ("walled", "unreadable")]).flags.add("soft404")


def retired_sites(city: City, dice: random.Random) -> list[Site]:
    """One suspended and one closed site, for the two last units; nobody may be judged on them."""
    sites = []
    for number, (unit, status) in enumerate(zip(city.units[-2:], ["suspended", "offline"], strict=True), 90):
        host = f"{unit.label}.{city.label}.gov.cn"
        site = Site(f"{city.division}00{number:04d}", unit.name, unit, "department", host, "hall", "retired", status)
        register_marks(site, dice, number)
        site.gone = {"reason": "系统升级改造，临时关停" if status == "suspended" else "按要求整合迁移，永久下线"}
        sites.append(site)
    return sites


def found_accounts(city: City, dice: random.Random, count: int) -> list[Account]:
    """Weibo and WeChat accounts in turn, spread over the units, each with a role that suits its unit's level."""
    half = (count + 1) // 2
    units = [site.unit for site in city.running]
    accounts = []
    for platform, roles, number in (("weibo", WEIBO_ROLES, half), ("wechat", WECHAT_ROLES, count - half)):
        parts = roles + ["plain"] * (number - len(roles))
        dice.shuffle(parts)
        owners = dice.sample(units, min(number, len(units)))
        owners += [dice.choice(units) for _ in range(number - len(owners))]
        for serial, (unit, role) in enumerate(zip(owners, parts[:number], strict=True), 1):
            accounts.append(found_account(city, dice, platform, unit, role, serial))
    return sorted(accounts, key=lambda a: (a.unit.unit_id, a.platform, a.account_id))


def found_account(city: City, dice: random.Random, platform: str, unit: Unit, role: str, serial: int) -> Account:
    """One account with its address in one of the shapes that registers hold."""
    mark = "wb" if platform == "weibo" else "wx"
    account = Account(
        f"{unit.unit_id}-{mark}{serial:02d}",
        platform,
        f"{city.name}{unit.short.removeprefix(city.name).lstrip('市')}发布",
        unit,
        role,
    )
    if platform == "weibo":
        account.uid = str(dice.randint(7_900_000_000, 7_999_999_999))
        account.address = dice.choice(
            [
                f"http://weibo.com/u/{account.uid}?s=6cm7D0",
                f"http://weibo.com/m/u/{account.uid}?refer_flag=1001030201_&is_hot=1&wvr=6&mod=personinfo",
                f"https://weibo.com/u/{account.uid}",
                f"http://weibo.com/m/{city.label}{unit.label}/?s=6cm7D0&is_all=1",
            ]
        )
    elif role != "no_address":
        account.feed = dice.choice(["rss", "atom", "json"])
        ending = {"rss": "xml", "atom": "atom", "json": "json"}[account.feed]
        account.address = f"http://{city.feed_host}/wechat/gh_{dice.randint(16**11, 16**12 - 1):012x}.{ending}"
    return account
