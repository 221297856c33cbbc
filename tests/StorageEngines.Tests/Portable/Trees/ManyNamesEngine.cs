using System.Runtime.CompilerServices;

namespace StorageEngines.Tests.Portable.Trees;

/// <summary>
/// A tree volume with any number of empty files, a hundred in each directory, which keeps none of them in memory. In the base there are none, or in the target
/// there are none. They are listed in an order of its own.
/// </summary>
internal sealed class ManyNamesEngine(int files, bool removed) : IStorageEngine, IFileDiff, ITreeReader, ISnapshotReader
{
    private const int FilesPerDirectory = 100;
    private const int Stride = 7919;

    private static readonly VolumeRef Volume = new("many", "volume", "many");

    public string Name => "many";

    internal static SnapshotInfo Snapshot(string id)
        => new(new SnapshotRef(Volume, id, id), DateTimeOffset.UnixEpoch, 0, SnapshotState.Ready, Consistency.Crash)
        { ChangeToken = new ChangeToken("many", Volume.Id, "1", id) };

    public async IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        for (int i = 0; i < files; i++)
        {
            int file = (int)((long)i * Stride % files);
            yield return Change(Entry($"{Directory(file)}/{FileName(file)}", TreeEntryType.File));
            if (file % FilesPerDirectory == 0)
            {
                yield return Change(Entry(Directory(file), TreeEntryType.Directory));
            }
        }
    }

    public ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        bool there = snapshot.Id == (removed ? "base" : "target") && !path.Span.StartsWith("o-seng"u8);
        TreeEntryType type = path.Name.Span.StartsWith("file"u8) ? TreeEntryType.File : TreeEntryType.Directory;
        return new(there || path.IsRoot ? Entry(path.ToString(), type) : null);
    }

    public IAsyncEnumerable<TreeEntry> ListAsync(SnapshotRef snapshot, BytePath under = default, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public T? Feature<T>()
        where T : class, IEngineFeature
        => this as T;

    public ValueTask DisposeAsync() => default;

    private static string Directory(int file) => $"some/where/directory-{file / FilesPerDirectory}";

    private static string FileName(int file) => $"file-with-a-name-of-the-usual-length-{file}.txt";

    private static TreeEntry Entry(string path, TreeEntryType type) => new(BytePath.FromString(path), type, 0x1ED, 0, 0, 0, default) { FileId = 1, LinkCount = 1 };

    private FileChange Change(TreeEntry entry) => removed
        ? new FileChange(FileChangeKind.Removed, entry.Path) { BaseEntry = entry }
        : new FileChange(FileChangeKind.Added, entry.Path) { TargetEntry = entry };
}
