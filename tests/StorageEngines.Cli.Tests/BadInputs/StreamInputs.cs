namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>Differences that are none, are damaged, or do not fit.</summary>
internal static class StreamInputs
{
    private const string Section = "Differences";
    private const string TreeUntouched = "[ \"$(cat \"$W/base/file\")\" = content ] && [ ! -e \"$W/base/new\" ] && [ -z \"$(ls \"$W\" | grep applying)\" ]";
    private const string ImageUntouched = "! grep -q changed \"$W/base.img\"";

    internal static IReadOnlyList<BadInput> All { get; } =
    [
        new(Section, "missing file", "apply \"$C/nowhere\" \"$W/base\"", 3),
        new(Section, "a directory", "apply \"$W/other\" \"$W/base\"", 2),
        new(Section, "empty standard input", "printf '' | se apply - \"$W/base\"", 10),
        new(Section, "garbage", "printf 'this is no difference' | se apply - \"$W/base\"", 10),
        new(Section, "compressed", "gzip -c \"$W/tree.btrfs\" | se apply - \"$W/base\"", 10),
        new(Section, "Btrfs send stream cut in its header", "head -c 20 \"$W/tree.btrfs\" | se apply - \"$W/base\"", 10) { After = TreeUntouched },
        new(Section, "Btrfs send stream cut near its end", "head -c -30 \"$W/tree.btrfs\" | se apply - \"$W/base\"", 10) { After = TreeUntouched },
        new(Section, "Btrfs send stream, bit flipped", "apply \"$C/x\" \"$W/base\"", 10) { Before = "cp \"$W/tree.btrfs\" \"$C/x\"; flip \"$C/x\" 100", After = TreeUntouched },
        new(Section, "tar cut", "head -c -100 \"$W/tree.tar\" | se apply - \"$W/base\"", 10) { After = TreeUntouched },
        new(Section, "tar, header damaged", "apply \"$C/x\" \"$W/base\"", 10) { Before = "cp \"$W/tree.tar\" \"$C/x\"; flip \"$C/x\" 10", After = TreeUntouched },
        new(Section, "RBD diff cut in its header", "head -c 30 \"$W/disk.rbd\" | se apply - \"$W/base.img\"", 10) { After = ImageUntouched },
        new(Section, "RBD diff cut in its data", "head -c 1000 \"$W/disk.rbd\" | se apply - \"$W/base.img\"", 10) { After = ImageUntouched },
        new(Section, "RBD diff, end cut off", "head -c -1 \"$W/disk.rbd\" | se apply - \"$W/base.img\"", 10) { After = ImageUntouched },
        new(Section, "wrong base", "apply \"$W/tree.btrfs\" \"$W/other\"", 7) { After = "[ \"$(cat \"$W/other/file\")\" = other ]" },
        new(Section, "base was changed since", "apply \"$W/tree.btrfs\" \"$C/base\"", 7) { Before = "se restore \"$W/data@a\" \"$C/base\"; echo x >>\"$C/base/file\"", After = "[ ! -e \"$C/base/new\" ]" },
        new(Section, "applied a second time", "apply \"$W/tree.btrfs\" \"$C/base\"", 7) { Before = "se restore \"$W/data@a\" \"$C/base\"; se apply \"$W/tree.btrfs\" \"$C/base\"" },
        new(Section, "target is missing", "apply \"$W/tree.btrfs\" \"$C/nowhere\"", 3) { After = "[ ! -e \"$C/nowhere\" ]" },
        new(Section, "image's target is missing", "apply \"$W/disk.rbd\" \"$C/nowhere\"", 3) { After = "[ ! -e \"$C/nowhere\" ]" },
        new(Section, "difference of an image onto a directory", "apply \"$W/disk.rbd\" \"$W/base\"", 11),
        new(Section, "difference of a tree onto an image", "apply \"$W/tree.btrfs\" \"$W/base.img\"", 7) { After = ImageUntouched },
    ];
}
