#!/usr/bin/env bash
# Builds everything and runs all tests. As root on Debian it first installs the programs that the platform tests need; otherwise the tests that
# need a missing program are skipped, and the reason is printed. Ends with "N passed, N failed, N skipped".
#
#   eng/test.sh                          all tests
#   eng/test.sh Transport Hosting        only the test projects StorageEngines.Transport.Tests and StorageEngines.Hosting.Tests
#   SENG_NO_INSTALL=1 eng/test.sh        never installs anything
#   SENG_STORAGE_VM=off|auto|required|all  tests in a virtual machine with OpenZFS and LVM thin (eng/backends): not at all; if it was built before (default);
#                                        always, and then it is built while the other tests run, which takes ten minutes and more, once; or always and all
#                                        of them, however long they take
#   SENG_STORAGE_MINUTES=40              how many minutes after the start a class of tests that takes the emulated machine long (Length=long) may still begin;
#                                        those that did not are named at the end
#   SENG_CEPH=off|auto|required          tests on a Ceph cluster on this machine (eng/backends), which is started when everything is built and stopped at the
#                                        end: not at all; if its programs are there (default); always, and without it they fail
#   SENG_CEPH_CLIENT=off|auto|required   the same cluster with librbd of another release, in a root of its own (eng/backends): not at all; if it was built before
#                                        (default); always, and then it is built while other tests run, which takes a minute, once
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

configuration=${CONFIGURATION:-Release}
results=artifacts/test-results
limit=${SENG_TEST_TIMEOUT:-2400} # seconds for one test project
export SENG_STORAGE_VM=${SENG_STORAGE_VM:-${SENG_REQUIRE_BACKENDS:+required}}
[ -n "$SENG_STORAGE_VM" ] || SENG_STORAGE_VM=auto
export SENG_CEPH=${SENG_CEPH:-${SENG_REQUIRE_BACKENDS:+required}}
[ -n "$SENG_CEPH" ] || SENG_CEPH=auto
export SENG_CEPH_CLIENT=${SENG_CEPH_CLIENT:-${SENG_REQUIRE_BACKENDS:+required}}
[ -n "$SENG_CEPH_CLIENT" ] || SENG_CEPH_CLIENT=auto

# program : Debian package
needed=(
  btrfs:btrfs-progs mkfs.ext4:e2fsprogs mkfs.xfs:xfsprogs losetup:mount rsync:rsync rdiff:rdiff getfattr:attr setfacl:acl
  sshd:openssh-server ssh:openssh-client ssh-keygen:openssh-client rbd:ceph-common ceph-mon:ceph-mon ceph-osd:ceph-osd git:git tar:tar strace:strace
  script:bsdutils zsh:zsh fish:fish setpriv:util-linux
)
machine_needed=(
  qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils zstd:zstd mmdebstrap:mmdebstrap mkfs.ext4:e2fsprogs xz:xz-utils
)

install_missing() {
  local missing=() entry
  for entry in "${needed[@]}"; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${entry%%:*}" >/dev/null 2>&1 || missing+=("${entry##*:}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  if [ "$(id -u)" -ne 0 ] || [ -n "${SENG_NO_INSTALL:-}" ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Not installed, and tests that need them are skipped: ${missing[*]}"
    echo "  (as root on Debian this script installs them; elsewhere install them by hand)"
    return
  fi
  echo "Installing from Debian: ${missing[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/tmp/seng-apt.$$ 2>&1 \
    || { echo "apt-get failed; tests that need these programs are skipped:"; tail -n 5 /tmp/seng-apt.$$; }
  rm -f /tmp/seng-apt.$$
}

# The storage machine is built beside everything else, which takes longest. Its tests run as soon as it is ready, behind all others in priority: those of
# LVM in a second one. What they tell is printed at the end.
start_machine() {
  mkdir -p artifacts
  [ "$SENG_STORAGE_VM" = off ] && return
  eng/backends/storage-vm status >artifacts/storage-vm.log 2>&1 && theirs=1 # one that runs is not ours to stop
  [ -n "$theirs" ] || [[ "$SENG_STORAGE_VM" = @(required|all) ]] || grep -q '^built:' artifacts/storage-vm.log || return
  second=$(mktemp -d "${TMPDIR:-/var/tmp}/seng-vm.XXXXXX")/run
  rm -rf artifacts/is-built artifacts/storage-vm.txt artifacts/claims
  mkdir artifacts/claims
  set -m # a process group of its own, to be ended as a whole
  machine_tests </dev/null &
  machine=$!
  set +m
  trap stop_backends EXIT
}

stop_machine() {
  kill -- -"$machine" 2>/dev/null
  wait "$machine"
  [ -n "$theirs" ] || eng/backends/storage-vm down
  SENG_VM_RUN=$second eng/backends/storage-vm down
  rm -rf "${second%/run}"
}

# The Ceph cluster is held from here on, so that it is there when the first test asks; it is left if somebody else holds it too, or it ran before. What goes
# wrong with it the tests tell.
start_cluster() {
  [ "$SENG_CEPH" = off ] && return
  eng/backends/ceph hold < <(exec tail -f /dev/null -s 0.5 --pid=$$ 2>/dev/null) >artifacts/ceph.log 2>&1 &
  cluster=$!
  trap stop_backends EXIT
}

# The root with another release of Ceph is built beside everything else. Its tests run when all others have, but those of the storage machine.
start_client() {
  mkdir -p artifacts
  rm -f artifacts/ceph-client.txt
  { [ "$SENG_CEPH" = off ] || [ "$SENG_CEPH_CLIENT" = off ]; } && return
  [ "$SENG_CEPH_CLIENT" = required ] || { [ "$UID" -eq 0 ] && eng/backends/ceph-client status >/dev/null 2>&1; } || return
  set -m
  eng/backends/ceph-client build >artifacts/ceph-client.log 2>&1 </dev/null &
  builder=$!
  set +m
  trap stop_backends EXIT
}

# What depends on librbd: the laws (but for the one that takes a thousand snapshots), groups, faults, whose clusters are of that release too, and some histories.
client_tests() {
  local code inside=(eng/backends/ceph-client run)
  wait "$builder"
  code=$?
  builder=''
  if [ $code -ne 0 ]; then
    { echo "The root with another release of Ceph was not built, and tests that need it are skipped:"; tail -n 20 artifacts/ceph-client.log; } | tee artifacts/ceph-client.txt
    return
  fi
  SENG_SPEC_HISTORIES=${SENG_SPEC_HISTORIES:-5} \
    run $platform .CephClient -class "*.Librbd*" -class- "*.LibrbdEconomies" -class "*.CephRbdGroupTests" -class "*.CephRbdRollbackTests"
  tell $platform.CephClient
}

stop_backends() {
  [ -z "$builder" ] || { kill -- -"$builder"; wait "$builder"; } 2>/dev/null
  [ -z "$machine" ] || stop_machine
  [ -z "$cluster" ] || { kill "$cluster"; wait "$cluster"; } 2>/dev/null
}

machine_tests() {
  if ! eng/backends/storage-vm up >artifacts/storage-vm.log 2>&1; then
    { echo "The storage machine did not start, and tests that need it are skipped:"; tail -n 20 artifacts/storage-vm.log; } >artifacts/storage-vm.txt
    export SENG_STORAGE_VM=off
  else
    echo "The storage machine was ready $SECONDS s after the start" >artifacts/storage-vm.txt
  fi
  renice -n 10 "$BASHPID" >/dev/null
  until [ -e artifacts/is-built ]; do sleep 1; done
  { run $platform .Zfs -namespace $platform.StorageVm -namespace $platform.Zfs -trait- Length=long -parallel none; long_tests; } &
  export SENG_VM_RUN=$second
  run $platform .LvmThin -namespace $platform.LvmThin -trait- Length=long -parallel none
  long_tests
  wait
}

# Whichever machine has nothing to do takes the next class, of which each is run in one process.
long_tests() {
  local class
  for class in "${long[@]}"; do
    [ "$SENG_STORAGE_VM" = all ] || [ $SECONDS -lt $((${SENG_STORAGE_MINUTES:-40} * 60)) ] || break
    mkdir "artifacts/claims/$class" 2>/dev/null && run $platform ".$class" -class "$platform.$class" -parallel none
  done
}

# run NAME PART ARGUMENT...   runs a test project, or a part of it, into artifacts/test-results/NAMEPART.*; by the command inside, if that is not empty
run() {
  local report=$PWD/$results/$1$2 name=$1 started=$SECONDS
  shift 2
  SENG_REQUIRE_BACKENDS=${SENG_REQUIRE_BACKENDS:-} timeout --kill-after=10 "$limit" \
    "${inside[@]}" dotnet exec "tests/$name/bin/$configuration/net10.0/$name.dll" -xml "$report.xml" -noColor "$@" >"$report.log" 2>&1 </dev/null
  echo "$? $((SECONDS - started))" >"$report.end"
}

# tell NAME   prints what came of it, and counts it
tell() {
  local report=$results/$1 name=$1 code seconds p f s e
  read -r code seconds 2>/dev/null <"$report.end" || { code=1; seconds=0; }
  p=$(attribute passed "$report.xml" 2>/dev/null) f=$(attribute failed "$report.xml" 2>/dev/null) s=$(attribute skipped "$report.xml" 2>/dev/null) e=$(attribute errors "$report.xml" 2>/dev/null)
  p=${p:-0} s=${s:-0} f=$(( ${f:-0} + ${e:-0} ))
  if [ "$code" -ne 0 ] && [ $f -eq 0 ]; then f=1; echo "  $name ended with code $code (124: it took longer than $limit s)"; fi
  if [ $((p + f + s)) -eq 0 ]; then f=1; echo "  $name ran no test"; fi
  printf '%-58s %5d passed, %3d failed, %3d skipped  (%d s)\n' "$name" "$p" "$f" "$s" "$seconds"
  [ "$f" -gt 0 ] && tell_failures "$name" "$report.log"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# tell_failures NAME LOG   prints the tests that failed with their messages, or the end of the log if none did; what is printed is repeated at the end
tell_failures() {
  local told
  told=$(awk '/^    [^ ].* \[[A-Z]+\]$/ { on = /\[FAIL\]$/; lines = 0 }  /^[^ ]|^  [^ ]/ { on = 0 }  on && NF && ++lines <= 40' "$2" 2>/dev/null)
  [ -n "$told" ] || told=$(grep -v '^ *$' "$2" 2>/dev/null | tail -n 100)
  printf '%s\n' "$told"
  failures+=$(printf '%s:\n%s\n ' "$1" "$told")$'\n'
}

attribute() { # attribute of the <assembly> element of a result file
  grep -o '<assembly [^>]*>' "$2" | head -n 1 | grep -o " $1=\"[0-9]*\"" | grep -o '[0-9]*'
}

wants_platform=
[ $# -eq 0 ] && wants_platform=1
for short in "$@"; do [ "$short" = Platform ] && wants_platform=1; done
[[ "$SENG_STORAGE_VM" = @(required|all) ]] && [ -n "$wants_platform" ] && needed+=("${machine_needed[@]}")
[ "$SENG_CEPH_CLIENT" = required ] && [ -n "$wants_platform" ] && needed+=(mmdebstrap:mmdebstrap)
install_missing
export PATH="$PATH:/usr/sbin:/sbin" DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

platform=StorageEngines.Platform.Tests
mapfile -t long < <(cd tests/$platform && grep -A2 'Trait("Length", "long")' CephRbd/*.cs LvmThin/*.cs Zfs/*.cs | sed -n 's|^\([A-Za-z]*\)/.* class \([A-Za-z0-9]*\).*|\1.\2|p')
machine='' theirs='' # the process that runs the storage machine's tests; not empty if the machine is somebody else's
cluster='' # the process that holds the Ceph cluster
builder='' # the process that builds the root with another release of Ceph
inside=()
[ -n "$wants_platform" ] && start_machine
[ -n "$wants_platform" ] && start_client

rm -rf "$results"
mkdir -p "$results"
echo "Building ($configuration)"
if ! dotnet build StorageEngines.sln -c "$configuration" -v q --nologo; then
  echo "The build failed."
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

touch artifacts/is-built
[ -n "$wants_platform" ] && start_cluster
passed=0 failed=0 skipped=0 late='' failures=''
for project in $(ls tests/*.Tests/*.csproj | grep -v Platform) tests/*.Platform.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  [ "$name" = StorageEngines.Specification.Tests ] && continue # a library: engines inherit it
  if [ $# -gt 0 ]; then
    wanted=
    for short in "$@"; do [ "$name" = "StorageEngines.$short.Tests" ] || [ "$name" = "$short" ] && wanted=1; done
    [ -n "$wanted" ] || continue
  fi

  filter=()
  [ "$name" = $platform ] && [ -n "$machine" ] && filter=(-namespace- $platform.StorageVm -namespace- $platform.Zfs -namespace- $platform.LvmThin -trait- Length=long)
  run "$name" "" "${filter[@]}"
  tell "$name"
done

[ -z "$builder" ] || client_tests
if [ -n "$machine" ]; then
  wait "$machine"
  cat artifacts/storage-vm.txt
  tell $platform.Zfs
  tell $platform.LvmThin
  for class in "${long[@]}"; do
    if [ -e "$results/$platform.$class.end" ]; then tell "$platform.$class"; else late+=" ${class#*.}"; fi
  done
  [ -z "$late" ] || echo "Not run, because they would have begun later than ${SENG_STORAGE_MINUTES:-40} minutes after the start (SENG_STORAGE_VM=all runs them):$late"
fi

if [ $# -eq 0 ]; then
  echo "Allocation budgets (benchmarks/budgets.json)"
  gate=$(dotnet exec "benchmarks/StorageEngines.KernelBenchmarks/bin/$configuration/net10.0/StorageEngines.KernelBenchmarks.dll" gate 2>&1) \
    || printf '%s\n' "$gate"
  p=$(printf '%s\n' "$gate" | tail -n 1 | grep -oE '^[0-9]+') f=$(printf '%s\n' "$gate" | tail -n 1 | grep -oE '[0-9]+ failed' | grep -oE '[0-9]+')
  printf '%-58s %5d passed, %3d failed\n' "KernelBenchmarks gate" "${p:-0}" "${f:-1}"
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
fi

reasons=$(cat "$results"/*.xml 2>/dev/null | grep -o '<reason><!\[CDATA\[[^]]*' | sed 's/.*\[//' | sort | uniq -c | sort -rn)
[ -n "$reasons" ] && printf '\nSkipped, and why:\n%s\n\n' "$reasons"
if [ -n "${SENG_REQUIRE_BACKENDS:-}" ] && { printf '%s\n' "$reasons" | grep -q 'backend missing:' || grep -qs 'did not start' artifacts/storage-vm.txt || [ -s artifacts/ceph-client.txt ]; }; then
  echo "A back end that should be there is missing (see above)."
  failed=$((failed + 1))
fi

[ -n "$failures" ] && printf 'Failed:\n%s\n' "$failures"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
