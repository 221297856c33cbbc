namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>What is typed wrong.</summary>
internal static class CommandLineInputs
{
    private const string Section = "The command line";

    internal static IReadOnlyList<BadInput> All { get; } =
    [
        new(Section, "no command", "se", 2),
        new(Section, "misspelt command", "snapshto list \"$W/data\"", 2),
        new(Section, "misspelt subcommand", "snapshot craete \"$W/data@x\"", 2),
        new(Section, "misspelt option", "snapshot create \"$W/data@x\" --labl k=v", 2),
        new(Section, "option that is not there", "engines --frobnicate", 2),
        new(Section, "required option left out", "export \"$W/data@b\"", 2),
        new(Section, "unknown output format", "changes \"$W/data@a\" @b --format nonsense", 2),
        new(Section, "unknown export format", "export \"$W/data@b\" -o \"$C/x\" --format zip", 2),
        new(Section, "export format of the other kind of volume", "export \"$W/data@b\" -o \"$C/x\" --format rbd", 2) { After = "[ ! -e \"$C/x\" ]" },
        new(Section, "unknown consistency", "snapshot create \"$W/data@x\" --consistency perfect", 2),
        new(Section, "consistency that cannot be had", "snapshot create \"$W/data@x\" --consistency application", 7) { After = "! se snapshot list \"$W/data\" | grep -q '^x '" },
        new(Section, "label without a value", "snapshot create \"$W/data@x\" --label key", 2),
        new(Section, "text for a number", "changes \"$W/data@a\" @b --path big --starting-offset 10x", 2),
        new(Section, "negative offset", "changes \"$W/data@a\" @b --path big --starting-offset -1", 11),
        new(Section, "offset beyond the end", "changes \"$W/data@a\" @b --path big --starting-offset 99999999", 11),
        new(Section, "negative number of results", "changes \"$W/data@a\" @b --path big --max-results -1", 2),
        new(Section, "file that is not in the snapshot", "changes \"$W/data@a\" @b --path nosuch", 3),
        new(Section, "path that leaves the volume", "changes \"$W/data@a\" @b --path ../x", 2),
        new(Section, "backslash that is no escape", "changes \"$W/data@a\" @b --path 'back\\slash'", 2),
        new(Section, "whole tree in a format for one file", "changes \"$W/data@a\" @b --format csi", 2),
        new(Section, "files of an image", "diff \"$W/disk.img@a\" @b", 9),
        new(Section, "empty address", "snapshot create ''", 2),
        new(Section, "no snapshot name", "snapshot create \"$W/data\"", 2),
        new(Section, "empty snapshot name", "snapshot create \"$W/data@\"", 2),
        new(Section, "empty volume", "snapshot create @x", 2),
        new(Section, "name with a slash", "snapshot create \"$W/data@a/b\"", 2),
        new(Section, "name with a line break", "snapshot create \"$W/data@\"$'a\\nb'", 2),
        new(Section, "name that begins with a dash", "snapshot create \"$W/data@-x\"", 2),
        new(Section, "name that is not ASCII", "snapshot create \"$W/data@\"$'\\xff'", 2),
        new(Section, "name of 201 characters", "snapshot create \"$W/data@$(printf 'z%.0s' {1..201})\"", 2),
        new(Section, "owner with a blank", "snapshot hold \"$W/data@a\" --owner 'a b'", 2),
        new(Section, "unknown engine", "snapshot list zfs:tank/vm", 3),
        new(Section, "misspelt engine", "snapshot list \"tarrsnyc:$W/data\"", 3),
        new(Section, "scheme of the web", "snapshot list \"http://$W/data\"", 2),
        new(Section, "unknown transport", "snapshot list \"tarrsync+telnet://root@host$W/data\"", 11),
        new(Section, "a host that is not up", "snapshot create \"tarrsync+ssh://root@127.0.0.1:1$W/data@x\"", 8) { After = "! se snapshot list \"$W/data\" | grep -q '^x '" },
        new(Section, "plug-in directory that is not there", "engines --plugins \"$C/nowhere\"", 2),
        new(Section, "empty store", "--store '' snapshot list \"$W/data\"", 2),
        new(Section, "roll back in a script without a yes", "snapshot rollback \"$W/data@a\"", 2) { After = "[ -e \"$W/data/new\" ]" },
        new(Section, "misspelt store command", "store colect", 2),
        new(Section, "a word for a duration", "store collect --grace soon", 2),
        new(Section, "duration without a unit", "store collect --grace 10", 2),
        new(Section, "share out of range", "store repack --max-unused 0", 2),
        new(Section, "store of an engine that is not there", "store stats --engine tarrsnyc", 2),
        new(Section, "the demo within the directory", "demo \"$W/data\" --work \"$W/data\"", 2),
        new(Section, "the demo on a file", "demo \"$W/disk.img\"", 2),
        new(Section, "standard output closed", "se diff \"$W/data@a\" @b >&-", 2),
        new(Section, "standard input closed", "se apply - \"$W/base\" <&-", 2),
    ];
}
