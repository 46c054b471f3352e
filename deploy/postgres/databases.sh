#!/bin/sh
# Give each service a database and a role of its own; safe to run again, and takes over a changed password.
# PGHOST, PGUSER and PGPASSWORD_FILE say how to log in as an administrator; SERVICES lists the names; the password of
# each role is in $SECRETS/<name>_database_password. No password ever stands in a command line.
set -eu
PGPASSWORD=$(cat "$PGPASSWORD_FILE")
export PGPASSWORD PGDATABASE=postgres

for name in $SERVICES; do
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name="$name" --set file="$SECRETS/${name}_database_password" <<'SQL'
\set password `cat :file`
SET password_encryption = 'scram-sha-256';
SELECT format('CREATE ROLE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
    echo "database $name is ready"
done
