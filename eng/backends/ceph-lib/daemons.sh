# The two processes of a cluster, mon and osd: which they are, starting and ending them. Each has the path of this cluster's ceph.conf as an argument of its own.

# is PROCESS NAME   whether it is the mon or the osd of this cluster: a number alone may be somebody else's by now, its arguments are not. One that has ended
# and that nobody has waited for yet has none.
is() {
  local arguments
  mapfile -d '' -t arguments 2>/dev/null < "/proc/$1/cmdline" || return 1
  [[ "${arguments[0]:-}" = *ceph-$2 && " ${arguments[*]} " = *" -c $run/ceph.conf "* ]]
}

# process NAME   prints its number, if it runs
process() {
  local pid
  [ -s "$run/$1.pid" ] && read -r pid < "$run/$1.pid" && is "$pid" "$1" && echo "$pid"
}

alive() { process "$1" >/dev/null; }

known() { case $1 in osd | mon) ;; *) fail "which one, osd or mon?" ;; esac; }

# launch NAME   returns when it is in the background and has begun its work. Without a limit of time it would wait for a monitor that does not answer. Debian's
# OSD of Reef looks for what it loads (osd_class_dir) below the folder it is started in.
launch() {
  local id=a
  [ "$1" = mon ] || id=0
  apart env -C / timeout 60 "ceph-$1" -c "$run/ceph.conf" --pid-file "$run/$1.pid" -i $id >"$run/log/$1.start" 2>&1 </dev/null && return
  say "the $1 does not start: $(grep -v '^$' "$run/log/$1.start" | tail -n 2)"
  end "$1"
  return 1
}

# signal SIGNAL NAME
signal() {
  local pid
  known "$2"
  pid=$(process "$2") || fail "the $2 does not run"
  kill "-$1" "$pid"
  case $1 in
    KILL) await_end "$pid" "$2" ;;
    STOP) await_stop "$pid" "$2" ;;
  esac
}

# await_stop PID NAME   One thread takes the signal and stops the others; on a busy machine they go on, and answer, until it has its turn.
await_stop() {
  local tries=0
  while grep -qs '^State:[[:space:]]*[^T[:space:]]' "/proc/$1/task/"*/status; do
    [ $((tries += 1)) -le 600 ] || fail "the $2 does not stop"
    sleep 0.05
  done
}

# end NAME   ends whatever there is of it, also a start that was broken off before it wrote its number down
end() {
  local file pid
  while read -r file; do
    pid=${file#/proc/} pid=${pid%/cmdline}
    is "$pid" "$1" || continue
    kill -KILL "$pid" 2>/dev/null || true
    await_end "$pid" "$1"
  done < <(grep -lzsxF "$run/ceph.conf" /proc/[0-9]*/cmdline)
  rm -f "$run/$1.pid"
}

# await_end PROCESS NAME   until it holds nothing any more: its memory goes first, its files and ports after that, and who waits for it last
await_end() {
  local threads
  for _ in {1..200}; do
    threads=("/proc/$1/task"/*)
    grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" || [ ${#threads[@]} -gt 1 ] || return 0
    sleep 0.05
  done
  fail "process $1, the $2, does not end"
}
