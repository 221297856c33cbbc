using System.Globalization;
using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Tests.Reflink;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>
/// An ext4 of its own as a volume, with the store elsewhere. debugfs(8) changes it while it is unmounted, and so sets what no program may: ctimes, inode
/// numbers of names, data with no time moved.
/// </summary>
internal sealed class CraftedVolume : IDisposable
{
    private readonly LoopFileSystem _system;

    public CraftedVolume(params string[] format)
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/debugfs") || File.Exists("/sbin/debugfs"), "backend missing: ext4: debugfs is not installed");
        _system = LoopFileSystem.MakeOrSkip("ext4", 16L << 20, format);
        Scratch = new EngineScratch();
    }

    /// <summary>The engine.</summary>
    public EngineScratch Scratch { get; }

    public string At(string name) => Path.Combine(_system.Mount, name);

    public FileStatus StatusOf(string name) => FileStatus.GetPath(Encoding.UTF8.GetBytes(At(name)));

    public Task<SnapshotInfo> SnapshotAsync(string name) => Scratch.SnapshotAsync(name, _system.Mount);

    public async Task<SnapshotInfo> SnapshotAsync(string name, double recheckPercent)
        => await Scratch.Snapshots.CreateAsync(
            new CreateSnapshotRequest(await Scratch.VolumeAsync(_system.Mount), name) { RecheckPercent = recheckPercent });

    public async Task<string> ReadAsync(SnapshotInfo snapshot, string name)
    {
        await using Stream stream = await Scratch.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, BytePath.FromString(name));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Gives a file a ctime and an mtime, to the nanosecond.</summary>
    public void SetTimes(string name, PosixTime changed, PosixTime modified)
        => Debugfs([.. Stamp(name, "ctime", changed), .. Stamp(name, "mtime", modified)]);

    /// <summary>Runs commands of debugfs on the unmounted image.</summary>
    public void Debugfs(params string[] commands) => _system.WhileUnmounted(image =>
    {
        string script = Path.Combine(Scratch.Root, "debugfs");
        File.WriteAllLines(script, commands);
        EngineScratch.Run("debugfs", "-w", "-f", script, image);
    });

    /// <summary>Overwrites bytes in the image itself.</summary>
    public void OverwriteOnDevice(string from, string to) => _system.WhileUnmounted(image =>
    {
        byte[] bytes = File.ReadAllBytes(image);
        int at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(from));
        Assert.True(at > 0, "the data is not on the device");
        using FileStream file = File.OpenWrite(image);
        file.Position = at;
        file.Write(Encoding.UTF8.GetBytes(to));
    });

    public void Dispose()
    {
        Scratch.Dispose();
        _system.Dispose();
    }

    private static string[] Stamp(string name, string field, PosixTime time) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"set_inode_field /{name} {field} @{time.Seconds}"),
        string.Create(CultureInfo.InvariantCulture, $"set_inode_field /{name} {field}_extra {(long)time.Nanoseconds << 2}"),
    ];
}
