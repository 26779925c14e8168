"""The Ansible role: its plugins, and that what is written about it is so."""

import importlib.util
import json
import multiprocessing
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ROLE = ROOT / "ansible/roles/edgecam"
PLAYBOOKS = {"main": "site.yml"}


def plugin(path: str) -> ModuleType:
    """A plugin of the role, as Ansible loads it."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROLE / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def specs() -> dict[str, Any]:
    """The role's entry points."""
    text = (ROLE / "meta/argument_specs.yml").read_text()
    entries: dict[str, Any] = yaml.safe_load(text)["argument_specs"]
    return entries


FILTERS = plugin("filter_plugins/edgecam_filters.py").FilterModule().filters()


def table() -> list[str]:
    """The variables, as Markdown."""
    rows: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for entry, spec in specs().items():
        for name, option in spec["options"].items():
            rows.setdefault(name, (option, []))[1].append(PLAYBOOKS.get(entry, f"{entry}.yml"))
    return [row(name, option, used) for name, (option, used) in rows.items()]


def row(name: str, option: dict[str, Any], playbooks: list[str]) -> str:
    """One variable."""
    kinds = {"str": "text", "dict": "a dictionary", "list": "a list", "bool": "true or false"}
    allowed = ", ".join(f"`{choice}`" for choice in option.get("choices", ()))
    kind = allowed or kinds.get(option["type"], "a number")
    default = "has to be said" if option.get("required") else f"`{json.dumps(option['default'])}`"
    used = ", ".join(f"`{playbook}`" for playbook in playbooks)
    return f"| `{name}` | {used} | {default} | {kind} | {' '.join(option['description'].split())} |"


def test_every_variable_is_documented() -> None:
    """The table in the README is that of the argument specs."""
    text = (ROOT / "ansible/README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `edgecam_")]
    assert rows == table()


def test_defaults() -> None:
    """They are what the argument specs say, and there is none besides."""
    said = {
        name: option["default"]
        for spec in specs().values()
        for name, option in spec["options"].items()
        if not option.get("required")
    }
    assert yaml.safe_load((ROLE / "defaults/main.yml").read_text()) == said


def test_every_entry_point_has_its_playbook() -> None:
    """And its tasks, and its row in the README."""
    text = (ROOT / "ansible/README.md").read_text()
    for entry in specs():
        assert (ROLE / f"tasks/{entry}.yml").exists()
        playbook = PLAYBOOKS.get(entry, f"{entry}.yml")
        assert (ROOT / "ansible" / playbook).exists()
        assert f"| `{playbook}` |" in text


def test_the_units_are_the_projects() -> None:
    """The role copies every file of systemd/, and has none of its own that would stray from it."""
    tasks = (ROLE / "tasks/service.yml").read_text()
    for file in (ROOT / "systemd").iterdir():
        assert file.name in tasks
    assert not [file for file in ROLE.rglob("*") if file.suffix in {".service", ".rules"}]


def test_a_misspelt_variable() -> None:
    """It is named, with what was meant."""
    told = FILTERS["edgecam_strangers"](["edgecam_conifg", "edgecam_config", "edgecam_x"], specs())
    assert told == [
        "edgecam_conifg: there is no such variable; did you mean edgecam_config?",
        "edgecam_x: there is no such variable",
    ]


def test_configuration_as_toml() -> None:
    """What YAML says is what TOML then says, whatever is in it."""
    config: dict[str, Any] = {
        "camera": {"name": 'the "door"\\\n\x7f\x01 é 🎥', "rate": 15},
        "ice": {"stun_servers": ["stun:a:1", "stun:b:2"], "policy": "all"},
        "odd name": {"odd option": True, "half": 0.5},
        "empty": {},
    }
    assert tomllib.loads(FILTERS["edgecam_toml"](config)) == config
    assert tomllib.loads(FILTERS["edgecam_toml"]({})) == {}


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"camera": 5}, "edgecam_config.camera has to be a section with options"),
        ({"camera": {"rate": None}}, "edgecam_config.camera.rate is nothing that an option can be"),
        ({"camera": {"rate": {"a": 1}}}, "edgecam_config.camera.rate is nothing"),
    ],
)
def test_configuration_that_is_none(config: dict[str, Any], told: str) -> None:
    """It is refused by name."""
    with pytest.raises(ValueError, match=told):
        FILTERS["edgecam_toml"](config)


def test_whether_a_run_is_over() -> None:
    """A run is known by its process and when that began; what ran elsewhere may well be alive."""
    over = FILTERS["edgecam_is_over"]
    lookup = plugin("lookup_plugins/edgecam_run.py").LookupModule()
    (this,) = lookup.run([])
    assert f", process {os.getpid()} since " in this
    assert not over(this)
    assert not over(f"{this}\n")
    assert over(this.replace(" since ", " since the day before "))
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert over(this.replace(f"process {os.getpid()}", f"process {ended.pid}"))
    assert not over(this.replace("@", "@elsewhere."))
    assert not over("nonsense")


def test_a_worker_is_of_its_run() -> None:
    """Tasks are templated in processes of their own; they name the one that has started them."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        (named,) = pool.apply(_named)
    assert f", process {os.getpid()} since " in named


def _named() -> list[str]:
    named: list[str] = plugin("lookup_plugins/edgecam_run.py").LookupModule().run([])
    return named
