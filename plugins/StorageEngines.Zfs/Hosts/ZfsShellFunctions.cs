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
        # all NAME: its snapshots and bookmarks.
        all() { zfs list -Hp -d 1 -t snapshot,bookmark -o "$sn" "$1"; }
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
