"""Whoever asks why is told what lists, records and writes do, by the rule that decides; and nothing of what is not theirs."""

from itertools import product

from tests.support.offers import OFFER, PART, SCOPES, Offers, listed
from trellis.services.access.explaining import explain

PEOPLE = ("Ann", "Ben", "Cat", "Dan")
RECORDS = ("Ann open", "Ben open", "Cat open", "Dan open", "Cat large", "Stray")


async def explained(offers: Offers, person: str, entity: str, action: str) -> set[str]:
    """The same as it is explained."""
    suffix = "" if entity == OFFER else " part"
    ids = [offers.id(name + suffix) for name in RECORDS]
    proofs = [await explain(offers.system, offers.id(person), entity, record, action) for record in ids]
    return {record for record, proof in zip(ids, proofs, strict=True) if proof.allowed}


async def test_what_is_explained_is_what_lists_show(offers: Offers) -> None:
    await offers.share("Ben open", f"u:{offers.id('Cat')}", "edit")
    await offers.share("Dan open", f"b:{offers.id('Head')}", "delete")
    await offers.share("Ann open", f"u:{offers.id('Cat')}", until=1)
    for scope, name in product(SCOPES, PEOPLE):
        await offers.give(name, scope.lower())
        subject = await offers.office.as_(name, scope.lower())
        for entity, actions in ((OFFER, ("read", "edit", "delete")), (PART, ("read", "delete"))):
            for action in actions:
                assert await explained(offers, name, entity, action) == await listed(subject, entity, action)
