# Making, checking and removing the cluster. Everything of it is in $run: ceph.conf, keyrings, mon, osd, log, and made, which is there once it has answered.

bytes=$((24 << 30)) # of the store: sparse
pool=rbd

need() {
  local program
  for program in ceph-mon ceph-osd ceph-authtool monmaptool ceph rbd; do
    command -v "$program" >/dev/null || { say "missing: $program; on Debian: apt-get install --no-install-recommends ceph-mon ceph-osd ceph-common"; exit 77; }
  done
}

# The command ceph is written in Python, and only Debian's has its modules.
administer() { /usr/bin/python3 /usr/bin/ceph -c "$run/ceph.conf" --connect-timeout 20 "$@" >/dev/null 9>&-; }

answers() { timeout "$1" rbd -c "$run/ceph.conf" --pool $pool ls >/dev/null 2>"$run/log/check" 9>&-; }

lock() {
  mkdir -p -m 700 "$run"
  [ -O "$run" ] || fail "$run is somebody else's"
  exec 9>"$run/lock"
  flock -w 600 9 || fail "another start or stop of the cluster holds $run/lock"
}

# cluster_up   A cluster that runs is left alone, whatever it was made from; one that stopped is started; anything else is made anew.
cluster_up() {
  need
  umask 077
  lock
  local started=${EPOCHREALTIME/./} how
  if how=$(revive); then
    :
  else
    clear_away
    make
    how=made
  fi
  [ "$how" = checked ] || say "up: $how in $(((${EPOCHREALTIME/./} - started) / 1000)) ms"
  exec 9>&-
  echo "$CEPH_CONF"
}

# revive   prints how the cluster that was made came to answer; fails if it does not
revive() {
  local name how=checked
  [ -e "$run/made" ] || return 1
  alive mon || alive osd || [ "$(cat "$run/made")" = "$(recipe)" ] || return 1
  alive osd || grep -q 'osd_objectstore = bluestore' "$run/ceph.conf" || return 1 # memstore keeps nothing
  for name in mon osd; do
    if alive $name; then
      signal CONT $name
    else
      how='started again'
      start_$name >&2 || return 1
    fi
  done
  answers 60 || { say "the cluster does not answer: $(tail -n 1 "$run/log/check")"; return 1; }
  echo "$how"
}

# recipe   what the cluster is made from: a stopped one that differs is not used
recipe() { { echo "$run $store $port"; cat "$here"/*.sh; } | sha256sum | cut -c1-12; }

make() {
  local fsid osd formatting
  say "making a cluster in $run, port $port, $store"
  mkdir -p "$run"/{log,mon,osd}
  read -r fsid < /proc/sys/kernel/random/uuid
  read -r osd < /proc/sys/kernel/random/uuid
  . "$here/conf.sh" > "$run/ceph.conf"
  keyrings
  ceph-osd -c "$run/ceph.conf" --mkfs --no-mon-config -i 0 --osd-uuid "$osd" >"$run/log/osd.mkfs" 2>&1 </dev/null 9>&- &
  formatting=$!
  monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$port,v1:127.0.0.1:$((port + 1))]" "$run/monmap" >/dev/null
  ceph-mon -c "$run/ceph.conf" --mkfs -i a --monmap "$run/monmap" --keyring "$run/all.keyring" >"$run/log/mon.mkfs" 2>&1 </dev/null 9>&- \
    || fail "the monitor's store cannot be made: $(tail -n 3 "$run/log/mon.mkfs")"
  rm -f "$run"/{monmap,all.keyring}
  start_mon
  administer osd new "$osd" 0
  administer osd set-require-min-compat-client mimic
  administer osd pool create $pool 8
  wait $formatting || fail "the OSD's store cannot be made: $(tail -n 3 "$run/log/osd.mkfs")"
  start_osd
  timeout 60 rbd -c "$run/ceph.conf" pool init $pool 9>&- # waits until the OSD serves it
  answers 60 || fail "the cluster does not answer: $(tail -n 1 "$run/log/check")"
  recipe > "$run/made"
}

# keyrings   one for each user, and one of all of them for the monitor to begin with
keyrings() {
  local name
  key mon. mon 'allow *' > "$run/mon.keyring"
  key osd.0 mon 'allow profile osd' osd 'allow *' > "$run/osd.keyring"
  key client.admin mon 'allow *' osd 'allow *' mgr 'allow *' > "$run/admin.keyring"
  key client.seng-reader mon 'profile rbd-read-only' osd 'profile rbd-read-only' > "$run/seng-reader.keyring"
  key client.seng-nothing mon 'allow r' > "$run/seng-nothing.keyring"
  cat "$run"/{mon,osd,admin,seng-reader,seng-nothing}.keyring > "$run/all.keyring"
}

# key USER (SERVICE RIGHTS)...   prints a new key as in a keyring
key() {
  printf '[%s]\n\tkey = %s\n' "$1" "$(ceph-authtool --gen-print-key)"
  shift
  while [ $# -gt 0 ]; do
    printf '\tcaps %s = "%s"\n' "$1" "$2"
    shift 2
  done
}

cluster_status() {
  local name stopped=0
  for name in mon osd; do
    if alive $name; then echo "$name: process $(process $name), $(awk '$1 == "State:" { print $3 }' "/proc/$(process $name)/status")"; else echo "$name: not running"; stopped=1; fi
  done
  [ -e "$run/made" ] || { echo "not made"; stopped=1; }
  return $stopped
}

cluster_down() {
  [ -d "$run" ] || return 0
  lock
  clear_away
}

# clear_away   leaves the lock
clear_away() {
  stop osd
  stop mon
  rm -rf --one-file-system "$run"/{made,ceph.conf,monmap,mon,osd,log} "$run"/*.keyring
}
