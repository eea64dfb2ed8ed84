#!/bin/sh
# Writes .env for docker-compose.yml with random passwords: `sh deploy/compose-env.sh [FILE]`. An existing file is kept.
set -eu
file=${1:-.env}
umask 077
set -C # a file that is there is not overwritten, not even by two at once
for name in ARANGO_ROOT_PASSWORD ARANGO_PASSWORD API_TOKEN S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY; do
    printf '%s=%s\n' "$name" "$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')"
done >"$file"
echo "$file is written; keep it: the passwords are nowhere else."
