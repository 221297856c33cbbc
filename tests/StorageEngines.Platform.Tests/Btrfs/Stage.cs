using System.Globalization;
using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>A file system with one volume and an engine, and the short ways to use them.</summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>How many files a difference has to have so that its stream is several times what a pipe holds.</summary>
    internal const int ManyFiles = 30_000;

    private const int TargetLength = 1000;

    private Stage(BtrfsLoop system, VolumeInfo volume, BtrfsStorageEngine engine) => (System, Volume, Engine) = (system, volume, engine);

    internal BtrfsLoop System { get; }

    internal BtrfsStorageEngine Engine { get; }

    internal VolumeInfo Volume { get; }

    internal string Path => Volume.Location.ToString();

    internal ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    internal string SnapshotRoot => global::System.IO.Path.Combine(System.Mount, ".seng-snapshots");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static async Task<Stage> MakeAsync(long sizeBytes = 2L << 30, string mountOptions = "")
    {
        BtrfsLoop system = BtrfsLoop.MakeOrSkip(sizeBytes, mountOptions);
        try
        {
            var engine = new BtrfsStorageEngine(null);
            string path = system.MakeSubvolume("seng-test-volume");
            return new Stage(system, await engine.ResolveVolumeAsync(BytePath.FromString(path), Cancel), engine);
        }
        catch
        {
            system.Dispose();
            throw;
        }
    }

    internal string At(string name) => global::System.IO.Path.Combine(Path, name);

    internal void Write(string name, string text) => File.WriteAllText(At(name), text);

    /// <summary>Makes links whose targets are long: many bytes of a stream for little work.</summary>
    internal void MakeMany(string prefix, int count = ManyFiles)
    {
        string target = new('t', TargetLength);
        for (int i = 0; i < count; i++)
        {
            File.CreateSymbolicLink(At(string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}")), target);
        }
    }

    internal Task<SnapshotInfo> CreateAsync(string name) => Snapshots.CreateAsync(new CreateSnapshotRequest(Volume.Ref, name), Cancel);

    internal Task DeleteAsync(SnapshotInfo snapshot) => Snapshots.DeleteAsync(snapshot.Ref, DeleteMode.Everything, Cancel);

    internal async Task<List<SnapshotInfo>> ListAsync() => await Snapshots.ListAsync(Volume.Ref, null, Cancel).ToListAsync(Cancel);

    internal async Task<List<string>> NamesAsync() => [.. (await ListAsync()).Select(each => each.Ref.Name!)];

    internal IAsyncEnumerable<FileChange> Changes(SnapshotInfo from, SnapshotInfo to, CancellationToken? cancellationToken = null)
        => Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(from.ChangeToken!, to.Ref), cancellationToken ?? Cancel);

    internal async Task<List<FileChange>> DiffAsync(SnapshotInfo from, SnapshotInfo to) => await Changes(from, to).ToListAsync(Cancel);

    /// <summary>The directory of a snapshot, with the subvolume <c>data</c> in it.</summary>
    internal string HomeOf(string name)
        => Directory.EnumerateDirectories(SnapshotRoot).Select(each => global::System.IO.Path.Combine(each, name)).Single(Directory.Exists);

    internal List<string> Leftovers() => Leftovers(System.Mount);

    /// <summary>What is not whole: snapshot directories without a snapshot, and temporary names anywhere.</summary>
    internal static List<string> Leftovers(string mount)
    {
        string root = global::System.IO.Path.Combine(mount, ".seng-snapshots");
        string[] volumes = Directory.Exists(root) ? Directory.GetDirectories(root) : [];
        string[] homes = [.. volumes.SelectMany(Directory.EnumerateDirectories)];
        IEnumerable<string> halves = homes.Where(home => !Directory.Exists(global::System.IO.Path.Combine(home, "data")));
        IEnumerable<string> unfinished = volumes.Concat(homes).Append(mount).SelectMany(Directory.EnumerateFileSystemEntries)
            .Where(entry => global::System.IO.Path.GetFileName(entry).StartsWith(".seng-tmp", StringComparison.Ordinal));
        return [.. halves, .. unfinished];
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        System.Dispose();
    }
}
