"""Make the city: one neighbourhood after the other, the same for the same seed, in memory that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Final

from city import demo, names, places
from city.books import make_vouchers
from city.contributions import Insured, draw_behaviour, draw_history
from city.draws import between, chance
from city.families import CITY_DAY, Member, draw_family
from city.law import Law
from city.lives import (
    SCHEME_RESIDENTS,
    Life,
    Serials,
    draw_lists,
    draw_lives,
    draw_mandates,
    draw_paper,
    participations,
)
from city.papers import Mint
from city.rows import Beneficiary, Bill, Community, Coverage, Household, Mandate, Neighbourhood, Order
from city.rows import Participation, Person
from domain import rules
from domain.identifiers import Sex
from domain.period import age_on
