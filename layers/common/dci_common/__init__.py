"""What the functions and the command line share: wire models, trust, the registry and the HTTP edge."""

import gc

from dci_common.deferred_import import IS_FUNCTION, leave_out, leave_out_plugins

if IS_FUNCTION:
    gc.disable()  # a fifteenth of a cold start, in which hardly anything becomes garbage; see runtime.tune_gc

leave_out_plugins()
# Only Powertools' Logger is used. Its package also imports the other tools, and a language for queries of JSON.
leave_out("aws_lambda_powertools.metrics")
leave_out("aws_lambda_powertools.tracing")
leave_out("aws_lambda_powertools.utilities.jmespath_utils")
# PyJWT's own way to fetch published keys (dci_common.outbound fetches them), and keys in the format of SSH.
leave_out("jwt.jwks_client")
leave_out("cryptography.hazmat.primitives.serialization.ssh")
