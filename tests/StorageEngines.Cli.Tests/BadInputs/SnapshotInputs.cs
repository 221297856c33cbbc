namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>Snapshots that are not there, do not belong together, or are in use.</summary>
internal static class SnapshotInputs
{
    private const string Section = "Snapshots";

    internal static IReadOnlyList<BadInput> All { get; } =
    [
        new(Section, "missing snapshot", "restore \"$W/data@nosuch\" \"$C/r\"", 3),
        new(Section, "mistyped snapshot", "snapshot delete \"$W/data@aa\"", 3),
        new(Section, "name taken", "snapshot create \"$W/data@a\" --new", 4),
        new(Section, "name of the safety snapshot taken", "snapshot rollback \"$W/data@a\" --safety b", 4) { After = "[ -e \"$W/data/new\" ]" },
        new(Section, "base deleted: changes", "changes \"$W/data@a\" @b", 12) { Before = "se snapshot delete \"$W/data@a\"", After = "se changes \"$W/data@a\" @b --path big --fallback full" },
        new(Section, "base deleted: export", "export \"$W/data@b\" --base @a -o \"$C/x\"", 12) { Before = "se snapshot delete \"$W/data@a\"", After = "[ ! -e \"$C/x\" ]" },
        new(Section, "data deleted: restore", "restore \"$W/data@a\" \"$C/r\"", 7) { Before = "se snapshot delete \"$W/data@a\" --data-only", After = "se diff \"$W/data@a\" @b" },
        new(Section, "data deleted: roll back", "snapshot rollback \"$W/data@a\" --yes", 7) { Before = "se snapshot delete \"$W/data@a\" --data-only" },
        new(Section, "snapshots of two volumes: diff", "diff \"$W/data@a\" \"$W/other@a\"", 12),
        new(Section, "snapshots of two volumes: export", "export \"$W/data@b\" --base \"$W/disk.img@a\" -o \"$C/x\"", 12),
        new(Section, "snapshots of two lines", "diff \"$C/v@b\" @c", 12)
        {
            Before = "mkdir \"$C/v\"; echo 1 >\"$C/v/f\"; se snapshot create \"$C/v@a\"; echo 2 >\"$C/v/f\"; se snapshot create \"$C/v@b\"; se snapshot rollback \"$C/v@a\" --yes; se snapshot create \"$C/v@c\"",
        },
        new(Section, "volume without a snapshot: status", "status \"$C/never\"", 12) { Before = "mkdir \"$C/never\"" },
        new(Section, "base newer than target", "changes \"$W/data@b\" @a", 11),
        new(Section, "held snapshot deleted", "snapshot delete \"$W/data@a\"", 7) { Before = "se snapshot hold \"$W/data@a\" --owner backup", After = "se snapshot list \"$W/data\" | grep -q '^a '" },
        new(Section, "store in use by another process", "snapshot create \"$W/data@x\"", 8)
        {
            Before = "(exec 9<\"$C/store/lock\"; flock -x 9; echo >\"$C/locked\"; exec sleep 60 >/dev/null 2>&1 </dev/null) >/dev/null 2>&1 & echo $! >\"$C/pid\"; until [ -e \"$C/locked\" ]; do :; done",
            Finally = "[ ! -e \"$C/pid\" ] || kill \"$(cat \"$C/pid\")\"",
        },
    ];
}
