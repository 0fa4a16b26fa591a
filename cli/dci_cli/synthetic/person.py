"""A synthetic person, as canonical JSON."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from typing import Any

from dci_cli.local.demo_names import Community
from dci_cli.synthetic import odds
from dci_cli.synthetic.odds import chance, pick
from dci_common.registry.model.base import MaritalStatus, Sex

Fields = dict[str, Any]

TODAY = date(2026, 1, 15).toordinal()  # a fixed day, so that the population is always the same
YEAR = 365.25  # days
_AT_SCHOOL, _WORKING, ADULT, _GRADUATE, _OLD = 6, 15, 18, 30, 65  # years
_POOR, _WELL_OFF = -0.5, 1  # welfare
_LOW, _MIDDLE = 1000, 4000  # a year's income


@dataclass(frozen=True, slots=True)
class Home:
    """What the people of a household share. `welfare` is a standard normal deviate, lower for a poorer household."""

    community: Community
    district: str
    surname: str
    welfare: float
    registered: int  # the day


@dataclass(frozen=True, slots=True)
class Inhabitant:
    """What a household determines about a person. `age` is in years."""

    age: float
    sex: Sex
    marital_status: MaritalStatus | None
    died: int | None = None  # the day
    relatives: tuple[tuple[str, str], ...] = ()  # relationship type, person id

    @property
    def born(self) -> int:
        """The day of birth."""
        return TODAY - int(self.age * YEAR)


def make_person(draw: random.Random, number: int, home: Home, who: Inhabitant) -> Fields:
    """Return the person with this number, the same for the same state of `draw`."""
    person: Fields = {"id": person_id(number), "name": _name(draw, home, who), "sex": _sex(draw, who.sex)}
    person |= _identity(draw, number, who) | _contacts(draw, number, home, who) | _origin(draw, home, who)
    person |= _schooling_and_work(draw, home, who) | _limitations(draw, who.age)
    if who.marital_status:
        person["marital_status"] = who.marital_status
    if who.relatives:
        person["related_persons"] = [
            {"relationship_type": type_, "person_id": relative} for type_, relative in who.relatives
        ]
    if chance(draw, 0.3):
        person["restricted"] = True
    return person | stamps(draw, max(home.registered, who.born))


def person_id(number: int) -> str:
    """Return the id of the person with this number."""
    return f"p{number:08}"


def stamps(draw: random.Random, registered: int) -> Fields:
    """Return the dates of a record's registration and last change."""
    changed = TODAY - int(draw.random() ** 3 * (TODAY - registered))
    minutes = int(draw.random() * 24 * 60)
    return {
        "registration_date": iso(registered),
        "last_updated": f"{iso(changed)}T{minutes // 60:02}:{minutes % 60:02}:00Z",
    }


def phone_number(draw: random.Random, community: Community) -> str:
    """Draw a phone number; two people may get the same one."""
    return f"{community.phone_prefix}{int(draw.random() * 10_000_000):07}"


def iso(day: int) -> str:
    """Return a day as the standard writes it."""
    return date.fromordinal(day).isoformat()


def _sex(draw: random.Random, sex: Sex) -> Sex:
    if chance(draw, 99.6):
        return sex
    return "unknown" if chance(draw, 75) else "other"


def _name(draw: random.Random, home: Home, who: Inhabitant) -> Fields:
    given_names = home.community.given_names[who.sex]
    name = {"surname": home.surname, "given_name": pick(draw, given_names)}
    if chance(draw, 30):
        name["second_name"] = pick(draw, given_names)
    if who.sex == "female" and who.marital_status in {"M", "W"} and chance(draw, 50):
        name["maiden_name"] = pick(draw, home.community.surnames)
    if chance(draw, 1):
        name |= {"prefix": "Dr."} if who.age > _GRADUATE else {"suffix": "Jr."}
    return name


def _identity(draw: random.Random, number: int, who: Inhabitant) -> Fields:
    # Ten digits that are unique for each number: the prime does not divide the modulus.
    digits = number * 2_654_435_761 % 9_000_000_000 + 1_000_000_000
    adult = who.age >= ADULT
    values = {
        "UIN": f"{digits}" if chance(draw, 96) else None,
        "NIN": f"N{digits}" if adult and chance(draw, 70) else None,
        "National ID": f"{digits}{number % 97:02}" if adult and chance(draw, 25) else None,
        "BRN": f"BR-{digits}" if not adult and chance(draw, 85) else None,
        "MRN": f"MR-{digits}" if who.marital_status == "M" and chance(draw, 30) else None,
        "DRN": f"DR-{digits}" if who.died else None,
    }
    identifiers = [{"identifier_type": type_, "identifier_value": value} for type_, value in values.items() if value]
    return {"identifiers": identifiers} if identifiers else {}


def _contacts(draw: random.Random, number: int, home: Home, who: Inhabitant) -> Fields:
    if who.age < _WORKING or who.died:
        return {}
    contacts: Fields = {}
    if chance(draw, 65 + 10 * home.welfare):
        numbers = 2 if chance(draw, 10) else 1
        contacts["phone_numbers"] = [phone_number(draw, home.community) for _ in range(numbers)]
    if chance(draw, 15 + 10 * home.welfare):
        contacts["emails"] = [f"person{number}@example.org"]
    return contacts


def _origin(draw: random.Random, home: Home, who: Inhabitant) -> Fields:
    places = home.community.places
    origin: Fields = {"birth_place": home.district if chance(draw, 80) else pick(draw, places)}
    if chance(draw, 98.5):  # some birth dates are unknown
        origin["birth_date"] = iso(who.born)
    if who.died:
        origin["death_date"] = iso(who.died)
    languages = [odds.LANGUAGES[home.community.region], "en"]
    return origin | {"language_codes": languages if chance(draw, 20) else languages[:1]}


def _schooling_and_work(draw: random.Random, home: Home, who: Inhabitant) -> Fields:
    if who.age < _AT_SCHOOL:
        return {}
    if who.age < _WORKING:
        return {"education_level": "primary", "employment_status": "student"}
    wealth = 0 if home.welfare < _POOR else 1 if home.welfare < _WELL_OFF else 2
    education = pick(draw, odds.EDUCATION[wealth])
    status = pick(draw, odds.EMPLOYMENT) if who.age < _OLD or chance(draw, 35) else "retired"
    life: Fields = {"education_level": education, "employment_status": status}
    if status not in {"self_employed", "employed"}:
        return life
    income = round(draw.lognormvariate(7.0 + 0.5 * home.welfare + odds.EARNINGS[education], 0.5), 2)
    level = "low" if income < _LOW else "middle" if income < _MIDDLE else "high"
    return life | {"occupation": pick(draw, odds.OCCUPATIONS[education]), "income": income, "income_level": level}


def _limitations(draw: random.Random, age: float) -> Fields:
    if chance(draw, 15):
        return {}  # not surveyed
    if not chance(draw, 2 if age < ADULT else 6 if age < _OLD else 28):
        return {"is_disabled": False}
    types = {pick(draw, odds.LIMITATIONS) for _ in range(2 if chance(draw, 30) else 1)}
    info = [
        {"disability_limitation_type": type_, "functional_severity": pick(draw, odds.SEVERITIES)}
        for type_ in sorted(types)
    ]
    return {"is_disabled": True, "disability_info": info}
