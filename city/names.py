"""Made-up names: common surnames by their share, given names by generation, rare characters, names with a dot."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final

from city.draws import chance, pick, words
from domain.identifiers import Sex

# Surnames with their rough share of the population, in tenths of a percent.
_SURNAMES: Final = (
    "王72 李70 张67 刘54 陈58 杨31 黄23 赵21 周20 吴21 徐18 孙15 朱15 马13 胡13 郭12 林14 何12 高10 罗9 郑11 梁8 谢8 "
    "宋7 唐7 许7 邓6 冯6 韩7 曹7 曾6 彭6 萧5 蔡6 潘6 田5 董6 袁6 于6 余5 叶5 蒋6 杜5 苏5 魏5 程5 吕5 丁5 沈6 任4 姚5 "
    "卢5 傅4 钟4 姜5 崔4 谭4 廖4 范4 汪4 陆4 金5 石4 戴4 贾4 韦3 夏4 邱4 方4 侯3 邹3 熊3 孟3 秦3 白3 江3 阎3 薛3 尹3 "
    "段3 雷3 黎3 史3 龙3 陶3 贺3 顾3 毛3 郝3 龚3 邵3 万3 钱3 严3 虞2 乐2 舟1 欧阳2 上官1 司徒1 诸葛1"
)
_GIVEN: Final = {
    ("old", Sex.MALE): "国建志明福根阿德荣生祥庆金水海永富贵才忠良信义仁和",
    ("old", Sex.FEMALE): "秀英兰凤珍梅素月桂香菊玉彩花阿翠娟芬仙爱莲云琴",
    ("middle", Sex.MALE): "伟强军勇杰涛斌辉刚健平波鹏飞华超宏凯峰海东亮俊",
    ("middle", Sex.FEMALE): "丽芳敏静艳娜玲燕红霞萍婷莉慧洁雪琳颖晶瑛虹萱蓓",
    ("young", Sex.MALE): "浩宇轩子涵睿辰泽铭晨皓博瑞煜航嘉奕霖屿舟帆潮岩",
    ("young", Sex.FEMALE): "欣怡诗梓萱雨彤语思琪若佳妍可馨月汐澜珊贝禾沐棠",
}
_RARE: Final = "䶮𬭚𫖯𣲗𬱖𫍯𬴊𫘧𬬻堃喆犇淼玥彧翀昶"
_DOTTED_FIRST: Final = words("阿依古丽 古丽娜尔 帕提曼 祖丽胡玛尔 艾力 买买提江 吐尔逊 库尔班江 玉素甫 那尔克孜")
_DOTTED_LAST: Final = words("买买提 艾合买提 吐尔逊 依明江 阿卜杜拉 库尔班 玉山江 司马义 赛买提 热合曼")
_LATIN_FIRST: Final = words("AMARIL BENTO CALIXE DORIANA ELVANO FENJA")
_LATIN_LAST: Final = words("VARDENNE LISKOVAR OKONELU TAMBERI HOLMQVARN")
_SURNAME_LIST: Final = tuple(part.rstrip("0123456789") for part in _SURNAMES.split())
_SURNAME_BOUNDS: Final = tuple(
    accumulate(int(part[len(name) :]) for part, name in zip(_SURNAMES.split(), _SURNAME_LIST, strict=True))
)
_RARE_SHARE: Final = 0.008
_TWO_CHARACTERS_SHARE: Final = {"old": 0.75, "middle": 0.6, "young": 0.85}


def surname(rng: Random) -> str:
    """Draw a surname by its share."""
    return _SURNAME_LIST[bisect(_SURNAME_BOUNDS, rng.random() * _SURNAME_BOUNDS[-1])]


def given_name(rng: Random, *, sex: Sex, age: int) -> str:
    """Draw a given name of one or two characters that suits the generation; a few carry a rare character."""
    generation = "old" if age >= 55 else "middle" if age >= 25 else "young"  # noqa: PLR2004 - ages of generations
    pool = _GIVEN[generation, sex]
    first = pick(rng, pool)
    last = pick(rng, _RARE) if chance(rng, _RARE_SHARE) else pick(rng, pool)
    return first + last if chance(rng, _TWO_CHARACTERS_SHARE[generation]) else last


def dotted_name(rng: Random) -> str:
    """Draw a name with a middle dot, as some of the nationalities write it."""
    return f"{pick(rng, _DOTTED_FIRST)}·{pick(rng, _DOTTED_LAST)}"


def latin_name(rng: Random) -> str:
    """Make up a name in Latin capitals, as foreigners' papers carry it."""
    return f"{pick(rng, _LATIN_LAST)} {pick(rng, _LATIN_FIRST)}"
