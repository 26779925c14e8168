"""The guards catch what they are there for."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What pytest finds wrong with each test of ``misbehaving.py``."""
    report = tmp_path_factory.mktemp("guards") / "report.xml"
    options = ["-p", "no:cacheprovider", f"--junit-xml={report}"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(HERE / "misbehaving.py")],
        cwd=HERE.parent.parent,
        capture_output=True,
        check=False,
    )
    found: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase"):
        wrong = [f"{child.tag}: {child.get('message')}" for child in case.iter() if child != case]
        found[case.attrib["name"]] = found.get(case.attrib["name"], "") + "\n".join(
            line for line in wrong if line.startswith(("failure", "error"))
        )
    return found


@pytest.mark.parametrize(
    ("test", "finding"),
    [
        ("test_sleeps_in_the_loop", r"failure: .*Blocking call to time\.sleep"),
        ("test_reads_in_the_loop", r"failure: .*Blocking call to io\.BufferedReader\.read"),
        ("test_leaves_a_task", "error: .*tasks left behind: nobody's "),
        ("test_loses_an_error", r"error: .*errors nobody caught: .*ValueError\('lost'\)"),
        ("test_leaves_a_thread", "error: .*threads left behind: nobody's thread"),
    ],
)
def test_misbehaviour_is_found(findings: Mapping[str, str], test: str, finding: str) -> None:
    """Each kind of misbehaviour fails its test, naming what is wrong."""
    assert re.search(finding, findings[test])


@pytest.mark.parametrize("test", ["test_behaves", "test_leaves_a_finishing_task"])
def test_good_behaviour_passes(findings: Mapping[str, str], test: str) -> None:
    """A test that does nothing wrong has no finding."""
    assert findings[test] == ""
