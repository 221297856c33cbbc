using System.Globalization;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.Transport;

namespace StorageEngines.EngineBenchmarks.Wire;

/// <summary>The virtual machine of <c>eng/backends</c>, which runs already or is started; and a plain shell in it.</summary>
internal sealed class StorageMachine : IAsyncDisposable
{
    private readonly OpenSshCommandRunner _runner;

    private StorageMachine(SshOptions options)
    {
        _runner = new OpenSshCommandRunner(options);
        Wire = new WireRunner(_runner);
    }

    /// <summary>Reaches it, and counts.</summary>
    public WireRunner Wire { get; }

    /// <summary>Starts it if it does not run.</summary>
    public static async Task<StorageMachine> StartAsync()
    {
        string text = await Shell.OutputAsync(["/bin/sh", "-c", "eng/backends/storage-vm up 2>/dev/null"], Directory.GetCurrentDirectory());
        Dictionary<string, string> told = text.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1].Trim());
        return new StorageMachine(new SshOptions(told["SENG_VM_HOST"])
        {
            Port = int.Parse(told["SENG_VM_PORT"], CultureInfo.InvariantCulture),
            User = "root",
            IdentityFile = told["SENG_VM_KEY"],
            KnownHostsFile = told["SENG_VM_KNOWN_HOSTS"],
            ConfigFile = told["SENG_VM_SSH_CONFIG"],
            ConnectTimeout = TimeSpan.FromSeconds(60),
        });
    }

    /// <summary>Runs a script in it, past the counting.</summary>
    public async Task<string> RunAsync(string script)
    {
        CommandResult result = await _runner.RunAsync(new CommandRequest("bash", ["-ec", script]));
        return System.Text.Encoding.UTF8.GetString(result.StandardOutput.Span).Trim();
    }

    public ValueTask DisposeAsync() => _runner.DisposeAsync();
}
