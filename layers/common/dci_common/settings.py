"""The settings of a deployment, read once from the environment variables that template.yaml declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Algorithm = Literal["ES256", "RS256"]
Approvals = Literal["off", "widening", "all"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
APPROVALS: tuple[Approvals, ...] = get_args(Approvals)
MIN_TOKEN_LIFETIME = 60
MAX_TOKEN_LIFETIME = 3600
MAX_LIMIT = 1_000_000_000


class SettingsError(Exception):
    """An environment variable has a value that is not accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a deployment. A function's environment has only the ones that the function uses.

    - `issuer`: the issuer of tokens; empty: `https://` and the API's own domain name.
    - `token_lifetime`: seconds, for clients without a lifetime of their own.
    - `receiver_ids`: the accepted `receiver_id`s; empty: any.
    - `route_prefix`: the path segment under which the registry's paths are served too; empty: none.
    - `max_examined`: how many index entries one message may read.
    - `requests_a_minute`, `records_a_day`: the quota of clients without one of their own; 0: no limit.
    - `audit_days`: how long disclosures are recorded; 0: for ever.
    - `audit_stream`: the ARN of AuditTable's stream, by which it is indexed; empty: it is not.
    - `signing_keys_secret`, `message_keys_secret`: the rings of keys that sign tokens, and messages.
    - `signing_algorithm`: the algorithm of new keys that sign tokens.
    - `stack_name`: the name of the deployment, a dimension of its metrics; empty: there are no metrics.
    - `origin_secret`: the header value that the web application firewall adds to each request; empty: no firewall.
    - `work_queue`, `delivery_queue`: the URLs of the queues of exchanges to be worked on, and to be delivered.
    - `changes_queue`: the URL of the queue of changes of the registry that could not be reported yet.
    - `max_examined_async`: how many index entries one item of an asynchronous message may read.
    - `open_exchanges`: how many unfinished exchanges a client without a limit of its own may have; 0: no limit.
    - `callback_secrets`: the prefix of the names of the secrets that partners gave for their callbacks.
    - `callback_secrets_key`: the ARN of the KMS key that encrypts them; empty: Secrets Manager's own.
    - `callback_test_origins`: hosts that callbacks may reach over plain HTTP; no deployment has any.
    - `operator_issuer`: the issuer of operators' tokens, to the letter; empty: there are no operators, only clients.
    - `operator_audience`, `operator_groups_claim`: whom these tokens are for, and the claim with a person's groups.
    - `console_application`: the client id of the console at the provider; empty: there is no console.
    - `console_scopes`, `console_resource`: what the console asks the provider for.
    - `console_origin`: where the provider issues tokens, if that is not the origin of its issuer.
    - `approvals`: which changes of clients wait for a second person; without operators, no change waits.
    - `previous_origin_secret`: another value of this header, accepted while the secret is replaced; empty: none.
    """

    clients_table: str = ""
    registry_table: str = ""
    exchange_table: str = ""
    signing_keys_secret: str = ""
    message_keys_secret: str = ""
    cursor_secret: str = ""
    audit_table: str = ""
    audit_stream: str = ""
    issuer: str = ""
    token_lifetime: int = 600
    receiver_ids: frozenset[str] = frozenset()
    route_prefix: str = ""
    max_examined: int = 100_000
    requests_a_minute: int = 600
    records_a_day: int = 1_000_000
    audit_days: int = 0
    signing_algorithm: Algorithm = "ES256"
    stack_name: str = ""
    work_queue: str = ""
    delivery_queue: str = ""
    changes_queue: str = ""
    max_examined_async: int = 50_000_000
    open_exchanges: int = 100
    callback_secrets: str = ""
    callback_secrets_key: str = ""
    callback_test_origins: frozenset[str] = frozenset()
    operator_issuer: str = ""
    operator_audience: str = ""
    operator_groups_claim: str = "cognito:groups"
    console_application: str = ""
    console_scopes: str = "openid"
    console_resource: str = ""
    console_origin: str = ""
    approvals: Approvals = "off"
    origin_secret: str = field(default="", repr=False)
    previous_origin_secret: str = field(default="", repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Return the settings in environment variables; an empty variable counts as missing.

        Raises SettingsError when a number is malformed or outside its bounds, or a choice is unknown.
        """
        return cls(
            clients_table=env.get("CLIENTS_TABLE", ""),
            registry_table=env.get("REGISTRY_TABLE", ""),
            exchange_table=env.get("EXCHANGE_TABLE", ""),
            signing_keys_secret=env.get("SIGNING_KEYS_SECRET", ""),
            message_keys_secret=env.get("MESSAGE_KEYS_SECRET", ""),
            cursor_secret=env.get("CURSOR_SECRET", ""),
            audit_table=env.get("AUDIT_TABLE", ""),
            audit_stream=env.get("AUDIT_STREAM", ""),
            issuer=env.get("ISSUER", "").rstrip("/"),
            token_lifetime=_number(env, "TOKEN_LIFETIME", 600, MIN_TOKEN_LIFETIME, MAX_TOKEN_LIFETIME),
            receiver_ids=_names(env, "RECEIVER_IDS"),
            route_prefix=env.get("ROUTE_PREFIX", ""),
            max_examined=_number(env, "MAX_EXAMINED", 100_000, 1, 10_000_000),
            requests_a_minute=_number(env, "REQUESTS_A_MINUTE", 600, 0, MAX_LIMIT),
            records_a_day=_number(env, "RECORDS_A_DAY", 1_000_000, 0, MAX_LIMIT),
            audit_days=_number(env, "AUDIT_DAYS", 0, 0, 36_500),
            signing_algorithm=_algorithm(env.get("SIGNING_ALGORITHM", "") or "ES256"),
            stack_name=env.get("STACK_NAME", ""),
            work_queue=env.get("WORK_QUEUE", ""),
            delivery_queue=env.get("DELIVERY_QUEUE", ""),
            changes_queue=env.get("CHANGES_QUEUE", ""),
            max_examined_async=_number(env, "MAX_EXAMINED_ASYNC", 50_000_000, 1, MAX_LIMIT),
            open_exchanges=_number(env, "OPEN_EXCHANGES", 100, 0, MAX_LIMIT),
            callback_secrets=env.get("CALLBACK_SECRETS", ""),
            callback_secrets_key=env.get("CALLBACK_SECRETS_KEY", ""),
            callback_test_origins=_names(env, "CALLBACK_TEST_ORIGINS"),
            operator_issuer=env.get("OPERATOR_ISSUER", ""),
            operator_audience=env.get("OPERATOR_AUDIENCE", ""),
            operator_groups_claim=env.get("OPERATOR_GROUPS_CLAIM", "") or "cognito:groups",
            console_application=_console_application(env),
            console_scopes=env.get("CONSOLE_SCOPES", "") or "openid",
            console_resource=env.get("CONSOLE_RESOURCE", ""),
            console_origin=env.get("CONSOLE_ORIGIN", ""),
            approvals=_approvals(env.get("APPROVALS", "") or "widening", env.get("OPERATOR_ISSUER", "")),
            origin_secret=env.get("ORIGIN_SECRET", ""),
            previous_origin_secret=env.get("PREVIOUS_ORIGIN_SECRET", ""),
        )


def _names(env: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(filter(None, (part.strip() for part in env.get(name, "").split(","))))


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingsError(f"{name} must be a whole number from {low} to {high}.")
    return int(text)


def _algorithm(name: str) -> Algorithm:
    for algorithm in ALGORITHMS:
        if algorithm == name:
            return algorithm
    raise SettingsError(f"SIGNING_ALGORITHM must be {' or '.join(ALGORITHMS)}.")


def _console_application(env: Mapping[str, str]) -> str:
    application = env.get("CONSOLE_APPLICATION", "")
    return application if env.get("OPERATOR_ISSUER", "") else ""


def _approvals(mode: str, operator_issuer: str) -> Approvals:
    for known in APPROVALS:
        if known == mode:
            return known if operator_issuer else "off"
    raise SettingsError(f"APPROVALS must be {', '.join(APPROVALS[:-1])} or {APPROVALS[-1]}.")
