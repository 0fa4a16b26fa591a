"""The provider of operators: a user pool that the template creates, or another one, but never one of a laptop."""

from __future__ import annotations

import re
from typing import Any

from dci_cli.sign_in.login import DEFAULT_PORT
from dci_common.operators.roles import ROLES
from support.deployment import deployed, functions, of_type, template

COGNITO = "AWS::Cognito::UserPool"


def operators(**parameters: str) -> dict[str, Any]:
    """Return the variables of the functions that accept operators, which are the same; the console needs fewer."""
    found = [
        {name: value for name, value in one["Environment"]["Variables"].items() if name.startswith("OPERATOR_")}
        for one in functions(**parameters).values()
    ]
    first, other, console = filter(None, found)
    assert first == other == console | {"OPERATOR_AUDIENCE": first["OPERATOR_AUDIENCE"]}
    return first


def the_only(type_: str) -> dict[str, Any]:
    """Return the properties of the one resource of a type, in a deployment with a pool."""
    [found] = of_type(type_, OperatorPool="On").values()
    properties: dict[str, Any] = found["Properties"]
    return properties


def test_a_pool_is_made_where_it_is_wanted() -> None:
    """With OperatorPool the functions accept the people of a pool of its own; else there is none."""
    assert operators(OperatorPool="On") == {
        "OPERATOR_ISSUER": {"Fn::GetAtt": ["OperatorUserPool", "ProviderURL"]},
        "OPERATOR_AUDIENCE": {"Ref": "OperatorApplication"},
        "OPERATOR_GROUPS_CLAIM": {"Ref": "OperatorGroupsClaim"},
    }
    assert not [one for one in deployed()["Resources"].values() if one["Type"].startswith("AWS::Cognito")]
    assert operators()["OPERATOR_ISSUER"] == {"Ref": "OperatorIssuer"}
    assert deployed()["Outputs"].keys().isdisjoint({"OperatorIssuer", "OperatorApplication", "OperatorUserPool"})
    given = deployed(OperatorIssuer="https://accounts.example.org")["Outputs"]
    assert given["OperatorIssuer"]["Value"] == {"Ref": "OperatorIssuer"}


def test_the_pool_has_the_roles_and_asks_for_a_second_factor() -> None:
    """There is a group for each role; nobody registers themselves, and the pool outlives the stack."""
    groups = of_type(f"{COGNITO}Group", OperatorPool="On").values()
    assert {group["Properties"]["GroupName"] for group in groups} == ROLES.keys()
    pool = the_only(COGNITO)
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["DeletionProtection"] == "ACTIVE"
    resource = of_type(COGNITO, OperatorPool="On")["OperatorUserPool"]
    assert (resource["UpdateReplacePolicy"], resource["DeletionPolicy"]) == ("Retain", "RetainExceptOnCreate")


def test_the_application_is_public_and_comes_back_to_this_machine() -> None:
    """It has no secret and the code flow alone, and Cognito sends the browser to where `dci login` waits."""
    application = the_only(f"{COGNITO}Client")
    assert application["GenerateSecret"] is False
    assert application["AllowedOAuthFlows"] == ["code"]
    assert application["CallbackURLs"] == [f"http://localhost:{DEFAULT_PORT}/callback"]
    assert "LogoutURLs" not in application
    assert not [flow for flow in application["ExplicitAuthFlows"] if "PASSWORD" in flow]
    assert application["TokenValidityUnits"]["AccessToken"] == "minutes"
    assert application["AccessTokenValidity"] <= 10


def test_the_console_is_an_application_of_the_pool() -> None:
    """Where the API's address is a parameter, Cognito sends browsers back to the console; else it is off."""
    domain = {
        "DomainName": "registry.example.org",
        "CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/a",
    }
    for given, url in (
        (domain, {"Fn::Sub": "https://${DomainName}"}),
        ({"Issuer": "https://a.example"}, {"Ref": "Issuer"}),
    ):
        console = {"Fn::Sub": ["${Url}/console/", {"Url": url}]}
        [found] = of_type(f"{COGNITO}Client", OperatorPool="On", **given).values()
        assert found["Properties"]["CallbackURLs"] == [f"http://localhost:{DEFAULT_PORT}/callback", console]
        assert found["Properties"]["LogoutURLs"] == [console]
        application = console_of(OperatorPool="On", **given)["CONSOLE_APPLICATION"]
        assert application == {"Ref": "OperatorApplication"}
    assert console_of(OperatorPool="On")["CONSOLE_APPLICATION"] == ""  # Cognito would accept no sign-in
    assert console_of(OperatorPool="On")["CONSOLE_ORIGIN"] == {
        "Fn::Sub": "https://${OperatorSignIn}.auth.${AWS::Region}.amazoncognito.com"
    }
    other = console_of(OperatorIssuer="https://accounts.example.org", OperatorAudience="dci", ConsoleApplication="a")
    assert other["CONSOLE_APPLICATION"] == {"Ref": "ConsoleApplication"}
    assert other["CONSOLE_ORIGIN"] == ""


def console_of(**parameters: str) -> dict[str, Any]:
    """Return the variables of the console."""
    variables: dict[str, Any] = functions(**parameters)["ConsoleFunction"]["Environment"]["Variables"]
    return variables


def test_the_provider_of_a_laptop_is_rejected() -> None:
    """An issuer without TLS, or of a single machine as that of `dci serve`, never gets into a deployment."""
    # CloudFormation matches as Java does, which has these groups with flags too.
    pattern = re.compile(template()["Parameters"]["OperatorIssuer"]["AllowedPattern"])
    for host in (
        "accounts.example.org",
        "localhost.example.org",
        "127.example.org",
        "0.pool.ntp.org",
        "xn--a-1.example",
    ):
        for rest in ("", "/", ":8443/realms/a", "/realms/government/", "/eu-west-1_a1B2c3"):
            assert pattern.fullmatch(f"https://{host}{rest}"), host
        assert not pattern.fullmatch(f"http://{host}")
        assert not pattern.fullmatch(f"https://me@{host}/")
        assert not pattern.fullmatch(f"https://{host}/?a=b")
    for host in ("localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.1", "0.0.0.1", "2130706433", "0x7f000001",
                 "[::1]", "[::ffff:127.0.0.1]", "me@localhost"):  # fmt: skip
        for rest in ("", "/", ":3000/openid", "."):
            assert not pattern.fullmatch(f"https://{host}{rest}"), host
    assert not pattern.fullmatch("http://127.0.0.1:3000/openid")
    assert pattern.fullmatch("")
