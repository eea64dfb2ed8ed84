"""What went wrong with S3, said to the person who runs the service: which setting to look at, and no secrets."""

from collections.abc import Mapping

from arangovis.artifacts.s3.place import S3Place

_BUCKET = (
    "there is no bucket {bucket!r}: check ARANGOVIS_ARTIFACTS and ARANGOVIS_S3_ENDPOINT; `arangovis init` makes it"
)
_KEYS = "the S3 server does not know these credentials: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_OLD_KEYS = "the credentials for S3 have expired: renew AWS_SESSION_TOKEN and the keys that belong to it"
_NO_KEYS = "there are no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or an AWS profile"
_RIGHTS = (
    "the credentials may not do this in bucket {bucket!r}: they must be allowed to list it and to get, put and delete "
    "its objects and, to erase, versions of them, if they are the right ones: check AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY"
)
_REGION = "bucket {bucket!r} is in another region: check ARANGOVIS_S3_REGION"
_SILENT = "the S3 server did not answer: check ARANGOVIS_S3_ENDPOINT, and whether it runs; trying again may help"
_BUSY = "the S3 server is busy or broken, and stayed so while it was asked again; trying again later may help"
_DAMAGED = "bytes arrived at the S3 server damaged, and were refused; try again"
_TLS = "the S3 server's certificate is not trusted: check ARANGOVIS_S3_ENDPOINT, and AWS_CA_BUNDLE for an authority"
_CLOCK = "the clocks of this machine and of the S3 server differ too much: set them"
_PROFILE = "the AWS profile cannot be used: check AWS_PROFILE and the files of the AWS tools"

_TEXTS: Mapping[str, tuple[str, ...]] = {
    _BUCKET: ("NoSuchBucket",),
    _KEYS: ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AuthorizationQueryParametersError"),
    _OLD_KEYS: ("ExpiredToken", "TokenRefreshRequired"),
    _NO_KEYS: ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
    _RIGHTS: ("403", "AccessDenied", "Forbidden", "AllAccessDisabled", "AccountProblem"),
    _REGION: ("301", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
    _SILENT: (
        "EndpointConnectionError",
        "ConnectionClosedError",
        "ConnectionError",
        "ConnectTimeoutError",
        "HTTPClientError",
        "IncompleteReadError",
        "ProxyConnectionError",
        "ReadTimeoutError",
        "ResponseParserError",
        "ResponseStreamingError",
        "RequestTimeout",
    ),
    _BUSY: ("500", "502", "503", "504", "InternalError", "ServiceUnavailable", "SlowDown", "429", "TooManyRequests"),
    _DAMAGED: ("BadDigest", "InvalidDigest", "IncompleteBody", "XAmzContentSHA256Mismatch", "InvalidPart"),
    _TLS: ("SSLError",),
    _CLOCK: ("RequestTimeTooSkewed",),
    _PROFILE: ("ProfileNotFound", "ConfigParseError", "ConfigNotFound", "InvalidConfigError"),
}
_TEXT_OF = {code: text for text, codes in _TEXTS.items() for code in codes}


def problem_of(code: str, place: S3Place) -> str:
    """Return a sentence on an error, by the code of S3's answer, its HTTP status, or the name of boto3's exception."""
    text = _TEXT_OF.get(code)
    return f"the S3 server or its client refused with {code[:80]}" if text is None else text.format(bucket=place.bucket)
