# Running a command in the root.

# root_run COMMAND...   What it needs of this machine is at the same place in there. Of the variables it gets those of these tests, of .NET and of Ceph.
root_run() {
  local root run directories=(/proc /sys /dev /tmp /var/tmp) variables=() dotnet name path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  root_build
  need unshare:util-linux setpriv:util-linux flock:util-linux
  root=$(find_root)
  exec 7>"$cache/use.lock"
  flock -s -w 60 7 || fail "somebody deletes what was built"
  run=$(dirname "$("$backends/ceph" conf)")
  [ -d "$run" ] || mkdir -p -m 700 "$run"
  directories+=("$run" "$(dirname "$(dirname "$backends")")")
  [ -z "${TMPDIR:-}" ] || directories+=("$TMPDIR")
  [ -z "${CEPH_CONF:-}" ] || directories+=("$(realpath "$(dirname "$CEPH_CONF")")")
  for name in $(compgen -e); do
    [[ "$name" != @(SENG_*|DOTNET_*|CEPH_CONF|TMPDIR|TERM) ]] || variables+=("$name=${!name}")
  done
  if dotnet=$(command -v dotnet); then
    dotnet=$(dirname "$(readlink -f "$dotnet")")
    directories+=("$dotnet")
    path=$dotnet:$path
    variables+=("DOTNET_ROOT=$dotnet")
  fi
  mkdir -p "$cache/mounted"
  exec unshare --mount bash "$here/inside.sh" "$cache" "$(basename "$root")" "$PWD" "${#directories[@]}" "${directories[@]}" \
    env -i HOME=/root LANG=C.UTF-8 PATH="$path" "${variables[@]}" "$@"
}
