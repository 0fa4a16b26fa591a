"""The variables that the template gives the functions, and the settings that these read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from dci_common.settings import ALGORITHMS, Settings
from support.deployment import functions, template

from .conftest import APPS, Work

ENDPOINTS = {
    "AWS_ENDPOINT_URL_DYNAMODB": "dynamodb",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER": "secretsmanager",
    "AWS_ENDPOINT_URL_SQS": "sqs",
    "AWS_ENDPOINT_URL_CLOUDWATCH": "monitoring",
}
# What is no setting: libraries read some, and the clients of AWS the others.
NOT_SETTINGS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL", "PYDANTIC_DISABLE_PLUGINS", *ENDPOINTS}


class Watched(Mapping[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def declared(function: str) -> set[str]:
    """Return the project's variables of a function."""
    return set(functions()[function]["Environment"]["Variables"]) - NOT_SETTINGS


@pytest.mark.parametrize("function", APPS)
def test_a_function_declares_just_what_it_reads(function: str, work: Callable[[str], Work]) -> None:
    """While it serves its routes a function reads each variable that it declares, and no other."""
    assert {name.upper() for name in work(function).settings} == declared(function)


def test_every_setting_is_declared_somewhere() -> None:
    """What the settings are read from and what the template declares are the same variables."""
    environment = Watched()
    Settings.from_env(environment)
    assert environment.asked == set().union(*(declared(function) for function in APPS))
    assert {name.lower() for name in environment.asked} == set(Settings.__slots__)


@pytest.mark.parametrize("function", APPS)
def test_aws_is_asked_where_the_deployment_is(function: str) -> None:
    """Each function asks the endpoints of its own region and partition: China's, say, have another suffix."""
    variables = functions()[function]["Environment"]["Variables"]
    assert variables.keys() >= NOT_SETTINGS
    for name, service in ENDPOINTS.items():
        assert variables[name] == {"Fn::Sub": f"https://{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"}


def test_no_deployment_has_origins_for_tests() -> None:
    """Callbacks over plain HTTP are declared for `sam local` alone: empty, and no parameter sets them."""
    declaring = [name for name in APPS if "CALLBACK_TEST_ORIGINS" in declared(name)]
    assert declaring == [
        "SearchFunction",
        "ClientsFunction",
        "ExchangeFunction",
        "DeliveryFunction",
        "OversightFunction",
    ]
    for name in declaring:
        assert functions()[name]["Environment"]["Variables"]["CALLBACK_TEST_ORIGINS"] == ""


def test_defaults_are_the_same_in_both_places() -> None:
    """A deployment without decisions has the settings' own defaults, and the template allows what they do."""
    parameters = template()["Parameters"]
    defaults = Settings()
    assert parameters["TokenLifetime"]["Default"] == defaults.token_lifetime
    assert parameters["MaxExamined"]["Default"] == defaults.max_examined
    assert parameters["MaxExaminedAsync"]["Default"] == defaults.max_examined_async
    assert parameters["OpenExchanges"]["Default"] == defaults.open_exchanges
    assert parameters["SigningAlgorithm"]["Default"] == defaults.signing_algorithm
    assert parameters["SigningAlgorithm"]["AllowedValues"] == list(ALGORITHMS)
    for name in ("MinValue", "MaxValue"):
        Settings.from_env({"TOKEN_LIFETIME": str(parameters["TokenLifetime"][name])})
