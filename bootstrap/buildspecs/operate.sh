#!/bin/sh
# What somebody asked for who started the pipeline NAME-operate-STACK: rollback, remove, or cancel, which frees a state that
# a job left locked when it was killed.
set -eu

: "${STACK:?is set by the project}"
: "${COMMAND:=help}" "${SERVICE:=-}" "${CONFIRM:=-}"

plain() {
  case "$2" in
    -?* | *[!a-z0-9-]*)
      echo "$1 must be lower-case letters, digits and hyphens, a letter first, got: $2" >&2
      exit 2
      ;;
  esac
}

plain SERVICE "$SERVICE"
plain CONFIRM "$CONFIRM"
case "$COMMAND" in
  rollback)
    [ "$SERVICE" != - ] || { echo "SERVICE must name the service that goes back, such as web" >&2; exit 2; }
    make rollback STACK="$STACK" SERVICE="$SERVICE"
    ;;
  remove) make remove STACK="$STACK" CONFIRM="$CONFIRM" ;;
  cancel) make cancel STACK="$STACK" CONFIRM="$CONFIRM" ;;
  help)
    echo "Nothing was asked for. Start the pipeline with variables:"
    echo "  --variables name=COMMAND,value=rollback name=SERVICE,value=web"
    echo "  --variables name=COMMAND,value=remove name=CONFIRM,value=$STACK"
    echo "  --variables name=COMMAND,value=cancel name=CONFIRM,value=$STACK"
    ;;
  *) echo "COMMAND must be rollback, remove, cancel or help, got: $COMMAND" >&2; exit 2 ;;
esac
