using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Tests.Posix;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>An engine with a store of its own and a directory to work in. Sees every file that the engine opens to read its data.</summary>
internal sealed class EngineScratch : IVolumeReadMeter, IDisposable
{
    private readonly ScratchDirectory _scratch;

    public EngineScratch(string parent = "/tmp", Func<PosixTime>? fileClock = null)
    {
        _scratch = new ScratchDirectory(parent);
        Root = _scratch.Path;
        Live = Directory.CreateDirectory(Path.Combine(Root, "live")).FullName;
        Store = Path.Combine(Root, "store");
        Engine = new TarRsyncStorageEngine(Store, TimeProvider.System, this, fileClock);
    }

    public string Root { get; }

    public string Live { get; }

    public string Store { get; }

    public TarRsyncStorageEngine Engine { get; }

    public ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    public ConcurrentQueue<string> Opened { get; } = new();

    public long Bytes;

    /// <summary>Called when a file is opened to be read.</summary>
    public Action<string>? OnOpen { get; set; }

    public void FileOpened(ReadOnlySpan<byte> path)
    {
        Opened.Enqueue(Encoding.UTF8.GetString(path));
        OnOpen?.Invoke(Encoding.UTF8.GetString(path));
    }

    public void BytesRead(long count) => Interlocked.Add(ref Bytes, count);

    public void ForgetReads()
    {
        Opened.Clear();
        Bytes = 0;
    }

    public string At(string name) => Path.Combine(Live, name);

    public void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), content);
    }

    public async Task<VolumeRef> VolumeAsync(string? path = null)
        => (await Engine.ResolveVolumeAsync(BytePath.FromString(path ?? Live))).Ref;

    public async Task<SnapshotInfo> SnapshotAsync(string name, string? path = null, CancellationToken cancellationToken = default)
        => await Snapshots.CreateAsync(new CreateSnapshotRequest(await VolumeAsync(path), name), cancellationToken);

    public async Task<string> CloneAsync(SnapshotInfo snapshot, string name)
    {
        string target = Path.Combine(Root, name);
        await Snapshots.CloneAsync(snapshot.Ref, BytePath.FromString(target));
        return target;
    }

    public void Dispose()
    {
        Engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _scratch.Dispose();
    }

    /// <summary>Runs a program; returns what it printed and fails unless it ended well.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {process.ExitCode}\n{output}{errors.Result}");
        return output;
    }

    /// <summary>Fails unless two trees are equal to the last attribute, as rsync sees it, and in their data (diff -r would call two pipes different).</summary>
    public static void AssertSame(string expected, string actual)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/rsync"), "backend missing: rsync: not installed");
        Assert.Equal("", Run("rsync", "-aHAXn", "--checksum", "--delete", "-i", expected + "/", actual + "/"));
    }
}
