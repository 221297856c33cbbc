namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>What the Btrfs engine refuses, on a file system in a loop device: <c>$C/fs</c>, with the subvolume <c>v</c> and its snapshots <c>a</c> and <c>b</c>.</summary>
internal static class BtrfsInputs
{
    private const string Section = "Btrfs";

    private const string Mount = "truncate -s 128M \"$C/img\" && mkfs.btrfs -q \"$C/img\" && mkdir \"$C/fs\" && mount -o loop \"$C/img\" \"$C/fs\" && sub v && chmod 777 \"$C/fs\" && "
        + "mkdir \"$C/fs/v/d\" && echo 1 >\"$C/fs/v/f\" && se snapshot create \"$C/fs/v@a\" && echo 2 >\"$C/fs/v/f\" && se snapshot create \"$C/fs/v@b\"";

    private const string Functions = "sub() { btrfs -q subvolume create \"$C/fs/$1\"; }; data() { echo \"$C\"/fs/.seng-snapshots/*/\"$1/data\"; }; ";
    private const string Unmount = "umount \"$C/fs\"";

    internal static IReadOnlyList<BadInput> All { get; } =
    [
        New("a place that is not on Btrfs", "snapshot create \"btrfs:$W/data@x\"", 11),
        New("missing path", "snapshot create \"btrfs:$C/fs/nowhere@x\"", 3),
        New("a directory within a subvolume", "snapshot create \"btrfs:$C/fs/v/d@x\"", 11),
        New("a file within a subvolume", "snapshot create \"btrfs:$C/fs/v/f@x\"", 11),
        New("consistency that cannot be had", "snapshot create \"$C/fs/v@x\" --consistency application", 7),
        New("missing snapshot", "restore \"$C/fs/v@nosuch\" \"$C/r\"", 3),
        New("name taken", "snapshot create \"$C/fs/v@a\" --new", 4),
        New("deletion of the data alone", "snapshot delete \"$C/fs/v@a\" --data-only", 9, after: "[ -e \"$(data a)/f\" ]"),
        New("held snapshot deleted", "snapshot delete \"$C/fs/v@a\"", 7, "se snapshot hold \"$C/fs/v@a\" --owner backup", "[ -e \"$(data a)/f\" ]"),
        New("snapshot of others held", "snapshot hold \"$C/fs/v@theirs\" --owner me", 7, "btrfs -q subvolume snapshot -r \"$C/fs/v\" \"$C/fs/theirs\""),
        New("base newer than target", "diff \"$C/fs/v@b\" @a", 11),
        New("base deleted", "diff \"$C/fs/v@a\" @b", 12, "se snapshot delete \"$C/fs/v@a\""),
        New("base written to", "diff \"$C/fs/v@a\" @b", 12, "D=$(data a); btrfs property set -ts \"$D\" ro false && echo 3 >\"$D/f\" && sync && btrfs property set -ts \"$D\" ro true"),
        New("snapshots of two volumes", "diff \"$C/fs/v@a\" \"$C/fs/w@a\"", 12, "sub w; se snapshot create \"$C/fs/w@a\""),
        New("a directory as the file", "changes \"$C/fs/v@a\" @b --path d", 11),
        New("roll back with a subvolume in the volume", "snapshot rollback \"$C/fs/v@a\" --yes", 7, "sub v/nested", "[ \"$(cat \"$C/fs/v/f\")\" = 2 ] && [ -d \"$C/fs/v/nested\" ]"),
        New("roll back of the default subvolume", "snapshot rollback \"$C/fs/v@a\" --yes", 7, "btrfs subvolume set-default \"$C/fs/v\"", "[ \"$(cat \"$C/fs/v/f\")\" = 2 ]"),
        New("roll back of what is mounted", "snapshot rollback \"$C/fs@top\" --yes", 7, "se snapshot create \"$C/fs@top\""),
        New("name of the safety snapshot taken", "snapshot rollback \"$C/fs/v@a\" --safety b", 4, after: "[ \"$(cat \"$C/fs/v/f\")\" = 2 ]"),
        New("clone to another file system", "snapshot clone \"$C/fs/v@a\" \"$C/clone\"", 11, after: "[ ! -e \"$C/clone\" ]"),
        New("clone to what is there", "snapshot clone \"$C/fs/v@a\" \"$C/fs/v\"", 4),
        New("read-only file system", "snapshot create \"$C/fs/v@x\"", 5, "mount -o remount,ro \"$C/fs\"", "se diff \"$C/fs/v@a\" @b"),
        New("full file system", "snapshot create \"$C/fs/v@x\"", 6, "! head -c 200M /dev/zero >\"$C/fs/v/fill\"", "se diff \"$C/fs/v@a\" @b && se snapshot delete \"$C/fs/v@b\" && [ -z \"$(find \"$C/fs\" -name '.seng-tmp*')\" ]"),
        New("snapshots in use by another process", "snapshot create \"$C/fs/v@x\"", 8,
            "(exec 9<\"$(echo \"$C\"/fs/.seng-snapshots/*/.lock)\"; flock -x 9; echo >\"$C/locked\"; exec sleep 60 >/dev/null 2>&1 </dev/null) >/dev/null 2>&1 & echo $! >\"$C/pid\"; until [ -e \"$C/locked\" ]; do :; done",
            finallyDo: "[ ! -e \"$C/pid\" ] || { kill \"$(cat \"$C/pid\")\"; tail --pid=\"$(cat \"$C/pid\")\" -f /dev/null; }; "),
        New("what is noted of a snapshot is damaged", "snapshot list \"$C/fs/v\"", 10, "echo '{' >\"$C\"/fs/.seng-snapshots/*/a/info.json"),
        New("no rights: snapshot of what is somebody else's", "unpriv snapshot create \"$C/fs/v@x\"", 5),
        New("no rights: differences", "unpriv diff \"$C/fs/mine@a\" @b", 5, Mine),
        New("no rights: deletion without user_subvol_rm_allowed", "unpriv snapshot delete \"$C/fs/mine@a\"", 5, Mine, "unpriv snapshot list \"$C/fs/mine\" | grep -q '^a '"),
        New("no rights: roll back", "unpriv snapshot rollback \"$C/fs/mine@a\" --yes", 5, Mine),
    ];

    private const string Mine = "rm -rf \"$C/state\"; btrfs -q subvolume delete \"$C\"/fs/.seng-snapshots/*/*/data && rm -rf \"$C\"/fs/.seng-snapshots/* && chmod 777 \"$C/fs/.seng-snapshots\" && "
        + "sub mine && chown 65534:65534 \"$C/fs/mine\" && chmod -R a+rwX \"$C/store\" && unpriv snapshot create \"$C/fs/mine@a\" && echo 1 >\"$C/fs/mine/f\" && unpriv snapshot create \"$C/fs/mine@b\"";

    private static BadInput New(string what, string command, int exitCode, string before = ":", string after = "", string finallyDo = "") => new(Section, what, command, exitCode)
    {
        NeedsBtrfs = true,
        Before = Functions + Mount + " && { " + before + "; }",
        After = after.Length > 0 ? Functions + after : "",
        Finally = finallyDo + Unmount,
    };
}
