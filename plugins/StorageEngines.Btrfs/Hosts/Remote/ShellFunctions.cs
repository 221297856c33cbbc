using StorageEngines.RemoteShells;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// What a session's shell is told first: the functions that scripts are made of. They need a POSIX shell, GNU coreutils and btrfs-progs. Answers are fields that end with NUL,
/// so that names may hold any byte. Whether a command worked is told by its exit code, never by its words.
/// </summary>
internal static class ShellFunctions
{
    /// <summary>Exit code: it is there already, or is not there.</summary>
    internal const int Replaced = 22;

    /// <summary>Exit code: a program is missing.</summary>
    internal const int Missing = 127;

    /// <summary>Exit code: the snapshot directory would be on another file system.</summary>
    internal const int OtherFileSystem = 12;

    /// <summary>Exit code: a stream wrote beside the snapshot.</summary>
    internal const int Escaped = 33;

    /// <summary>What a shell is told first.</summary>
    internal static ShellSetup Setup { get; } = new(BtrfsEngineFactory.SchemeName, Text);

    private const string Text = """
        nl='
        '
        tab=$(printf '\t')
        # fsid DIRECTORY: prints the id of its Btrfs, and 0 if it is mounted there, else how far up. btrfs knows mount points only.
        fsid() (
          cd -P -- "$1" 2>/dev/null || exit 1
          d=$PWD; n=0
          while ! o=$(btrfs filesystem show --raw "$d" 2>/dev/null); do
            [ "$d" != / ] || exit 1
            d=${d%/*}; d=${d:-/}; n=$((n + 1))
          done
          o=${o%%"$nl"*}
          printf '%s %s' "${o##*uuid: }" "$n"
        )
        # same PATH UUID: whether the subvolume is at the path. A name that makes the answer ambiguous counts as no.
        same() {
          o=$(btrfs subvolume show "$1") || return 1
          case $o in *"$nl${tab}UUID:"*"$nl${tab}UUID:"*) return 1;; esac
          o=${o#*"$nl${tab}UUID:"}; o=${o%%"$nl"*}; o=${o##*[ $tab]}
          [ "$o" = "$2" ]
        }
        # put FILE CONTENT: writes a file whole and durably.
        put() {
          p=${1%/*}/.seng-tmp-put-$$
          { printf '%s' "$2" >"$p" && sync "$p" && mv -fT -- "$p" "$1" && sync "${1%/*}"; } || { rm -f -- "$p"; return 1; }
        }
        # unfinished DIRECTORY: removes what was begun in it and is not whole.
        unfinished() {
          for x in "$1"/.seng-tmp-*; do
            if [ -d "$x" ] && [ ! -L "$x" ]; then btrfs subvolume delete "$x" >/dev/null || return 1
            elif [ -e "$x" ] || [ -L "$x" ]; then rm -f -- "$x" || return 1; fi
          done
        }
        # unhome DIRECTORY: removes a snapshot's directory after its data is gone.
        unhome() {
          [ -d "$1" ] || return 0
          unfinished "$1" && rm -f -- "$1/info.json" && rmdir -- "$1"
        }
        # home DIRECTORY INFO: makes a snapshot's directory; what a crash left of one that never was is removed.
        home() {
          if [ -e "$1" ]; then [ ! -e "$1/data" ] && unhome "$1" || return 1; fi
          mkdir -m 700 -- "$1" && put "$1/info.json" "$2"
        }
        # strays DIRECTORY: removes what is beside the snapshot that a stream makes: the copy of its base, and what it wrote through a link; exit 33 if there was that.
        strays() {
          z=
          [ ! -d "$1/.seng-tmp-base" ] || btrfs subvolume delete "$1/.seng-tmp-base" >/dev/null || return 1
          for x in "$1"/* "$1"/.[!.]* "$1"/..?*; do
            case ${x##*/} in info.json|.seng-tmp-data) continue;; esac
            if [ -e "$x" ] || [ -L "$x" ]; then rm -rf --one-file-system -- "$x"; z=33; fi
          done
          [ -z "$z" ] || exit "$z"
        }
        # slurp FILE MOST: prints a small file; NUL, which no whole one has, becomes a question mark.
        slurp() { head -c "$2" -- "$1" | tr '\000' '?'; }
        # files ROOT: what volumes that were rolled back have noted.
        files() {
          for v in "$1"/????????-????-????-????-????????????/.volume.json; do
            [ -f "$v" ] && [ ! -L "$v" ] || continue
            v=${v%/.volume.json}; printf '%s\0' "${v##*/}"; slurp "$v/.volume.json" 1048577; printf '\0'
          done
          printf '\0'
        }
        # repair PATH: a roll back that was killed between its two renames left the volume under another name.
        repair() {
          x=${1%/*}/.seng-tmp-was-${1##*/}
          if [ ! -e "$1" ] && [ ! -L "$1" ] && [ -d "$x" ] && [ ! -L "$x" ]; then mv -nT -- "$x" "$1"; fi
        }
        # look PATH ROOT: state, type of file system, inode, steps to the mount, id of the file system, subvolume, whether snapshots are beside it, notes of volumes.
        look() (
          command -v btrfs >/dev/null || exit 127
          s=ok t= i=0 n= f= o= b=0
          case $1 in /*/.|/*/..|/) ;; *) repair "$1";; esac
          p=${1%/*}; p=${p:-/}
          if [ -d "$1" ] && cd -P -- "$1" 2>/dev/null; then
            t=$(stat -f -c %t .); i=$(stat -c %i .)
            if [ "$t" = 9123683e ] && [ "$i" = 256 ]; then
              f=$(fsid .); n=${f#* }; f=${f% *}
              if ! o=$(btrfs subvolume show . 2>/dev/null); then o=; s=failed; [ "$(id -u)" = 0 ] || s=denied; fi
              if [ "$1" != / ]; then
                if [ "$n" != 0 ] && [ ! -L "$1" ]; then b=1; else pf=$(fsid "$p"); [ "${pf% *}" != "$f" ] || b=1; fi
              fi
            fi
          elif [ -d "$1" ]; then s=denied; b=1
          elif [ -e "$1" ] || [ -L "$1" ]; then s=file; b=1
          elif [ -d "$p" ] && [ ! -x "$p" ]; then s=denied; b=1
          else s=missing; b=1; fi
          printf '%s\0%s\0%s\0%s\0%s\0%s\0%s\0' "$s" "$t" "$i" "$n" "$f" "$o" "$b"
          if [ -n "$2" ]; then files "$2"; elif [ "$b" = 1 ]; then files "${p%/}/.seng-snapshots"; else files "${1%/}/.seng-snapshots"; fi
        )
        # table DIRECTORY UUID: the subvolumes of the file system; exit 4 if it is not that one, 5 if they may not be listed.
        table() (
          command -v btrfs >/dev/null || exit 127
          cd -P -- "$1" 2>/dev/null && [ "$(stat -f -c %t .)" = 9123683e ] || exit 4
          f=$(fsid .) || exit 4
          f=${f% *}
          [ -z "$2" ] || [ "$2" = "$f" ] || exit 4
          printf '%s\0%s\0' "$f" "$PWD"; cat /proc/self/mountinfo; printf '\0'
          btrfs subvolume list -p -c -u -q -R . 2>/dev/null || exit 5; printf '\0'
          btrfs subvolume list -r . || exit 5; printf '\0'
          btrfs subvolume list -s . || exit 5; printf '\0'
          btrfs subvolume show -r 5 . 2>/dev/null; printf '\0'
        )
        # prepare ROOT UUID DIRECTORY: makes the place of snapshots, as a subvolume, and a volume's directory in it.
        prepare() {
          [ -d "$1" ] || { btrfs subvolume create "$1" >/dev/null && chmod 700 "$1"; } || [ -d "$1" ] || exit 11
          f=$(fsid "$1"); [ "${f% *}" = "$2" ] || exit 12
          [ -d "$3" ] || mkdir -m 700 -- "$3" || [ -d "$3" ] || exit 13
        }
        # inside SNAPSHOT UUID: goes into a snapshot; exit 3 if it is not there any more.
        inside() { cd -P -- "$1" 2>/dev/null && same . "$2" || exit 3; }
        # first SNAPSHOT: the beginning of its stream, in hexadecimal digits; it tells the transaction of the last change.
        first() { btrfs send -q --no-data "$1" 2>/dev/null | head -c 4096 | od -A n -v -t x1; }
        # note HOME: what was noted of a snapshot, and whether there is something noted.
        note() {
          if [ -f "$1/info.json" ] && [ ! -L "$1/info.json" ]; then printf '1\0'; slurp "$1/info.json" 4194305; printf '\0'; else printf '0\0\0'; fi
        }
        # swap FRESH LIVE ASIDE: gives the first the name of the second, and the second that of the first.
        swap() {
          mv --exchange -T -- "$1" "$2" 2>/dev/null && return 0
          [ ! -e "$3" ] && mv -nT -- "$2" "$3" || return 1
          if mv -nT -- "$1" "$2" && [ ! -e "$1" ]; then mv -nT -- "$3" "$1"; else mv -nT -- "$3" "$2"; return 1; fi
        }
        # why PATH: what can be said of it after something failed.
        why() (
          printf '%s\0' "$(id -u)"
          d=$1
          if [ -e "$d" ] || [ -L "$d" ]; then printf 1; else printf 0; d=${d%/*}; d=${d:-/}; fi; printf '\0'
          if [ -d "$d" ]; then printf 1; else printf 0; fi; printf '\0'
          if [ -w "$d" ]; then printf 1; else printf 0; fi; printf '\0'
          stat -f -c '%t' -- "$d" 2>/dev/null; printf '\0'
          stat -f -c '%a' -- "$d" 2>/dev/null; printf '\0'
        )

        """;
}
