"""docs/signatures.md and its examples: forms and limits are the code's, and what is signed is verified."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from dci_common.signatures import dialect, json_forms, jws, opencrvs, openspp2
from dci_common.signatures.json_forms import orjson_forms, parse, python_form
from support.events import ROOT
from support.example_counts import sampled
from support.message_signers import Pair, header, message, pair, verify
from support.partner_examples import command, run

from .test_docs import column, rows

DOCUMENT = (ROOT / "docs" / "signatures.md").read_text(encoding="utf-8")
LANGUAGES = ("py", "mjs")
(COMMANDS,) = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
SIGNERS = [("openspp2", "EdDSA"), *((name, alg) for name in ("openg2p", "opencrvs") for alg in jws.ALGORITHMS)]
NOW = 1_772_357_400
# What languages write differently, and the order of members by code points, which is not that by UTF-16 units.
ODD = {"\uffff": 1.0, "😀": [1.5, 1e15, 0.0001, 123456789012345678901], "é\x7f\u2028": None, "a": '\\ "12'}


def test_the_forms_are_the_codes() -> None:
    """Each value of the table has the forms that it shows."""
    table = rows(DOCUMENT, "value | `openspp2` | `openg2p`")
    assert len(table) > 5
    for value, python, orjson in ([cell.strip("`") for cell in row] for row in table):
        read = parse(f'{{"a":{value}}}'.encode())
        assert python_form(read).decode() == f'{{"a":{python}}}'
        assert {form.decode() for form in orjson_forms(read)} == {
            f'{{"a":{each}}}' for each in orjson.split("` or `")
        }


def test_the_limits_are_the_codes() -> None:
    """Sizes, times and depth are those of the code, and so are algorithms, rejected members and reasons."""
    assert column(DOCUMENT, "reason | what to check") == set(get_args(dialect.Reason))
    facts = {cells[0]: cells[1:] for cells in rows(DOCUMENT, "property | `openspp2` | `openg2p`")}
    own, attached = f"{dialect.MAX_CHARACTERS:,} characters", f"{opencrvs._MAX_CHARACTERS:,} characters"  # noqa: SLF001
    assert facts["largest signature"] == [own, own, f"{attached}, with the message in it"]
    assert facts["your algorithms"][1:] == [", ".join(jws.ALGORITHMS)] * 2
    assert f"up to {openspp2._MAX_SECONDS} seconds" in facts["expires"][0]  # noqa: SLF001
    assert f"differ by {dialect.CLOCK_SKEW_SECONDS} seconds" in DOCUMENT
    assert f"deeper than {json_forms.MAX_DEPTH} levels" in DOCUMENT
    (refused,) = re.findall(r"is not registered is rejected\. (.*?) are rejected", DOCUMENT.replace("\n", " "))
    assert set(re.findall(r"`(\w+)`", refused)) == jws._REFUSED  # noqa: SLF001


def sign(language: str, name: str, key: Pair, folder: Path, text: str) -> str:
    """Run the example, and return what it prints."""
    (folder / "key.pem").write_bytes(key.pem)
    (folder / "message.json").write_text(text, encoding="utf-8")
    done = run(f"sign.{language}", name, "key.pem", key.kid, "message.json", folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "alg"),
    [pytest.param(*each, marks=[pytest.mark.exhaustive] * (number % 3 > 0)) for number, each in enumerate(SIGNERS)],
)
def test_what_the_example_signs_is_verified(name: str, alg: str, tmp_path: Path) -> None:
    """Its output is a whole message, which is verified with the public key; in either language."""
    text = json.dumps({"header": header(), "message": {**message(), "odd": ODD}}, ensure_ascii=False)
    for language in LANGUAGES:
        signed = sign(language, name, pair(alg), tmp_path, text)
        created = re.search(r'created=\\"(\d+)', signed)
        assert verify(name, signed, pair(alg), now=int(created[1]) if created else NOW)


@pytest.mark.parametrize("name", sampled(["openspp2", "openg2p", "opencrvs"]))
def test_the_example_verifies_what_the_registry_signs(name: str, tmp_path: Path) -> None:
    """An answer is valid whether it has a sender_id or not, and not valid when a member was changed."""
    spoken = dialect.dialect_of(name)
    ours = pair(spoken.ALGORITHM, "registry|key|of messages")
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [ours.jwk]}))
    with_sender = header(action="on-search", status="succ", message_ts="2026-03-01T09:30:00.120Z", completed_count=1)
    without = {key: value for key, value in with_sender.items() if key != "sender_id"}
    for sent, received, said in (
        (with_sender, with_sender, "valid\n"),
        (without, without, "valid\n"),
        (with_sender, with_sender | {"completed_count": 0}, ""),
    ):
        signature = spoken.sign(ours.signing_key, json.dumps(sent), json.dumps(message()), NOW)
        answer = {"signature": signature, "header": received, "message": message()}
        (tmp_path / "answer.json").write_text(json.dumps(answer))
        for language in LANGUAGES:
            assert run(f"verify.{language}", name, "jwks.json", "answer.json", folder=tmp_path).stdout == said


def test_the_commands_sign_a_message(tmp_path: Path) -> None:
    """Pasted into a shell at the top of a checkout, they write a signed message, and print its form."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("openssl") is None:
        pytest.skip("the commands need bash and openssl")
    commands = COMMANDS.replace("python3 examples/sign.py", shlex.join(command("sign.py")))
    done = subprocess.run([bash, "-ec", commands], cwd=tmp_path, capture_output=True, text=True, check=True)
    signed = parse((tmp_path / "signed.json").read_bytes())
    assert signed.pop("signature").startswith('namespace="dci", kidId="health.example.org|key-1|ed25519"')
    assert done.stderr.splitlines()[-1].encode() == python_form(signed)
