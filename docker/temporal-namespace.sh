#!/bin/sh
# Makes the namespace that reminders live in, and registers their search attributes. It may run at every start.
# The Temporal server and the namespace come from TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.
set -eu

# A server that listens is not ready yet, and takes some seconds to know a new namespace everywhere.
try() {
  attempts=1
  until "$@"; do
    [ "$attempts" -lt 30 ] || exit 1
    attempts=$((attempts + 1))
    sleep 2
  done
}

try temporal operator cluster health
temporal operator namespace describe >/dev/null ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
try temporal operator search-attribute create \
  --name ReminderState --type Keyword \
  --name ReminderDueAt --type Datetime \
  --name ReminderContact --type KeywordList \
  --name ContactState --type Keyword \
  --name ContactAskedAt --type Datetime \
  --name ContactChannel --type Keyword
