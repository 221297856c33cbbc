using System.Text;
using StorageEngines.Btrfs;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Native;
using StorageEngines.EngineBenchmarks.Workloads;
using StorageEngines.Posix;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>Uses the Btrfs engine from this process, by the way that is asked for: from finding the two snapshots, with all conditions checked, to the last change.</summary>
internal sealed class BtrfsCaller(string subvolume, string from = "first", string to = "second") : IAsyncDisposable
{
    private readonly BtrfsStorageEngine _engine = new(null);
    private readonly byte[] _buffer = new byte[64 << 10];
    private SnapshotInfo? _first;
    private SnapshotInfo? _second;

    /// <summary>What the last comparison did.</summary>
    public string LastPath => _engine.Changes.LastPath == ComparePath.Trees ? "by the trees" : "by send";

    /// <summary>Takes a snapshot.</summary>
    public async Task SnapshotAsync(string name)
    {
        VolumeInfo volume = await _engine.ResolveVolumeAsync(BytePath.FromString(subvolume));
        await _engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, name));
    }

    /// <summary>The file differences between two snapshots.</summary>
    public async Task<List<FileChange>> DiffAsync(ComparePath path)
    {
        await FindAsync();
        _engine.Changes.Path = path;
        List<FileChange> changes = [];
        await foreach (FileChange change in _engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(_first!.ChangeToken!, _second!.Ref)))
        {
            changes.Add(change);
        }

        return changes;
    }

    /// <summary>The changed extents of one file.</summary>
    public async Task<List<Extent>> ChangesAsync(ComparePath path, string file)
    {
        await FindAsync();
        _engine.Changes.Path = path;
        List<Extent> answer = [];
        await foreach (ExtentBatch batch in _engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(_first!.ChangeToken!, _second!.Ref) { Path = BytePath.FromString(file) }))
        {
            answer.AddRange(batch.Extents);
        }

        return answer;
    }

    /// <summary>The system call alone: its stream is read into a buffer and forgotten.</summary>
    public void Drain()
    {
        using DirectoryHandle old = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Place(from))), now = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Place(to)));
        ulong id = BtrfsControl.Details(old).Id;
        using var stream = new SendStream(new SendRequest(now, id, [id], SendMode.NoFileData, SendSupport.Version), CancellationToken.None);
        while (stream.Read(_buffer) > 0)
        {
        }
    }

    /// <summary>Where a snapshot is.</summary>
    public string Place(string name)
    {
        string root = Path.Combine(Path.GetDirectoryName(subvolume)!, ".seng-snapshots");
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(subvolume));
        return Path.Combine(root, BtrfsControl.Details(directory).Uuid.ToString("D"), name, "data");
    }

    /// <summary>Compares file changes with the truth; directories, whose times change with what is in them, are not looked at.</summary>
    /// <exception cref="WrongResultException">They differ.</exception>
    public static string Check(TreeWorkload truth, IEnumerable<(string Path, bool IsGone, string? OldPath)> changes)
    {
        HashSet<string> changed = [], gone = [];
        foreach ((string path, bool isGone, string? old) in changes.Where(change => change.Path.Count(c => c == '/') == 2))
        {
            (isGone ? gone : changed).Add(path);
            if (old is not null)
            {
                gone.Add(old);
            }
        }

        TruthFile.Compare("changed files", truth.Changed, changed);
        TruthFile.Compare("names that are gone", truth.Gone, gone);
        return "exact";
    }

    /// <summary>Compares file changes with the names of the files that were written to.</summary>
    /// <exception cref="WrongResultException">They differ.</exception>
    public static string CheckWritten(TreeWorkload truth, IEnumerable<FileChange> changes)
        => CheckWritten(truth, changes.Where(change => change.Kind.HasFlag(FileChangeKind.Content)).Select(change => change.Path.ToString()));

    /// <summary>The same for names.</summary>
    public static string CheckWritten(TreeWorkload truth, IEnumerable<string> changed)
    {
        TruthFile.Compare("changed files", truth.Written, changed.ToHashSet());
        return "exact";
    }

    /// <summary>The same for changes as the engine gives them.</summary>
    public static string Check(TreeWorkload truth, IEnumerable<FileChange> changes)
        => Check(truth, changes.Select(change => (change.Path.ToString(), change.Kind == FileChangeKind.Removed, change.OldPath?.ToString())));

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    // A backup program has the token of the base and the new snapshot at hand.
    private async Task FindAsync()
    {
        if (_second is not null)
        {
            return;
        }

        VolumeInfo volume = await _engine.ResolveVolumeAsync(BytePath.FromString(subvolume));
        await foreach (SnapshotInfo one in _engine.Feature<ISnapshots>()!.ListAsync(volume.Ref))
        {
            _first = one.Ref.Name == from ? one : _first;
            _second = one.Ref.Name == to ? one : _second;
        }
    }
}
