# Starting, holding and removing the cluster. Everything of it is in $run: ceph.conf, keyrings, mon, osd, log; made, which is there once it has answered; and
# held, if whoever holds it is to stop it. The locks stay behind.

need() {
  local program
  for program in ceph-mon ceph-osd ceph-authtool monmaptool rbd /usr/bin/ceph; do
    command -v "$program" >/dev/null && continue
    echo "$program is not installed (Debian: apt-get install --no-install-recommends ceph-mon ceph-osd ceph-common)" >&2
    exit 77
  done
}

folder() {
  mkdir -p "$run"
  [ -O "$run" ] || fail "$run is somebody else's"
}

lock() {
  folder
  exec 9>"$run/lock"
  flock -w 600 9 || fail "another start or stop of the cluster holds $run/lock"
}

unlock() { exec 9>&-; }

answers() { apart timeout --foreground 60 rbd -c "$run/ceph.conf" --pool "$pool" ls >/dev/null 2>"$run/log/check"; }

# cluster_up   A cluster that runs is left alone, whatever it was made from; one that stopped is started; anything else is made anew.
cluster_up() {
  need
  trap 'exit 130' INT
  lock
  bring_up
  rm -f "$run/held"
  unlock
  echo "$CEPH_CONF"
}

# cluster_hold   Who is killed while it holds the cluster holds it no longer; then the next that holds it stops it. A terminal's Ctrl-C is for the program
# that wants the cluster, and the end of that program ends this one.
cluster_hold() {
  local began=
  need
  trap '' INT
  folder
  exec 8>"$run/holders"
  flock -s -w 600 8 || fail "the end of the cluster holds $run/holders"
  trap leave EXIT
  trap 'exit 0' TERM HUP
  lock
  alive mon || alive osd || began=1
  bring_up
  [ -z "$began" ] || touch "$run/held"
  unlock
  echo "$CEPH_CONF"
  while read -r _; do :; done
}

leave() {
  trap '' TERM HUP # a second one must not break this off
  lock
  { [ ! -e "$run/held" ] && [ -e "$run/made" ]; } || ! flock -xn 8 || clear_away
}

bring_up() {
  local started=${EPOCHREALTIME/./} how
  if ! how=$(revive); then
    clear_away
    make
    how=made
  fi
  [ "$how" = checked ] || say "up: $how in $(((${EPOCHREALTIME/./} - started) / 1000)) ms"
}

# revive   prints how the cluster that was made came to answer; fails if it does not
revive() {
  local name how=checked
  [ -e "$run/made" ] || return 1
  alive mon || alive osd || [ "$(cat "$run/made")" = "$(recipe)" ] || return 1
  alive osd || grep -q '^osd_objectstore = bluestore' "$run/ceph.conf" || return 1 # the other keeps nothing
  for name in mon osd; do
    if alive $name; then
      signal CONT $name
    else
      how='started again'
      launch $name || return 1
    fi
  done
  answers || { say "it does not answer: $(tail -n 1 "$run/log/check")"; return 1; }
  echo "$how"
}

cluster_start() {
  known "$1"
  lock
  [ -e "$run/made" ] || fail "there is no cluster in $run"
  alive "$1" || launch "$1"
}

cluster_status() {
  local name pid code=0
  for name in mon osd; do
    if pid=$(process $name); then
      echo "$name: process $pid$(! grep -qs '^State:[[:space:]]*T' "/proc/$pid/status" || echo ', paused')"
    else
      echo "$name: not running"
      code=1
    fi
  done
  [ -e "$run/made" ] || { echo "not made"; code=1; }
  return $code
}

cluster_down() {
  [ -d "$run" ] || return 0
  lock
  clear_away
}

clear_away() {
  end osd
  end mon
  rm -rf --one-file-system "$run"/{made,held,ceph.conf,monmap,mon,osd,log} "$run"/*.keyring
}
