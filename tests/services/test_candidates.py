from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write


async def made(context: Context, entity: str, *rows: dict[str, str]) -> list[str]:
    return [outcome.id for outcome in await write(context, entity, [Create(row) for row in rows])]


async def test_candidates_are_found_behind_many_that_do_not_fit(system: Context) -> None:
    small, large = await made(system, "sales.account", {"name": "Small"}, {"name": "Large"})
    await made(system, "sales.contact", {"name": "Harriet", "account": small})
    await made(system, "sales.contact", *({"name": f"N{number}", "account": large} for number in range(120)))

    found = await queries.candidates(system, "sales.opportunity", "primary_contact", "", {"account": small}, limit=12)

    assert [choice.label for choice in found] == ["Harriet"]
