"""Reading the deployment template."""

from __future__ import annotations

from pathlib import Path

from dci_cli.template import Route, read_template
from support.deployment import of_type, routes
from support.events import ROOT


def test_the_projects_template_is_read() -> None:
    """Its routes and tables are found, as CreateTable takes them."""
    template = read_template(ROOT / "template.yaml")
    assert {route.path for route in template.routes} == routes().keys()
    assert Route("$default", "dci_console.app.handler") in template.routes
    tables = of_type("AWS::DynamoDB::Table")
    assert template.tables.keys() == tables.keys()
    for name, definition in template.tables.items():
        expected = {member: tables[name]["Properties"][member] for member in definition}
        if "StreamSpecification" in expected:  # CloudFormation turns it on without saying so
            expected["StreamSpecification"] = {"StreamEnabled": True, **expected["StreamSpecification"]}
        assert definition == expected
        assert definition.keys() >= {"KeySchema", "AttributeDefinitions", "BillingMode"}


def test_every_short_form_is_read(tmp_path: Path) -> None:
    """CloudFormation's functions of a value, a list and a map may stand anywhere."""
    path = tmp_path / "template.yaml"
    path.write_text("""
Resources:
  Other: { Type: !Sub "${Some}", Properties: { A: !Join [":", [!Ref B, !GetAtt C.Arn]], D: !Transform { Name: x } } }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: some.handler
      Events:
        Timer: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
        All: { Type: HttpApi }
        Some: { Type: HttpApi, Properties: { Path: /some } }
  Silent: { Type: AWS::Serverless::Function, Properties: { Handler: other.handler } }
""")
    template = read_template(path)
    assert template.routes == (Route("$default", "some.handler"), Route("/some", "some.handler"))
    assert template.tables == {}
