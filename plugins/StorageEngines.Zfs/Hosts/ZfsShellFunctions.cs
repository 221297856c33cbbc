using StorageEngines.RemoteShells;

namespace StorageEngines.Zfs.Hosts;

/// <summary>
/// What a session's shell is told first: the functions that scripts are made of. They need a POSIX shell and the programs of OpenZFS. Tables are what <c>-Hp</c> prints: fields between tabs,
/// exact numbers.
/// </summary>
internal static class ZfsShellFunctions
{
    /// <summary>Exit code: under the name is nothing, or another dataset or snapshot than expected. Nothing was changed.</summary>
    internal const int OtherIdentity = 213;

    /// <summary>Exit code: a program is missing.</summary>
    internal const int Missing = 127;

    /// <summary>Exit code: the volume is in use; the answer says by what. Nothing was changed.</summary>
    internal const int InUse = 214;

    /// <summary>Exit code: the snapshot is not in its volume. Nothing was changed.</summary>
    internal const int Gone = 215;

    /// <summary>Exit code: the newer snapshots are others than those that were seen before. Nothing was changed.</summary>
    internal const int NewerChanged = 216;

    /// <summary>The beginning of the names of properties and of tags of holds that are the engine's.</summary>
    internal const string Namespace = "storage-engines:";

    /// <summary>The columns of a dataset. The mount point is the last one, because it may hold a tab.</summary>
    internal const string DatasetColumns = "name,guid,type,createtxg,origin,volsize,volblocksize,recordsize,encryption,keystatus,readonly,mounted,mountpoint";

    /// <summary>The columns of a snapshot or bookmark. The labels are the last ones, because anybody may have set them to anything.</summary>
    internal const string SnapshotColumns = "name,guid,type,createtxg,creation,volsize,userrefs,objsetid,redact_snaps,clones,storage-engines:group,storage-engines:labels";

    /// <summary>The directories that are added to the search path: logins that are not root's often have none of them.</summary>
    internal const string ProgramDirectories = "/usr/local/sbin:/usr/sbin:/sbin";

    /// <summary>What a shell is told first.</summary>
    internal static ShellSetup Setup { get; } = new(ZfsEngineFactory.SchemeName, Text);

    private const string Text = $$"""
        PATH=$PATH:{{ProgramDirectories}}; export PATH
        nl='
        '
        tab=$(printf '\t')
        ds={{DatasetColumns}}
        sn={{SnapshotColumns}}
        # row NAME: a dataset.
        row() { command -v zfs >/dev/null || exit 127; zfs list -Hp -d 0 -t filesystem,volume -o "$ds" "$1"; }
        # is NAME GUID: makes sure that it is that dataset, and prints it.
        is() {
          o=$(row "$1" 2>/dev/null) || exit {{OtherIdentityText}}
          g=${o#*"$tab"}
          [ "${g%%"$tab"*}" = "$2" ] || exit {{OtherIdentityText}}
          printf '%s\n' "$o"
        }
        # same SNAPSHOT GUID: whether it is that snapshot.
        same() { g=$(zfs get -Hp -o value guid "$1" 2>/dev/null) && [ "$g" = "$2" ]; }
        # one SNAPSHOT: a snapshot.
        one() { zfs list -Hp -d 0 -t snapshot -o "$sn" "$@"; }
        # all NAME...: their snapshots and bookmarks.
        all() { zfs list -Hp -d 1 -t snapshot,bookmark -o "$sn" "$@"; }
        # told LIST: a list of snapshots, then NUL, then the holds on them. No process more than needed: they are what costs on a slow host.
        told() {
          [ -n "$1" ] || { printf '\0'; return; }
          printf '%s\n\0' "$1"
          h=$(printf '%s\n' "$1" | awk -F '\t' '$7 ~ /^[1-9]/ { print $1 }')
          [ -z "$h" ] || { set -f; IFS=$nl; zfs holds -Hp $h 2>/dev/null; unset IFS; set +f; }
        }
        # full NAME: the guid of what it was cloned from, NUL, its snapshots and bookmarks, NUL, holds. 'is' comes before.
        full() {
          g=${o#*"$tab"*"$tab"*"$tab"*"$tab"}; g=${g%%"$tab"*}; [ "$g" = - ] || g=$(zfs get -Hp -o value guid "$g") || g=-
          printf '%s\0' "$g"
          l=$(all "$1") || exit 1
          told "$l"
        }
        # at GUID NAME: s becomes the snapshot of the volume n with that guid; it is likely to have that name.
        at() {
          s=$n@$2; same "$s" "$1" && return 0
          s=$(zfs list -Hp -d 1 -t snapshot -o guid,name "$n" | awk -F '\t' -v g="$1" '$1 "" == g "" { print $2; exit }'); [ -n "$s" ]
        }
        # marks GUID: the bookmarks of a snapshot that the engine made.
        marks() { zfs list -Hp -d 1 -t bookmark -o guid,name "$n" | awk -F '\t' -v g="$1" '$1 "" == g "" && $2 ~ /#seng:/ { print $2 }'; }
        # why SNAPSHOT: holds on it, NUL, its clones, NUL.
        why() { zfs holds -Hp "$1" 2>/dev/null; printf '\0'; zfs get -Hp -o value clones "$1" 2>/dev/null; printf '\0'; }
        # newer TXG: the guids of snapshots and bookmarks that are newer, in one line.
        newer() { zfs list -Hp -d 1 -t snapshot,bookmark -o createtxg,guid,name "$n" | awk -F '\t' -v t="$1" '$1 + 0 > t + 0 { print $2 }' | sort | tr '\n' ' '; }
        # held PATTERN: the processes that have something open whose path fits, as far as the login may see them.
        held() {
          find /proc/[0-9]*/fd /proc/[0-9]*/cwd /proc/[0-9]*/root \( -lname "$1" -o -lname "$2" \) -printf '%p %l\n' 2>/dev/null |
          while IFS= read -r l; do
            [ -z "$dev" ] || [ "$(stat -L -c %d -- "${l%% *}" 2>/dev/null)" = "$dev" ] || continue
            q=${l#/proc/}; q=${q%%/*}; printf 'process %s (%s): %s\n' "$q" "$(cat "/proc/$q/comm" 2>/dev/null)" "${l#* }"
          done
        }
        # using NAME TYPE: what uses a volume, a line each.
        using() {
          dev=
          if [ "$2" = volume ]; then
            d=$(readlink -f -- "/dev/zvol/$1") && [ -b "$d" ] || return 0
            ! command -v udevadm >/dev/null || udevadm settle -t 5 >/dev/null 2>&1
            for h in /sys/block/"${d##*/}"/holders/* /sys/block/"${d##*/}"/*/holders/*; do [ ! -e "$h" ] || printf 'device %s on it\n' "${h##*/}"; done
            awk -v d="$d" -v z="/dev/zvol/$1" '{ for (i = 7; i < NF && $i != "-"; i++); s = $(i + 2); if (s == d || s == z || index(s, d "p") == 1) print "mounted at " $5 }' /proc/self/mountinfo
            awk -v d="$d" '$1 == d || index($1, d "p") == 1 { print "swap " $1 }' /proc/swaps
            grep -lsxF -e "$d" -e "/dev/zvol/$1" /sys/kernel/config/target/core/*/*/udev_path | sed 's/^/exported by /'
            held "$d" "${d}p*"
          else
            awk -v z="$1" '{ for (i = 7; i < NF && $i != "-"; i++); s = $(i + 2); gsub(/\\040/, " ", s); if ($(i + 1) == "zfs" && s == z) print $5 }' /proc/self/mountinfo |
            while IFS= read -r m; do
              m=$(printf '%b' "$(printf '%s' "$m" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')")
              dev=$(stat -c %d -- "$m"); e=$(printf '%s' "$m" | sed 's/[][*?\\]/\\&/g')
              grep -sHF "$m/" /sys/block/loop*/loop/backing_file | sed 's|^/sys/block/\([^/]*\)/[^:]*:|device \1: |'
              held "$e" "$e/*"
              x=$(printf '00:%02x' $(( (dev & 255) | ((dev >> 12) & 0xfff00) )))
              grep -sHF -- " $m/" /proc/[0-9]*/maps | awk -v d="$x" '{ split($1, a, "/") } $4 == d && !(a[3] in seen) { seen[a[3]]; print "process " a[3] ": " substr($0, index($0, " /") + 1) }'
            done
          fi | head -n 20
        }
        # look PATH: where it really is, then the dataset of that name, then the one that it is in.
        look() {
          command -v zfs >/dev/null || exit 127
          p=$(readlink -f -- "$1") || p=$1
          printf '%s\0' "$p"
          case $1 in
          /dev/zvol/*) row "${1#/dev/zvol/}" 2>/dev/null; printf '\0\0';;
          /dev/*)
            printf '\0'
            find -L /dev/zvol -type b -samefile "$p" 2>/dev/null | while IFS= read -r l; do row "${l#/dev/zvol/}" 2>/dev/null; done
            printf '\0';;
          /*) row "${1#/}" 2>/dev/null; printf '\0'; [ ! -e "$p" ] || row "$p" 2>/dev/null; printf '\0';;
          esac
        }

        """;

    private const string OtherIdentityText = "213";
}
