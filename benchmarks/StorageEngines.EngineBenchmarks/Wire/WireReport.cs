using System.Globalization;
using System.Text;
using StorageEngines.LvmThin;
using StorageEngines.Zfs;

namespace StorageEngines.EngineBenchmarks.Wire;

/// <summary>
/// What the engines of OpenZFS and LVM thin send over the connection to learn what changed. Counts and bytes only: the machine that they run in is emulated, and its times are no one's.
/// </summary>
internal sealed class WireReport(StorageMachine machine)
{
    private const string Pool = "seng_wire";
    private const string Group = "seng_wire_lvm";
    private static readonly int[] Blocks = [4, 64, 1024];

    private const string RemoveGroup = $"! vgs {Group} >/dev/null 2>&1 || vgremove -qq -f {Group}; for d in $(losetup -j /tmp/{Group}.img | cut -d: -f1); do pvremove -qq -f $d; losetup -d $d; done; rm -f /tmp/{Group}.img";

    private readonly List<WireRow> _rows = [];

    /// <summary>Runs everything and writes the report.</summary>
    public static async Task RunAsync(string folder)
    {
        await using StorageMachine machine = await StorageMachine.StartAsync();
        var report = new WireReport(machine);
        await report.ZfsAsync();
        await report.LvmAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "wire.md"), await report.TextAsync());
    }

    private async Task ZfsAsync()
    {
        await machine.RunAsync($"zpool destroy {Pool} 2>/dev/null || true; rm -f /tmp/{Pool}.img; truncate -s 3G /tmp/{Pool}.img; zpool create -f {Pool} /tmp/{Pool}.img");
        try
        {
            await ZvolAsync();
            await DatasetAsync();
        }
        finally
        {
            await machine.RunAsync($"zpool destroy {Pool}; rm -f /tmp/{Pool}.img");
        }
    }

    private async Task ZvolAsync()
    {
        await machine.RunAsync($"zfs create -V 1G -o volblocksize=16K {Pool}/v; udevadm settle; dd if=/dev/urandom of=/dev/zvol/{Pool}/v bs=1M count=64 status=none; sync");
        await using IStorageEngine engine = new ZfsStorageEngine(new Zfs.Hosts.ZfsHost(machine.Wire));
        var scene = new VolumeScene(machine, engine, await engine.ResolveVolumeAsync(BytePath.FromString($"{Pool}/v")), $"/dev/zvol/{Pool}/v", 16 << 10);
        await scene.SnapshotAsync();
        foreach (int blocks in Blocks)
        {
            string from = scene.Last!.Ref.Name!;
            _rows.AddRange(await scene.ChangeAsync("zvol of 1 GiB", blocks));
            await ProgramAsync("zvol of 1 GiB: `zfs send -i`", $"{blocks} blocks of 16 KiB", $"zfs send -i @{from} {Pool}/v@{scene.Last!.Ref.Name}");
        }
    }

    private async Task DatasetAsync()
    {
        const string Changed = "50 of 5,000 files written to, 25 renamed, 25 new";
        await machine.RunAsync($"zfs create {Pool}/d; cd /{Pool}/d; for i in $(seq 0 49); do mkdir $i; done; python3 -c \"import os\nfor i in range(5000): open('%d/%d' % (i % 50, i), 'wb').write(os.urandom(4000))\"; zfs snapshot {Pool}/d@a");
        await machine.RunAsync($"cd /{Pool}/d; python3 -c \"import os\nfor i in range(0, 5000, 100): open('%d/%d' % (i % 50, i), 'r+b').write(os.urandom(100))\nfor i in range(1, 5000, 200): os.rename('%d/%d' % (i % 50, i), '%d/r%d' % (i % 50, i)); open('%d/n%d' % (i % 50, i), 'wb').write(os.urandom(4000))\"; zfs snapshot {Pool}/d@b");
        await using IStorageEngine engine = new ZfsStorageEngine(new Zfs.Hosts.ZfsHost(machine.Wire));
        VolumeInfo volume = await engine.ResolveVolumeAsync(BytePath.FromString($"{Pool}/d"));
        Dictionary<string, SnapshotInfo> snapshots = [];
        await foreach (SnapshotInfo each in engine.Feature<ISnapshots>()!.ListAsync(volume.Ref))
        {
            snapshots[each.Ref.Name!] = each;
        }

        WireCounts before = machine.Wire.Counts;
        int changes = 0;
        await foreach (FileChange change in engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(snapshots["a"].ChangeToken!, snapshots["b"].Ref)))
        {
            changes++;
        }

        if (changes < 100)
        {
            throw new InvalidOperationException($"{changes} changes were told; there are at least 100.");
        }

        _rows.Add(new WireRow("dataset: changed files", Changed, $"{changes} changes", machine.Wire.Counts - before, 0));
        await ProgramAsync("dataset: `zfs send -i`", Changed, $"zfs send -i @a {Pool}/d@b");
        await ProgramAsync("dataset: a walk of both snapshots (`find -printf`, names and times)", Changed, $"for s in a b; do find /{Pool}/d/.zfs/snapshot/$s -xdev -printf '%i %s %T@ %C@ %P\\n'; done");
    }

    private async Task LvmAsync()
    {
        await machine.RunAsync(RemoveGroup);
        try
        {
            // The machine has no udev rules for LVM, whose programs wait for them otherwise.
            await machine.RunAsync(
                $$"""
                printf 'activation { udev_sync=0 udev_rules=0 monitoring=0 }\nbackup { backup=0 archive=0 }\n' >/etc/lvm/lvmlocal.conf
                truncate -s 3G /tmp/{{Group}}.img
                vgcreate -qq {{Group}} $(losetup -f --show /tmp/{{Group}}.img)
                lvcreate -qq --type thin-pool -L 2G -c 64k -n tp {{Group}}
                lvcreate -qq -Wn --type thin -V 1G --thinpool tp -n v {{Group}}
                dd if=/dev/urandom of=/dev/{{Group}}/v bs=1M count=64 status=none
                sync
                """);
            await using IStorageEngine engine = new LvmThinEngineFactory().Create(Context());
            var scene = new VolumeScene(machine, engine, await engine.ResolveVolumeAsync(BytePath.FromString($"{Group}/v")), $"/dev/{Group}/v", 64 << 10);
            await scene.SnapshotAsync();
            foreach (int blocks in Blocks)
            {
                _rows.AddRange(await scene.ChangeAsync("thin volume of 1 GiB", blocks));
            }
        }
        finally
        {
            await machine.RunAsync(RemoveGroup);
        }
    }

    private EngineContext Context() => new(machine.Wire, null!, null!, TimeProvider.System, new Dictionary<string, string>());

    private async Task ProgramAsync(string what, string changed, string command)
        => _rows.Add(new WireRow(what, changed, "", null, long.Parse(await machine.RunAsync($"{command} | wc -c"), CultureInfo.InvariantCulture)));

    private async Task<string> TextAsync()
    {
        var text = new StringBuilder();
        text.AppendLine("# What it takes to learn what changed, over SSH").AppendLine();
        text.AppendLine("Bytes and commands between the program and the storage host, counted where commands are started; SSH's own overhead is not in them. No times: the storage host is an emulated machine (`eng/backends`).");
        text.AppendLine(await machine.RunAsync("printf '%s, %s, LVM %s, thin_delta %s.' \"$(zfs version | head -n 1)\" \"$(uname -r)\" \"$(lvm version | sed -n 's/.*LVM version: *\\([^ ]*\\).*/\\1/p')\" \"$(thin_delta --version)\""));
        text.AppendLine("Made by `dotnet run -c Release --project benchmarks/StorageEngines.EngineBenchmarks -- wire`. What was told is compared with what was written.").AppendLine();
        text.AppendLine("| what | changed | told | commands | sent B | received B | written there B |").AppendLine("|---|---|---|---|---|---|---|");
        foreach (WireRow row in _rows)
        {
            text.AppendLine(row.Counts is { } counts
                ? string.Create(CultureInfo.InvariantCulture, $"| {row.What} | {row.Changed} | {row.Answer} | {counts.Commands} | {counts.Sent} | {counts.Received} | - |")
                : string.Create(CultureInfo.InvariantCulture, $"| {row.What} | {row.Changed} | {row.Answer} | - | - | - | {row.Bytes} |"));
        }

        return text.ToString();
    }
}
