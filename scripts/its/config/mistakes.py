"""What pydantic finds wrong with a config, in words that name its keys and values."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from its.config.section import meant


def in_words(
    errors: Sequence[Mapping], merged: Mapping[str, object], schema: Callable[[], Mapping]
) -> Iterator[str]:
    """Yield a line for each place with a mistake: where, what is wrong, what was found.

    Parameters
    ----------
    errors
        As pydantic lists them.
    merged
        The config that they are about.
    schema
        Returns the JSON schema that it should follow.
    """
    lines: dict[str, list[str]] = {}
    places = [_place(error, merged) for error in errors]
    for error, place in zip(errors, places, strict=True):
        # That it is no section says nothing where it may be something else too.
        alone = places.count(place) == 1
        # Of two alternatives, the one that was meant has its mistakes further in.
        deeper = any(len(one) > len(place) and one[: len(place)] == place for one in places)
        if not (deeper and error["type"] == "string_type") and (
            alone or error["type"] != "model_type"
        ):
            lines.setdefault(".".join(map(str, place)), []).append(_wrong(error, place, schema))
    for place, wrong in lines.items():
        yield f"{place}: {', or '.join(dict.fromkeys(wrong))}"


def _place(error: Mapping, merged: Mapping[str, object]) -> list[str | int]:
    """Return a place in the config, without the names that pydantic gives to alternatives."""
    *most, last = error["loc"]
    place, value = [], merged
    for key in most:
        if _holds(value, key):
            value = value[key]
            place.append(key)
    return [*place, last] if _holds(value, last) or error["type"] == "missing" else place


def _holds(value: object, key: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(key, int)
    return isinstance(value, Mapping) and key in value


def _wrong(error: Mapping, place: Sequence[str | int], schema: Callable[[], Mapping]) -> str:
    """Say what is wrong, in words that name keys and values of the config."""
    message = error["msg"].removeprefix("Value error, ")
    match error["type"]:
        case "extra_forbidden":
            keys = _keys(schema(), place[:-1])
            if place[-1] in keys:  # of another kind of context, filter or origin
                return "does not go with the other keys here; keep one or the other"
            return f"no such key here; {meant(str(place[-1]), sorted(keys))}"
        case "missing":
            return "this key is missing"
        case "value_error":
            return message
        case "string_pattern_mismatch" if error["loc"][-1] == "[key]":
            return "a name is made of letters, digits and '_', for '-' and '.' join names in paths"
        case "string_pattern_mismatch" if texts := _examples(schema(), error["ctx"]["pattern"]):
            return f"expected a text such as {' or '.join(texts)}, found {error['input']!r}"
        case "union_tag_invalid":
            known = re.findall(r"'([^']*)'", error["ctx"]["expected_tags"])
            key = error["ctx"]["discriminator"].strip("'")
            return f"there is no {key} {error['ctx']['tag']!r}; {meant(error['ctx']['tag'], known)}"
        case "union_tag_not_found":
            return f"the key {error['ctx']['discriminator']} is missing, found {error['input']!r}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"expected keys with values, found {error['input']!r}"
        case "list_type":
            return f"expected a list, in brackets or with a '-' each, found {error['input']!r}"
        case "string_type" if error["loc"][-1] == "[key]":
            return f"a name is a text, found {_unquoted(error['input'])}"
        case "string_type":
            return f"expected a text, found {_unquoted(error['input'])}"
    return f"{message[0].lower()}{message[1:]}, found {error['input']!r}"


def _unquoted(value: object) -> str:
    """Return a value that stands for a text, and why it is none."""
    match value:
        case bool():
            return f"{value}; put it in quotes: bare yes, no, on and off are True and False in YAML"
        case None | list() | dict():
            return repr(value)
    return f"{value!r}; put it in quotes"


def _examples(node: object, pattern: str) -> list[str]:
    """Return what the schema gives as examples of a pattern."""
    if isinstance(node, Mapping):
        if node.get("pattern") == pattern and "examples" in node:
            return node["examples"]
        node = list(node.values())
    found = (_examples(one, pattern) for one in node) if isinstance(node, list) else ()
    return next(filter(None, found), [])


def _keys(schema: Mapping, place: Sequence[str | int]) -> set[str]:
    """Return the keys that the schema knows at a place, over all alternatives."""
    nodes = [schema]
    for key in [*place, None]:
        opened = []
        while nodes:  # follow references and alternatives
            node = nodes.pop()
            if "$ref" in node:
                nodes.append(schema["$defs"][node["$ref"].rpartition("/")[2]])
            elif many := node.get("anyOf") or node.get("oneOf"):
                nodes += many
            else:
                opened.append(node)
        if key is None:
            return {name for node in opened for name in node.get("properties", {})}
        for node in opened:
            nodes += [
                node.get("items"),
                node.get("properties", {}).get(key, node.get("additionalProperties")),
                *node.get("patternProperties", {}).values(),  # names of our own
            ]
        nodes = [node for node in nodes if isinstance(node, dict)]
    return set()
