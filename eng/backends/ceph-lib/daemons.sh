# The two processes of a cluster: which they are, starting and stopping them. Each has the path of this cluster's ceph.conf as an argument of its own.

# is PROCESS NAME   whether it is the mon or the osd of this cluster: a number alone may be somebody else's by now, its arguments are not. One that has ended
# and that nobody has waited for yet has none.
is() {
  local arguments
  mapfile -d '' -t arguments 2>/dev/null < "/proc/$1/cmdline" || return 1
  [[ "${arguments[0]:-}" = *ceph-$2 && " ${arguments[*]} " = *" -c $run/ceph.conf "* ]]
}

# process NAME   prints the number of the mon or osd that runs
process() {
  local pid
  [ -s "$run/$1.pid" ] && read -r pid < "$run/$1.pid" && is "$pid" "$1" && echo "$pid"
}

alive() { process "$1" >/dev/null; }

start_mon() { launch mon -i a; }
start_osd() { launch osd -i 0; }

# launch NAME OPTION...   returns when it is in the background
launch() {
  local name=$1
  shift
  "ceph-$name" -c "$run/ceph.conf" --pid-file "$run/$name.pid" "$@" >"$run/log/$name.start" 2>&1 </dev/null 9>&- \
    || { tail -n 5 "$run/log/$name.start" >&2; say "ceph-$name does not start; see $run/log"; return 1; }
}

# signal SIGNAL NAME
signal() {
  local pid
  case $2 in osd | mon) ;; *) fail "osd or mon?" ;; esac
  pid=$(process "$2") || fail "the $2 does not run"
  kill "-$1" "$pid"
  [ "$1" != KILL ] || await_end "$pid" "$2"
}

# stop NAME   ends whatever there is of it, also a start that was broken off before it wrote its number down
stop() {
  local file pid
  while read -r file; do
    pid=${file#/proc/} pid=${pid%/cmdline}
    ! is "$pid" "$1" || kill -KILL "$pid" 2>/dev/null || true
    await_end "$pid" "$1"
  done < <(grep -lzsxF "$run/ceph.conf" /proc/[0-9]*/cmdline)
  rm -f "$run/$1.pid"
}

await_end() {
  local attempt
  for attempt in {1..200}; do
    is "$1" "$2" || return 0
    sleep 0.05
  done
  fail "process $1, the $2, does not end"
}
