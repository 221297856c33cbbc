#!/bin/sh
# Makes the streams more-*.zs with their dumps and sums, in the storage machine:
#   eng/backends/storage-vm ssh 'mkdir -p /tmp/more && cd /tmp/more && sh -s' < make-more.sh
#   eng/backends/storage-vm ssh 'tar -C /tmp/more -cf - .' | tar -xf -
# Guids and times are new each time, so the files differ from run to run; what is in them does not.
set -eu
export LC_ALL=C
truncate -s 1G /tmp/more.img
zpool create -f -o ashift=12 more /tmp/more.img

put() { # put DEVICE BLOCK < 16384 bytes
  dd of="$1" bs=16384 seek="$2" conv=notrunc,fsync status=none iflag=fullblock count=1
}
text() { seq 1 10000 | head -c 16384; }
few() { { printf '%0100d' 7; head -c 16284 /dev/zero; }; }
random() { openssl enc -aes-128-ctr -K 00 -iv "$1" -in /dev/zero 2>/dev/null | head -c 16384 || :; }
command -v openssl >/dev/null || random() { python3 -c "import random,sys; random.seed($1); sys.stdout.buffer.write(random.randbytes(16384))"; }
keep() { # keep NAME DATASET SEND-OPTION...   the stream up to @2 and what is told of it
  name=$1 dataset=$2
  shift 2
  zfs send "$@" "$dataset@2" > "more-$name.zs"
  zstream dump -v < "more-$name.zs" > "more-$name.dump"
}
device() { # device NAME DATASET   the sum of the whole volume
  sha256sum < "/dev/zvol/$2" > "more-$1.sha256"
}
volume() { # volume DATASET OPTION...
  zfs create -V 4M -b 16K "$@"
  for dataset; do :; done
  udevadm settle
  zfs snapshot "$dataset@1"
}

# Volumes compressed by what the other vectors lack. Blocks that do not compress are sent as they are.
for compression in gzip-1 gzip-9 lzjb zle; do
  volume -o compression=$compression more/$compression
  text | put /dev/zvol/more/$compression 2
  few | put /dev/zvol/more/$compression 64
  random 3 | put /dev/zvol/more/$compression 128
  zfs snapshot more/$compression@2
  keep $compression more/$compression -c -e -i @1
  device $compression more/$compression
done

# A full stream of a volume with a long tail of holes, and a discard.
volume -o compression=lz4 more/full
random 4 | put /dev/zvol/more/full 0
random 5 | put /dev/zvol/more/full 9
blkdiscard -o 147456 -l 16384 /dev/zvol/more/full
zfs snapshot more/full@2
keep full more/full -c
device full more/full

# Raw: encrypted blocks, OBJECT_RANGE records, a list in BEGIN.
echo a-passphrase-for-tests > /tmp/more.key
volume -o encryption=aes-256-gcm -o keyformat=passphrase -o keylocation=file:///tmp/more.key -o compression=off more/raw
random 6 | put /dev/zvol/more/raw 3
random 7 | put /dev/zvol/more/raw 77
zfs snapshot more/raw@2
keep raw more/raw -w -i @1

# Resumed: the stream of a volume, cut at 60,000 bytes and sent on from there.
volume -o compression=off more/cut
for block in 1 2 3 4 5 6; do random $block | put /dev/zvol/more/cut $block; done
zfs snapshot more/cut@2
zfs send more/cut@2 | head -c 60000 | zfs receive -s more/got || :
token=$(zfs get -Hp -o value receive_resume_token more/got)
zfs send -t "$token" > more-resumed.zs
zstream dump -v < more-resumed.zs > more-resumed.dump
echo "$token" > more-resumed.token

# Large blocks, compressed; and a package of three snapshots of two file systems.
zfs create -o recordsize=1M -o compression=lz4 more/large
zfs snapshot more/large@1
yes 'a line of a large file' | head -c 1500000 > /more/large/big
zfs snapshot more/large@2
keep large more/large -L -c -e -i @1
sha256sum < /more/large/big > more-large.sha256
stat -c %i /more/large/big > more-large.inode
zfs create -o recordsize=16K more/large/child
echo one > /more/large/child/file
zfs snapshot -r more/large@3
echo two >> /more/large/child/file
zfs snapshot -r more/large@4
zfs hold -r kept more/large@4
zfs send -R -h -p -L -c more/large@4 > more-package.zs
zstream dump -v < more-package.zs > more-package.dump

# Redacted: what a clone has changed is left out.
zfs create -o recordsize=16K -o compression=off more/red
random 8 > /more/red/secret
random 9 > /more/red/open
zfs snapshot more/red@2
zfs clone more/red@2 more/clean
rm /more/clean/secret
zfs snapshot more/clean@1
zfs redact more/red@2 book more/clean@1
keep redacted more/red --redact book

# A file that gets attributes: with -e they come as a block before its beginning, and zfs receive loses them (openzfs 18239).
zfs create -o xattr=sa -o compression=lz4 more/spill
echo hello > /more/spill/f
echo other > /more/spill/g
zfs snapshot more/spill@1
setfattr -n user.a -v "$(head -c 250 /dev/zero | tr '\0' x)" /more/spill/f
echo more >> /more/spill/g
zfs snapshot more/spill@2
keep spill more/spill -e -i @1

zpool destroy more
rm -f /tmp/more.img /tmp/more.key
ls -l
