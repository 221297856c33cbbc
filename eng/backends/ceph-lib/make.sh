# Making a cluster from nothing.

pool=rbd
bytes=$((24 << 30)) # of the store, which is sparse

# recipe   what a cluster is made from. What one release wrote is not for another.
recipe() { { echo "$run $store $port"; apart ceph-osd --version; cat "$here"/*.sh; } | sha256sum | cut -c1-12; }

# make   The OSD's store is made beside the monitor; made is written when the cluster has answered, so that one that was broken off is not used.
make() {
  local fsid osd formatting
  mkdir -p "$run"/{log,mon,osd}
  [ "$port" != any ] || port=$(free_port)
  say "making a cluster in $run, port $port, $store"
  read -r fsid < /proc/sys/kernel/random/uuid
  read -r osd < /proc/sys/kernel/random/uuid
  . "$here/conf.sh" > "$run/ceph.conf"
  keyrings
  apart ceph-osd -c "$run/ceph.conf" --mkfs --no-mon-config -i 0 --osd-uuid "$osd" >"$run/log/osd.mkfs" 2>&1 </dev/null &
  formatting=$!
  make_monitor "$fsid"
  administer osd new "$osd" 0
  administer osd set-require-min-compat-client mimic
  administer osd pool create "$pool" 8
  wait $formatting || fail "the OSD's store cannot be made: $(grep -v '^$' "$run/log/osd.mkfs" | tail -n 2)"
  launch osd
  apart timeout --foreground 60 rbd -c "$run/ceph.conf" pool init "$pool" # waits until the OSD serves it
  answers || fail "the cluster does not answer: $(tail -n 1 "$run/log/check")"
  recipe > "$run/made"
}

make_monitor() {
  monmaptool --create --fsid "$1" --addv a "[v2:127.0.0.1:$port,v1:127.0.0.1:$((port + 1))]" "$run/monmap" >/dev/null
  apart ceph-mon -c "$run/ceph.conf" --mkfs -i a --monmap "$run/monmap" --keyring "$run/all.keyring" >"$run/log/mon.mkfs" 2>&1 </dev/null \
    || fail "the monitor's store cannot be made: $(grep -v '^$' "$run/log/mon.mkfs" | tail -n 2)"
  rm -f "$run"/{monmap,all.keyring}
  launch mon
}

# administer ARGUMENT...   The command ceph is written in Python, and Debian's has its modules, which need not be the first in the path.
administer() {
  apart /usr/bin/python3 /usr/bin/ceph -c "$run/ceph.conf" --connect-timeout 20 "$@" >"$run/log/administer" 2>&1 \
    || fail "ceph $*: $(tail -n 2 "$run/log/administer")"
}

# keyrings   one for each user, and one of all of them for the monitor to begin with
keyrings() {
  key mon. mon 'allow *' > "$run/mon.keyring"
  key osd.0 mon 'allow profile osd' osd 'allow *' > "$run/osd.keyring"
  key client.admin mon 'allow *' osd 'allow *' mgr 'allow *' > "$run/admin.keyring"
  key client.seng-reader mon 'profile rbd-read-only' osd 'profile rbd-read-only' > "$run/seng-reader.keyring"
  key client.seng-nothing mon 'allow r' > "$run/seng-nothing.keyring"
  cat "$run"/{mon,osd,admin,seng-reader,seng-nothing}.keyring > "$run/all.keyring"
}

# key USER (SERVICE RIGHTS)...   prints a new key as it is written in a keyring
key() {
  local secret
  secret=$(ceph-authtool --gen-print-key)
  printf '[%s]\n\tkey = %s\n' "$1" "$secret"
  shift
  while [ $# -gt 0 ]; do
    printf '\tcaps %s = "%s"\n' "$1" "$2"
    shift 2
  done
}

# A port that nobody listens on now, with the 49 after it for this cluster; of those the kernel does not hand out itself.
free_port() {
  local candidate
  while :; do
    candidate=$((14000 + RANDOM % 300 * 50))
    (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { echo "$candidate"; return; }
  done
}
