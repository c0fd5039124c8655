"""The shape of a policy file beyond what pydantic tells: keys by place, what still stands of a broken file, the JSON schema."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from secureprofile.policy.anonymity import Anonymity
from secureprofile.policy.descriptions import describe_keys
from secureprofile.policy.model import About, Dataset, Domain, Policy, Purpose, Recipient
from secureprofile.vocabulary import DATA_CATEGORIES, DATA_USES, LAWFUL_BASES, REGIONS

T = TypeVar("T", bound=BaseModel)
S = TypeVar("S", Recipient, Anonymity)


def known_keys(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that may stand at a place of pydantic's error locations (which name the member of a union).

    Example:
        >>> known_keys(("purposes", "p", "budget"))
        ['epsilon', 'delta']
        >>> known_keys(("purposes", "p", "allow", "user.name", "mask"))
        ['kind', 'keep_first', 'keep_last', 'pattern']
    """
    here: Any = Policy
    for step in location:
        here = _inside(here, step)
    members = [member for member in _members(here) if _is_model(member)]
    return list(members[0].model_fields) if len(members) == 1 else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _members(kind: Any) -> list[Any]:
    """Return the types that a type stands for: itself, or those of a union; annotations and None aside."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in (None, dict, tuple, Literal):
        return [] if kind is type(None) else [kind]
    return [member for argument in get_args(kind) for member in _members(argument)]


def _inside(kind: Any, step: int | str) -> Any:
    members = _members(kind)
    for member in members:
        if get_origin(member) is dict:
            return get_args(member)[1]
        if get_origin(member) is tuple:
            return get_args(member)[0]
        if len(members) > 1 and _is_model(member) and member.model_fields["kind"].default == step:
            return member
        if len(members) == 1 and _is_model(member) and step in member.model_fields:
            return member.model_fields[str(step)].annotation
    return None


def partial(value: Any) -> Policy:
    """Return what is whole of a policy whose shape is wrong elsewhere, so that one run tells everything.

    What is broken is left out, or stands as a blank that no check minds where others refer to it by name.
    """
    root = _mapping(value)
    about = _whole(About, root.get("policy")) or About.model_construct(id="", version=1, owner="", jurisdiction=())
    blank = Domain.model_construct(unit="", population=1, epsilon=Decimal("Infinity"), delta=Decimal("0.999"))
    domains = {name: _whole(Domain, body) or blank for name, body in _mapping(root.get("domains")).items()}
    purposes = _parts(Purpose, root.get("purposes"))
    datasets = _parts(Dataset, root.get("datasets"))
    broken = set(_mapping(root.get("purposes"))) - set(purposes)
    unsure = {name for name, purpose in purposes.items() if broken.intersection(purpose.reveals)}
    purposes = {name: purpose for name, purpose in purposes.items() if name not in unsure}
    broken |= unsure
    lost = set(_mapping(root.get("datasets"))) - set(datasets)
    nobody = Recipient.model_construct(agreement="", expires="9999-12-31")
    recipients = {name: _whole(Recipient, body) or nobody for name, body in _mapping(root.get("recipients")).items()}
    return Policy.model_construct(
        secureprofile=1,
        defaults="deny",
        policy=about,
        roles={role: tuple(who) for role, who in _mapping(root.get("roles")).items() if isinstance(who, list)},
        domains=domains,
        datasets=datasets,
        purposes=purposes,
        recipients={name: _without(body, broken) for name, body in recipients.items()},
        anonymity={
            name: _without(body, broken)
            for name, body in _parts(Anonymity, root.get("anonymity")).items()
            if name not in lost and not (body.purposes and broken.issuperset(body.purposes))
        },
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(model: type[T], value: Any) -> T | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _without(part: S, broken: set[str]) -> S:
    """Return a recipient, or rules of anonymity, that do not speak of purposes which are there, but broken."""
    return part.model_copy(update={"purposes": tuple(p for p in part.purposes if p not in broken)})


def _parts(model: type[T], value: Any) -> dict[str, T]:
    parts = {name: _whole(model, body) for name, body in _mapping(value).items()}
    return {name: part for name, part in parts.items() if part is not None}


def policy_schema() -> dict[str, Any]:
    """Return the JSON schema: pydantic's, with the short forms that people write and the words that ``policy check`` knows."""
    schema = Policy.model_json_schema()
    parts = schema["$defs"]
    parts["Purpose"]["properties"]["allow"]["propertyNames"] = {"enum": sorted(DATA_CATEGORIES)}
    parts["Purpose"]["properties"]["data_use"]["enum"] = sorted(DATA_USES)
    bases = parts["Purpose"]["properties"]["lawful_basis"]
    bases["properties"] = {law: {"type": "string", "enum": list(known)} for law, known in LAWFUL_BASES.items()}
    category = {"type": "string", "enum": sorted(DATA_CATEGORIES)}
    parts["ColumnSpec"]["properties"]["category"] |= category
    columns = parts["Dataset"]["properties"]["columns"]
    columns["additionalProperties"] = {"anyOf": [category, columns["additionalProperties"]]}
    _enumerate_regions(schema)
    describe_keys(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _enumerate_regions(part: Any) -> None:
    """Say which regions there are, wherever the pattern of one stands."""
    if isinstance(part, dict):
        if part.get("pattern") == "^[A-Z]{2}$":
            del part["pattern"]
            part["enum"] = sorted(REGIONS)
        for inner in part.values():
            _enumerate_regions(inner)
    elif isinstance(part, list):
        for inner in part:
            _enumerate_regions(inner)
