"""Tests of the stack, deployed to an emulator of AWS: `make deployed`, after `make build`."""
