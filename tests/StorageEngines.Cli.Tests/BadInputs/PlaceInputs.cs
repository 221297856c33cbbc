namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>Volumes and targets that are not there, may not be used, are full or too long.</summary>
internal static class PlaceInputs
{
    private const string Volume = "Volumes";
    private const string Target = "Targets";
    private const string Mount = "mkdir \"$C/small\" && mount -t tmpfs -o size=256k seng-test \"$C/small\"";
    private const string Unmount = "umount \"$C/small\"";
    private const string Empty = "[ -z \"$(ls -A \"$C/small\")\" ]";
    private const string Deep = "\"$C/$(printf 'yyyyyyyyyyyyyyyyyyy/%.0s' {1..250})x";

    internal static IReadOnlyList<BadInput> All { get; } =
    [
        new(Volume, "missing path", "snapshot create \"$W/nowhere@x\"", 3) { After = "! se volumes | grep nowhere" },
        new(Volume, "missing path, listed", "snapshot list \"$W/nowhere\"", 3),
        new(Volume, "path below a file", "snapshot create \"$W/data/file/below@x\"", 3),
        new(Volume, "no permission for the volume", "unpriv snapshot create \"$C/closed@x\"", 5)
        {
            NeedsRoot = true, Before = "mkdir \"$C/closed\"; chmod 700 \"$C/closed\"; chmod -R a+rwX \"$C/store\"",
        },
        new(Volume, "no permission above the volume", "unpriv snapshot create \"$C/closed/volume@x\"", 5)
        {
            NeedsRoot = true, Before = "mkdir -p \"$C/closed/volume\"; chmod 700 \"$C/closed\"; chmod -R a+rwX \"$C/store\"",
        },
        new(Volume, "no permission for a file in the tree", "unpriv snapshot create \"$C/tree@x\"", 5)
        {
            NeedsRoot = true,
            Before = "mkdir \"$C/tree\"; echo x >\"$C/tree/secret\"; chmod 600 \"$C/tree/secret\"; chmod -R a+rwX \"$C/store\"",
            After = "! se snapshot list \"$C/tree\" | grep -q '^x ' && [ -z \"$(find \"$C/store\" -name '.seng-tmp*')\" ]",
        },
        new(Volume, "no permission for a directory in the tree", "unpriv snapshot create \"$C/tree@x\"", 5)
        {
            NeedsRoot = true, Before = "mkdir -p \"$C/tree/secret\"; chmod 700 \"$C/tree/secret\"; chmod -R a+rwX \"$C/store\"", After = "! se snapshot list \"$C/tree\" | grep -q '^x '",
        },
        new(Volume, "a named pipe", "snapshot create \"$C/pipe@x\"", 3) { Before = "mkfifo \"$C/pipe\"" },
        new(Volume, "a character device", "snapshot create /dev/null@x", 3),
        new(Volume, "a symbolic link to itself", "snapshot create \"$C/loop@x\"", 3) { Before = "ln -s loop \"$C/loop\"" },
        new(Volume, "the store itself", "snapshot create \"$C/store@x\"", 11),
        new(Volume, "a directory within the store", "snapshot create \"$C/store/packs@x\"", 11),
        new(Volume, "a path of 5000 bytes", $"snapshot create {Deep}@x\"", 11),
        new(Volume, "a name of 300 bytes", "snapshot create \"$C/$(printf 'z%.0s' {1..300})@x\"", 11),
        new(Target, "target is there and not empty", "restore \"$W/data@a\" \"$W/other\"", 4) { After = "[ \"$(cat \"$W/other/file\")\" = other ]" },
        new(Target, "target's parent is missing", "restore \"$W/data@a\" \"$C/none/x\"", 3),
        new(Target, "empty target", "restore \"$W/data@a\" ''", 2),
        new(Target, "target in the store", "restore \"$W/data@a\" \"$C/store/x\"", 2) { After = "[ ! -e \"$C/store/x\" ]" },
        new(Target, "clone to what is there", "snapshot clone \"$W/data@a\" \"$W/other\"", 4),
        new(Target, "clone into the store", "snapshot clone \"$W/data@a\" \"$C/store/x\"", 2),
        new(Target, "no permission to restore", "unpriv restore \"$W/data@a\" \"$C/closed/x\"", 5) { NeedsRoot = true, Before = "mkdir \"$C/closed\"; chmod -R a+rX \"$C/store\"" },
        new(Target, "no permission to export", "unpriv export \"$W/data@a\" -o \"$C/closed/x\"", 5) { NeedsRoot = true, Before = "mkdir \"$C/closed\"; chmod -R a+rX \"$C/store\"" },
        new(Target, "restore, full disk", "restore \"$W/data@a\" \"$C/small/x\"", 6) { NeedsRoot = true, Before = Mount, After = Empty, Finally = Unmount },
        new(Target, "restore of an image, full disk", "restore \"$W/disk.img@a\" \"$C/small/x\"", 6)
        {
            NeedsRoot = true, Before = Mount + "; head -c 100000 /dev/zero >\"$C/small/fill\"", After = "[ \"$(ls -A \"$C/small\")\" = fill ]", Finally = Unmount,
        },
        new(Target, "export, full disk", "export \"$W/data@b\" -o \"$C/small/x\"", 6) { NeedsRoot = true, Before = Mount, After = Empty, Finally = Unmount },
        new(Target, "export as tar, full disk", "export \"$W/data@b\" --format tar -o \"$C/small/x\"", 6) { NeedsRoot = true, Before = Mount, After = Empty, Finally = Unmount },
        new(Target, "export to a full standard output", "se export \"$W/data@b\" -o - >/dev/full", 6),
        new(Target, "apply, full disk", "apply \"$C/other.diff\" \"$C/small/x\"", 6)
        {
            NeedsRoot = true,
            Before = Mount + "; mkdir \"$C/v\"; echo 1 >\"$C/v/f\"; se snapshot create \"$C/v@a\"; head -c 300000 /dev/urandom >\"$C/v/f\"; se snapshot create \"$C/v@b\"; "
                + "se export \"$C/v@b\" --base @a -o \"$C/other.diff\"; se restore \"$C/v@a\" \"$C/small/x\"",
            After = "[ ! -e \"$C/small/x\" ] && [ -e \"$C/small/x.seng-applying\" ]",
            Finally = Unmount,
        },
        new(Target, "restore to a read-only place", "restore \"$W/data@a\" \"$C/small/x\"", 5) { NeedsRoot = true, Before = Mount.Replace("256k", "8m") + " && mount -o remount,ro \"$C/small\"", Finally = Unmount },
        new(Target, "export to a file that is there", "export \"$W/data@b\" -o \"$W/tree.btrfs\"", 4),
        new(Target, "export to a directory", "export \"$W/data@b\" -o \"$W/other\" --force", 4) { After = "[ -e \"$W/other/file\" ]" },
        new(Target, "export to a missing directory", "export \"$W/data@b\" -o \"$C/none/x\"", 3),
        new(Target, "export into the store", "export \"$W/data@b\" -o \"$C/store/x\"", 2),
        new(Target, "a path of 5000 bytes", $"restore \"$W/data@a\" {Deep}\"", 11),
        new(Target, "a name of 300 bytes", "export \"$W/data@a\" -o \"$C/$(printf 'z%.0s' {1..300})\"", 11),
        new(Target, "the demo without room", "demo \"$W/data\" --work \"$C/small\"", 6) { NeedsRoot = true, Before = Mount, After = Empty, Finally = Unmount },
        new(Target, "the demo in a missing directory", "demo \"$W/data\" --work \"$C/none\"", 3),
    ];
}
