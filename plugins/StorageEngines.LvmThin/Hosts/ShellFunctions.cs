using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin.Hosts;

/// <summary>
/// What a session's shell is told first: the functions that scripts are made of. They need a POSIX shell, coreutils, util-linux and lvm2. What must not be cut in half runs
/// <c>apart</c>: in a session of its own, so that the end of the connection, which ends everything else, does not reach it.
/// </summary>
internal static class ShellFunctions
{
    /// <summary>Exit code: the file system is not mounted here, and its being at rest was asked for.</summary>
    internal const int NotMounted = 41;

    /// <summary>Exit code: a name is another volume's by now.</summary>
    internal const int Replaced = 42;

    /// <summary>Exit code: somebody else holds the pool's metadata snapshot.</summary>
    internal const int MetadataHeld = 43;

    /// <summary>Exit code: a lock is taken.</summary>
    internal const int Locked = 75;

    /// <summary>Exit code: a program is missing.</summary>
    internal const int Missing = 127;

    /// <summary>Columns of a report; <see cref="Volumes.LvsReport"/> reads them.</summary>
    internal const string Columns = "vg_name,vg_uuid,lv_name,lv_uuid,lv_attr,lv_size,lv_role,origin,origin_uuid,pool_lv,pool_lv_uuid,thin_id,chunk_size,metadata_lv,lv_time,lv_tags";

    /// <summary>What every shell is told.</summary>
    internal static string Text { get; } = $"""
        PATH=$PATH:/usr/sbin:/sbin LVM_SUPPRESS_FD_WARNINGS=1
        export PATH LVM_SUPPRESS_FD_WARNINGS
        SENG_LIB={Quote(Library)}
        export SENG_LIB
        eval "$SENG_LIB"
        """;

    /// <summary>A session for questions and changes.</summary>
    internal static ShellSetup Setup { get; } = new(LvmThinEngineFactory.SchemeName, Text);

    /// <summary>A session that switches on snapshots to be read: a watcher beside it, which nothing but its end of input ends, switches them off again.</summary>
    internal static ShellSetup Holder { get; } = new(LvmThinEngineFactory.SchemeName, Text + "\n" + Watcher);

    private const string Library = """
        nl='
        '
        # report [-S WHICH] [GROUP[/VOLUME]]: the thin volumes and pools, as JSON.
        report() {
          lvs --reportformat json --units b --nosuffix --config 'report{time_format="%s"}' -S 'segtype=thin || segtype=thin-pool' -o 
        """ + Columns + """
         "$@"
        }
        # apart FUNCTION ARGUMENT...: runs a function to its end, whatever becomes of the connection.
        apart() { setsid -w sh -c 'trap "" HUP INT TERM PIPE; eval "$SENG_LIB"; "$@"' sh "$@"; }
        # mounted DEVICE: whether a file system is mounted here right from it, which LVM brings to rest before it cuts.
        mounted() {
          d=$(stat -Lc '0x%t 0x%T' -- "/dev/mapper/$1" 2>/dev/null) || return 1
          m=$(printf '%d:%d' $d)
          while read -r _ _ at _; do [ "$at" != "$m" ] || return 0; done </proc/self/mountinfo
          return 1
        }
        # create GROUP ORIGIN NAME DEVICE LEAST ARGUMENT...: a read-only snapshot.
        create() {
          vg=$1 lv=$2 new=$3 dev=$4 least=$5; shift 5
          if mounted "$dev"; then set -- "$@" --addtag seng.consistency:filesystem
          elif [ "$least" = 1 ]; then exit 41; fi
          lvcreate -qq -s -pr -ky -n "$new" "$@" "$vg/$lv" >/dev/null || exit
          report "$vg/$new"
        }
        # clone GROUP SNAPSHOT NAME: a volume that can be written.
        clone() {
          lvcreate -qq -s -prw -kn -n "$3" --addtag seng.clone "$1/$2" >/dev/null || exit
          report "$1/$3"
        }
        # remove GROUP UUID
        remove() { lvremove -qq -y -S "lv_uuid=$2" "$1" >/dev/null; }
        # retag GROUP UUID ARGUMENT...
        retag() { vg=$1 uuid=$2; shift 2; lvchange -qq "$@" -S "lv_uuid=$uuid" "$vg" >/dev/null; }
        # turn GROUP: waits for its turn to swap volumes.
        turn() { exec 9>"/run/lock/seng-lvm-thin-$1" || exit; flock -w 120 9 || exit 75; }
        # rollback GROUP VOLUME UUID SNAPSHOT UUID SKIP ACTIVE FOREIGN ARGUMENT...: puts a copy of the snapshot in the volume's place.
        rollback() {
          vg=$1 lv=$2 snap=$4 k=$6 on=$7 mine="$2/$3" its="$4/$5"
          turn "$vg"
          ids=$nl$(lvs --noheadings --separator / -o lv_name,lv_uuid "$vg/$lv" "$vg/$snap" | tr -d ' ')$nl
          case $ids in *"$nl$mine$nl"*) ;; *) exit 42;; esac
          case $ids in *"$nl$its$nl"*) ;; *) exit 42;; esac
          lvchange -qq -an "$vg/$lv" >/dev/null || exit
          mark=$8; shift 8
          for f in $mark; do lvchange -qq --addtag "seng.snapshot:${f#*=}" "$vg/${f%%=*}" >/dev/null || { back; exit 5; }; done
          lvcreate -qq -s -an -k"$k" -n "seng-new-$lv" "$@" "$vg/$snap" >/dev/null || { back; exit 5; }
          lvrename -qq "$vg" "$lv" "seng-old-$lv" >/dev/null || { lvremove -qq -y "$vg/seng-new-$lv" >/dev/null; back; exit 5; }
          lvrename -qq "$vg" "seng-new-$lv" "$lv" >/dev/null || {
            lvrename -qq "$vg" "seng-old-$lv" "$lv" >/dev/null && lvremove -qq -y "$vg/seng-new-$lv" >/dev/null; back; exit 5
          }
          back || exit
          lvremove -qq -y "$vg/seng-old-$lv" >/dev/null
        }
        # back: switches the volume on again if it was.
        back() { [ "$on" != 1 ] || lvchange -qq -ay -K "$vg/$lv" >/dev/null; }
        # mend GROUP VOLUME: what a roll back left that was killed.
        mend() {
          vg=$1 lv=$2 on=1
          turn "$vg"
          names=$nl$(lvs --noheadings -o lv_name "$vg" | tr -d ' ')$nl
          if has "seng-old-$lv"; then
            if ! has "$lv"; then
              if has "seng-new-$lv"; then lvrename -qq "$vg" "seng-new-$lv" "$lv" >/dev/null || exit
              else lvrename -qq "$vg" "seng-old-$lv" "$lv" >/dev/null || exit; back; return; fi
            fi
            back
            lvremove -qq -y "$vg/seng-old-$lv" >/dev/null
          elif has "seng-new-$lv"; then back; lvremove -qq -y "$vg/seng-new-$lv" >/dev/null; fi
        }
        has() { case $names in *"$nl$1$nl"*) return 0;; esac; return 1; }
        # held POOL: the root of the pool's metadata snapshot, or a dash.
        held() (
          s=$(dmsetup status "$1") || exit
          set -- $s
          [ "$#" -ge 7 ] || { echo "the thin pool has failed: $*" >&2; exit 1; }
          printf '%s' "$7"
        )
        # differences GROUP POOL UUID: waits until nobody else here asks of this pool; what is found goes to a file without a name.
        differences() {
          vg=$1 pool=$2 id=$3; shift 3
          command -v thin_delta >/dev/null || { echo 'thin_delta: not found' >&2; exit 127; }
          mkdir -p /var/lib/storage-engines || exit
          note=/var/lib/storage-engines/lvm-thin-$id
          spool=$(mktemp "${TMPDIR:-/var/tmp}/seng-lvm-thin.XXXXXX") || exit
          exec 8<>"$spool"; rm -f -- "$spool"
          exec 9<>"$note"; flock -w 600 9 || exit 75
          said=$(mktemp "${TMPDIR:-/var/tmp}/seng-lvm-thin.XXXXXX") || exit
          exec 6<>"$said"; rm -f -- "$said"
          # It holds no end of the connection, so that a query that is given up need not wait for it.
          apart compare "$vg" "$pool" "$note" "$@" </dev/null >/dev/null 2>&6 || { r=$?; cat /proc/self/fd/6 >&2; exit "$r"; }
          exec 9>&-
          cat /proc/self/fd/8
        }
        # compare GROUP POOL NOTE DEVICE METADATA UUID ID UUID ID ALL: with the metadata snapshot taken, and given back.
        compare() {
          vg=$1 pool=$2 note=$3 dev=$4 meta=$5 u1=$6 i1=$7 u2=$8 i2=$9 all=${10} on=
          dmsetup status "$dev" >/dev/null 2>&1 || { lvchange -qq -ay "$vg/$pool" >/dev/null && on=1; }
          take; r=$?
          if [ "$r" = 0 ]; then
            r=$( { { thin_delta -m --thin1 "$i1" --thin2 "$i2" "$meta"; echo $? >&7; } | if [ "$all" = 1 ]; then cat; else grep -v '<same '; fi >&8 || echo 46 >&7; } 7>&1 )
            dmsetup message "$dev" 0 release_metadata_snap && : >"$note" || r=5
          fi
          [ -z "$on" ] || lvchange -qq -an "$vg/$pool" >/dev/null
          case $r in *"$nl"*) r=46;; esac
          [ "$r" = 0 ] || exit "$r"
          # Numbers of devices are given again after a deletion: both still have theirs, so they had them then.
          ids=$nl$(lvs --noheadings --separator / -o thin_id,lv_uuid -S "lv_uuid=$u1 || lv_uuid=$u2" "$vg" | tr -d ' ')$nl
          case $ids in *"$nl$i1/$u1$nl"*) ;; *) exit 42;; esac
          case $ids in *"$nl$i2/$u2$nl"*) ;; *) exit 42;; esac
        }
        # take: takes the metadata snapshot and notes its root. One that was noted was left by us, for the lock is ours; another one is somebody else's.
        take() {
          h=$(held "$dev") || return 5
          if [ "$h" != - ]; then
            ours=$(cat "$note"); [ "$ours" = "$h" ] || { echo "metadata snapshot $h of $dev" >&2; return 43; }
            dmsetup message "$dev" 0 release_metadata_snap || return 5
          fi
          dmsetup message "$dev" 0 reserve_metadata_snap || return 5
          h=$(held "$dev") && printf '%s' "$h" >"$note" && return
          dmsetup message "$dev" 0 release_metadata_snap
          return 5
        }
        # device GROUP-UUID-AND-UUID: the name of the active device.
        device() { dmsetup info -c --noheadings -o name -u "LVM-$1" 2>/dev/null; }
        # hold GROUP UUID KEY: switches a snapshot on, unless it is; the watcher is told first. Prints 1 if it was off.
        hold() {
          ! device "$3" >/dev/null || return 0
          echo "+ $1 $2" >&5
          apart lvchange -qq -ay -K -S "lv_uuid=$2" "$1" 5>&- >/dev/null || return
          device "$3" >/dev/null || exit 42
          printf 1
        }
        # loosen GROUP UUID: switches it off again.
        loosen() { apart off "$1/$2" 5>&-; echo "- $1 $2" >&5; }
        watch() {
          all=
          while read -r op vg uuid; do
            if [ "$op" = + ]; then all="$all $vg/$uuid"; continue; fi
            rest=
            for each in $all; do
              [ "$each" = "$vg/$uuid" ] || rest="$rest $each"
            done
            all=$rest
          done
          for each in $all; do off "$each"; done
        }
        off() { lvchange -qq -an -S "lv_uuid=${1#*/}" "${1%%/*}"; }

        """;

    private const string Watcher = """
        w=$(mktemp -d /run/seng-lvm-thin.XXXXXX) && mkfifo "$w/p"
        setsid sh -c 'trap "" HUP INT TERM PIPE; eval "$SENG_LIB"; watch' <"$w/p" >/dev/null 2>&1 3>&- &
        exec 5>"$w/p"
        rm -r -- "$w"

        """;

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
