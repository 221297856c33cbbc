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
        string script = $$"""
            for i in $(seq 200); do
              n=$(dmsetup status {{Device}} | awk '{print ($7 != "-")}')
              n=$((n + $(dmsetup ls | grep -c 'lvm-seng--' || true) + $(ls /var/tmp /run | grep -c '^seng-lvm-thin\.' || true) + $(pgrep -c thin_delta || true)))
              n=$((n + $(lvs --noheadings -o lv_name {{Group}} | grep -c 'seng-new-\|seng-old-' || true)))
              if [ "$n" = 0 ]; then break; fi
              sleep 0.1
            done
            echo $n
            """;
        return long.Parse(await Shell.RunAsync(script, cancellationToken), CultureInfo.InvariantCulture);
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
