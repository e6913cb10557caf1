"""The headings and job titles of exports: Arbor, SIMS, Bromcom, KAMAR, PowerSchool, Google, Entra."""

from __future__ import annotations

import re

from bot.model import Role
from bot.rules.spelling import folded

ALIASES = {
    "school": (
        *("schoolname", "establishmentname", "establishment", "organisationname", "organizationname"),
        *("organisation", "organization", "academyname", "academy", "sitename", "site", "campus"),
        *("companyname", "company"),
    ),
    "given_name": (
        *("preferredforename", "preferredfirstname", "preferredgivenname", "chosenforename"),
        *("forename", "firstname", "legalforename", "legalfirstname", "givennames", "first"),
    ),
    "family_name": (
        *("preferredsurname", "preferredlastname", "preferredfamilyname", "chosensurname"),
        *("surname", "lastname", "legalsurname", "legallastname", "last"),
    ),
    "name": (
        *("fullname", "displayname", "staffname", "teachername", "employeename", "personname"),
        "staffmember",
    ),
    "email": (
        *(
            "workemail",
            "workemailaddress",
            "schoolemail",
            "schoolemailaddress",
            "emailaddress",
            "primaryemail",
        ),
        *("primaryemailaddress", "mainemail", "emailaddr", "userprincipalname", "upn", "mail"),
    ),
    "role": (
        *(
            "jobtitle",
            "jobtitles",
            "position",
            "positions",
            "posttitle",
            "post",
            "jobrole",
            "staffrole",
            "roles",
        ),
        *("employeetitle", "businessrole", "businessroles", "job", "orgunitpath"),
    ),
    "state": ("accountenabled", "accountstatus", "status", "employmentstatus", "active"),
    "left_on": ("leavingdate", "dateofleaving", "leavedate", "employmentenddate", "enddate", "dateleft"),
}
"""Other headings for a column, the best first. `state` and `left_on` are read in exports alone."""

LEFT = frozenset(
    {"false", "no", "0", "suspended", "archived", "inactive", "disabled", "left", "leaver", "former"}
)
"""States of people who are no longer there."""

_PRINCIPAL = re.compile(
    r"(?:(?:executive|acting|interim|co) )?(?:head ?teacher|head ?master|head ?mistress|principal|head of school|head"
    r"|pennaeth|tumuaki)"
)
_TEACHER = re.compile(r"\b(?:teachers?|schoolteacher|athro|athrawes|athrawon|kaiako|múinteoir)\b")
_DOUBTFUL = re.compile(
    r"\bhead ?teachers?\b|\b(?:assistant|trainee|student|supply|cover|former|support|deputy|vice|pupils?)\b"
)
_PARTS = re.compile(r"[;,/|+]| and ")
_TITLE = re.compile(
    r"(?:mr|mrs|ms|miss|mx|dr|prof(?:essor)?|sir|dame|rev|revd|whaea|matua)\.? ", re.IGNORECASE
)
WHOLE_NAME = {"given_name": "name", "family_name": "name"}
"""A column of whole names stands in for two columns."""


def parts_of(name: str) -> tuple[str, str] | None:
    """Return the given and the family name of a whole name: `Ash, Ann` or `Ms Ann Ash`; None where it isn't plain."""
    family, comma, given = (each.strip() for each in " ".join(name.split()).partition(","))
    if comma:
        given = _TITLE.sub("", f"{given} ", count=1).strip()
        return (given, family) if given and family and "," not in given else None
    words = _TITLE.sub("", f"{family} ", count=1).split()
    return (words[0], words[1]) if len(words) == 2 else None


def roles_of(title: str) -> tuple[Role, ...]:
    """Return the roles that a job title names without doubt: `Class teacher; coordinator` names two, `Cook` none."""
    roles = []
    for part in map(str.strip, _PARTS.split(folded(title))):
        if part in {*Role}:
            roles.append(Role(part))
        elif _PRINCIPAL.fullmatch(part):
            roles.append(Role.PRINCIPAL)
        elif _TEACHER.search(part) and not _DOUBTFUL.search(part):
            roles.append(Role.TEACHER)
    return tuple(dict.fromkeys(roles))
