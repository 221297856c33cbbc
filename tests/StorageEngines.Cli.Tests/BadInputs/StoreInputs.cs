namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>Stores that may not be written, are full, damaged or of another version.</summary>
internal static class StoreInputs
{
    private const string Place = "The store's place";
    private const string Damage = "Damaged stores";
    private const string Version = "Unknown format versions";
    private const string ReadOnly = "mkdir \"$C/ro\" && mount --bind \"$C/store\" \"$C/ro\" && mount -o remount,ro,bind \"$C/ro\"";
    private const string Manifest = "\"$C/store/manifests/$(id_of a).manifest\"";
    private const string ListWorks = "[ \"$(se snapshot list \"$W/data\" | wc -l)\" -eq 4 ]";
    private const string OthersWork = "se verify \"$W/data@b\" @b && se snapshot list \"$W/disk.img\" | grep -q '^b '";

    internal static IReadOnlyList<BadInput> All { get; } =
    [
        new(Place, "the store is a file", "STORAGE_ENGINES_STORE=\"$W/disk.img\" se snapshot create \"$W/data@x\"", 7),
        new(Place, "the store is a file, listed", "STORAGE_ENGINES_STORE=\"$W/disk.img\" se snapshot list \"$W/data\"", 7),
        new(Place, "the store is another directory", "STORAGE_ENGINES_STORE=\"$W/other\" se snapshot create \"$W/data@x\"", 7) { After = "[ \"$(ls \"$W/other\")\" = file ]" },
        new(Place, "the store is another directory, listed", "STORAGE_ENGINES_STORE=\"$W/other\" se snapshot list \"$W/data\"", 7),
        new(Place, "somebody else's store.json", "STORAGE_ENGINES_STORE=\"$C/foreign\" se snapshot create \"$W/data@x\"", 10)
        {
            Before = "mkdir \"$C/foreign\"; echo '{}' >\"$C/foreign/store.json\"", After = "[ \"$(ls \"$C/foreign\")\" = store.json ]",
        },
        new(Place, "no store, check", "STORAGE_ENGINES_STORE=\"$C/nowhere\" se store check", 3) { After = "[ ! -e \"$C/nowhere\" ]" },
        new(Place, "no store, collect", "STORAGE_ENGINES_STORE=\"$C/nowhere\" se store collect", 3) { After = "[ ! -e \"$C/nowhere\" ]" },
        new(Place, "read-only store, collect", "STORAGE_ENGINES_STORE=\"$C/ro\" se store collect", 5)
        {
            NeedsRoot = true, Before = ReadOnly, After = "export STORAGE_ENGINES_STORE=\"$C/ro\"; se store check && se store stats", Finally = "umount \"$C/ro\"",
        },
        new(Place, "store that may not be made", "STORAGE_ENGINES_STORE=\"$C/closed/store\" unpriv snapshot create \"$W/data@x\"", 5) { NeedsRoot = true, Before = "mkdir \"$C/closed\"" },
        new(Place, "store that may not be read", "unpriv snapshot list \"$W/data\"", 5) { NeedsRoot = true, Before = "chmod -R go-rwx \"$C/store\"" },
        new(Place, "store that may not be written", "unpriv snapshot create \"$W/data@x\"", 5) { NeedsRoot = true, Before = "chmod -R a+rX,a-w \"$C/store\"", After = "unpriv restore \"$W/data@a\" \"$C/r\"" },
        new(Place, "store that may not be written, delete", "unpriv snapshot delete \"$W/data@a\"", 5) { NeedsRoot = true, Before = "chmod -R a+rX,a-w \"$C/store\"", After = ListWorks },
        new(Place, "read-only store, create", "STORAGE_ENGINES_STORE=\"$C/ro\" se snapshot create \"$W/data@x\"", 5) { NeedsRoot = true, Before = ReadOnly, Finally = "umount \"$C/ro\"" },
        new(Place, "read-only store, delete", "STORAGE_ENGINES_STORE=\"$C/ro\" se snapshot delete \"$W/data@a\"", 5)
        {
            NeedsRoot = true,
            Before = ReadOnly,
            After = "export STORAGE_ENGINES_STORE=\"$C/ro\"; " + ListWorks + " && se changes \"$W/data@a\" @b && se restore \"$W/data@a\" \"$C/r\" && se verify \"$W/data@a\" @b",
            Finally = "umount \"$C/ro\"",
        },
        new(Place, "read-only store, roll back", "STORAGE_ENGINES_STORE=\"$C/ro\" se snapshot rollback \"$W/data@a\" --yes", 5)
        {
            NeedsRoot = true, Before = ReadOnly, After = "[ -e \"$W/data/new\" ]", Finally = "umount \"$C/ro\"",
        },
        new(Place, "create, full disk", "STORAGE_ENGINES_STORE=\"$C/small/store\" se snapshot create \"$W/data@x\"", 6)
        {
            NeedsRoot = true,
            Before = "mkdir \"$C/small\" && mount -t tmpfs -o size=256k seng-test \"$C/small\"; STORAGE_ENGINES_STORE=\"$C/small/store\" se snapshot create \"$W/other@x\"",
            After = "export STORAGE_ENGINES_STORE=\"$C/small/store\"; se snapshot list \"$W/other\" | grep -q '^x ' && se restore \"$W/other@x\" \"$C/r\" && ! se snapshot list \"$W/data\" | grep '^x '"
                + " && [ \"$(find \"$C/small\" -name '.seng-tmp*' | wc -l)\" -eq 0 ]",
            Finally = "umount \"$C/small\"",
        },
        new(Damage, "manifest, bit flipped: restore", "restore \"$W/data@a\" \"$C/r\"", 10) { Before = $"flip {Manifest} 200", After = $"[ ! -e \"$C/r\" ] && {ListWorks} && {OthersWork}" },
        new(Damage, "manifest, bit flipped: changes", "changes \"$W/data@a\" @b", 10) { Before = $"flip {Manifest} 200" },
        new(Damage, "manifest, bit flipped: verify", "verify \"$W/data@a\" @b", 10) { Before = $"flip {Manifest} 200" },
        new(Damage, "manifest, header", "diff \"$W/data@a\" @b", 10) { Before = $"flip {Manifest} 10" },
        new(Damage, "manifest cut short", "diff \"$W/data@a\" @b", 10) { Before = $"truncate -s 150 {Manifest}", After = OthersWork },
        new(Damage, "manifest gone", "export \"$W/data@b\" --base @a -o \"$C/x\"", 10) { Before = $"rm {Manifest}", After = $"[ ! -e \"$C/x\" ] && {ListWorks} && {OthersWork}" },
        new(Damage, "pack cut short: restore", "restore \"$W/data@a\" \"$C/r\"", 10) { Before = "truncate -s 150000 \"$(big_pack)\"", After = "[ ! -e \"$C/r\" ] && " + ListWorks + " && se diff \"$W/data@a\" @b" },
        new(Damage, "pack, bit flipped: restore of what is whole", "restore \"$W/data@a\" \"$C/r\" --salvage", 10)
        {
            Before = "flip \"$(big_pack)\" 1000",
            After = "cmp \"$W/data/whole\" \"$C/r/whole\" && [ \"$(cat \"$C/r/file\")\" = content ] && [ \"$(cmp -l \"$W/data/big\" \"$C/r/big\" | wc -l)\" -lt 300000 ]"
                + " && [ \"$(stat -c %s \"$C/r/big\")\" -eq 300000 ] && ! se apply \"$W/tree.btrfs\" \"$C/r\"",
        },
        new(Damage, "pack, bit flipped", "export \"$W/data@a\" -o \"$C/x\"", 10) { Before = "flip \"$(big_pack)\" 1000", After = "[ ! -e \"$C/x\" ]" },
        new(Damage, "pack gone", "snapshot clone \"$W/data@a\" \"$C/r\"", 10) { Before = "rm \"$(big_pack)\"", After = "[ ! -e \"$C/r\" ]" },
        new(Damage, "a snapshot's record: that snapshot", "restore \"$W/data@a\" \"$C/r\"", 10) { Before = "flip \"$(info a)\" 100", After = OthersWork + " && se restore \"$W/data@b\" \"$C/r\"" },
        new(Damage, "a snapshot's record: create", "snapshot create \"$W/data@x\"", 10) { Before = "flip \"$(info a)\" 100" },
        new(Damage, "a snapshot's record: delete by its id", "snapshot delete \"$W/data@$(id_of a)\"", 0)
        {
            Before = "flip \"$(info a)\" 100", After = "se snapshot create \"$W/data@x\" && [ \"$(find \"$C/store/quarantine\" -type f | wc -l)\" -eq 2 ] && se store check && se store collect",
        },
        new(Damage, "a snapshot's record: collect", "store collect", 10)
        {
            Before = "flip \"$(info a)\" 100", After = "! se store check --repair --quick && se store collect && se snapshot create \"$W/data@x\" && " + OthersWork,
        },
        new(Damage, "manifest, bit flipped: collect", "store collect", 10) { Before = $"flip {Manifest} 200", After = "! se store check --repair && se store repack && " + OthersWork },
        new(Damage, "manifest, bit flipped: stats", "store stats", 10) { Before = $"flip {Manifest} 200" },
        new(Damage, "newest manifest, bit flipped: create", "snapshot create \"$W/data@x\"", 0) { Before = "flip \"$C/store/manifests/$(id_of b).manifest\" 200", After = "se restore \"$W/data@x\" \"$C/r\"" },
        new(Damage, "a volume's record", "snapshot list \"$W/data\"", 10) { Before = "flip \"$(dirname \"$(dirname \"$(info a)\")\")/volume.json\" 100", After = "se snapshot list \"$W/other\"" },
        new(Damage, "the store's record", "snapshot list \"$W/data\"", 10) { Before = "flip \"$C/store/store.json\" 100" },
        new(Version, "store", "snapshot list \"$W/data\"", 7) { Before = "newer_record \"$C/store/store.json\"" },
        new(Version, "store, create", "snapshot create \"$W/data@x\"", 7) { Before = "newer_record \"$C/store/store.json\"" },
        new(Version, "volume", "snapshot list \"$W/data\"", 7) { Before = "newer_record \"$(dirname \"$(dirname \"$(info a)\")\")/volume.json\"" },
        new(Version, "snapshot", "diff \"$W/data@$(id_of a)\" @b", 7) { Before = "newer_record \"$(info a)\"", After = OthersWork },
        new(Version, "manifest", "diff \"$W/data@a\" @b", 7) { Before = $"newer_object {Manifest}", After = OthersWork },
        new(Version, "pack", "restore \"$W/data@a\" \"$C/r\"", 7) { Before = "newer_object \"$(big_pack)\"", After = "[ ! -e \"$C/r\" ] && se diff \"$W/data@a\" @b" },
        new(Version, "RBD diff", "apply \"$C/x\" \"$W/base.img\"", 7) { Before = "sed '1s/v1/v9/' \"$W/disk.rbd\" >\"$C/x\"" },
        new(Version, "Btrfs send stream", "apply \"$C/x\" \"$W/base\"", 7) { Before = "cp \"$W/tree.btrfs\" \"$C/x\"; printf '\\x63' | dd of=\"$C/x\" bs=1 seek=13 conv=notrunc status=none" },
    ];
}
