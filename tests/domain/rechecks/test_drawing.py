"""What is drawn follows from a seal that nobody knew before, over a list that leaves nothing out."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date, timedelta
from pathlib import Path
from random import Random
from shutil import copytree
from uuid import UUID

import asyncpg
import pytest

from domain import claims, rechecks, rules
from domain import store as database
from domain.actors import SYSTEM
from domain.claims import Risk
from domain.identity import StaffRole
from domain.period import Period
from domain.rechecks import DrawState, calc
from domain.rechecks.values import Candidate, Seal
from domain.rules import BUILT_IN
from domain.store import row, rows
from tests.builders import KEYS, NOW
from tests.claim_builders import AREA, BOOK, LAW, a_family, proposed, staff, step
from tests.domain.audit.trail import seal_everything
from tests.domain.rechecks.audit_world import DECEMBER, decided, drawn, list_closed, system, the_draw

SHARES = {"LOW": 50_000, "MEDIUM": 100_000, "HIGH": 200_000}


def a_list(count: int, *, risk: Risk = Risk.LOW, office: str = "医保经办中心") -> list[Candidate]:
    random = Random(office + risk)
    return [
        Candidate(
            proposal_id=UUID(int=random.getrandbits(128)),
            claim_id=UUID(int=place),
            region="330902",
            office=office,
            risk=risk,
        )
        for place in range(count)
    ]


@pytest.mark.parametrize(
    ("today", "every_months", "period"),
    [
        (date(2026, 12, 1), 1, Period(date(2026, 11, 1), date(2026, 12, 1))),
        (date(2026, 11, 30), 1, Period(date(2026, 10, 1), date(2026, 11, 1))),
        (date(2027, 1, 1), 1, Period(date(2026, 12, 1), date(2027, 1, 1))),
        (date(2026, 12, 31), 3, Period(date(2026, 7, 1), date(2026, 10, 1))),
        (date(2027, 1, 1), 3, Period(date(2026, 10, 1), date(2027, 1, 1))),
        (date(2027, 6, 30), 12, Period(date(2026, 1, 1), date(2027, 1, 1))),
    ],
)
def test_a_period_is_drawn_from_once_it_is_over(today: date, every_months: int, period: Period) -> None:
    assert calc.last_period_before(today, every_months=every_months) == period


def test_each_office_and_risk_gives_its_share_rounded_up() -> None:
    candidates = [*a_list(100), *a_list(21, risk=Risk.HIGH), *a_list(1, office="定海分中心")]

    found = calc.draw_from(candidates, seed=bytes(32), shares=SHARES)

    by_class = [(one.office, one.risk.value) for one in found]
    assert by_class.count(("医保经办中心", "LOW")) == 5
    assert by_class.count(("医保经办中心", "HIGH")) == 5
    assert by_class.count(("定海分中心", "LOW")) == 1
    assert len(found) == 11


def test_the_order_of_a_list_changes_nothing_and_another_seed_everything() -> None:
    candidates = a_list(200)
    first = calc.draw_from(candidates, seed=bytes(32), shares=SHARES)

    assert calc.draw_from(candidates[::-1], seed=bytes(32), shares=SHARES) == first
    assert calc.digest_list(candidates[::-1]) == calc.digest_list(candidates)
    other = calc.draw_from(candidates, seed=b"\x01" * 32, shares=SHARES)
    assert {one.proposal_id for one in other} != {one.proposal_id for one in first}


def test_every_decision_is_drawn_as_often_as_its_share_says() -> None:
    """Over many seeds nobody is spared, and nobody is picked on."""
    candidates = a_list(40)
    times = dict.fromkeys((one.proposal_id for one in candidates), 0)
    for seed in range(1000):
        for one in calc.draw_from(candidates, seed=seed.to_bytes(32), shares=SHARES):
            times[one.proposal_id] += 1

    assert sum(times.values()) == 2000
    # 2 of 40 in each of 1,000 draws: 50 each on average, with a deviation of 7.
    assert all(15 < count < 85 for count in times.values()), times


def test_another_list_another_block_or_another_signature_is_another_seed() -> None:
    seal = Seal(7, b"\x02" * 32, b"\x03" * 64)
    seeds = {
        calc.seed_of(b"\x01" * 32, seal),
        calc.seed_of(b"\x09" * 32, seal),
        calc.seed_of(b"\x01" * 32, Seal(8, seal.root, seal.signature)),
        calc.seed_of(b"\x01" * 32, Seal(7, b"\x04" * 32, seal.signature)),
        calc.seed_of(b"\x01" * 32, Seal(7, seal.root, b"\x05" * 64)),
    }
    assert len(seeds) == 5


@pytest.mark.usefixtures("store")
async def test_a_list_is_closed_sealed_and_drawn_from_and_anybody_may_draw_again() -> None:
    family = await a_family()
    for pays in (True, True, False):
        await decided(family, pays=pays)
    assert await list_closed(now=NOW + timedelta(days=1)) is not None, "October is over, and nothing was decided in it."
    assert (await the_draw()).population == 0

    assert await list_closed() is not None
    assert await list_closed() is None
    await seal_everything(KEYS, now=DECEMBER)
    await system(rechecks.draw_next)
    await system(rechecks.draw_next)
    assert await system(rechecks.draw_next) is None

    draw = await the_draw()
    assert (draw.state, draw.period) == (DrawState.DRAWN, Period(date(2026, 11, 1), date(2026, 12, 1)))
    assert (draw.population, draw.drawn, draw.due_on) == (3, 1, date(2026, 12, 30))
    # Done again from the tables and the words of the guide, without our code.
    listed = await rows(
        "SELECT proposal_id::text AS id, region, risk, office FROM recheck_candidate WHERE draw_id = $1"
        " ORDER BY proposal_id",
        draw.id,
    )
    text = "".join(f"{one['id']}\t{one['region']}\t{one['risk']}\t{one['office']}\n" for one in listed)
    listing = hashlib.sha256(f"yibao recheck list v1\n{text}".encode()).hexdigest()
    block = await row("SELECT root, signature FROM audit_block WHERE number = $1", draw.block_number)
    assert block is not None
    seed = hashlib.sha256(
        f"yibao recheck seed v1\nlist {listing}\nblock {draw.block_number}\nroot {block['root'].hex()}\n"
        f"signature {block['signature'].hex()}\n".encode()
    ).hexdigest()

    def rank(decision: str) -> str:
        return hashlib.sha256(f"yibao recheck rank v1\nseed {seed}\ndecision {decision}\n".encode()).hexdigest()

    first = min((one["id"] for one in listed), key=rank)
    assert [str(one.proposal_id) for one in await rechecks.list_rechecks(SYSTEM, keys=KEYS, first=10)] == [first]


@pytest.mark.usefixtures("store")
async def test_nothing_is_drawn_before_the_closing_of_its_list_is_sealed() -> None:
    await decided()
    await seal_everything(KEYS, now=DECEMBER)
    await list_closed()

    assert await system(rechecks.draw_next) is None
    assert (await the_draw()).state is DrawState.LISTED
    await seal_everything(KEYS, now=DECEMBER)
    assert await system(rechecks.draw_next) is not None


@pytest.mark.usefixtures("store")
async def test_several_who_draw_at_once_draw_once() -> None:
    await decided()

    lists = await asyncio.gather(*(list_closed() for _ in range(4)))
    await seal_everything(KEYS, now=DECEMBER)
    draws = await asyncio.gather(*(system(rechecks.draw_next) for _ in range(4)))

    assert [len([one for one in done if one]) for done in (lists, draws)] == [1, 1]
    assert len(await rechecks.list_rechecks(SYSTEM, keys=KEYS, first=10)) == 1


@pytest.mark.usefixtures("store")
async def test_what_was_opened_again_is_on_no_list_until_it_is_decided_anew() -> None:
    one = await decided()
    await step(await staff(StaffRole.CENTRE_HEAD), one.claim_id, claims.reopen_claim, reason="有误", **LAW)

    assert (await drawn()).population == 0


@pytest.mark.usefixtures("store")
async def test_a_worker_that_stood_still_draws_over_the_whole_time() -> None:
    await list_closed(now=NOW)
    await decided()

    draw = await drawn(now=DECEMBER + timedelta(days=62))

    assert draw.period == Period(date(2026, 11, 1), date(2027, 2, 1))
    assert draw.population == 1


@pytest.mark.usefixtures("store")
async def test_what_was_committed_too_late_for_its_list_comes_into_the_next() -> None:
    family = await a_family()
    await decided(family)
    first = await drawn()
    await decided(family)  # in November, too, and the list of November is closed

    second = await drawn(now=DECEMBER + timedelta(days=31))

    assert (first.population, second.population) == (1, 1)
    assert second.period == Period(date(2026, 12, 1), date(2027, 1, 1))
    assert len(await rechecks.list_rechecks(SYSTEM, keys=KEYS, first=10)) == 2


@pytest.mark.usefixtures("store")
async def test_a_period_is_drawn_from_by_the_rule_of_its_last_day(tmp_path: Path) -> None:
    family = await a_family()
    for _ in range(2):
        await decided(family)
    copytree(BUILT_IN, tmp_path / "rules")
    page = tmp_path / "rules" / AREA / "recheck.yaml"
    version = page.read_text("utf-8")
    of_december = version[version.index("  - starts") :].replace("2019-11-21", "2026-12-01").replace("5%", "100%")
    page.write_text(version + of_december, "utf-8")
    book = rules.load_book(tmp_path / "rules")

    await system(lambda work: rechecks.close_list(work, book=book, area=AREA))
    await seal_everything(KEYS, now=DECEMBER)
    await system(rechecks.draw_next)

    draw = await the_draw()
    assert (draw.shares["LOW"], draw.drawn, draw.rules_digest) == (50_000, 1, book.digest)


@pytest.mark.usefixtures("store")
async def test_a_place_without_the_rule_draws_nothing() -> None:
    await decided()

    assert await system(lambda work: rechecks.close_list(work, book=BOOK, area="500112")) is None
    assert await rechecks.list_draws(SYSTEM, first=10) == []


async def test_round_the_code_nobody_steers_the_draw(store: str) -> None:
    family = await a_family()
    for _ in range(2):
        await decided(family)
    await proposed(family, await staff(StaffRole.CLERK))
    await list_closed()
    await seal_everything(KEYS, now=DECEMBER)
    link = await asyncpg.connect(**database.connect_arguments(store))
    into = (
        "INSERT INTO recheck_draw (id, region, starts, ends, rule_source, rules_digest, shares, working_days,"
        " population, list_digest, listed_at, state) SELECT new_id(), region, {starts}, {ends}, rule_source,"
        " rules_digest, shares, working_days, 0, {digest}, listed_at, 'LISTED' FROM recheck_draw"
    )
    empty = "sha256(convert_to('yibao recheck list v1' || E'\\n', 'UTF8'))"
    pick = (
        "INSERT INTO recheck (id, proposal_id, draw_id, claim_id, region, due_on)"
        " SELECT new_id(), proposal_id, draw_id, claim_id, region, '2026-12-31' FROM recheck_candidate"
    )
    to_drawn = (
        "UPDATE recheck_draw SET state = 'DRAWN', block_number = 1, seed = {seed}, drawn = {drawn},"
        " due_on = '2026-12-31', drawn_at = now()"
    )
    seed = "recheck_seed(list_digest, (SELECT audit_block FROM audit_block WHERE number = 1))"
    ranked = (
        " WHERE proposal_id = (SELECT candidate.proposal_id FROM recheck_candidate AS candidate, recheck_draw"
        f" ORDER BY recheck_rank({seed}, candidate.proposal_id) {{order}} LIMIT 1)"
    )
    attacks = {
        "DELETE FROM recheck_candidate": "recheck_candidate_append_only",
        "UPDATE recheck_candidate SET risk = 'HIGH'": "recheck_candidate_append_only",
        "INSERT INTO recheck_candidate SELECT claim_proposal.id, recheck_draw.id, claim_id, '330902', '', 'LOW'"
        " FROM claim_proposal, recheck_draw"
        " WHERE claim_proposal.id NOT IN (SELECT proposal_id FROM recheck_candidate)": "recheck_list_is_closed",
        "UPDATE recheck_draw SET shares = '{}'": "recheck_draw_is_kept",
        "DELETE FROM recheck_draw": "recheck_draw_is_kept",
        into.format(starts="starts + 1", ends="ends + 1", digest=empty): "recheck_draws_follow_one_another",
        into.format(starts="ends", ends="ends + 31", digest=empty): "recheck_draw_is_after_its_period",
        pick: "recheck_joins_its_draw",
        f"{pick}; {to_drawn.format(seed=seed, drawn=2)}": "recheck_follows_the_seed",
        to_drawn.format(seed=seed, drawn=0): "recheck_follows_the_seed",
        pick + ranked.format(order="DESC") + f"; {to_drawn.format(seed=seed, drawn=1)}": "recheck_follows_the_seed",
        pick + ranked.format(order="ASC") + f"; {to_drawn.format(seed='sha256(seed)', drawn=1)}": (
            "recheck_seed_is_of_the_seal"
        ),
    }
    try:
        for attack, promise in attacks.items():
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                async with link.transaction():
                    await link.execute(attack)
            assert getattr(refused.value, "constraint_name", "") == promise, attack
        # The control: what the seed says may be written by anybody, as there is nothing to choose.
        async with link.transaction():
            await link.execute(pick + ranked.format(order="ASC") + f"; {to_drawn.format(seed=seed, drawn=1)}")
    finally:
        await link.close()


async def test_round_the_code_no_list_leaves_a_decision_out(store: str) -> None:
    await list_closed(now=NOW)
    await decided()
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute(
                "INSERT INTO recheck_draw (id, region, starts, ends, rule_source, rules_digest, shares, working_days,"
                " population, list_digest, listed_at, state) SELECT new_id(), region, ends, '2026-12-01', rule_source,"
                " rules_digest, shares, working_days, 0, list_digest, '2026-12-02', 'LISTED' FROM recheck_draw"
            )
        assert getattr(refused.value, "constraint_name", "") == "recheck_list_leaves_nothing_out"
    finally:
        await link.close()
