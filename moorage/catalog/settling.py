"""What an order of a blueprint of any kind comes to. Pure."""

from moorage.catalog import answers, check
from moorage.catalog.app import App, Orderable
from moorage.catalog.check import Settled
from moorage.kit.errors import Invalid
from moorage.kit.faults import Faults
from moorage.kit.i18n import joined

MOST_MEMORY_MIB = 1 << 20


def settle(
    blueprint: Orderable,
    config: object = None,
    *,
    memory_mib: int | None = None,
    cpus: float | None = None,
    version: str | None = None,
) -> Settled:
    """Return what the order comes to. Raises Invalid with every field that is wrong.

    config: any JSON; of an app, its settings.
    """
    if not isinstance(blueprint, App):
        return check.settle(blueprint, config, memory_mib=memory_mib, cpus=cpus, version=version)
    faults = Faults()
    with faults.noted():
        variables = answers.variables(blueprint, config, version=version)
    with faults.noted():
        _check_limits(blueprint, memory_mib, cpus)
    faults.check()
    chosen = variables.pop("MOORAGE_VERSION")
    asked = blueprint.questions.get("properties", {})
    hidden = {name for name in variables if asked.get(name, {}).get("writeOnly")}
    given = {name: variables.pop(name) for name in hidden}
    return Settled(
        options=variables,
        secrets={**answers.new_secrets(blueprint), **given},
        memory_mib=memory_mib or blueprint.needs.memory_mib,
        cpus=blueprint.cpus.default if cpus is None else cpus,
        versions=(chosen,),
    )


def _check_limits(app: App, memory_mib: int | None, cpus: float | None) -> None:
    fields = {}
    least, share = app.needs.memory_mib, app.cpus
    if memory_mib is not None and not least <= memory_mib <= MOST_MEMORY_MIB:
        fields["memory_mib"] = check.out_of_range("memory_mib", least, MOST_MEMORY_MIB, memory_mib)
    if cpus is not None and not share.min <= cpus <= share.max:
        fields["cpus"] = check.out_of_range("cpus", f"{share.min:g}", f"{share.max:g}", cpus)
    if fields:
        raise Invalid(joined(" ", fields.values()), fields=fields)
