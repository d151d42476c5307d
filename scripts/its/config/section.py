"""What every section of the config is: strict, frozen, and able to say what decides a result."""

import json
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
)
from pydantic_core import CoreSchema


def _not_reserved(name: str) -> str:
    if name == "base":
        raise ValueError("'base' is the untrained learner's name; choose another")
    return name


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_]*$"), AfterValidator(_not_reserved)]
"""A name that stands in paths: a hyphen joins names and a dot counts draws, so it has neither."""

Shown = Annotated[str, Field(exclude=True)]
"""Text that is only shown: no setting of a job holds it, so rewording remakes just tables.

It needs a default, for a script reads the settings back.
"""


def _there(file: str, info: ValidationInfo) -> str:
    if info.context and file and not Path(file).is_file():
        raise ValueError(f"there is no file {file}")
    return file


File = Annotated[str, AfterValidator(_there)]
"""A file that must be there when the config is read. A script that reads its settings back takes it
as it is."""


class Section(BaseModel):
    """A part of the config: unknown keys are errors, values never change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def settings(self, without: Collection[str] | Mapping[str, set[str]] = ()) -> str:
        """Return what decides a result, as JSON, `without` the keys that do not decide this one.

        Of a section in it, only some keys are left out if `without` names them by its key.

        Defaults are left out, so that a new key with a default reruns nothing. A changed
        default would rerun nothing either, hence the test that pins them all.
        """
        exclude = dict(without) if isinstance(without, Mapping) else set(without)
        decides = self.model_dump(mode="json", exclude_defaults=True, exclude=exclude)
        return json.dumps(decides, sort_keys=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON schema, with what each key means.

        pydantic can see to that by itself (`use_attribute_docstrings`), but reads the source of
        every section whenever a script starts.
        """
        from its.config.meanings import meanings

        schema = handler(core)
        keys = handler.resolve_ref_schema(schema)["properties"]
        for key, meaning in meanings(cls).items():
            keys[key]["description"] = meaning
        return schema


def known(section: str, name: str, info: ValidationInfo) -> str:
    """Return `name` if it stands in `section` of the config being read, the validation's context.

    Without a context, as when a script reads its settings back, every name is right.
    """
    names = info.context.get(section, {}) if info.context else None
    if not isinstance(names, Mapping) or name in names:
        return name
    raise ValueError(f"{section} has no {name!r}, {meant(name, names)}")


def meant(name: str, names: Iterable[str]) -> str:
    """Return what to write instead of a name that is none: the nearest, or which there are.

    >>> meant("smolm2", ["qwen", "smollm2"])
    "did you mean 'smollm2'?"
    >>> meant("llama", ["qwen", "smollm2"])
    'known are qwen, smollm2'
    """
    names = list(map(str, names))
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names) or 'none'}"


def one_of(section: str) -> AfterValidator:
    """Return a validator: the name must stand in `section` of the config being read.

    A check of this kind fails like that of any other field, so that pydantic lists every wrong
    name together with every other mistake.
    """
    return AfterValidator(lambda name, info: known(section, name, info))
