"""What the failing sites' units answer when they are asked: most excuse nothing, one has leave that no page shows."""

import random

from demo.model import City, Explanation, Site

# Who reads these has only the words to go by: a decision with a number and a date before the inspection excuses.
LAME = [
    "来函收悉。因近期人员调整，信息保障不及时，我单位已安排专人负责，正在抓紧整改。",
    "所列问题属实。主要原因是网站后台升级后栏目关联有误，技术公司正在处理，拟于本月底前整改到位。",
    "我单位高度重视，已约谈相关科室负责人，今后将加强日常更新维护，请予谅解。",
]
LEAVE = (
    "所列空白栏目的内容已按《{city}市人民政府办公室关于同意{short}有关栏目迁移的批复》（{mark}政办函〔{year}〕{number}号，"
    "{day}）整体迁移至市政府门户网站，批复明确迁移期间原栏目保留标题、免予更新检查。批复文件随函附上，请予核实。"
)
SILENT = {"shut"}  # the unit that nobody answers for


def explain(city: City) -> None:
    """Give every failing site's unit its words; those of the moving site are true and excuse it."""
    dice = random.Random(f"{city.seed}:explanations:{city.day}")
    failing = {"stale_news", "stale_ten", "blank_five", "home_stale", "shut", "letter_waiting"}
    for site in city.running:
        if site.role == "moving":
            city.explanations.append(answer(site, leave(city, site, dice), True))
        elif site.role in failing - SILENT:
            city.explanations.append(answer(site, dice.choice(LAME), False))


def answer(site: Site, text: str, excuses: bool) -> Explanation:
    return Explanation(site.code, site.unit.unit_id, site.unit.email, text, excuses)


def leave(city: City, site: Site, dice: random.Random) -> str:
    """The leave to move, given about two months before the inspection."""
    day = city.day.fromordinal(city.day.toordinal() - dice.randint(40, 70))
    written, number = f"{day.year}年{day.month}月{day.day}日", dice.randint(20, 180)
    return LEAVE.format(
        city=city.name, short=site.unit.short, mark=city.name[0], year=day.year, number=number, day=written
    )
