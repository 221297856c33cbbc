# The root disk of the storage machine, and finding what is built:
#   $cache/image/<kernel>_zfs-<version>_<recipe>/{root.qcow2,vmlinuz,initrd.img,id_ed25519,host-key.pub}
# The recipe is a hash of this folder's files, so a change there makes a new image, and what was built before stays until "clean".

packages=udev,kmod,iproute2,openssh-server,zfsutils-linux,lvm2,thin-provisioning-tools,btrfs-progs,xfsprogs,e2fsprogs,util-linux,fdisk
packages=$packages,rsync,zstd,sudo,procps,attr,acl,busybox-static,python3-minimal

modules_recipe=$(recipe modules.sh)
image_recipe=$(recipe modules.sh image.sh guest/init guest/initrd guest/reaper guest/sshd.conf)

# The newest image of this recipe; empty when there is none.
find_image() { find "$cache/image" -maxdepth 1 -name "*_$image_recipe" -printf '%T@ %p\n' | sort -rn | sed -n 1p | cut -d' ' -f2-; }

find_modules() { find "$cache/modules" -maxdepth 1 -name "*_$modules_recipe" -printf '%T@ %p\n' | sort -rn | sed -n 1p | cut -d' ' -f2-; }

# build_all [--refresh]   Only one build at a time; what was left by one that was killed is deleted by the next.
build_all() {
  local refresh=$1 started=$SECONDS image modules work
  image=$(find_image)
  [ -n "$image" ] && [ -z "$refresh" ] && return
  exec 8>"$cache/build.lock"
  flock -w 5400 8 || fail "another build holds $cache/build.lock for more than 90 minutes"
  rm -rf "$cache"/work.*
  work=$(mktemp -d "$cache/work.XXXXXX")
  trap "rm -rf '$work'" EXIT
  modules=$(find_modules)
  if [ -z "$modules" ] || [ -n "$refresh" ]; then
    need apt-get:apt
    local kernel zfs
    ask_versions "$work/apt"
    modules=$cache/modules/${kernel}_zfs-${zfs}_$modules_recipe
    [ -d "$modules" ] || build_modules "$kernel" "$zfs" "$work/apt" "$work" "$modules"
  fi
  image=$cache/image/$(basename "${modules%_*}")_$image_recipe
  [ -d "$image" ] || build_image "$modules" "$work" "$image"
  rm -rf "$work"
  trap - EXIT
  exec 8>&-
  say "built $(basename "$image") in $((SECONDS - started)) s, $(du -sh "$image" | cut -f1)"
}

# build_image MODULES WORK RESULT
build_image() {
  local modules=$1 work=$2 result=$3 root=$2/root started=$SECONDS kernel
  kernel=$(cat "$modules/kernel")
  [ "$(id -u)" -eq 0 ] || fail "building needs root (a chroot is made under $cache); running does not"
  need mmdebstrap:mmdebstrap qemu-img:qemu-utils mke2fs:e2fsprogs ssh-keygen:openssh-client xz:xz-utils
  say "making the root disk"
  bootstrap 1200 "$root" minbase "$packages"
  mkdir -p "$root/usr/lib/modules"
  cp -a "$modules/tree" "$root/usr/lib/modules/$kernel"
  chroot "$root" depmod "$kernel"
  mkdir -p "$work/image.new"
  ssh-keygen -q -t ed25519 -N '' -C storage-vm -f "$work/image.new/id_ed25519"
  guest_users "$root" "$work/image.new/id_ed25519.pub"
  install -m 755 "$here/guest/init" "$root/sbin/init-storage"
  install -m 755 "$here/guest/reaper" "$root/sbin/reaper"
  install -m 644 "$here/guest/sshd.conf" "$root/etc/ssh/sshd_config.d/storage-vm.conf"
  cp "$root/etc/ssh/ssh_host_ed25519_key.pub" "$work/image.new/host-key.pub"
  chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' > "$work/image.new/packages.txt"
  first_disk "$root" "$kernel" "$work" > "$work/image.new/initrd.img"
  mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$root" "$work/root.raw" 900M >/dev/null 2>&1 || fail "mke2fs cannot make the root disk; is there room in $cache?"
  qemu-img convert -c -O qcow2 "$work/root.raw" "$work/image.new/root.qcow2"
  cp "$modules/vmlinuz" "$work/image.new/vmlinuz"
  mkdir -p "$(dirname "$result")"
  mv -T "$work/image.new" "$result"
  say "root disk made in $((SECONDS - started)) s"
}

# guest_users ROOT PUBLIC-KEY   root and tester, both with the key; an account without a password must not look locked to sshd
guest_users() {
  local home
  chroot "$1" useradd -m -s /bin/bash -p '*' tester
  chroot "$1" usermod -p '*' root
  for home in root home/tester; do
    install -d -m 700 "$1/$home/.ssh"
    install -m 600 "$2" "$1/$home/.ssh/authorized_keys"
  done
  chroot "$1" chown -R tester:tester /home/tester
  printf '127.0.0.1 localhost storagevm\n' > "$1/etc/hosts"
  printf 'tester ALL=(root) NOPASSWD: ALL\n' > "$1/etc/sudoers.d/tester"
  chmod 440 "$1/etc/sudoers.d/tester"
}

# first_disk ROOT KERNEL WORK   writes the initial RAM disk: busybox and one driver
first_disk() {
  mkdir -p "$3/initrd"/{bin,proc,dev,newroot,lib}
  cp "$1/usr/bin/busybox" "$3/initrd/bin/"
  xz -dc "$1/usr/lib/modules/$2/kernel/drivers/block/virtio_blk.ko.xz" > "$3/initrd/lib/virtio_blk.ko"
  install -m 755 "$here/guest/initrd" "$3/initrd/init"
  (cd "$3/initrd" && find . | ./bin/busybox cpio -o -H newc 2>/dev/null | gzip -9)
}

image_clean() {
  rm -rf "$cache/image" "$cache/modules" "$cache/state" "$run" "$cache"/work.*
  say "deleted what was built in $cache"
}
