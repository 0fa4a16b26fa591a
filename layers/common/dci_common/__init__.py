"""What the functions and the command line share: wire models, trust, the registry and the HTTP edge."""

from dci_common.deferred_import import leave_out_plugins

leave_out_plugins()
