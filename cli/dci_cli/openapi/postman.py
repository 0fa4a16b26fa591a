"""The document as a Postman collection (v2.1); `python -m dci_cli.openapi.postman` prints it.

It has the requests that work: an example of each operation with a body. What differs for each reader is a variable,
and empty. A script gets a token before the first request, and when it has expired.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from dci_cli.openapi.document import document
from dci_cli.openapi.example import Example
from dci_cli.openapi.examples import EXAMPLES
from dci_cli.openapi.operations import PREFIXED, SECRET

Tree = dict[str, Any]
_FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_VARIABLES = {
    "base_url": "The URL of the registry, without a slash at the end",
    "client_id": "Your client's id",
    "client_secret": "Your client's secret: keep it as a current value, which is not shared",
    "sender_id": "The sender_id that your client is registered with",
    "client_assertion": "A JWT that your own key signed, if you authenticate with one instead of the secret",
    "operator_token": "A person's access token, for what only people may do",
    "access_token": "Filled in by the script of this collection",
    "token_expires": "Likewise",
}
_DESCRIPTION = (
    "Fill in the variables `base_url`, `client_id`, `client_secret` and `sender_id`, and send a request: a script"
    " gets the access token. The examples are for the demo registry, whose people are fictional."
)
_BEFORE_REQUEST = """\
const value = (name) => pm.variables.get(name);
const hasToken = value("access_token") && Date.now() < Number(value("token_expires"));
const isOAuth = pm.request.url.toString().includes("/oauth2/");
if (!isOAuth && !hasToken && value("client_id") && value("client_secret")) {
  const form = { grant_type: "client_credentials" };
  ["client_id", "client_secret"].forEach((name) => { form[name] = value(name); });
  pm.sendRequest({
    url: value("base_url") + "/oauth2/client/token",
    method: "POST",
    body: { mode: "urlencoded", urlencoded: Object.entries(form).map(([key, value]) => ({ key, value })) },
  }, (error, response) => {
    if (error || response.code !== 200) {
      console.error("There is no token:", error || response.json().error_description);
      return;
    }
    const token = response.json();
    pm.collectionVariables.set("access_token", token.access_token);
    pm.collectionVariables.set("token_expires", Date.now() + (token.expires_in - 30) * 1000);
  });
}"""
# A token that was revoked, or is rejected, is not sent again.
_AFTER_RESPONSE = """\
if (pm.response.code === 401 || pm.request.url.toString().endsWith("/revoke")) {
  pm.collectionVariables.unset("access_token");
}"""
# Each message has an id and a time of its own, which Postman makes.
_OWN_VALUES = {
    "message_id": "{{$guid}}",
    "message_ts": "{{$isoTimestamp}}",
    "timestamp": "{{$isoTimestamp}}",
    "sender_id": "{{sender_id}}",
}
_WORDS = {"CLIENT_ID", "CLIENT_SECRET", "CLIENT_ASSERTION", "ACCESS_TOKEN"}
_LEFT_OUT = {PREFIXED}
_ERRORS = 400


def collection() -> Tree:
    """Return the whole collection."""
    described = document()
    folders: dict[str, Tree] = {}
    for tag in described["tags"]:
        if tag["name"] not in _LEFT_OUT:
            folders[tag["name"]] = {"name": tag["name"], "description": tag["description"], "item": []}
    for path, item in described["paths"].items():
        for method in [name for name in item if name != "parameters"]:
            operation = item[method]
            (tag_name,) = operation["tags"]
            if tag_name in folders and _is_api(operation):
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                folders[tag_name]["item"] += _requests(method, path, operation, parameters)
    return {
        "info": {
            "_postman_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_FORMAT}#dci")),
            "name": described["info"]["title"],
            "description": _DESCRIPTION,
            "schema": _FORMAT,
        },
        "auth": _bearer("access_token"),
        "event": [_script("prerequest", _BEFORE_REQUEST), _script("test", _AFTER_RESPONSE)],
        "variable": [{"key": key, "value": "", "description": text} for key, text in _VARIABLES.items()],
        "item": [folder for folder in folders.values() if folder["item"]],
    }


def _requests(method: str, path: str, operation: Tree, parameters: list[Tree]) -> Iterator[Tree]:
    """Yield a request for each example of an operation that works, or one without a body."""
    examples = [example for example in EXAMPLES.get(f"{method.upper()} {path}", ()) if example.status < _ERRORS]
    for example in examples or [Example("", 0, "")]:
        name = (
            operation["summary"] if example.body is None else f"{operation['summary']}: {_lowered(example.summary)}"
        )
        request = {"method": method.upper(), "url": _url(path, parameters), "header": _headers(parameters)}
        request["description"] = operation.get("description", "")
        if example.body is not None:
            _add_body(request, operation, example.body)
        schemes = {name for each in operation.get("security", ()) for name in each}
        if "token" not in schemes:
            request["auth"] = _bearer("operator_token") if "operator" in schemes else {"type": "noauth"}
        yield {"name": name, "request": request, "response": []}


def _add_body(request: Tree, operation: Tree, body: Tree) -> None:
    media = next(iter(operation["requestBody"]["content"]))
    if media == "application/json":
        raw = json.dumps(_varied(body), indent=2, ensure_ascii=False)
        request["header"] = [{"key": "Content-Type", "value": media}, *request["header"]]
        request["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    else:
        credentials = (
            {} if "client_assertion" in body else {"client_id": "CLIENT_ID", "client_secret": "CLIENT_SECRET"}
        )
        pairs = _varied(credentials | body).items()
        form = [{"key": key, "value": value, "type": "text"} for key, value in pairs]
        request["body"] = {"mode": "urlencoded", "urlencoded": form}


def _varied(tree: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a body with variables for what differs for each reader, and for each message."""
    match tree:
        case dict():
            return {name: _OWN_VALUES.get(name) or _varied(value) for name, value in tree.items()}
        case list():
            return [_varied(value) for value in tree]
        case str() if tree in _WORDS:
            return f"{{{{{tree.lower()}}}}}"
    return tree


def _url(path: str, parameters: list[Tree]) -> Tree:
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    url: Tree = {"raw": "/".join(["{{base_url}}", *parts]), "host": ["{{base_url}}"], "path": parts}
    query = [{"key": name, "value": "", "disabled": True} for name in _named(parameters, "query")]
    variables = [{"key": name, "value": ""} for name in _named(parameters, "path")]
    return {**url, **({"query": query} if query else {}), **({"variable": variables} if variables else {})}


def _headers(parameters: list[Tree]) -> list[Tree]:
    return [{"key": name, "value": "*"} for name in _named(parameters, "header")]


def _script(listens: str, text: str) -> Tree:
    return {"listen": listens, "script": {"type": "text/javascript", "exec": text.splitlines()}}


def _bearer(variable: str) -> Tree:
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}]}


def _named(parameters: list[Tree], where: str) -> list[str]:
    return [parameter["name"] for parameter in parameters if parameter["in"] == where]


def _is_api(operation: Tree) -> bool:
    """Whether programs use an operation: not the pages of a browser."""
    (success, *_) = operation["responses"].values()
    return operation["tags"] != [SECRET] or "application/json" in success.get("content", {})


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


if __name__ == "__main__":
    print(json.dumps(collection(), indent=1, ensure_ascii=False))
