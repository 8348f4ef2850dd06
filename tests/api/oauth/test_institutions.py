"""Keys of institutions change under four eyes and overlap; a suspended institution is out within a second."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from joserfc.jwk import RSAKey

from domain import approvals, identity, institutions, store
from domain.actors import Actor, ActorKind
from domain.ids import new_id
from domain.institutions import InstitutionChangeKind, Wish
from domain.store import connect_arguments
from domain.work import perform
from tests.api.oauth.house import Browser, House

ASKS = Actor(
    kind=ActorKind.STAFF,
    id=new_id(),
    name="系统管理员",
    office="信息科",
    region="330900",
    roles=frozenset({"SYSTEM_ADMINISTRATOR"}),
)
DECIDES = replace(ASKS, id=new_id(), name="安全管理员", roles=frozenset({"SECURITY_ADMINISTRATOR"}))


async def hospital(house: House) -> institutions.InstitutionRecord:
    (found,) = await institutions.list_institutions(ASKS)
    return found


async def do(house: House, actor: Actor, command) -> UUID:
    done = await perform(command, actor=actor, now=house.now, keys=house.keys)
    assert done.result is not None
    return done.result


async def asked(house: House, wish: Wish, *, by: Actor = ASKS) -> institutions.ChangeRecord:
    institution_id = (await hospital(house)).id
    change_id = await do(
        house, by, lambda work: institutions.ask_for_change(work, institution_id=institution_id, wish=wish)
    )
    found = await institutions.find_change(ASKS, change_id=change_id)
    assert found is not None
    return found


async def decided(
    house: House, change: institutions.ChangeRecord, *, by: Actor = DECIDES, approve: bool = True
) -> institutions.ChangeRecord:
    await do(
        house,
        by,
        lambda work: institutions.decide_change(
            work, change_id=change.id, seen_digest=change.content_digest, approve=approve, reason="不同意"
        ),
    )
    found = await institutions.find_change(ASKS, change_id=change.id)
    assert found is not None
    return found


def a_key(private: dict[str, object] | None = None) -> tuple[dict[str, object], Wish]:
    made, public = identity.make_machine_key()
    key = json.dumps(private or public)
    return made, Wish(kind=InstitutionChangeKind.ADD_KEY, reason="年度更换密钥", public_key=key)


async def token_with(house: House, browser: Browser, key: dict[str, object] | None = None) -> int:
    assertion = house.assertion(key=key)
    return (await browser.prove("token", assertion, grant_type="client_credentials")).status_code


async def test_old_and_new_key_both_count_until_the_old_one_ends(house: House, browser: Browser) -> None:
    new, wish = a_key()
    change = await asked(house, wish)
    assert await token_with(house, browser, new) == 400, "A key counts before anybody has decided."

    await decided(house, change)

    assert [await token_with(house, browser, key) for key in (None, new)] == [200, 200]
    first, second = (await hospital(house)).keys
    assert (first.ends_at, second.ends_at) == (house.now.replace(microsecond=0) + timedelta(days=7), None)
    house.later(days=7)
    assert [await token_with(house, browser, key) for key in (None, new)] == [400, 200]


async def test_a_key_is_ended_at_once_but_never_the_last_one(house: House, browser: Browser) -> None:
    new, wish = a_key()
    await decided(house, await asked(house, wish))
    old = (await hospital(house)).keys[0].kid

    await decided(house, await asked(house, Wish(kind=InstitutionChangeKind.END_KEY, reason="旧机器已停用", kid=old)))

    assert [await token_with(house, browser, key) for key in (None, new)] == [400, 200]
    (left,) = (await hospital(house)).keys
    for kid in (left.kid, "no such key"):
        with pytest.raises(institutions.KeyNotFound):
            await asked(house, Wish(kind=InstitutionChangeKind.END_KEY, reason="停用", kid=kid))


async def test_who_asked_does_not_decide_and_other_content_is_not_decided(house: House) -> None:
    change = await asked(house, a_key()[1])

    with pytest.raises(approvals.MakerMayNotDecide):
        await decided(house, change, by=ASKS)
    with pytest.raises(approvals.ContentChangedMeanwhile):
        await decided(house, replace(change, content_digest=b"something else"))
    rejected = await decided(house, change, approve=False)

    assert rejected.state is institutions.InstitutionChangeState.REJECTED
    assert len((await hospital(house)).keys) == 1
    with pytest.raises(institutions.ChangeNotFound):
        await decided(house, change)


async def test_one_question_at_a_time(house: House) -> None:
    await asked(house, a_key()[1])
    with pytest.raises(institutions.ChangeWaits):
        await asked(house, a_key()[1])


async def test_unfit_keys_are_refused(house: House) -> None:
    private, _ = a_key()
    registered = await store.row("SELECT public_keys::text AS text FROM oauth_client WHERE client_id='demo-hospital'")
    assert registered is not None
    unfit = [
        json.dumps(private),
        json.dumps({"kty": "oct", "k": "c2VjcmV0"}),
        json.dumps({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}),
        json.dumps(json.loads(registered["text"])["keys"][0]),
        json.dumps(RSAKey.generate_key(2048).as_dict(private=False)),
        "no key",
        "",
    ]
    for text in unfit[:3] + unfit[4:]:
        with pytest.raises(institutions.KeyIsUnfit):
            await asked(house, Wish(kind=InstitutionChangeKind.ADD_KEY, reason="更换", public_key=text))


async def test_the_tokens_of_a_suspended_institution_die_within_a_second_everywhere(
    house: House, browser: Browser
) -> None:
    answer = await browser.prove("token", house.assertion(), grant_type="client_credentials")
    token = answer.json()["access_token"]
    elsewhere = house.application(house.another_process())
    async with house.browser(app=elsewhere) as other:
        assert (await browser.who(token)).status_code == (await other.who(token)).status_code == 200
        institution_id = (await hospital(house)).id

        # One person alone, and nothing is told to any process: the copies are read anew by themselves.
        await do(
            house, ASKS, lambda work: institutions.suspend(work, institution_id=institution_id, reason="密钥疑似泄露")
        )
        began = time.monotonic()
        while (await browser.who(token)).status_code == 200 or (await other.who(token)).status_code == 200:
            assert time.monotonic() - began < 1.0
            await asyncio.sleep(0.02)

    assert await token_with(house, browser) == 400
    (change,) = await institutions.list_changes(ASKS)
    assert (change.kind, change.state) == (InstitutionChangeKind.SUSPEND, institutions.InstitutionChangeState.DONE)
    with pytest.raises(institutions.WrongState):
        await do(house, ASKS, lambda work: institutions.suspend(work, institution_id=institution_id, reason="再次"))


async def test_letting_in_again_takes_two_and_waits_for_the_old_tokens(house: House, browser: Browser) -> None:
    answer = await browser.prove("token", house.assertion(), grant_type="client_credentials")
    token, institution_id = answer.json()["access_token"], (await hospital(house)).id
    wish = Wish(kind=InstitutionChangeKind.REINSTATE, reason="已更换密钥")
    with pytest.raises(institutions.WrongState):
        await asked(house, wish)
    await do(house, ASKS, lambda work: institutions.suspend(work, institution_id=institution_id, reason="核查"))
    with pytest.raises(institutions.StillTokensAbroad):
        await asked(house, wish)
    house.later(minutes=10)

    await decided(house, await asked(house, wish))

    assert await token_with(house, browser) == 200
    assert (await browser.who(token)).status_code == 401


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE institution_change SET state = 'DONE', decided_by = new_id(), decided_at = now()", "needs_approval"),
        ('UPDATE institution_change SET public_key = public_key || \'{"kid": "mine"}\'', "is_final"),
        ("DELETE FROM institution_change", "is_final"),
        ("TRUNCATE institution_change", "append_only"),
    ],
)
async def test_the_database_holds_that_by_itself(house: House, store: str, change: str, constraint: str) -> None:
    await asked(house, a_key()[1])
    link = await asyncpg.connect(**connect_arguments(store))
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute(change)
        assert refused.value.constraint_name == f"institution_change_{constraint}"
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute(
                "UPDATE institution_change SET state = 'REJECTED', decided_by = asked_by, decided_at = now()"
            )
        assert refused.value.constraint_name == "institution_opens_to_four_eyes"
    finally:
        await link.close()


async def test_residents_and_machines_see_no_institution(house: House) -> None:
    for kind in (ActorKind.PUBLIC, ActorKind.RESIDENT, ActorKind.INSTITUTION):
        stranger = Actor(kind=kind, id=new_id())
        assert await institutions.list_institutions(stranger) == []
        assert await institutions.list_changes(stranger) == []
