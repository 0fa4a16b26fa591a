"""`dci approvals`: the changes of a deployment that wait for a second person, over the API."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from dci_cli.api import Api, Reply, add_api_options, api_of
from dci_cli.clients.client_command import text_of
from dci_cli.command_error import CommandError
from dci_cli.terminal import Column, add_json_option, confirm, print_json, print_sheet, print_table

_COLUMNS = ("asked", "status", "act", "name", "widens", "asked_by", "approval_id")
_LONG = {"name", "widens", "asked_by"}
_STATUSES = ("waiting", "approved", "rejected", "withdrawn", "expired")
_PAGE = 100
View = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApprovalsApi:
    """The requests of `/approvals`. A rejection is raised as CommandError."""

    api: Api

    def approvals(self, status: str | None) -> Iterator[View]:
        """Return the approvals with a status, or all of them, the newest first."""
        following = ""
        while following is not None:
            query = {"limit": _PAGE, **({"status": status} if status else {})}
            page = _content(
                self.api.get(f"/approvals?{urlencode(query | ({'next': following} if following else {}))}")
            )
            yield from page["approvals"]
            following = page.get("next")

    def show(self, approval_id: str) -> tuple[View, str]:
        """Return an approval with what it changes, and its ETag."""
        reply = self.api.get(_path(approval_id))
        return _content(reply), reply.headers["ETag"] or ""

    def decide(self, approval_id: str, decision: str, etag: str = "") -> View:
        """Approve, reject or withdraw a change, and return its approval."""
        headers = {"If-Match": etag} if etag else {}
        decided: View = _content(self.api.post(f"{_path(approval_id)}/{decision}", headers=headers))
        return decided


@dataclass(frozen=True, slots=True)
class ApprovalCommand:
    """A command of `dci approvals`: what it does and prints, and its own arguments."""

    act: Callable[[ApprovalsApi, argparse.Namespace], None]
    add_own_arguments: Callable[[argparse.ArgumentParser], None]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the API, `--json`, and the command's own arguments."""
        add_api_options(parser)
        add_json_option(parser)
        self.add_own_arguments(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Do it, and print the result. Raises CommandError."""
        self.act(ApprovalsApi(api_of(options)), options)
        return 0


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=_STATUSES, help="list only those with this status")


def _add_approval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "approval", metavar="APPROVAL", help="the id of the approval, which `dci approvals list` shows"
    )


def _add_approval_and_yes(parser: argparse.ArgumentParser) -> None:
    _add_approval(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def _list(api: ApprovalsApi, options: argparse.Namespace) -> None:
    found = list(api.approvals(options.status))
    if options.json:
        print_json(found)
        return
    headings = [Column(column.replace("_", " "), wraps=column in _LONG) for column in _COLUMNS]
    print_table(headings, [[_cell(approval, column) for column in _COLUMNS] for approval in found])


def _show(api: ApprovalsApi, options: argparse.Namespace) -> None:
    shown, _ = api.show(options.approval)
    _print(shown, as_json=options.json)


def _approve(api: ApprovalsApi, options: argparse.Namespace) -> None:
    shown, etag = api.show(options.approval)
    if not options.yes and not options.json:
        _print(shown, as_json=False)
    confirm("Approve this change", "approved", assumed=options.yes)
    _report(options, api.decide(options.approval, "approve", etag), "Approved: the change is made.")


def _reject(api: ApprovalsApi, options: argparse.Namespace) -> None:
    _report(options, api.decide(options.approval, "reject"), "Rejected: nothing has changed.")


def _withdraw(api: ApprovalsApi, options: argparse.Namespace) -> None:
    _report(options, api.decide(options.approval, "withdraw"), "Withdrawn: nothing has changed.")


def _report(options: argparse.Namespace, approval: View, sentence: str) -> None:
    if options.json:
        print_json(approval)
    else:
        print(sentence)


def _print(shown: View, *, as_json: bool) -> None:
    """Print an approval with a line for each member that changes, or as JSON."""
    if as_json:
        print_json(shown)
        return
    about = [name for name in shown if name not in {"before", "after", "changes", "asked_by_name", "decided_by_name"}]
    lines = [(name.replace("_", " "), _cell(shown, name)) for name in about]
    for name, change in shown["changes"].items():
        was, becomes = (text_of(change[side]) if side in change else "(none)" for side in ("before", "after"))
        lines.append((name.replace("_", " "), f"{was} -> {becomes}"))
    print_sheet(lines)


def _cell(approval: View, name: str) -> str:
    named = approval.get(f"{name}_name")
    text = text_of(approval.get(name, ""))
    return f"{named} ({text})" if named else text


def _path(approval_id: str) -> str:
    if not approval_id:  # whose path would be that of the list
        raise CommandError("The id of the approval is empty: see `dci approvals list`.")
    return f"/approvals/{quote(approval_id, safe='')}"


def _content(reply: Reply) -> Any:  # noqa: ANN401 - JSON
    if reply.status == HTTPStatus.OK and isinstance(reply.json, dict):
        return reply.json
    raise CommandError(reply.error or f"The API answered with status {reply.status}.")


list_approvals = ApprovalCommand(_list, _add_status)
show = ApprovalCommand(_show, _add_approval)
approve = ApprovalCommand(_approve, _add_approval_and_yes)
reject = ApprovalCommand(_reject, _add_approval)
withdraw = ApprovalCommand(_withdraw, _add_approval)
