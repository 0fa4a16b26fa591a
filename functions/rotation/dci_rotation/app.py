"""The rotation function: Secrets Manager calls it once for each step of a rotation."""

from __future__ import annotations

from typing import Any

from dci_common.deadline import Deadline, calls_end_by
from dci_common.logs import log_failure, log_rotation
from dci_common.runtime import Event, LambdaHandler, Runtime, lambda_handler
from dci_rotation.key_rotation import KeyRotation

_STEPS = {
    "createSecret": KeyRotation.create,
    "setSecret": KeyRotation.set,
    "testSecret": KeyRotation.test,
    "finishSecret": KeyRotation.finish,
}


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: errors are logged and raised, so that Secrets Manager retries the step."""

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        step, token = event["Step"], event["ClientRequestToken"]
        try:
            with calls_end_by(Deadline.of(context, runtime.clock)):
                _STEPS[step](KeyRotation(runtime, event["SecretId"]), token)
        except Exception as error:
            log_failure(error, token)
            raise
        log_rotation(step, token)
        return {}

    return handler


handler = lambda_handler(create_app)
