# Starting, reaching and stopping the storage machine. Everything about the running one is in $run: qemu.pid, port, known_hosts, console.log, disks,
# and how, which is there once it has answered. One machine per $run; SENG_VM_RUN chooses another for a second one.

boot_seconds=${SENG_VM_BOOT_SECONDS:-240}
memory=${SENG_VM_MEMORY:-2048} # MiB
disks="b c d"                  # blank, 4 GiB, sparse: /dev/vdb, /dev/vdc, /dev/vdd

# The process of this $run and no other: a number alone may be somebody else's by now, its arguments are not.
alive() {
  local pid
  [ -s "$run/qemu.pid" ] && read -r pid < "$run/qemu.pid" && tr '\0' '\n' 2>/dev/null < "/proc/$pid/cmdline" | grep -qxF "$run/qemu.pid"
}

machine_env() {
  alive || fail "the machine does not run; start it with: storage-vm up"
  printf 'SENG_VM_HOST=127.0.0.1\nSENG_VM_PORT=%s\nSENG_VM_KEY=%s\nSENG_VM_KNOWN_HOSTS=%s\nSENG_VM_SSH_CONFIG=%s\n' \
    "$(cat "$run/port")" "$run/id_ed25519" "$run/known_hosts" "$run/ssh_config"
}

machine_ssh() {
  local user=root
  [ "${1:-}" = -u ] && { user=$2; shift 2; }
  alive || fail "the machine does not run; start it with: storage-vm up"
  ssh -q -F "$run/ssh_config" -i "$run/id_ed25519" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes \
    -o UserKnownHostsFile="$run/known_hosts" -o GlobalKnownHostsFile=/dev/null -o ConnectTimeout=15 -p "$(cat "$run/port")" "$user@127.0.0.1" "$@"
}

machine_status() {
  find "$cache/image" -maxdepth 1 -mindepth 1 -printf 'built: %f\n'
  alive || { echo "not running"; return 1; }
  echo "running: port $(cat "$run/port"), process $(cat "$run/qemu.pid"), $(cat "$run/how" 2>/dev/null || echo starting)"
}

# machine_up   A machine that runs is left alone. Resumes from the saved state where there is one, else boots and saves it.
machine_up() {
  need qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils ssh:openssh-client zstd:zstd
  local image saved started attempt how
  mkdir -p "$run"
  exec 9>"$run/lock"
  flock -w 600 9 || fail "another start of the machine holds $run/lock"
  if alive && [ ! -e "$run/how" ]; then
    say "a start that was broken off left a machine; stopping it"
    machine_down
  fi
  if ! alive; then
    image=$(find_image)
    saved=$cache/state/$(basename "$image")_$memory-$(recipe machine.sh)
    started=$(date +%s%N)
    if [ -s "$saved/memory.zst" ] && [ -z "${SENG_VM_BOOT:-}" ] && resume "$image" "$saved"; then
      how="resumed in $((($(date +%s%N) - started) / 1000000)) ms"
    else
      for attempt in 1 2 3; do
        boot "$image" && break
        [ "$attempt" -lt 3 ] || fail "the machine does not start; its console: $run/console.log"
        say "attempt $attempt did not start; again"
      done
      how="booted in $((($(date +%s%N) - started) / 1000000)) ms"
      [ -s "$saved/memory.zst" ] || save "$saved" || say "its state could not be saved; the next start boots too"
    fi
    echo "$how" > "$run/how"
    say "up: $how"
  fi
  exec 9>&-
  machine_env
}

# launch IMAGE OPTION...   Emulated processor on purpose: /dev/kvm may be there and not work for a stock kernel. One processor on purpose:
# with two, one boot in ten of QEMU 7.2 died. Programs at the same addresses every time (norandmaps), because QEMU translates code again that is
# elsewhere: that, small pages and four levels of page tables make a process there two to five times quicker.
launch() {
  local image=$1 drives=() disk port
  shift
  rm -f "$run"/{how,qemu.pid,control.in,control.out,console.log} "$run"/blank-*.raw
  for disk in $disks; do
    truncate -s 4G "$run/blank-$disk.raw"
    drives+=(-drive "file=$run/blank-$disk.raw,if=virtio,format=raw,cache=unsafe,discard=unmap")
  done
  mkfifo "$run/control.in" "$run/control.out"
  port=$(free_port)
  install -m 600 "$image/id_ed25519" "$run/id_ed25519"
  echo 'KexAlgorithms curve25519-sha256' > "$run/ssh_config" # what is the default today takes a second there
  printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$image/host-key.pub")" > "$run/known_hosts"
  timeout 60 qemu-system-x86_64 -M q35 -accel tcg -smp 1 -cpu max,la57=off -m "$memory" -nodefaults -display none -no-reboot \
    -serial "file:$run/console.log" -kernel "$image/vmlinuz" -initrd "$image/initrd.img" \
    -append "console=ttyS0 quiet panic=1 mitigations=off net.ifnames=0 random.trust_cpu=on norandmaps transparent_hugepage=never" \
    -drive "file=$run/root.qcow2,if=virtio,format=qcow2,cache=unsafe" "${drives[@]}" \
    -netdev "user,id=n0,hostfwd=tcp:127.0.0.1:$port-:22" -device virtio-net-pci,netdev=n0,romfile= \
    -object rng-random,filename=/dev/urandom,id=r0 -device virtio-rng-pci,rng=r0 \
    -chardev "pipe,id=control,path=$run/control" -mon chardev=control,mode=control \
    -pidfile "$run/qemu.pid" -daemonize "$@" 8>&- 9>&- || return 1
  echo "$port" > "$run/port"
}

# A port that nobody listens on now, of those the kernel does not hand out itself.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

boot() {
  rm -f "$run/root.qcow2"
  qemu-img create -q -f qcow2 -F qcow2 -b "$1/root.qcow2" "$run/root.qcow2" 9>&-
  launch "$1" && answers "$boot_seconds"
}

# answers SECONDS   waits until the machine takes a command; gives up when it dies
answers() {
  local until=$((SECONDS + $1))
  while [ $SECONDS -lt $until ]; do
    alive || { say "the machine died: $(grep -m1 -aE 'Oops|panic|BUG' "$run/console.log" || tail -n 1 "$run/console.log")"; return 1; }
    machine_ssh true 2>/dev/null && return
    sleep 0.3
  done
  say "no answer in $1 s"
  machine_down
  return 1
}

# save DIRECTORY   keeps memory and disk as they are now: the machine has just been booted, and its blank disks are blank
save() {
  local directory=$1 work
  rm -rf "$cache/state"
  mkdir -p "$cache/state"
  work=$(mktemp -d "$cache/state/new.XXXXXX")
  control '{"execute":"stop"}' >/dev/null \
    && control "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"exec:zstd -q -3 > '$work/memory.zst'\"}}" >/dev/null \
    && migrated \
    && cp --sparse=always "$run/root.qcow2" "$work/root.qcow2" || { control '{"execute":"cont"}' >/dev/null; rm -rf "$work"; return 1; }
  control '{"execute":"cont"}' >/dev/null
  mv -T "$work" "$directory"
}

migrated() {
  local until=$((SECONDS + 120)) answer
  while [ $SECONDS -lt $until ]; do
    answer=$(control '{"execute":"query-migrate"}') || return 1
    case $answer in
      *'"status": "completed"'*) return ;;
      *'"status": "failed"'*) return 1 ;;
    esac
    sleep 0.1
  done
  return 1
}

# resume IMAGE DIRECTORY   the clock in the machine is that of the save until it is set
resume() {
  cp --sparse=always "$2/root.qcow2" "$run/root.qcow2" || return 1
  launch "$1" -incoming "exec:zstd -q -d < '$2/memory.zst'" || return 1
  local until=$((SECONDS + 60)) answer
  while [ $SECONDS -lt $until ] && alive; do
    answer=$(control '{"execute":"query-status"}') || break
    case $answer in *inmigrate*) sleep 0.1 ;; *) break ;; esac
  done
  if alive && control '{"execute":"cont"}' >/dev/null && answers 60 && machine_ssh "date -s @$(date +%s)" >/dev/null; then return; fi
  say "the saved state does not resume; booting instead"
  machine_down
  rm -rf "$2"
  return 1
}

# control COMMAND   one command to QEMU's control channel; prints the answer. Events that came before it are passed over.
control() (
  exec 3<>"$run/control.in" 4<>"$run/control.out"
  id=$RANDOM$RANDOM
  printf '{"execute":"qmp_capabilities"}\n%s\n' "${1%\}},\"id\":$id}" >&3
  until=$((SECONDS + 30))
  while [ $SECONDS -lt $until ]; do
    read -r -t 5 line <&4 || continue
    case $line in
      *"\"id\": $id"*'"error"'* | *'"error"'*"\"id\": $id"*) say "QEMU: $line"; exit 1 ;;
      *"\"id\": $id"*) printf '%s\n' "$line"; exit ;;
    esac
  done
  say "QEMU does not answer"
  exit 1
)

machine_down() {
  local pid
  if alive; then
    read -r pid < "$run/qemu.pid"
    kill "$pid"
    for _ in $(seq 50); do
      alive || break
      sleep 0.1
    done
    ! alive || kill -9 "$pid"
  fi
  rm -f "$run"/{port,how,qemu.pid,control.in,control.out,root.qcow2,id_ed25519,known_hosts,ssh_config} "$run"/blank-*.raw
}
