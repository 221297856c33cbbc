# inside.sh CACHE ROOT FOLDER COUNT DIRECTORY... COMMAND...   Runs a command in a root, in FOLDER; run by unshare, in a mount name space that ends with it.
# What is written to the root is kept in memory, and gone at the end.
set -euo pipefail
cd "$1" # names with a comma or a colon are not for the options of a mount
lower=$2 folder=$3 top=mounted
directories=("${@:5:$4}")
shift $((4 + $4))

mount -t tmpfs -o mode=755 ceph-client $top
mkdir $top/{upper,work,root}
mount -t overlay -o "lowerdir=$lower,upperdir=$top/upper,workdir=$top/work" ceph-client $top/root
for directory in "${directories[@]}"; do
  [ ! "$top/root$directory" -ef "$directory" ] || continue # it is in one that is there already
  mkdir -p "$top/root$directory"
  mount --rbind "$directory" "$top/root$directory"
done

# end_all   ends whatever else is in this mount name space: what the command left behind
end_all() {
  local each left
  for _ in {1..200}; do
    left=()
    for each in /proc/[0-9]*; do
      [ "${each#/proc/}" = $$ ] || [ ! "$each/ns/mnt" -ef /proc/$$/ns/mnt ] || left+=("${each#/proc/}")
    done
    [ ${#left[@]} -gt 0 ] || return 0
    kill -KILL "${left[@]}" 2>/dev/null || true
    sleep 0.05
  done
}

# If this process is killed, so is the command. A command in the background does not hear of Ctrl-C.
setpriv --pdeathsig KILL chroot $top/root sh -c 'cd "$1" && shift && exec "$@"' sh "$folder" "$@" <&0 7>&- &
command=$!
trap 'kill $command 2>/dev/null || true' INT TERM HUP
code=0
while :; do
  wait $command && code=0 || code=$?
  kill -0 $command 2>/dev/null || break
done
end_all
exit $code
