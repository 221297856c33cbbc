# The kernel and its ZFS modules, from Debian's packages. The slow part (about 10 minutes on two cores), so it is kept by itself:
#   $cache/modules/<kernel>_zfs-<version>_<recipe>/{vmlinuz,tree/,kernel,zfs}
# ZFS is under the CDDL and the kernel under the GPL: what is built here stays in the cache and is never handed on.

suite=trixie
mirror=${SENG_VM_MIRROR:-http://deb.debian.org/debian}
security=${SENG_VM_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

sources() {
  printf 'deb [signed-by=%s] %s %s main contrib\n' \
    "$keyring" "$mirror" "$suite" "$keyring" "$mirror" "$suite-updates" "$keyring" "$security" "$suite-security"
}

# bootstrap SECONDS DIRECTORY VARIANT PACKAGES   a Debian root in DIRECTORY, without manuals and recommended packages
bootstrap() {
  sources | timeout "$1" mmdebstrap --quiet --variant="$3" --include="$4" \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    "$suite" "$2" - || fail "mmdebstrap failed or took longer than $1 s (mirror: $mirror)"
}

# private_apt DIRECTORY COMMAND...   apt with its own lists and no packages installed: the host's apt is not touched
private_apt() {
  local directory=$1 program=$2
  shift 2
  "$program" -q -o Dir::State="$directory/state" -o Dir::State::status="$directory/status" -o Dir::Cache="$directory/cache" \
    -o Dir::Etc::sourcelist="$directory/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# Asks the mirror which kernel and which ZFS it has now; sets kernel and zfs.
ask_versions() {
  mkdir -p "$1"/{state/lists/partial,cache/archives/partial}
  : > "$1/status"
  sources > "$1/sources.list"
  timeout 300 bash -c "$(declare -f private_apt); private_apt '$1' apt-get update" >"$1/update.log" 2>&1 \
    || { tail -n 5 "$1/update.log" >&2; fail "cannot read the package lists of $mirror"; }
  kernel=$(private_apt "$1" apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: linux-image-\([0-9][^ ]*-cloud-amd64\).*/\1/p' | head -n 1)
  zfs=$(private_apt "$1" apt-cache policy zfs-dkms | sed -n 's/.*Candidate: \([0-9.]*\).*/\1/p')
  [ -n "$kernel" ] && [ -n "$zfs" ] || fail "$mirror has no linux-image-cloud-amd64 or no zfs-dkms in $suite"
}

# build_modules KERNEL ZFS APT WORK RESULT
build_modules() {
  local kernel=$1 zfs=$2 apt=$3 work=$4 result=$5 root=$4/build started=$SECONDS
  [ "$(id -u)" -eq 0 ] || fail "building needs root (a chroot is made under $cache); running does not"
  need mmdebstrap:mmdebstrap dpkg-deb:dpkg unshare:util-linux
  [ -r "$keyring" ] || fail "missing $keyring; install the Debian package debian-archive-keyring"
  say "kernel $kernel, ZFS $zfs: making a root to build in"
  bootstrap 1200 "$root" apt "linux-headers-$kernel,build-essential,dkms,libelf-dev"
  (cd "$work" && private_apt "$apt" apt-get download zfs-dkms "linux-image-$kernel" >/dev/null) || fail "cannot fetch zfs-dkms and linux-image-$kernel"
  dpkg-deb -x "$work"/zfs-dkms_*.deb "$root"
  dpkg-deb -x "$work"/linux-image-*.deb "$work/image"
  say "compiling ZFS (the root took $((SECONDS - started)) s); log: $work/dkms.log"
  started=$SECONDS
  # Its own mount and process name space: /proc goes away with it, however this ends.
  timeout --kill-after=10 5400 unshare --mount --pid --fork --kill-child \
    sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" sh -c "dkms add -m zfs -v $2 && dkms build -m zfs -v $2 -k $3"' \
    sh "$root" "$zfs" "$kernel" >"$work/dkms.log" 2>&1 || { tail -n 20 "$work/dkms.log" >&2; fail "ZFS $zfs does not compile for $kernel"; }
  say "compiled in $((SECONDS - started)) s"

  mkdir -p "$work/result/tree"
  cp -a "$work/image/usr/lib/modules/$kernel/." "$work/result/tree/"
  mkdir -p "$work/result/tree/extra"
  cp "$root/var/lib/dkms/zfs/$zfs/$kernel"/x86_64/module/{spl,zfs}.ko.xz "$work/result/tree/extra/"
  cp "$work/image/boot/vmlinuz-$kernel" "$work/result/vmlinuz"
  printf '%s\n' "$kernel" > "$work/result/kernel"
  printf '%s\n' "$zfs" > "$work/result/zfs"
  mkdir -p "$(dirname "$result")"
  mv -T "$work/result" "$result"
}
