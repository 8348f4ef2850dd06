"""The synthetic city: people, households and years of contributions that look real and are not. Nobody in it exists.

`people` and `neighbourhoods` make plain rows, always the same for the same seed, without a database; `load` brings
them into an empty one by COPY, a neighbourhood in a transaction; `demo_people` are those who can log in. Identity
numbers, permits and telephones pass every check and lie in ranges that are given to nobody, as far as anybody outside
the registries can know: `city.papers` says how. Amounts and waiting periods come from `domain.rules`. The city stands
still on `CITY_DAY`, whatever day it is.

    python -m city --people 20000 --seed 1
"""

from city.demo import (
    HOSPITAL_CODE,
    HOSPITAL_NAME,
    DemoNewborn,
    DemoPerson,
    demo_child,
    demo_child_document,
    demo_document_number,
    demo_newborn,
    demo_people,
)
from city.families import CITY_DAY
from city.generate import neighbourhoods, people
from city.load import Loaded, OtherCityInDatabase, PeopleInDatabase, load, load_city

__all__ = [
    "CITY_DAY",
    "HOSPITAL_CODE",
    "HOSPITAL_NAME",
    "DemoNewborn",
    "DemoPerson",
    "Loaded",
    "OtherCityInDatabase",
    "PeopleInDatabase",
    "demo_child",
    "demo_child_document",
    "demo_document_number",
    "demo_newborn",
    "demo_people",
    "load",
    "load_city",
    "neighbourhoods",
    "people",
]
