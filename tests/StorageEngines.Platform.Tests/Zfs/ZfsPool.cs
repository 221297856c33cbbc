using System.Security.Cryptography;
using StorageEngines.Platform.Tests.StorageVm;
using StorageEngines.Transport;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>A pool of its own on a sparse file in the virtual machine, destroyed at the end. One for each test class: it takes some seconds.</summary>
internal sealed class ZfsPool : IAsyncDisposable
{
    private readonly OpenSshCommandRunner _runner;
    private int _names;

    private ZfsPool(StorageVm.StorageVm machine, GuestShell shell, GuestFiles files, string name)
    {
        (Machine, Shell, Files, Name) = (machine, shell, files, name);
        _runner = new OpenSshCommandRunner(machine.Options);
    }

    /// <summary>The machine that it is in.</summary>
    internal StorageVm.StorageVm Machine { get; }

    /// <summary>A shell there, as root, past the engine.</summary>
    internal GuestShell Shell { get; }

    /// <summary>What an application does there.</summary>
    internal GuestFiles Files { get; }

    /// <summary>Its name; its root file system is mounted at <c>/</c> and the name.</summary>
    internal string Name { get; }

    /// <summary>Reaches the machine for engines, as root.</summary>
    internal ICommandRunner Runner => _runner;

    /// <summary>Makes one, or skips the test if there is no machine.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="size">Its size, as truncate(1) takes it. Default: 2G.</param>
    /// <param name="options">Further options of 'zpool create'. Default: none, without compression.</param>
    internal static async Task<ZfsPool> CreateAsync(CancellationToken cancellationToken, string size = "2G", string options = "-O compression=off")
    {
        StorageVm.StorageVm machine = await StorageVm.StorageVm.GetOrSkipAsync(cancellationToken);
        GuestShell shell = await machine.OpenShellAsync(cancellationToken);
        string name = "seng-test-" + RandomNumberGenerator.GetHexString(8, lowercase: true);
        string image = ImageOf(name);
        await shell.RunAsync($"truncate -s {size} {image}; zpool create -f -o ashift=12 -O atime=off {options} {name} {image}", cancellationToken);
        return new ZfsPool(machine, shell, await machine.OpenFilesAsync(cancellationToken), name);
    }

    /// <summary>A name in the pool that nothing has yet, e.g. <c>seng-test-1/v7</c>.</summary>
    internal string NextName() => $"{Name}/v{Interlocked.Increment(ref _names)}";

    /// <summary>Makes an engine that reaches it as root. The caller disposes it.</summary>
    internal ZfsStorageEngine Engine() => new(new ZfsHost(Runner));

    /// <summary>Runs a script in the machine, which has to succeed.</summary>
    internal Task<string> RunAsync(string script, CancellationToken cancellationToken) => Shell.RunAsync(script, cancellationToken);

    /// <summary>Runs a script that makes a zvol or changes its size, and waits until its device is there with that size.</summary>
    internal async Task RunAsync(string script, string zvol, long bytes, CancellationToken cancellationToken)
    {
        await Shell.RunAsync(script, cancellationToken);
        await Files.AwaitDeviceAsync($"/dev/zvol/{zvol}", bytes, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        await Files.DisposeAsync();
        await using (Shell)
        {
            // Who was just ended may still have something open.
            string image = ImageOf(Name);
            await Shell.RunAsync($"i=0; until zpool destroy -f {Name} || [ $i -ge 20 ]; do i=$((i + 1)); sleep 0.5; done; rm -f {image}", CancellationToken.None);
        }
    }

    private static string ImageOf(string name) => $"{StorageVm.StorageVm.Place}/{name}.img";
}
