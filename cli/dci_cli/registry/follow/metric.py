"""The metric of passes: when it stops coming, the deployment's alarm says that the registry ages."""

from __future__ import annotations

import sys

from botocore.exceptions import BotoCoreError, ClientError

NAMESPACE, METRIC = "DCI/Follow", "passes"


def put_metric(stack: str) -> None:
    """Count a pass that succeeded, for the alarm of a stack; "" for none. What fails is a line: the pass is made."""
    if not stack:
        return
    import boto3  # noqa: PLC0415 - imported when there is something to call

    try:
        boto3.client("cloudwatch").put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[
                {"MetricName": METRIC, "Dimensions": [{"Name": "stack", "Value": stack}], "Value": 1, "Unit": "Count"}
            ],
        )
    except (BotoCoreError, ClientError) as error:
        print(f"The metric cannot be put ({type(error).__name__}): allow cloudwatch:PutMetricData.", file=sys.stderr)
