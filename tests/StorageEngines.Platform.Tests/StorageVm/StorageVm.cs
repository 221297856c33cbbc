using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using StorageEngines.Platform.Tests.StorageVm;
using StorageEngines.Transport;

[assembly: AssemblyFixture(typeof(StorageVmEnd))]

namespace StorageEngines.Platform.Tests.StorageVm;

/// <summary>
/// The virtual machine with OpenZFS and LVM thin, one for all tests of the process. A machine that runs is used and left alone; else it is started, and stopped after the last test. The variable
/// <c>SENG_STORAGE_VM</c> says whether: <c>off</c>, <c>auto</c> (the default: if it is built), <c>required</c> or <c>all</c> (it is built if it has to be, which takes ten minutes and more).
/// </summary>
internal sealed class StorageVm
{
    private static readonly Lazy<Task<StorageVm>> Machine = new(StartAsync);

    private readonly OpenSshCommandRunner _administration;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private bool _hasPlace;

    private StorageVm(IReadOnlyDictionary<string, string> reached, bool isOurs)
    {
        IsOurs = isOurs;
        Options = new SshOptions(reached["SENG_VM_HOST"])
        {
            Port = int.Parse(reached["SENG_VM_PORT"], CultureInfo.InvariantCulture),
            User = "root",
            IdentityFile = reached["SENG_VM_KEY"],
            KnownHostsFile = reached["SENG_VM_KNOWN_HOSTS"],
            ConfigFile = reached["SENG_VM_SSH_CONFIG"],
            ConnectTimeout = TimeSpan.FromSeconds(60),
        };
        _administration = new OpenSshCommandRunner(Options with { MaxSessions = 10 });
    }

    /// <summary>How to reach it, as root. The user <c>tester</c> has no rights there.</summary>
    internal SshOptions Options { get; }

    /// <summary>The directory in it for images of pools; a file system of 4 GiB, of which images that are sparse use little.</summary>
    internal static string Place => "/srv/pools";

    private bool IsOurs { get; }

    private static string Program { get; } = typeof(StorageVm).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(each => each.Key == "StorageVmProgram").Value!;

    /// <summary>Gives the running machine, or skips the test.</summary>
    internal static async Task<StorageVm> GetOrSkipAsync(CancellationToken cancellationToken)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("SENG_STORAGE_VM") == "off", "not run: SENG_STORAGE_VM is off, so that the virtual machine with OpenZFS and LVM thin is left alone");
        try
        {
            StorageVm machine = await Machine.Value.WaitAsync(cancellationToken);
            await machine.PrepareAsync(cancellationToken);
            return machine;
        }
        catch (StorageVmMissingException e)
        {
            Assert.Skip($"backend missing: storage-vm: {e.Message}");
            throw;
        }
    }

    /// <summary>Starts a shell in the machine, to be disposed.</summary>
    internal Task<GuestShell> OpenShellAsync(CancellationToken cancellationToken, string program = "bash") => GuestShell.StartAsync(_administration, cancellationToken, program);

    /// <summary>Starts a program in the machine that works on files and devices, to be disposed.</summary>
    internal Task<GuestFiles> OpenFilesAsync(CancellationToken cancellationToken) => GuestFiles.StartAsync(_administration, cancellationToken);

    /// <summary>Stops the machine if it was started here.</summary>
    internal static async ValueTask EndAsync()
    {
        if (!Machine.IsValueCreated || !Machine.Value.IsCompletedSuccessfully)
        {
            return;
        }

        StorageVm machine = await Machine.Value;
        await machine._administration.DisposeAsync();
        if (machine.IsOurs)
        {
            await RunAsync("down");
        }
    }

    private static async Task<StorageVm> StartAsync()
    {
        string wanted = Environment.GetEnvironmentVariable("SENG_STORAGE_VM") ?? "auto";
        (int state, string status) = await RunAsync("status");
        if (wanted is not ("required" or "all") && state != 0 && !status.Contains("built:", StringComparison.Ordinal))
        {
            throw new StorageVmMissingException("the machine is not built; 'eng/backends/storage-vm build' builds it, which takes ten minutes and more");
        }

        (int code, string text) = await RunAsync("up");
        return code == 0
            ? new StorageVm(text.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1].Trim()), isOurs: state != 0)
            : throw new StorageVmMissingException($"it does not start: {text.Trim()}");
    }

    private static async Task<(int Code, string Text)> RunAsync(string verb)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, verb) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + await errors);
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (_hasPlace)
            {
                return;
            }

            await using GuestShell shell = await OpenShellAsync(cancellationToken);
            // What nothing here needs, and takes an emulated machine long: a shell with a history for each command, and names for disks that LVM and ZFS make themselves (udev_rules=0 in ThinPool).
            await shell.RunAsync(
                "usermod -s /bin/sh root; cd /etc/udev/rules.d; for r in 55-dm 56-lvm 60-persistent-storage-dm 69-lvm 69-vdev; do ln -sf /dev/null $r.rules; done; udevadm control --reload", cancellationToken);
            await shell.RunAsync($"mountpoint -q {Place} || {{ mkfs.ext4 -q -F -E lazy_itable_init=1 /dev/vdb && mkdir -p {Place} && mount /dev/vdb {Place}; }}", cancellationToken);
            _hasPlace = true;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
