"""The configuration: what it takes, and what it says about what it doesn't."""

from pathlib import Path

import pytest

from edgecam import config, loading, options
from edgecam.capture.duck import DUCKED
from edgecam.capture.source import CAMERAS, MICROPHONES
from edgecam.config import Camera, Config
from edgecam.errors import ConfigError
from edgecam.playback.sink import SCREENS, SPEAKERS


def problems(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> tuple[str, ...]:
    """What is wrong with a file of ``text``."""
    file = tmp_path / "edgecam.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        loading.load(file, environ or {})
    return caught.value.problems


def test_nothing_is_needed() -> None:
    """Without a file and an environment there are the defaults."""
    assert loading.load(None, {}) == Config()


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    """A variable overrides what the file says; lists are separated by commas."""
    file = tmp_path / "edgecam.toml"
    file.write_text("[camera]\nwidth = 640\nheight = 360\n")
    environ = {
        "EDGECAM_CAMERA_WIDTH": "320",
        "EDGECAM_ICE_STUN_SERVERS": "stun:a:1, stun:b:2",
        "HOME": "/nowhere",
    }

    loaded = loading.load(file, environ)

    assert loaded.camera == Camera(width=320, height=360)
    assert loaded.ice.stun_servers == ("stun:a:1", "stun:b:2")


def test_every_error_at_once_with_path_and_nearest_name(tmp_path: Path) -> None:
    """Misspelt, mistyped, out of bounds and contradictory options are all named in one go."""
    text = """
        viewer = 3
        [camera]
        widht = 640
        height = "360"
        rate = 1000
        driver = "virtul"
        [web]
        port = true
        [vewers]
        most = 2
        [viewers]
        most = 2
        standing_offers = 3
    """

    found = problems(tmp_path, text, {"EDGECAM_WEB_PROT": "1", "EDGECAM_LOG_LEVEL": "loud"})

    assert found == (
        "viewer: there is no such section (did you mean viewers?)",
        "camera.widht: there is no such option (did you mean camera.width?)",
        "camera.height: has to be a whole number, not '360'",
        "camera.rate: has to be 60 or less, not 1000",
        (
            "camera.driver: has to be one of picamera, v4l2, virtual, not 'virtul'"
            " (did you mean virtual?)"
        ),
        "web.port: has to be a whole number, not True",
        "vewers: there is no such section (did you mean viewers?)",
        "$EDGECAM_WEB_PROT: there is no such option (did you mean EDGECAM_WEB_PORT?)",
        "$EDGECAM_LOG_LEVEL: has to be one of debug, info, warning, error, not 'loud'",
        "viewers.standing_offers: can't exceed viewers.most",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[camera\n", "is not TOML"),
        ("camera = 1\n", "camera: is a section; write [camera]"),
        ("[camera]\nwidth = 641\n", "camera.width: has to be even"),
        ("[ice]\nstun_servers = 'stun:x'\n", "ice.stun_servers: has to be a list of texts"),
        ("[ice]\nstun_servers = ['turn:x']\n", "'turn:x' is not of the form stun:HOST:PORT"),
        ("[ice]\nstun_servers = ['stun:h:port']\n", "is not of the form stun:HOST:PORT"),
        ("[ice]\nstun_servers = ['stun:::1:3478']\n", "is not of the form stun:HOST:PORT"),
        ("[ice]\nstun_servers = ['1','2','3','4','5']\n", "may hold 4 at most, not 5"),
        (
            "[signaling]\nurl = 'http://x'\ntoken_file = 't'\n",
            "is not of the form https://HOST:PORT",
        ),
        ("[signaling]\nurl = 'https://x'\n", "signaling.token_file: is needed"),
        ("[signaling]\npin = 'sha256//short='\n", "is not sha256// and 44 characters"),
        (f"[signaling]\nca_file = 'x'\npin = 'sha256//{'A' * 43}='\n", "goes without ca_file"),
        (f"[camera]\nname = '{'x' * 41}'\n", "camera.name: has to be printable text of up to 40"),
        ('[camera]\nname = "a\\nb"\n', "camera.name: has to be printable text"),
        ("[speaker]\ndriver = 'file'\n", "speaker.device: has to be a path"),
        ("[screen]\ndriver = 'file'\n", "screen.device: has to be a path"),
    ],
)
def test_each_kind_of_mistake_has_its_words(tmp_path: Path, text: str, said: str) -> None:
    """One mistake, one sentence that says what to do."""
    assert any(said in problem for problem in problems(tmp_path, text))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A missing file is an error, not a default."""
    with pytest.raises(ConfigError, match=r"missing\.toml: can't be read: No such file"):
        loading.load(tmp_path / "missing.toml", {})


def test_what_is_dumped_loads_as_the_same(tmp_path: Path) -> None:
    """``dump`` is TOML that ``load`` reads back, and nothing when nothing was changed."""
    changed = Config(camera=Camera(width=640, height=360))
    file = tmp_path / "edgecam.toml"
    file.write_text(config.dump(changed))

    assert loading.load(file, {}) == changed
    assert config.dump(changed, changed=True) == "[camera]\nwidth = 640\nheight = 360\n"
    assert config.dump(Config(), changed=True) == ""


def test_the_drivers_offered_are_those_there_are() -> None:
    """The choices of ``driver`` are the names of the driver tables."""
    rules = {f"{e.section}.{e.name}": e.rule for e in options.entries(Config)}

    assert set(rules["camera.driver"].choices) == set(CAMERAS)
    assert set(rules["microphone.driver"].choices) == {*MICROPHONES, "none"}
    assert set(rules["speaker.driver"].choices) == {*SPEAKERS, "none"}
    assert set(rules["screen.driver"].choices) == {*SCREENS, "none"}
    assert set(rules["speaker.echo"].choices) == {*DUCKED, "none"}


def test_the_readme_shows_the_options_as_they_are() -> None:
    """The table in the README is the rendered one."""
    readme = (Path(__file__).parent.parent / "README.md").read_text()

    assert config.table() in readme
