# The root: $cache/<version of librbd>_<recipe>. The recipe is a hash of this file, so that a change here makes a new one, and what was built before stays until "rm".

# What the tests call, and what .NET loads.
packages=librbd1,librados2,ceph-common,python3-rbd,python3-rados,ceph-mon,ceph-osd,openssh-server,openssh-client,e2fsprogs,libicu76,libssl3t64,tzdata

recipe=$(sha256sum "$here/root.sh" | cut -c1-12)

# The root of this recipe; empty when there is none.
find_root() { find "$cache" -maxdepth 1 -name "*_$recipe" | head -n 1; }

need() {
  local program
  [ "$(id -u)" -eq 0 ] || fail "$verb needs root: it is a chroot"
  for program in "$@"; do
    command -v "${program%%:*}" >/dev/null || fail "${program%%:*} is not installed (Debian: apt-get install ${program#*:})"
  done
}

# root_build   Only one build at a time; what was left by one that was killed is deleted by the next.
root_build() {
  local started=$SECONDS work version
  [ -z "$(find_root)" ] || return 0
  need mmdebstrap:mmdebstrap flock:util-linux
  [ -r "$keyring" ] || fail "missing $keyring; install the Debian package debian-archive-keyring"
  exec 8>"$cache/build.lock"
  flock -w 1800 8 || fail "another build holds $cache/build.lock for more than 30 minutes"
  [ -z "$(find_root)" ] || { exec 8>&-; return 0; }
  rm -rf --one-file-system "$cache"/work.*
  work=$(mktemp -d "$cache/work.XXXXXX")
  trap "rm -rf --one-file-system '$work'" EXIT
  trap 'exit 130' INT TERM HUP
  say "making a root of Debian $suite"
  bootstrap 1200 "$work/root" minbase "$packages"
  version=$(chroot "$work/root" dpkg-query -W -f '${Version}' librbd1) || fail "there is no librbd1 in what mmdebstrap made"
  rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists"
  mv -T "$work/root" "$cache/${version}_$recipe"
  rm -rf "$work"
  trap - EXIT INT TERM HUP
  exec 8>&-
  say "built ${version}_$recipe in $((SECONDS - started)) s, $(du -sh "$(find_root)" | cut -f1)"
}

root_status() {
  local found
  found=$(find_root)
  [ -n "$found" ] || { echo "not built"; return 1; }
  echo "built: $(basename "$found")"
}

root_remove() {
  exec 7>"$cache/use.lock" 8>"$cache/build.lock"
  flock -n 7 || fail "a command runs in it"
  flock -n 8 || fail "it is being built"
  find "$cache" -mindepth 1 -maxdepth 1 -type d -exec rm -rf --one-file-system {} +
  say "deleted what was built in $cache"
}
