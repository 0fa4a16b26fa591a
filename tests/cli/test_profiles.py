"""`dci configure`, and the one source from which a command takes the API, its client and the secret."""

from __future__ import annotations

import argparse
import getpass
import io
import stat
from pathlib import Path

import pytest

from dci_cli.api import add_api_options
from dci_cli.command_error import CommandError
from dci_cli.connection import Connection, connection_of

from .conftest import Dci, Outcome

SECRET = "dcis_" + "s" * 43
URL = "https://registry.example.org"


class Terminal(io.StringIO):
    """A standard input at which somebody types."""

    def isatty(self) -> bool:
        """Return whether somebody types."""
        return True


@pytest.fixture
def configure(dci: Dci, monkeypatch: pytest.MonkeyPatch) -> Dci:
    """Return `dci configure`, with lines on its standard input."""

    def run(*arguments: str, stdin: str = f"{SECRET}\n") -> Outcome:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        return dci("configure", *arguments)

    return run


def connection(*arguments: str) -> Connection:
    """Return the connection of a command with these options."""
    parser = argparse.ArgumentParser()
    add_api_options(parser)
    return connection_of(parser.parse_args(arguments))


def test_a_profile_is_used_instead_of_variables(configure: Dci, configuration: Path) -> None:
    """A command uses what `dci configure` was given, which no other user can read."""
    done = configure("--api", URL, "--client-id", "operator")
    assert done.out == f"The profile default is in {configuration}. Check it with `dci doctor`.\n"
    assert connection() == Connection(URL, "operator", SECRET)
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600
    assert stat.S_IMODE(configuration.parent.stat().st_mode) == 0o700
    assert [path.name for path in configuration.parent.iterdir()] == ["profiles.ini"]


def test_all_of_it_can_be_on_standard_input(configure: Dci) -> None:
    """Without options, URL, id and secret are three lines; nothing of them is printed."""
    done = configure(stdin=f"{URL}\noperator\n{SECRET}\n")
    assert connection() == Connection(URL, "operator", SECRET)
    assert SECRET not in done.out + done.err


def test_a_typed_secret_is_not_echoed(dci: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the secret is asked for without an echo."""
    monkeypatch.setattr("sys.stdin", Terminal(f"{URL}\noperator\n"))
    monkeypatch.setattr(getpass, "getpass", lambda question: SECRET if "secret" in question else "")
    done = dci("configure")
    assert done.err == "The API's URL: The client's id: "
    assert connection() == Connection(URL, "operator", SECRET)


def test_profiles_stay_beside_each_other(configure: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each profile keeps its values when another one is written, and a new one replaces the former of its name."""
    odd = "a%(b)s;#=:[x] 'ü"
    for name, client_id in (("default", "first"), ("test", "second"), ("DEFAULT", odd), ("default", "third")):
        assert configure("--profile", name, "--api", f"{URL}/{name}", "--client-id", client_id).status == 0
    assert connection() == Connection(f"{URL}/default", "third", SECRET)
    assert connection("--profile", "test") == Connection(f"{URL}/test", "second", SECRET)
    assert connection("--profile", "DEFAULT") == Connection(f"{URL}/DEFAULT", odd, SECRET)
    monkeypatch.setenv("DCI_PROFILE", "test")
    assert connection().client_id == "second"
    configure("--api", URL, "--client-id", "fourth")
    assert (connection().client_id, connection("--profile", "default").client_id) == ("fourth", "third")


def test_the_first_source_that_is_given_is_used(configure: Dci, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options come before a typed profile, this before variables, and these before the profiles of DCI_PROFILE."""
    for name in ("default", "test", "typed"):
        configure("--profile", name, "--api", f"{URL}/{name}", "--client-id", name)
    assert connection().client_id == "default"
    monkeypatch.setenv("DCI_PROFILE", "test")
    assert connection().client_id == "test"
    monkeypatch.setenv("DCI_API", f"{URL}/variable")
    monkeypatch.setenv("DCI_CLIENT_ID", "variable")
    monkeypatch.setenv("DCI_CLIENT_SECRET", "of the variable")
    assert connection() == Connection(f"{URL}/variable", "variable", "of the variable")
    assert connection("--profile", "typed").client_id == "typed"
    options = ("--api", f"{URL}/option", "--client-id", "option", "--client-secret", "of the option")
    assert connection(*options) == Connection(f"{URL}/option", "option", "of the option")


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ({}, ("--api", "https://other.example.org")),
        ({"DCI_API": "https://other.example.org"}, ()),
        ({"DCI_API": URL, "DCI_CLIENT_ID": "a", "DCI_CLIENT_SECRET": "b"}, ("--api", "https://other.example.org")),
    ],
    ids=["option and profile", "variable and profile", "option and variables"],
)
def test_a_secret_never_goes_to_the_url_of_another_source(
    configure: Dci, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """With the URL of one source, the client and the secret of the others are not used."""
    configure("--api", URL, "--client-id", "operator")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert connection(*arguments) == Connection("https://other.example.org", "", "")


@pytest.mark.parametrize(
    ("variables", "arguments", "said"),
    [
        ({}, ("--client-secret", SECRET), "The API's URL is missing: give --api "),
        ({}, ("--client-id", "other"), "The API's URL is missing: give --api "),
        ({}, ("--api", ""), "The API's URL is missing: give --api "),
        ({"DCI_CLIENT_SECRET": SECRET}, (), "The API's URL is missing: give DCI_API "),
        ({"DCI_API": URL}, ("--client-secret", SECRET), "The API's URL is missing: give --api "),
        ({}, ("--profile", "default", "--api", URL), "Give either --profile, or --api "),
        ({}, ("--profile", "nobody"), "No API is configured as `nobody`: run `dci configure --profile nobody`, or "),
        ({}, ("--profile", ""), "No API is configured as ``"),
        ({"DCI_PROFILE": "nobody"}, (), "No API is configured as `nobody`"),
    ],
)
def test_a_source_without_a_url_is_an_error(
    configure: Dci,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    """The URL of another source does not complete a client or a secret."""
    configure("--api", URL, "--client-id", "operator")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError) as error:
        connection(*arguments)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    "arguments",
    [("--profile", "default"), ("--profile", ""), ("--api", URL), ("--client-id", "a"), ("--client-secret", SECRET)],
)
def test_the_local_server_is_a_source_of_its_own(configure: Dci, arguments: tuple[str, ...]) -> None:
    """--local names the API and the client, so no other option may; the error names what to leave out."""
    configure("--api", URL, "--client-id", "operator")
    with pytest.raises(CommandError) as error:
        connection("--local", *arguments)
    assert str(error.value) == (
        "--local names the API and the client: leave out --profile, --api, --client-id and --client-secret."
    )


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_is_rejected(configure: Dci, dci: Dci, configuration: Path, mode: int) -> None:
    """A file of profiles that others can read or write is neither used nor completed."""
    configure("--api", URL, "--client-id", "operator")
    configuration.chmod(mode)
    said = f"Other users can read {configuration}, which holds secrets: run `chmod 600 {configuration}`."
    assert dci("keys", "list").problem == said
    assert configure("--api", URL, "--client-id", "other").problem == said


@pytest.mark.parametrize("content", ["no section", "[default]\n[default]\n", "[default\n", "\xff"])
def test_a_broken_file_is_reported_without_its_content(dci: Dci, configuration: Path, content: str) -> None:
    """A file that is no file of profiles is reported in one line, which has nothing of its content."""
    configuration.parent.mkdir(parents=True)
    configuration.write_text(f"{SECRET}\n{content}", encoding="latin-1")
    configuration.chmod(0o600)
    problem = dci("clients", "list").problem
    assert problem == f"{configuration} is not a valid file of profiles: correct it, or delete it."


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("--api", "http://registry.example.org"), SECRET, "The API's URL must begin with https://"),
        (("--api", "registry.example.org"), SECRET, "The API's URL is not valid"),
        (("--api", "https://[::1"), SECRET, "The API's URL is not valid"),
        (("--api", "https://me:word@registry.example.org"), SECRET, "The API's URL is not valid"),
        (("--api", "https://registry.example.org/?stage=1"), SECRET, "The API's URL is not valid"),
        (("--api", URL, "--client-id", "a"), "", "The client's secret is missing"),
        (("--api", URL), "\n", "The client's id is missing"),
        ((), "", "The API's URL is missing"),
        (("--api", URL, "--client-id", "a", "--profile", "a]\n[b"), SECRET, "The profile's name must have letters"),
        (("--api", URL, "--client-id", "a\nclient_secret = b"), SECRET, "The URL, the client's id and its secret"),
    ],
)
def test_a_wrong_answer_writes_nothing(
    configure: Dci, configuration: Path, arguments: tuple[str, ...], stdin: str, said: str
) -> None:
    """A missing or impossible value is reported in one line, and no file is written."""
    assert configure(*arguments, stdin=stdin).problem.startswith(said)
    assert not configuration.exists()


def test_a_folder_that_cannot_be_written_is_reported(configure: Dci, configuration: Path) -> None:
    """Where the file cannot be written, the path and the reason are reported."""
    configuration.parent.parent.write_text("")  # a file where the folder should be
    assert str(configuration) in configure("--api", URL, "--client-id", "a").problem


def test_a_relative_folder_is_ignored(configure: Dci, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative XDG_CONFIG_HOME is not used, as its specification says; the file is then in the home."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert str(tmp_path / ".config" / "dci" / "profiles.ini") in configure("--api", URL, "--client-id", "a").out
