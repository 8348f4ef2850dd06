"""The words of people and registrations on the wire: their enums, and descriptions that many fields share."""

from __future__ import annotations

from typing import Final

from api.schema.enums import enum
from domain import residents
from domain.identifiers import CertificateKind

KEY: Final = "请求标识，重复提交得到同一结果。 Makes the request safe to repeat."
VERSION: Final = "所见版本；已变更时拒绝。 The version that was read; a changed one is refused."
ERRORS: Final = "全部问题。 Every refusal at once."

RegistrationChannel = enum(
    residents.RegistrationChannel,
    "登记渠道。 Where a registration was filed.",
    ONLINE="线上，由监护人办理。 Online, by a guardian.",
    WINDOW="经办窗口。 At a window of the agency.",
    SCHOOL="学校集中办理。 By a school.",
    COMMUNITY="村（社区）办理。 By the community.",
)
RegistrationState = enum(
    residents.RegistrationState,
    "登记状态。 Where a registration stands.",
    SUBMITTED="已提交，待审核。 Filed, waits for its check.",
    RETURNED="已一次性告知，待补正。 Sent back once with all its faults.",
    CHECKED="已初审，待复核。 Checked, waits for its second person.",
    APPROVED="已通过，登记完成。 Approved: the person is registered.",
    REJECTED="不予通过。 Rejected, with the reason.",
    WITHDRAWN="申请人已撤回。 Taken back by the applicant.",
)
HouseholdRole = enum(
    residents.HouseholdRole,
    "与户主关系。 The place in the household register.",
    HEAD="户主。 The head.",
    SPOUSE="配偶。 The head's spouse.",
    CHILD="子女。 A child.",
    PARENT="父母。 A parent.",
    OTHER="其他。 Somebody else.",
)
Relation = enum(
    residents.Relation,
    "办理人与本人关系（agnter_rlts）。 What who acts is to the person acted for.",
    SPOUSE="配偶（1）。 Spouse.",
    CHILD="子女（2）。 Child.",
    GRANDCHILD="孙子女（4）。 Grandchild.",
    PARENT="父母（5）。 Parent.",
    GRANDPARENT="祖父母（6）。 Grandparent.",
    SIBLING="兄弟姐妹（7）。 Sibling.",
    RELATIVE="其他亲属（8）。 Another relative.",
    UNRELATED="非亲属（9）。 No relative.",
)
FormField = enum(
    residents.FormField,
    "登记表的栏目。 The fields of a registration form.",
    NAME="姓名。 Name.",
    SEX="性别。 Sex.",
    BORN_ON="出生日期。 Day of birth.",
    DOCUMENT_TYPE="证件类型。 Kind of document.",
    DOCUMENT_NUMBER="证件号码。 Number of the document.",
    PHONE="手机号码。 Mobile number.",
    COMMUNITY_CODE="村（社区）。 Community.",
    HOUSEHOLD_NUMBER="户号。 Number of the household.",
    ADDRESS="户地址。 Address of the household.",
    HOUSEHOLD_ROLE="与户主关系。 Place in the household.",
    GUARDIAN_ID="监护人。 Guardian.",
    RELATION="监护人与本人关系。 What the guardian is to the child.",
    TAKES_PART_FROM="参保日期。 First day of taking part.",
    EVIDENCE="证明材料。 Evidence.",
)
Certificate = enum(
    CertificateKind,
    "证件类型（psn_cert_type）。 The kind of a document.",
    RESIDENT_ID="居民身份证或户口簿（01）。 Resident identity card or household register.",
    HONG_KONG_PERMIT="香港居民来往内地通行证（04）。 Travel permit of a Hong Kong resident.",
    MACAO_PERMIT="澳门居民来往内地通行证（05）。 Travel permit of a Macao resident.",
    TAIWAN_PERMIT="台湾居民来往大陆通行证（06）。 Travel permit of a Taiwan resident.",
    FOREIGN_RESIDENT_ID="外国人永久居留身份证（07）。 Foreigner's permanent resident card.",
    FOREIGN_PASSPORT="外国护照（08）。 A passport of another country.",
    RESIDENCE_PERMIT="港澳台居民居住证（17）。 Residence permit of a Hong Kong, Macao or Taiwan resident.",
    BIRTH_CERTIFICATE="出生医学证明（990201）。 Birth certificate of a newborn.",
)
