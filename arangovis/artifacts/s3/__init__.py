"""Artifacts in S3. `store` says how; `client` is the one module that speaks to boto3."""
