"""The command line: what it prints, and the exit codes that programs go by."""

import io
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from edgecam import __version__, control
from edgecam.accounts import passwords
from edgecam.cli import main

WRONG = """
[camera]
widht = 640
rate = 1000
[web]
port = "https"
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder the environment names."""
    monkeypatch.setenv("EDGECAM_PATHS_STATE", str(tmp_path))
    return tmp_path


def config_file(folder: Path, text: str) -> list[str]:
    """The arguments that name a configuration of ``text``."""
    file = folder / "edgecam.toml"
    file.write_text(text)
    return ["--config", str(file)]


def test_version() -> None:
    """``python -m edgecam`` is the command, and says which it is."""
    done = subprocess.run(
        [sys.executable, "-m", "edgecam", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"edgecam {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run", "--fly"], ["config", "--config"]])
def test_unknown_commands(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is no command exits 2, with the usage."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: edgecam" in capsys.readouterr().err


def test_check_is_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A good configuration exits 0."""
    assert main(["check", *config_file(tmp_path, "[camera]\nrate = 15\n")]) == 0
    assert capsys.readouterr().out == "the configuration is good\n"


@pytest.mark.parametrize("command", ["check", "run", "serve", "link", "config"])
def test_everything_wrong_is_told(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command names all the errors, a line each, and exits 2."""
    assert main([command, *config_file(tmp_path, WRONG)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["edgecam", "camera.widht"],
        ["edgecam", "camera.rate"],
        ["edgecam", "web.port"],
    ]
    assert "did you mean camera.width?" in lines[0]


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is an error of the configuration."""
    assert main(["check", "--config", str(tmp_path / "nothing.toml")]) == 2
    assert "can't be read" in capsys.readouterr().err


def test_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``config --changed`` prints what differs from the defaults, ``config`` everything."""
    named = config_file(tmp_path, "[camera]\nrate = 15\nwidth = 1280\n")
    assert main(["config", "--changed", *named]) == 0
    assert capsys.readouterr().out == "[camera]\nrate = 15\n"
    assert main(["config", *named]) == 0
    everything = capsys.readouterr().out
    assert "[camera]\n" in everything
    assert "rate = 15\n" in everything
    assert "[log]\n" in everything
    assert main(["check", *config_file(tmp_path, everything)]) == 0


def test_nothing_differs(capsys: pytest.CaptureFixture[str]) -> None:
    """With the defaults, ``config --changed`` has nothing to say."""
    assert main(["config", "--changed"]) == 0
    assert capsys.readouterr().out == ""


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """``config --table`` has a row for every option."""
    assert main(["config", "--table"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("| option |")
    assert any(row.startswith("| `web.port` | `8443` | 0 to 65,535 |") for row in rows)


def test_no_node_to_ask(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``link`` without a node says what it looked for, and exits 1."""
    assert main(["link"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"edgecam: no node answers on {state / 'run' / 'signaling.sock'} (")
    assert told.endswith("is edgecam running?\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
    ],
)
def test_something_else_answers(
    state: Path, capsys: pytest.CaptureFixture[str], answer: bytes
) -> None:
    """What is no node's answer is told in words too."""
    with _listener(state) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4_096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert main(["link"]) == 1
        thread.join()
    assert "no node answers" in capsys.readouterr().err


def test_a_node_that_hangs(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``link`` does not wait for ever."""
    monkeypatch.setattr(control, "ANSWER_DEADLINE", 0.05)
    with _listener(state):
        assert main(["link"]) == 1
    assert "timed out" in capsys.readouterr().err


def test_callers_of_a_node_that_does_not_run(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Added: the token alone on standard output, and a configuration to copy; listed; revoked."""
    monkeypatch.setenv("EDGECAM_CAMERA_NAME", "Porch")
    assert main(["caller", "add", "Garden gate"]) == 0
    told = capsys.readouterr()
    token = told.out.removesuffix("\n")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert token not in told.err
    snippet = told.err[told.err.index("[signaling]") :]
    assert main(["check", *config_file(state, snippet)]) == 0
    assert 'url = "https://' in snippet
    assert "pin = " in snippet
    capsys.readouterr()

    assert main(["caller", "list"]) == 0
    name, seen, _, camera = capsys.readouterr().out.rstrip("\n").split("\t")
    assert (name, seen) == ("Garden gate", "-")
    assert camera in (state / "callers.json").read_text()

    for taken in ("garden gate", "porch", ""):
        assert main(["caller", "add", taken]) == 1
    assert main(["caller", "revoke", "Garden gate"]) == 0
    assert main(["caller", "revoke", "Garden gate"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "there is no caller 'Garden gate'" in told.err
    assert main(["caller", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_callers_of_another_users_node(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left there that the node could not read."""
    monkeypatch.setattr("os.geteuid", lambda: 54_321)
    assert main(["caller", "add", "Garden"]) == 1
    assert "another user's" in capsys.readouterr().err
    assert list(state.iterdir()) == []


def test_callers_are_another_nodes_business(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a node calls elsewhere, nobody calls."""
    text = '[signaling]\nurl = "https://x:1"\ntoken_file = "x"\n'
    assert main(["caller", "list", *config_file(state, text)]) == 1
    assert "that node's business" in capsys.readouterr().err


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    """What is written to standard input, as often as it is asked for."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))
    text = "a long enough password"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n" * 9))
    return text


def test_accounts_of_a_node_that_does_not_run(
    state: Path, capsys: pytest.CaptureFixture[str], password: str
) -> None:
    """Made, listed, changed and removed, all without a node; what can't be done exits 1."""
    assert main(["user", "add", "Ana", "--role", "admin"]) == 0
    assert main(["user", "add", "Bo", "--role", "viewer"]) == 0
    assert main(["user", "add", "ANA", "--role", "viewer"]) == 1
    assert main(["user", "role", "bo", "operator"]) == 0
    assert main(["user", "password", "Bo"]) == 0
    capsys.readouterr()
    assert main(["user", "list"]) == 0
    rows = [line.split("\t")[:2] for line in capsys.readouterr().out.splitlines()]
    assert rows == [["Ana", "admin"], ["Bo", "operator"]]
    assert main(["user", "remove", "ana"]) == 1
    assert "the only admin" in capsys.readouterr().err
    assert main(["user", "remove", "bo"]) == 0
    assert main(["session", "revoke", "--all"]) == 0
    assert main(["session", "revoke", "--user", "nobody"]) == 1
    assert main(["session", "list"]) == 0
    capsys.readouterr()
    assert main(["audit", "--most", "3"]) == 0
    rows = [line.split("\t")[1:4] for line in capsys.readouterr().out.splitlines()]
    assert rows[-1] == ["account removed", "console", "Bo"]
    assert len(rows) == 3
    kept = b"".join(file.read_bytes() for file in state.glob("accounts.db*"))
    assert password.encode() not in kept


def test_passwords_that_are_no_good(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what is wrong, and there is no account."""
    for text in ("", "short\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert main(["user", "add", "Ana", "--role", "admin"]) == 1
        assert "10 to 256 characters" in capsys.readouterr().err
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_what_can_not_be_shown_again(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Guest links and tokens stand on standard output alone, and open no more once revoked."""
    assert main(["link", "add", "Oma", "--for", "7d", "--uses", "2"]) == 0
    told = capsys.readouterr()
    assert all(re.fullmatch(r"https://.+/guest/[\w-]{22}", line) for line in told.out.split())
    assert "guest/" not in told.err
    assert main(["link", "list"]) == 0
    link, name, role, _, uses = capsys.readouterr().out.rstrip("\n").split("\t")
    assert (name, role, uses) == ("Oma", "viewer", "2")
    assert main(["token", "add", "printer", "--role", "operator"]) == 0
    assert re.fullmatch(r"[\w-]{43}\n", capsys.readouterr().out)
    for revoke in (["link", "revoke", link], ["token", "revoke", "Printer"]):
        assert main(revoke) == 0
        assert main(revoke) == 1
    capsys.readouterr()
    assert main(["link", "list"]) == main(["token", "list"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["link", "add", "Oma", "--for", "soon"],
        ["link", "add", "Oma", "--role", "king"],
        ["user", "add", "Ana"],
        ["user"],
        ["session", "revoke"],
        ["session", "revoke", "x", "--all"],
    ],
)
def test_what_is_no_command(arguments: list[str], state: Path) -> None:
    """It exits 2, and nothing is made."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert list(state.iterdir()) == []


def test_a_code_takes_a_node(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody could use it otherwise."""
    assert main(["setup"]) == 1
    assert "is edgecam running?" in capsys.readouterr().err


def test_serving_needs_a_page_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``serve`` for a node that calls elsewhere exits 1 and says what to change."""
    text = '[signaling]\nurl = "https://x:1"\ntoken_file = "x"\n'
    assert main(["serve", *config_file(tmp_path, text)]) == 1
    assert "leave signaling.url empty" in capsys.readouterr().err


def test_a_token_that_can_not_be_read(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A node that calls elsewhere says so if its token is missing."""
    text = f'[signaling]\nurl = "https://x:1"\ntoken_file = "{state / "nothing"}"\n'
    assert main(["run", *config_file(state, text)]) == 1
    assert "signaling.token_file" in capsys.readouterr().err


def _listener(state: Path) -> socket.socket:
    (state / "run").mkdir()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(state / "run" / "signaling.sock"))
    listener.listen()
    return listener
