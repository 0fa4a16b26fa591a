"""Tests of the layer's AWS client: transport, signatures, retries and DynamoDB reads."""
