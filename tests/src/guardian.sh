# Runs one command for as long as somebody holds the other end of its standard input, then ends it
# with everything below it. POSIX sh only, no tool beyond kill, sleep and (where there is no /proc) ps.
#
#   sh guardian.sh SIGNAL GRACE COMMAND [ARGUMENT]...
#
# SIGNAL asks the command to stop; what still lives GRACE seconds later is killed.
# Standard input: never read from, its end is the order to stop. Standard output: only held open, so
# that who reads it learns when all is over. Standard error: the log, of the command's output too.

signal=$1
grace=$2
shift 2

exec 3<&0
"$@" </dev/null >&2 3<&- &
child=$!

# "pid parent" of each process, without the dead that nobody has reaped.
processes() {
  if [ -r /proc/self/stat ]; then
    for stat in /proc/[0-9]*/stat; do
      { read -r line <"$stat"; } 2>/dev/null || continue
      pid=${line%% *}
      # After the name, which may hold spaces and brackets: state, parent.
      set -- ${line##*) }
      [ "$1" = Z ] || echo "$pid $2"
    done
  else
    ps -A -o pid= -o ppid= -o stat= | while read -r pid parent state; do
      case $state in Z*) ;; *) echo "$pid $parent" ;; esac
    done
  fi
}

# Those of the given processes, and of all below them, that live.
family() {
  table=$(processes)
  known=" $* "
  grown=yes
  while [ -n "$grown" ]; do
    grown=
    while read -r pid parent; do
      case $known in *" $pid "*) continue ;; esac
      case $known in *" $parent "*) known="$known$pid " grown=yes ;; esac
    done <<EOF
$table
EOF
  done
  while read -r pid parent; do
    case $known in *" $pid "*) printf '%s ' "$pid" ;; esac
  done <<EOF
$table
EOF
}

# A child that starts a process group of its own leaves processes that no group kill reaches, so the
# family is followed by parentage, and noted before the child goes.
(
  read -r _ <&3
  trap '' USR1
  kin=$(family "$child")
  kill -s "$signal" "$child" 2>/dev/null
  left=$((grace * 10))
  while kin=$(family "$child" $kin) && [ -n "$kin" ]; do
    if [ "$left" -le 0 ]; then
      kill -s KILL $kin 2>/dev/null
      break
    fi
    sleep 0.1
    left=$((left - 1))
  done
) >/dev/null 2>&1 &
watcher=$!

trap 'kill -s "$signal" "$child" 2>/dev/null' HUP INT TERM
while :; do
  wait "$child"
  status=$?
  kill -s 0 "$child" 2>/dev/null || break
done

# A child that ended by itself leaves the watcher waiting; one that is busy ending it ignores this.
kill -s USR1 "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$status"
