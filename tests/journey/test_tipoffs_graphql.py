"""A report over GraphQL, by a program and by investigators' own clients: from a photograph to money on an account.

The running application takes trusted documents alone. What is sealed is opened here as it is at home: the private keys
are in the hands of those who made them, and the house never sees one.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
import pytest
from cryptography.exceptions import InvalidTag

from api.schema.scalars import decode_id
from domain import deadlines, informants, store, tipoffs
from domain.payouts import PayoutState
from domain.settings import Settings
from tests.bank_world import state_of
from tests.builders import NOW
from tests.conformance.agency import Agency, running_agency
from tests.domain.tipoffs.paying import PAYEE, paying
from tests.domain.tipoffs.people import Desk
from tests.journey.reward_money import ways_from_money_to_case
from tests.made_files import CANARIES, a_jpeg
from tests.tipoff_clients import Everybody, everybody_with_keys

NAME: Final = {"name": "周明远", "phone": "13957200099"}


@pytest.fixture
async def agency(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Agency]:
    async with running_agency(database_url, redis_url, tmp_path, in_operation=True) as running:
        await deadlines.install_published_days()
        yield running


@pytest.fixture
async def everybody(agency: Agency) -> Everybody:
    return await everybody_with_keys(agency)


@pytest.mark.timeout(120)
async def test_from_a_photograph_to_a_paid_reward(everybody: Everybody, database_url: str, tmp_path: Path) -> None:
    receipt = await report_with_a_photograph(everybody)
    await ask_and_answer(everybody, receipt)
    await find_true(everybody)
    reward = await reward_and_announce(everybody, receipt)
    await open_the_name(everybody)
    claimed = {"name": PAYEE.name, "account": PAYEE.account, "bankCode": PAYEE.bank_code}
    await everybody.informant.do("TipoffRewardClaim", receipt=receipt, **claimed)
    still = {"id": (await everybody.first.case())["id"], "expectedVersion": (await everybody.first.case())["version"]}
    assert await everybody.first.refused("TipoffClose", **still) == ["TIPOFF_REWARD_RUNS"]

    paid = await everybody.leader.keyed("TipoffRewardPay", id=reward)
    assert paid["state"] in {"APPROVED", "CLAIMED"}
    (payout,) = await store.rows("SELECT id FROM payout")
    await pay_at_the_desk(everybody, reward, database_url=database_url, folder=tmp_path)
    case_id = decode_id((await everybody.first.case())["id"], "Tipoff")
    ids: Mapping[str, UUID] = {"case_id": case_id, "reward_id": decode_id(reward, "TipoffReward")}
    assert await ways_from_money_to_case(database_url, payout_id=payout["id"], **ids) == []
    case = (await everybody.first.case())["id"]
    assert await both_in_the_log_of_commands(everybody, case, reward) == []
    await leak(case_id, payout["id"])
    ways = await ways_from_money_to_case(database_url, payout_id=payout["id"], **ids)
    assert {"public.audit holds both", f"a walk from the case ends at {payout['id']}"} <= set(ways)


async def pay_at_the_desk(everybody: Everybody, reward: str, *, database_url: str, folder: Path) -> None:
    """Let others release the payment, and the reward desk, which alone knows to whom, hand it to the bank."""
    addresses: dict[str, Any] = {"DATABASE_URL": "", "REDIS_URL": ""}
    key_file = Settings(data=folder, **addresses).informants_key_file
    async with informants.open_store(database_url, key=informants.load_or_make_key(key_file)) as second:
        people = Desk(
            first=everybody.first.actor,
            second=everybody.second.actor,
            third=everybody.second.actor,
            head=everybody.head.actor,
            leader=everybody.leader.actor,
            keeper=everybody.keeper.actor,
            store=second,
            shelf=None,
            reward_key=everybody.reward_key,
        )
        async with paying(people, folder) as desk:
            payout = await desk.released(decode_id(reward, "TipoffReward"))
            await desk.reward_desk.pay()
            assert await state_of(payout.id) == PayoutState.CONFIRMED.value
            (movement,) = await desk.at_bank(payout.number)
    assert (movement["name"], movement["account"]) == (PAYEE.name, PAYEE.account)
    assert "举报" not in str(movement)


async def both_in_the_log_of_commands(everybody: Everybody, case: str, reward: str) -> list[str]:
    """List the commands whose digest somebody could confirm who tries every case with every reward."""
    (finding,) = await everybody.first.read("FINDING")
    known: Mapping[str, object] = {
        "tipoffRewardPropose": (finding["secret"], "3", "unit"),
        "tipoffRewardAnnounce": case,
        "tipoffRewardPay": reward,
    }
    logged = await store.rows("SELECT command, digest FROM command_log WHERE command LIKE 'tipoffReward%'")
    assert {row["command"] for row in logged} == set(known)
    return [row["command"] for row in logged if bytes(row["digest"]) != digest_of(known[row["command"]])]


def digest_of(asked: object) -> bytes:
    return sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()


async def leak(case_id: UUID, payout_id: UUID) -> None:
    """Write a line that names both sides: what looks for such a line has to find it."""
    await store.rows(
        "INSERT INTO audit (at, actor_kind, action, subject_kind, subject_id, detail)"
        " VALUES ($1, 'SYSTEM', 'leak', 'tipoff', $2, $3)",
        NOW,
        case_id,
        orjson.dumps({"payout": str(payout_id)}).decode(),
    )


async def report_with_a_photograph(everybody: Everybody) -> str:
    """Report something, send a photograph after it, and see what investigators read of both."""
    informant, first = everybody.informant, everybody.first
    told = await informant.report(**NAME)
    receipt, path = told["receipt"], told["evidencePath"]

    files = [("files", ("IMG_0042.jpg", a_jpeg(), "image/jpeg"))]
    sent = await informant.agency.http.post(path, data={"receipt": receipt}, files=files)
    assert (sent.status_code, sent.json()["taken"]) == (200, True)

    (report,) = await first.read("REPORT")
    assert (report["who"], report["named"]) == ("某康复医院", None)
    clean, original = await first.evidence("EVIDENCE_CLEAN"), await first.evidence("EVIDENCE_ORIGINAL")
    assert not [canary for canary in CANARIES if canary.encode() in clean]
    assert [canary for canary in CANARIES if canary.encode() in original], "The original is as it came."
    stranger = await informant.agency.http.get((await first.envelopes("EVIDENCE_CLEAN"))[0]["evidencePath"])
    assert stranger.status_code == 404
    return receipt


async def ask_and_answer(everybody: Everybody, receipt: str) -> None:
    first = everybody.first
    await first.keyed("TipoffWrite", id=(await first.case())["id"], text="是哪几个病区？", toInformant=True)
    box = await everybody.informant.do("TipoffLook", receipt=receipt.lower())
    assert [letter["text"] for letter in box["letters"]] == ["是哪几个病区？"]
    await everybody.informant.do("TipoffReply", receipt=receipt, text="二病区和三病区")

    assert (await everybody.second.read("FROM_INFORMANT"))[-1] == {"text": "二病区和三病区"}


async def find_true(everybody: Everybody) -> None:
    """Take it up, visit by two, and let one find and another confirm a loss of 380,000 yuan."""
    first, second = everybody.first, everybody.second
    case = await first.case()
    accepted = {"expectedVersion": case["version"], "accept": True, "letter": "已受理"}
    await first.keyed("TipoffDecide", id=case["id"], **accepted)
    readers = (await first.file())["readers"]
    assert [reader["name"] for reader in readers] == ["稽核乙", "稽核甲"]
    members = [reader["accountId"] for reader in readers]
    check = await first.keyed("TipoffCheckOrder", id=case["id"], members=members)
    await first.keyed("TipoffCheckReport", id=check["id"], text="现场核对床位")
    confirmed = await second.keyed("TipoffCheckConfirm", id=check["id"])
    assert confirmed["confirmedBy"] != confirmed["reportedBy"]

    offences = {one["offence"]: one for one in await first.ask("TipoffOffences")}
    assert (offences["provider_fraud"]["timesLeast"], offences["provider_fraud"]["timesMost"]) == (2, 5)
    found = {"offence": "provider_fraud", "amount": "380000.00", "text": "虚假住院 12 人次"}
    await first.keyed("TipoffFindTrue", id=case["id"], expectedVersion=(await first.case())["version"], **found)
    (sealed,) = await second.read("FINDING")
    assert (sealed["amount"], sealed["fine_least"], sealed["fine_most"]) == ("380000.00", "760000.00", "1900000.00")
    version = (await second.case())["version"]
    await second.keyed("TipoffFindingConfirm", id=case["id"], expectedVersion=version, letter="您举报的情况已查实")
    assert (await first.case())["state"] == "CONFIRMED"


async def reward_and_announce(everybody: Everybody, receipt: str) -> str:
    """Compute the reward of what was found, have it approved, and let the informant read of it."""
    first, case = everybody.first, await everybody.first.case()
    (finding,) = await first.read("FINDING")
    proposed = await first.keyed(
        "TipoffRewardPropose",
        id=case["id"],
        verified=finding["amount"],
        secret=finding["secret"],
        grade="3",
        accused="UNIT",
    )
    assert (proposed["amount"], [step["amount"] for step in proposed["steps"]]) == ("7600.00", ["380000.00", "7600.00"])
    assert all(step["source"] for step in proposed["steps"])
    assert await first.ask("MyTipoffRewards", states=["APPROVED"]) == []
    await everybody.head.approve("TIPOFF_REWARD", proposed["id"])
    (approved,) = await first.ask("MyTipoffRewards", states=["APPROVED"])
    assert approved["id"] == proposed["id"]
    assert await everybody.second.ask("MyTipoffRewards", states=["APPROVED"]) == [], "Somebody else proposed it."
    assert [one["id"] for one in await everybody.leader.ask("TipoffRewards", states=["APPROVED"])] == [approved["id"]]

    await first.keyed("TipoffRewardAnnounce", id=case["id"], rewardId=approved["id"])
    box = await everybody.informant.do("TipoffLook", receipt=receipt)
    assert "奖励金额 7600.00 元" in box["letters"][0]["text"]
    return approved["id"]


async def open_the_name(everybody: Everybody) -> None:
    """Let two people read who the informant is, after a second one allowed it."""
    case = await everybody.first.case()
    opening = await everybody.first.keyed("TipoffOpeningAsk", id=case["id"], what="IDENTITY", reason="TELL_DECISION")
    refused = await everybody.leader.ask("TipoffRecordOpen", input={"id": opening["id"]})
    assert [error["code"] for error in refused["errors"]] == ["TIPOFF_NOT_FOUND"], "Nobody has allowed it yet."
    await everybody.leader.approve("TIPOFF_OPENING", opening["id"])
    (allowed,) = await everybody.head.ask("TipoffOpenings", states=["APPROVED"])
    assert allowed["id"] == opening["id"]

    halves: list[bytes] = []
    for holder in (everybody.head, everybody.leader):
        record = await holder.do("TipoffRecordOpen", id=opening["id"])
        (private,) = holder.private.values()
        halves.append(tipoffs.unwrap(base64.b64decode(record["wrapped"]), private, record["place"]))
        with pytest.raises(InvalidTag):
            tipoffs.open_sealed(base64.b64decode(record["content"]), halves[-1], record["place"])
    one, other = halves
    told = tipoffs.open_by_two(base64.b64decode(record["content"]), (one, other), record["place"])
    assert orjson.loads(told) == NAME
