"""Where a member stands, for whom nothing is open: the facts and the next steps of each place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.message import Button
from bot.model import CommandName, Cycle, FormName, Intent, Member, School
from bot.prompts import Voice
from bot.say.basics import opens, runs


class Place(StrEnum):
    """The place of a member for whom nothing is open."""

    NOWHERE = "nowhere"
    INVITED = "invited"
    JOINED = "joined"
    MATCHED = "matched"
    RUNNING = "running"
    CLOSED = "closed"
    COORDINATOR = "coordinator"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPlace:
    """Where a member stands, and the people around them."""

    place: Place
    cycle: Cycle | None
    school: School
    pairing_id: int | None
    partners: tuple[Member, ...]
    partner_schools: tuple[str, ...]
    """The partners' schools, in the order of the partners."""
    coordinator: str
    """The name of a coordinator who is not the member; empty if there is none."""


def partner_names(voice: Voice, place: MemberPlace) -> str:
    """Return the partners' given names as a phrase; empty without a partner."""
    return voice.listing([each.given_name for each in place.partners]) if place.partners else ""


def place_facts(voice: Voice, place: MemberPlace) -> dict[str, str]:
    """Return the facts of a place that its texts may name."""
    return {
        "partner": partner_names(voice, place),
        "cycle": place.cycle.name if place.cycle else "",
        "coordinator": place.coordinator or voice.text("typed.your-coordinator"),
    }


def next_steps(voice: Voice, place: MemberPlace) -> tuple[Button, ...]:
    """Return the buttons of what can be done from this place."""
    tell = tell_button(voice, place)
    status = runs(voice, "button.status", CommandName.STATUS)
    match place.place:
        case Place.INVITED:
            return (
                runs(voice, "button.join", CommandName.JOIN, primary=True),
                runs(voice, "button.decline", CommandName.DECLINE),
                runs(voice, "meant.help", CommandName.MEANT, Intent.HELP),
            )
        case Place.JOINED:
            return (opens(voice, "button.profile", FormName.PROFILE), status)
        case Place.MATCHED | Place.RUNNING | Place.CLOSED:
            return (*tell, status, runs(voice, "button.help", CommandName.HELP))
        case Place.COORDINATOR:
            return (status, runs(voice, "button.help", CommandName.HELP))
        case Place.PRINCIPAL:
            return (
                runs(voice, "button.digest", CommandName.DIGEST),
                runs(voice, "button.help", CommandName.HELP),
            )
        case Place.NOWHERE:
            return (status, runs(voice, "button.help", CommandName.HELP))


def tell_button(voice: Voice, place: MemberPlace) -> tuple[Button, ...]:
    """Return the button that writes to the partners; none without a partner."""
    if place.pairing_id is None:
        return ()
    partner = partner_names(voice, place)
    return (opens(voice, "button.tell", FormName.TELL, place.pairing_id, partner=partner),)
