namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>Differences that are none, are damaged, or do not fit.</summary>
internal static class StreamInputs
{
    private const string Section = "Differences";
    private const string Files = "Plain files";
    private const string Delta = "head -c 100000 \"$W/disk.img\" >\"$C/old\"; { echo new; cat \"$C/old\"; } >\"$C/new\"; se delta \"$C/old\" \"$C/new\" -o \"$C/d\"";
    private const string NothingMade = "[ ! -e \"$C/x\" ] && [ -z \"$(ls -A \"$C\" | grep seng)\" ]";
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
        new(Section, "rdiff without a base", "export \"$W/disk.img@b\" --format rdiff -o \"$C/x\"", 2) { After = NothingMade },
        new(Section, "rdiff of a whole tree", "export \"$W/data@b\" --base @a --format rdiff -o \"$C/x\"", 2) { After = NothingMade },
        new(Section, "native stream of an engine that has none", "export \"$W/data@b\" --base @a --format native -o \"$C/x\"", 9) { After = NothingMade },
        new(Section, "native stream of one file", "export \"$W/data@b\" --path file --format native -o \"$C/x\"", 2) { After = NothingMade },
        new(Section, "applied by an engine that cannot", "apply \"$W/tree.btrfs\" tarrsync:\"$W/base\"", 9) { After = TreeUntouched },
        new(Section, "another program's delta onto an image", "printf 'rs\\002\\066\\001x\\000' | se apply - \"$W/base.img\"", 7) { After = ImageUntouched },
        new(Files, "base is missing", "delta \"$C/nowhere\" \"$W/disk.img\" -o \"$C/x\"", 3) { After = NothingMade },
        new(Files, "a directory", "delta \"$W/data\" \"$W/disk.img\" -o \"$C/x\"", 11) { After = NothingMade },
        new(Files, "output is there", "delta \"$C/old\" \"$C/new\" -o \"$C/d\"", 4) { Before = Delta },
        new(Files, "no delta", "patch \"$W/disk.img\" \"$W/disk.rbd\" -o \"$C/x\"", 10) { After = NothingMade },
        new(Files, "delta cut", "head -c -1 \"$C/d\" | se patch \"$C/old\" - -o \"$C/x\"", 10) { Before = Delta, After = NothingMade },
        new(Files, "delta, bit flipped", "patch \"$C/old\" \"$C/d\" -o \"$C/x\"", 10) { Before = $"{Delta}; flip \"$C/d\" 6", After = NothingMade },
        new(Files, "wrong base", "patch \"$C/new\" \"$C/d\" -o \"$C/x\"", 7) { Before = Delta, After = NothingMade },
        new(Files, "full disk", "delta \"$C/old\" \"$W/disk.img\" -o - >/dev/full", 6) { Before = Delta },
    ];
}
