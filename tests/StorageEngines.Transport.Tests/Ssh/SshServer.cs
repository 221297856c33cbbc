using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace StorageEngines.Transport.Tests.Ssh;

/// <summary>A real sshd on the loopback address, with keys of its own, for one test class.</summary>
public class SshServer : IAsyncLifetime
{
    private static readonly string? Daemon = new[] { "/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd" }.FirstOrDefault(File.Exists);

    private Process? _daemon;

    public string Folder { get; } = Directory.CreateTempSubdirectory("seng-test-sshd-").FullName;

    public int Port { get; private set; }

    public SshOptions Options => new("127.0.0.1")
    {
        Port = Port,
        User = Environment.UserName,
        IdentityFile = Path.Combine(Folder, "user"),
        KnownHostsFile = Path.Combine(Folder, "known"),
        ConfigFile = "none",
        KeepAliveInterval = TimeSpan.FromSeconds(1),
        KeepAliveCount = 3,
    };

    /// <summary>More lines of the daemon's configuration. Default: none.</summary>
    protected virtual string MoreConfiguration => "";

    public virtual async ValueTask InitializeAsync()
    {
        if (Daemon is null)
        {
            return;
        }

        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(Folder, "host"));
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(Folder, "user"));
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(Folder, "stranger"));
        Port = FreePort();
        string key = string.Join(' ', (await File.ReadAllTextAsync(Path.Combine(Folder, "host.pub"))).Split(' ')[..2]);
        await File.WriteAllTextAsync(Path.Combine(Folder, "known"), $"[127.0.0.1]:{Port} {key}\n");
        File.Copy(Path.Combine(Folder, "user.pub"), Path.Combine(Folder, "authorized"));
        await File.WriteAllTextAsync(Path.Combine(Folder, "config"), $"""
            ListenAddress 127.0.0.1
            Port {Port}
            HostKey {Folder}/host
            AuthorizedKeysFile {Folder}/authorized
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PermitRootLogin yes
            MaxStartups 100
            MaxSessions 10
            {MoreConfiguration}
            """);
        if (Environment.UserName == "root")
        {
            Directory.CreateDirectory("/run/sshd");
        }

        var start = new ProcessStartInfo(Daemon) { RedirectStandardError = true };
        foreach (string argument in new[] { "-D", "-e", "-f", Path.Combine(Folder, "config") })
        {
            start.ArgumentList.Add(argument);
        }

        _daemon = Process.Start(start)!;
        while (await _daemon.StandardError.ReadLineAsync() is { } line && !line.Contains("listening", StringComparison.Ordinal))
        {
        }

        _ = _daemon.StandardError.ReadToEndAsync();
    }

    /// <summary>Ends the daemon and all its sessions at once, as a loss of power does.</summary>
    public void Kill()
    {
        foreach (int process in SessionProcesses().Append(_daemon!.Id))
        {
            Signal(process, 9);
        }
    }

    public void SkipIfMissing() => Assert.SkipUnless(Daemon is not null && _daemon is { HasExited: false }, "backend missing: sshd: the program sshd is not installed or did not start");

    /// <summary>The processes that serve connections, below the daemon.</summary>
    public IReadOnlyList<int> SessionProcesses() => Descendants(_daemon!.Id);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_daemon is { HasExited: false })
        {
            foreach (int process in SessionProcesses().Append(_daemon.Id))
            {
                Signal(process, 9);
            }

            await _daemon.WaitForExitAsync();
        }

        _daemon?.Dispose();
        _daemon = null;
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>Sends a signal. A session's process may have ended meanwhile, which is no fault.</summary>
    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private static List<int> Descendants(int parent)
    {
        ILookup<int, int> children = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out int id) ? id : 0)
            .Where(id => id > 0)
            .ToLookup(ParentOf);
        List<int> found = [];
        var open = new Queue<int>([parent]);
        while (open.TryDequeue(out int next))
        {
            foreach (int child in children[next])
            {
                found.Add(child);
                open.Enqueue(child);
            }
        }

        return found;
    }

    private static int ParentOf(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it ended while we looked
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
