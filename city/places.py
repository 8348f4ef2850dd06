"""Regions, communities, schools and addresses.

The four regions are the districts of Zhoushan as they are; everything in them is made up. Community codes lie in the
streets 901 to 999, which no statistical office uses.
"""

from __future__ import annotations

from random import Random
from typing import Final

from city.draws import between, words
from city.rows import Community, School

REGIONS: Final = ("330902", "330903", "330921", "330922")
# How ten neighbourhoods in a row are spread over the regions: four, three, two, one.
_SPREAD: Final = ("330902", "330903", "330902", "330921", "330903", "330902", "330903", "330921", "330902", "330922")
# Where those come from who were not born here: counties all over the country.
ELSEWHERE: Final = words(
    "110105 120103 130102 140105 210102 220102 230103 310115 320106 330106 340104 341524 350203 "
    "360103 370203 410105 420106 430104 440106 450103 500103 510107 520103 530102 610113 650102"
)

_NAME_FIRST: Final = words(
    "望海 青礁 银滩 双桅 长灯 白鸥 灯塔 听潮 云帆 东屿 月湾 金沙 蓝汐 海棠 千帆 紫菜 小港 风车 晨渔 松岬"
)
_NAME_LAST: Final = {"330902": "社区", "330903": "社区", "330921": "渔村", "330922": "岛村"}
_STREET_SIZE: Final = 20
UNIVERSITY: Final = 1
"""The serial of the only university, which lies in the first neighbourhood."""


def community(number: int) -> Community:
    """Make the community of that number, counted from 0 over the whole city."""
    region = _SPREAD[number % len(_SPREAD)]
    street, place = divmod(number, _STREET_SIZE)
    name = (
        f"{_NAME_FIRST[place]}{_NAME_LAST[region]}"
        if not street
        else f"{_NAME_FIRST[place]}第{street + 1}{_NAME_LAST[region]}"
    )
    return Community(f"{region}{901 + street:03d}{place + 1:03d}", region, name)


def schools(place: Community, *, number: int) -> tuple[School, School, School]:
    """Make the kindergarten, the primary and the middle school of a community."""
    stem = place.name.removesuffix("社区").removesuffix("渔村").removesuffix("岛村")
    first = UNIVERSITY + 1 + 3 * number
    return (
        School(first, f"{stem}幼儿园", "KINDERGARTEN", place.code),
        School(first + 1, f"{stem}小学", "PRIMARY", place.code),
        School(first + 2, f"{stem}中学", "MIDDLE", place.code),
    )


def university(place: Community) -> School:
    """Make the only university of the city."""
    return School(UNIVERSITY, "东屿海洋学院", "UNIVERSITY", place.code)


def address(rng: Random, place: Community) -> str:
    """Make up an address: a flat in a community, a house in a village."""
    if place.name.endswith("社区"):
        building, unit, floor, flat = (between(rng, 1, most) for most in (60, 4, 18, 4))
        return f"{place.name}{building}幢{unit}单元{floor}{flat:02d}室"
    return f"{place.name}{between(rng, 1, 480)}号"
