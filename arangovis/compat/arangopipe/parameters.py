"""The names of arangopipe's connection parameters."""


class ManagedServiceConnParam:
    """Each constant is a key of the dictionary that `ArangoPipeConfig.create_connection_config` takes."""

    DB_SERVICE_HOST = "DB_service_host"
    DB_SERVICE_END_POINT = "DB_end_point"
    DB_SERVICE_NAME = "DB_service_name"
    DB_SERVICE_PORT = "DB_service_port"
    DB_NAME = "dbName"
    DB_REPLICATION_FACTOR = "arangodb_replication_factor"
    DB_USER_NAME = "username"
    DB_PASSWORD = "password"  # noqa: S105 - the name of a parameter
    DB_ROOT_USER = "root_user"
    DB_ROOT_USER_PASSWORD = "root_user_password"  # noqa: S105 - the name of a parameter
    DB_CONN_PROTOCOL = "conn_protocol"
    DB_NOTIFICATION_EMAIL = "email"
    ARANGOVIS_URL = "arangovis_url"
    ARANGOVIS_HOME = "arangovis_home"


URL, HOME = ManagedServiceConnParam.ARANGOVIS_URL, ManagedServiceConnParam.ARANGOVIS_HOME
SECRETS = (ManagedServiceConnParam.DB_PASSWORD, ManagedServiceConnParam.DB_ROOT_USER_PASSWORD)
"""Parameters that are neither shown nor written."""
