"""What parameters of the template change in the functions' permissions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.deployment import deployed, functions, of_type
from support.iam import Statement, policy

from .test_permissions import REVIEWED

KEY = "arn:aws:kms:eu-west-1:111122223333:key/of-our-own"
USE_KEY = "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo"
# The services for which a function uses the deployment's own key, if there is one.
KEY_SERVICES = {
    "TokenFunction": ["dynamodb", "lambda", "secretsmanager"],
    "SearchFunction": ["dynamodb", "lambda", "secretsmanager"],
    "ClientsFunction": ["dynamodb", "lambda", "secretsmanager"],
    "ExchangeFunction": ["dynamodb", "lambda", "sqs"],
    "DeliveryFunction": ["dynamodb", "lambda", "secretsmanager", "sqs"],
    "ChangesFunction": ["dynamodb", "lambda", "s3", "sqs"],
    "AuditIndexFunction": ["dynamodb", "lambda", "sqs"],
    "OversightFunction": ["dynamodb", "lambda"],
    "ConsoleFunction": ["lambda"],
    "RotationFunction": ["dynamodb", "lambda", "secretsmanager"],
}


@pytest.mark.parametrize("function", REVIEWED)
def test_a_key_of_ones_own_may_be_used(function: str) -> None:
    """With KmsKeyArn each function may use that key through the services that it calls, and gets nothing else."""
    services = [{"Fn::Sub": f"{name}.${{AWS::Region}}.amazonaws.com*"} for name in KEY_SERVICES[function]]
    use = Statement(
        frozenset(USE_KEY.split()), frozenset({"KmsKeyArn"}), {"StringLike": {"kms:ViaService": services}}
    )
    assert policy(function, KmsKeyArn=KEY) == [*REVIEWED[function], use]


ADOPTED = {
    "ClientsTable": "ClientsTableName",
    "RegistryTable": "RegistryTableName",
    "ExchangeTable": "ExchangeTableName",
    "AuditTable": "AuditTableName",
    "SigningKeys": "SigningKeysArn",
    "MessageKeys": "MessageKeysArn",
}


STREAMS = {"RegistryTable": "RegistryStreamArn", "AuditTable": "AuditStreamArn"}


@pytest.mark.parametrize(("own", "parameter"), ADOPTED.items())
def test_an_existing_resource_takes_the_place_of_our_own(own: str, parameter: str) -> None:
    """With such a parameter the functions use that table or key ring in the same way, and there is no other."""
    given = {parameter: "given"}
    names = {own: parameter}
    if stream := STREAMS.get(own):  # which the table brings
        given[stream] = "given"
        names[f"{parameter}/stream"] = stream
    for function, reviewed in REVIEWED.items():
        renamed = (frozenset(_renamed(name, names) for name in one.resources) for one in reviewed)
        expected = [replace(one, resources=names) for one, names in zip(reviewed, renamed, strict=True)]
        assert policy(function, **given) == expected
    assert own in deployed()["Resources"]
    assert own not in deployed(**given)["Resources"]
    parts = str([deployed(**given), functions(**given)])
    references = (f"{{'Ref': '{own}'}}", f"['{own}'", f"${{{own}}}", f"${{{own}.")
    assert not any(reference in parts for reference in references)
    assert deployed(**given)["Outputs"][own]["Value"] == {"Ref": parameter}


def _renamed(resource: str, names: dict[str, str]) -> str:
    for name, other in names.items():
        resource = resource.replace(name, other)
    return resource


def test_roles_may_have_a_boundary() -> None:
    """With PermissionsBoundaryArn every role has it, else none."""
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    for role in of_type("AWS::IAM::Role", PermissionsBoundaryArn=boundary).values():
        assert role["Properties"]["PermissionsBoundary"] == {"Ref": "PermissionsBoundaryArn"}
    assert not any("PermissionsBoundary" in role["Properties"] for role in of_type("AWS::IAM::Role").values())
