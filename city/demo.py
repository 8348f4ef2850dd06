"""The people who can log in: the same in every city, whatever its seed. Nobody of them exists.

Their families are the first households of the first community. All share one password, which is good for nothing
but a synthetic city: a database that holds other people is never given these accounts.
"""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from city.contributions import RELIABLE, Behaviour
from city.families import Member
from city.papers import Mint
from city.places import REGIONS
from city.rows import Mandate
from domain.errors import Text
from domain.identifiers import Sex

PASSWORD: Final = "yibao-demo-2026"  # noqa: S105 - printed on the screen, for people who do not exist
OFFICE: Final = "市医保经办中心"
HOSPITAL_CODE: Final = "H33090000001"
HOSPITAL_NAME: Final = "东屿示范医院"
"""Where the people of the demo are treated."""
REGION: Final = "330900"
"""The staff of the demo work for the whole city, so that nobody wonders where a file has gone."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A log-in of the demo: who it is and what to try with it."""

    account: str
    name: str
    who: Text
    tries: Text
    household: int | None = None
    """The number of the household among those below; staff have none."""
    member: int = 0
    roles: tuple[str, ...] = ()

    @property
    def password(self) -> str:
        """The password that all of them share."""
        return PASSWORD

    @property
    def secret(self) -> str | None:
        """The secret of the one-time codes of staff, in base32, as public as the password; residents have none."""
        if self.household is not None:
            return None
        return b32encode(f"yibao-demo-{self.account}".encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class DemoNewborn:
    """A child that is born but not registered: what the parent types in."""

    name: str
    sex: Sex
    born_on: date
    birth_certificate: str


@dataclass(frozen=True, slots=True)
class DemoHousehold:
    """One of the first households: its members with their names, and how it pays."""

    members: tuple[tuple[str, Member], ...]
    behaviour: Behaviour = RELIABLE
    employees: tuple[tuple[int, date], ...] = ()
    """Who is insured as an employee, since when."""
    category: str | None = None


HOUSEHOLDS: Final = (
    DemoHousehold(
        members=(
            ("林小舟", Member("HEAD", Sex.FEMALE, date(1991, 5, 12))),
            ("陈海平", Member("SPOUSE", Sex.MALE, date(1989, 9, 3))),
            ("陈一帆", Member("CHILD", Sex.MALE, date(2018, 3, 20), (0, 1), "5")),
        ),
        employees=((1, date(2014, 7, 1)),),
    ),
    DemoHousehold(
        members=(
            ("岳长青", Member("HEAD", Sex.MALE, date(1946, 2, 11))),
            ("闻秀岚", Member("SPOUSE", Sex.FEMALE, date(1948, 10, 30))),
        )
    ),
    DemoHousehold(
        members=(("岳小岚", Member("HEAD", Sex.FEMALE, date(1973, 6, 8))),),
        behaviour=RELIABLE._replace(skips=frozenset({2025})),
    ),
    DemoHousehold(members=(("高平安", Member("HEAD", Sex.MALE, date(1969, 11, 25))),), category="2303"),
)

_PEOPLE: Final = (
    DemoPerson(
        account="parent",
        name="林小舟",
        household=0,
        who=Text(
            "家长，孩子陈一帆已参保，新生儿待登记", "A parent; her son is insured, her newborn is yet to be registered"
        ),
        tries=Text(
            "登记新生儿，再为自己和孩子缴 2027 年度的费", "Register the newborn, then pay for 2027 for the family"
        ),
    ),
    DemoPerson(
        account="elder",
        name="岳长青",
        household=1,
        who=Text("老年居民，已委托女儿代办", "An elder who lets his daughter act for him"),
        tries=Text("看谁可以代办、谁看过自己的档案", "See who may act for him and who has read his file"),
    ),
    DemoPerson(
        account="delegate",
        name="岳小岚",
        household=2,
        who=Text("岳长青的女儿，代办人；2025 年断保", "His daughter and delegate; she missed 2025"),
        tries=Text("替父亲缴费；看自己为何有等待期", "Pay for her father; see why she had to wait for cover"),
    ),
    DemoPerson(
        account="lowincome",
        name="高平安",
        household=3,
        who=Text("低保对象，个人缴费由政府资助", "On the minimum-living list; government pays his part"),
        tries=Text("看账单为何应缴 0.00 元", "See why his bill is 0.00"),
    ),
    DemoPerson(
        account="clerk",
        name="甲经办",
        roles=("CLERK",),
        who=Text("经办人员", "A clerk"),
        tries=Text("审核参保登记，一次告知全部问题", "Check registrations and name all faults at once"),
    ),
    DemoPerson(
        account="reviewer",
        name="乙复核",
        roles=("REVIEWER",),
        who=Text("复核人员", "A reviewer"),
        tries=Text("复核甲经办审核过的登记", "Decide what the clerk has checked"),
    ),
    DemoPerson(
        account="confirmer",
        name="子复核",
        roles=("REVIEWER",),
        who=Text("复核人员", "Another reviewer"),
        tries=Text("复核乙复核签批过的报销", "Confirm a claim after the first reviewer"),
    ),
    DemoPerson(
        account="head",
        name="戊主任",
        roles=("CENTRE_HEAD",),
        who=Text("中心负责人", "The head of the centre"),
        tries=Text("生成全市 2027 年度应缴账单", "Make the bills of 2027 for the whole city"),
    ),
    DemoPerson(
        account="cashier",
        name="丙出纳",
        roles=("CASHIER",),
        who=Text("窗口收费人员", "A cashier"),
        tries=Text("在窗口收一笔居民缴费", "Take a payment at the counter"),
    ),
    DemoPerson(
        account="accountant",
        name="丁会计",
        roles=("ACCOUNTANT",),
        who=Text("基金会计", "An accountant"),
        tries=Text("核对试算平衡表，找到刚才那一分钱", "Read the trial balance and find the payment in it"),
    ),
    DemoPerson(
        account="system",
        name="庚系统",
        roles=("SYSTEM_ADMINISTRATOR",),
        who=Text("系统管理员", "A system administrator"),
        tries=Text(
            "申请开设账号或登记机构公钥，自己不能确认",
            "Ask for an account or an institution's key, which somebody else confirms",
        ),
    ),
    DemoPerson(
        account="security",
        name="辛安全",
        roles=("SECURITY_ADMINISTRATOR",),
        who=Text("安全管理员", "A security administrator"),
        tries=Text("决定系统管理员提出的账号和密钥变更，解除锁定", "Decide what the system administrator asked for"),
    ),
    DemoPerson(
        account="auditor",
        name="己审计",
        roles=("AUDITOR",),
        who=Text("审计人员", "An auditor"),
        tries=Text("查阅账簿，不能改动", "Read the books without being able to change them"),
    ),
    DemoPerson(
        account="leader",
        name="癸分管",
        roles=("DIVISION_LEADER",),
        who=Text("分管领导", "The leader of the division"),
        tries=Text("确认中心负责人的请假与代岗", "Confirm the leave of the head of the centre"),
    ),
    DemoPerson(
        account="auditadmin",
        name="壬审计",
        roles=("AUDIT_ADMINISTRATOR",),
        who=Text("审计管理员", "The audit administrator"),
        tries=Text("查看谁何时登录、谁改了岗位", "See who logged in when, and whose posts changed"),
    ),
    DemoPerson(
        account="investigator",
        name="寅稽查",
        roles=("INVESTIGATOR",),
        who=Text("举报办理人员", "An investigator"),
        tries=Text("打开一件举报：docs/guides/tipoffs.md", "Open a report: docs/guides/tipoffs.md"),
    ),
    DemoPerson(
        account="coinvestigator",
        name="卯稽查",
        roles=("INVESTIGATOR",),
        who=Text("举报办理人员", "Another investigator"),
        tries=Text("与寅稽查一起实地核查，确认认定", "Visit together with the first, and confirm the finding"),
    ),
)


def demo_people() -> tuple[DemoPerson, ...]:
    """Give the log-ins in the order in which they are worth trying."""
    return _PEOPLE


def demo_child() -> str:
    """Give the name of the demo parent's child, who is insured."""
    return HOUSEHOLDS[0].members[2][0]


def demo_child_document() -> str:
    """Give the identity number of that child: the first of that day and sex in the first region."""
    _, member = HOUSEHOLDS[0].members[2]
    return Mint().resident_id(REGIONS[0], born_on=member.born_on, sex=member.sex)


def demo_newborn(today: date) -> DemoNewborn:
    """Give the child that the demo parent registers: born three weeks ago, known by a birth certificate."""
    return DemoNewborn("陈小满", Sex.FEMALE, today - timedelta(days=21), "Z330999001")


def demo_mandate(serial: int) -> Mandate:
    """Let the daughter act for her father for a year, which is as long as it may be."""
    return Mandate(
        serial=serial,
        kind="DELEGATE",
        holder=_serial_of("delegate"),
        subject=_serial_of("elder"),
        relation="2",
        starts=date(2026, 10, 12),
        ends=date(2027, 10, 12),
        evidence="代办委托书",
    )


def person_of(person: DemoPerson) -> int | None:
    """Give the serial of the resident behind a log-in, or nothing for staff."""
    return None if person.household is None else _serial_of(person.account)


def demo_document_number(person: DemoPerson) -> str:
    """Give the identity number of a resident who can log in: the first of that day and sex in the first region."""
    assert person.household is not None, "Staff live in no household of the city."
    _, member = HOUSEHOLDS[person.household].members[person.member]
    return Mint().resident_id(REGIONS[0], born_on=member.born_on, sex=member.sex)


def _serial_of(account: str) -> int:
    """Their households are settled first, so their serials are those of the first people."""
    person = next(person for person in _PEOPLE if person.account == account)
    assert person.household is not None, "Staff live in no household of the city."
    return 1 + sum(len(household.members) for household in HOUSEHOLDS[: person.household]) + person.member
