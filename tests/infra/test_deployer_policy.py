"""The policy for deploying: enough for the template's resources by CloudFormation's own list, and not much more."""

from __future__ import annotations

import json
import os
import re
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest

from support.deployment import MONITORING, listed, template
from support.events import ROOT

SCHEMAS = sorted(ROOT.glob(".venv-sam/lib/python3*/site-packages/cfnlint/data/schemas/resources/*.json"))
POLICY = (ROOT / "infra" / "deployer-policy.json").read_text()
POOL_POLICY = (ROOT / "infra" / "operator-pool-policy.json").read_text()  # for a deployment with OperatorPool
OF_POOL: list[dict[str, Any]] = json.loads(POOL_POLICY)["Statement"]
STATEMENTS: list[dict[str, Any]] = [*json.loads(POLICY)["Statement"], *OF_POOL]
# What SAM makes of its own types, and the stack with the bucket of the artifacts, which SAM creates.
OF_SAM = {
    "AWS::Serverless::HttpApi": {"AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage"},
    "AWS::Serverless::Function": {
        *("AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::Lambda::Permission"),
        *("AWS::Lambda::EventSourceMapping", "AWS::Events::Rule"),
    },
    "AWS::Serverless::LayerVersion": {"AWS::Lambda::LayerVersion"},
}
# Features of these types that the template does not use.
NOT_USED = (
    *(
        "ec2:*",
        "elasticfilesystem:*",
        "s3files:*",
        "kinesis:*",
        "firehose:*",
        "codedeploy:*",
        "s3:REST*",
        "s3:getObject",
    ),
    *("*Provisioned*", "*FunctionConcurrency", "*CapacityProvider", "*CodeSigningConfig", "*ScalingConfig"),
    *(
        "lambda:PutRuntimeManagementConfig",
        "lambda:AssociateRuntimeAlias",
        "*StreamingDestination",
        "*TableReplica",
        "*Import*",
        "s3:ListBucket",
    ),
    *("dynamodb:*ContributorInsights", "dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"),
    *("logs:*IndexPolicy", "logs:*DataProtectionPolicy", "logs:*BearerToken*", "logs:DeleteResourcePolicy"),
    *("logs:*DeletionProtection", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"),
    *("secretsmanager:*Region*", "cloudfront:*ConnectionGroup", "cloudfront:GetVpcOrigin", "cloudfront:*Staging*"),
    *("cloudformation:SetStackPolicy", "cloudformation:UpdateTerminationProtection", "iam:*chRolePolicy"),
    *("kms:ListAliases", "kms:RevokeGrant", "s3:GetObjectMetadata"),
    *("s3tables:*", "s3:*MetadataJournalTable*", "s3:*MetadataInventoryTable*", "s3:*MetadataAnnotationTable*"),
    *("cognito-idp:AddCustomAttributes", "cloudfront:updateDistribution"),
    *("kms:ReEncrypt*", "kms:GenerateDataKeyWithoutPlaintext"),
    *("s3:CreateBucketMetadata*", "s3:PutObjectAcl", "s3:DeleteObject"),
)
# A deployer reads and writes no data of the registry, although CloudFormation could.
DATA = {
    *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"),
    *("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
}
# What no resource needs, but SAM, API Gateway's logs and domain, or CloudFront's web ACL.
BESIDES = {
    *("cloudformation:*", "s3:*", "wafv2:GetWebACL", "iam:CreateServiceLinkedRole", "secretsmanager:GetSecretValue"),
    "logs:ListLogDeliveries",
}

if not SCHEMAS and os.environ.get("DCI_BUILT") != "1":
    pytest.skip("SAM is not installed: make validate does it", allow_module_level=True)


@cache
def needed() -> dict[str, set[str]]:
    """Return the actions that CloudFormation performs for each type of the templates."""
    types = {
        resource["Type"]
        for file in ("template.yaml", MONITORING)
        for resource in template(file)["Resources"].values()
    }
    types = {made for type_ in types for made in OF_SAM.get(type_, {type_})}
    found: dict[str, set[str]] = {}
    for schema in map(json.loads, (path.read_text() for path in SCHEMAS)):
        if schema.get("typeName") in types and "handlers" in schema:
            handlers = [schema["handlers"].get(name, {}) for name in ("create", "read", "update", "delete")]
            found[schema["typeName"]] = {action for one in handlers for action in one.get("permissions", ())}
    assert found.keys() == types
    return found


def granted() -> list[str]:
    """Return the actions of the policy, some with wildcards."""
    return [action for statement in STATEMENTS for action in listed(statement["Action"])]


def any_matches(patterns: Any, action: str) -> bool:
    """Return whether a pattern matches the action."""
    return any(fnmatchcase(action, pattern) for pattern in patterns)


def test_it_is_enough_for_every_resource() -> None:
    """What CloudFormation does to create, read, change and delete the template's resources is allowed."""
    missing = {
        action
        for actions in needed().values()
        for action in actions - DATA
        if not any_matches(granted(), action) and not any_matches(NOT_USED, action)
    }
    assert missing <= {"secretsmanager:GetSecretValue"}


def test_nothing_is_granted_in_vain() -> None:
    """Each action is of a resource, of SAM's own bucket, or of a service behind a resource."""
    of_resources = set().union(*needed().values())
    unused = [pattern for pattern in granted() if not any(fnmatchcase(action, pattern) for action in of_resources)]
    assert [pattern for pattern in unused if not any_matches(BESIDES, pattern)] == []


def test_a_deployer_reads_no_data() -> None:
    """No item of a table can be read or written, and of the secrets only the origin's."""
    assert not [action for action in DATA if any_matches(granted(), action)]
    readers = [one for one in STATEMENTS if any_matches(listed(one["Action"]), "secretsmanager:GetSecretValue")]
    assert [one["Resource"] for one in readers] == ["arn:aws:secretsmanager:REGION:ACCOUNT:secret:OriginKey-*"]


def test_a_deployer_does_not_see_lost_changes() -> None:
    """The objects that may be read are artifacts and certificates; of the bucket with records only its settings."""
    readers = [one for one in STATEMENTS if any_matches(listed(one["Action"]), "s3:GetObject")]
    assert {name for one in readers for name in listed(one["Resource"])} == {
        "arn:aws:s3:::aws-sam-cli-managed-default-*",
        "arn:aws:s3:::dci-truststore-ACCOUNT-REGION/*",
    }


def test_roles_are_for_lambda_alone() -> None:
    """Roles can be made under the stack's name only, and given to Lambda only."""
    passing = [one for one in STATEMENTS if "iam:PassRole" in listed(one["Action"])]
    assert [one["Condition"] for one in passing] == [
        {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    ]
    roles = [one for one in STATEMENTS if any(action.startswith("iam:") for action in listed(one["Action"]))]
    assert {name for one in roles for name in listed(one["Resource"])} == {
        "arn:aws:iam::ACCOUNT:role/STACK-*",
        "arn:aws:iam::ACCOUNT:role/aws-service-role/ops.apigateway.amazonaws.com/*",
    }


def test_resources_are_named() -> None:
    """Only actions without a resource of their own are allowed on all, and each secret of the template is named."""
    everywhere = [action for one in STATEMENTS if "*" in listed(one["Resource"]) for action in listed(one["Action"])]
    assert everywhere == [
        *("cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate", "cloudwatch:DescribeAlarms"),
        "lambda:CreateEventSourceMapping",  # of any queue and function: the role of the function limits it
        *("logs:*LogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:ListLogDeliveries"),
        *("logs:PutResourcePolicy", "secretsmanager:GetRandomPassword"),
        *("cognito-idp:CreateUserPool", "cognito-idp:DescribeUserPoolDomain"),
    ]
    secrets = {name for name, one in template()["Resources"].items() if one["Type"] == "AWS::SecretsManager::Secret"}
    assert set(re.findall(r"secret:(\w+)-\*", POLICY)) == secrets
    assert "CommonLayer" in template()["Resources"]
    assert "RotationFunction" in template()["Resources"]


def test_it_fits_into_a_managed_policy() -> None:
    """With names of usual length it is below the 6,144 characters of a managed policy."""
    for policy in (POLICY, POOL_POLICY):
        filled = (
            policy.replace("REGION", "ap-southeast-1").replace("ACCOUNT", "1" * 12).replace("STACK", "dci-registry")
        )
        assert len(re.sub(r"\s", "", filled)) <= 6144


def test_a_deployer_makes_no_person() -> None:
    """The policy for the user pool makes the pool and its groups, and puts nobody into them."""
    assert {action.partition(":")[0] for one in OF_POOL for action in listed(one["Action"])} == {"cognito-idp"}
    for action in ("AdminCreateUser", "AdminAddUserToGroup", "AdminSetUserPassword", "AdminSetUserMFAPreference"):
        assert not any_matches(granted(), f"cognito-idp:{action}")
