using System.Diagnostics;
using System.Globalization;
using StorageEngines.Platform.Tests.StorageVm;
using Machine = StorageEngines.Platform.Tests.StorageVm.StorageVm;

namespace StorageEngines.Platform.Tests.LvmThin;

/// <summary>A volume group with a thin pool in the virtual machine, on a disk of its own: one for all tests of the process, which run one after the other.</summary>
internal sealed class ThinPool : IAsyncDisposable
{
    internal const string Group = "seng-test-lvm";
    internal const string Pool = "tp";
    internal const int Chunk = 64 << 10;

    private static readonly Lazy<Task> Made = new(MakeAsync);
    private static int _names;

    private ThinPool(Machine machine, GuestShell shell, GuestFiles files) => (Machine, Shell, Files) = (machine, shell, files);

    /// <summary>The device mapper's name of the pool.</summary>
    internal static string Device => "seng--test--lvm-tp-tpool";

    internal Machine Machine { get; }

    /// <summary>A shell in the machine, past the engine.</summary>
    internal GuestShell Shell { get; }

    /// <summary>What an application does there.</summary>
    internal GuestFiles Files { get; }

    /// <summary>Opens it, or skips the test.</summary>
    internal static async Task<ThinPool> OpenOrSkipAsync(CancellationToken cancellationToken)
    {
        Machine machine = await Machine.GetOrSkipAsync(cancellationToken);
        await Made.Value.WaitAsync(cancellationToken);
        return new ThinPool(machine, await machine.OpenShellAsync(cancellationToken, "sh"), await machine.OpenFilesAsync(cancellationToken));
    }

    /// <summary>A name that no volume has had.</summary>
    internal static string NextName() => string.Create(CultureInfo.InvariantCulture, $"v{Interlocked.Increment(ref _names)}-{Environment.ProcessId}");

    /// <summary>Makes an empty volume.</summary>
    internal async Task<string> VolumeAsync(long bytes, CancellationToken cancellationToken, string? name = null)
    {
        name ??= NextName();
        await Shell.RunAsync(string.Create(CultureInfo.InvariantCulture, $"lvcreate -qq -y -Wn --type thin -V {bytes}b --thinpool {Pool} -n {name} {Group} >/dev/null"), cancellationToken);
        return name;
    }

    /// <summary>The path of a volume, as the engine is given it.</summary>
    internal static BytePath Path(string name) => BytePath.FromString($"/dev/{Group}/{name}");

    /// <summary>
    /// What an operation may leave: a metadata snapshot, snapshots that are switched on, halves of a roll back, files, processes. What ends by itself is waited for.
    /// </summary>
    internal async Task<long> LeftoversAsync(CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            long count = await Files.AwaitEndAsync("^([^ ]*/)?(thin_delta|lvs|lvcreate|lvremove|lvrename|lvconvert) ", cancellationToken) + await CountAsync(cancellationToken);
            if (count == 0 || Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(60))
            {
                return count;
            }
        }
    }

    private async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        string told = await Shell.RunAsync(
            $"dmsetup status {Device}; dmsetup ls; lvs --noheadings -o lv_name {Group}; printf '%s\\n' /var/tmp/seng-lvm-thin.* /run/seng-lvm-thin.*", cancellationToken);
        string[] lines = told.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        int held = lines[0].Split(' ')[6] == "-" ? 0 : 1; // the metadata snapshot's block
        return held + lines.Skip(1).Count(line => line.Contains("lvm-seng--", StringComparison.Ordinal) || line.StartsWith("seng-new-", StringComparison.Ordinal)
            || line.StartsWith("seng-old-", StringComparison.Ordinal) || (line.Contains("/seng-lvm-thin.", StringComparison.Ordinal) && !line.EndsWith('*')));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Files.DisposeAsync();
        await Shell.DisposeAsync();
    }

    // A group that an earlier run left is that run's, and nobody's any more. Programs of LVM wait for udev, which takes the emulated machine as long as all the rest: not here.
    private static async Task MakeAsync()
    {
        Machine machine = await Machine.GetOrSkipAsync(CancellationToken.None);
        await using GuestShell shell = await machine.OpenShellAsync(CancellationToken.None);
        await shell.RunAsync($$"""
            printf 'activation { udev_sync=0 udev_rules=0 monitoring=0 }\nbackup { backup=0 archive=0 }\n' >/etc/lvm/lvmlocal.conf
            export LVM_SUPPRESS_FD_WARNINGS=1
            ! vgs {{Group}} >/dev/null 2>&1 || vgremove -qq -f -y {{Group}} >/dev/null
            vgs -o pv_name | grep -q /dev/vdc || wipefs -qa /dev/vdc
            vgcreate -qq -y -s 64k {{Group}} /dev/vdc >/dev/null
            lvcreate -qq -y --type thin-pool -L 2G -c 64k -n {{Pool}} {{Group}} >/dev/null
            """, CancellationToken.None);
    }
}
