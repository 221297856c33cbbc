using System.Runtime.CompilerServices;

namespace StorageEngines.Portable.Trees;

/// <summary>What an export reads: two snapshots of a tree through their engine's features.</summary>
internal sealed class TreeSource
{
    private const long AskForHolesFrom = 1 << 20;

    private readonly ISnapshotReader _data;
    private readonly IFileDiff? _diff;
    private readonly IBlockMap? _blocks;
    private readonly IProgress<OperationProgress>? _progress;

    private TreeSource(IStorageEngine engine, SnapshotInfo? baseSnapshot, SnapshotInfo target, IProgress<OperationProgress>? progress)
    {
        Base = baseSnapshot;
        Target = target;
        Trees = Require<ITreeReader>(engine, EngineCapability.ReadTree);
        _data = Require<ISnapshotReader>(engine, EngineCapability.ReadSnapshot);
        _diff = baseSnapshot is null ? null : Require<IFileDiff>(engine, EngineCapability.FileDiff);
        _blocks = engine.Feature<IBlockMap>();
        _progress = progress;
    }

    internal SnapshotInfo? Base { get; }

    internal SnapshotInfo Target { get; }

    internal ITreeReader Trees { get; }

    /// <summary>Opens the features.</summary>
    /// <exception cref="CapabilityNotSupportedException">The engine lacks one.</exception>
    internal static TreeSource Open(IStorageEngine engine, SnapshotInfo? baseSnapshot, SnapshotInfo target, IProgress<OperationProgress>? progress)
    {
        if (baseSnapshot is { ChangeToken: null })
        {
            throw new ChangeTrackingUnavailableException(
                EngineReason.ChangeTrackingOff, $"Snapshot '{baseSnapshot.Ref}' cannot be a base; export '{target.Ref}' whole instead.");
        }

        return new TreeSource(engine, baseSnapshot, target, progress);
    }

    /// <summary>The changes; can be asked for again and gives the same ones.</summary>
    internal IAsyncEnumerable<FileChange> ChangesAsync(CancellationToken cancellationToken)
        => _diff!.DiffAsync(new FileDiffQuery(Base!.ChangeToken!, Target.Ref), cancellationToken);

    /// <summary>All entries of the target, or those at and below a path.</summary>
    internal IAsyncEnumerable<TreeEntry> ListAsync(BytePath under, CancellationToken cancellationToken) => Trees.ListAsync(Target.Ref, under, cancellationToken);

    /// <summary>A change's entry in the target.</summary>
    internal async ValueTask<TreeEntry> TargetEntryAsync(FileChange change, CancellationToken cancellationToken)
        => change.TargetEntry ?? await TargetEntryAsync(change.Path, cancellationToken) ?? throw Inconsistent(change.Path, Target);

    /// <summary>An entry of the target, or null.</summary>
    internal ValueTask<TreeEntry?> TargetEntryAsync(BytePath path, CancellationToken cancellationToken) => Trees.GetAsync(Target.Ref, path, cancellationToken);

    /// <summary>An entry of the base, or null.</summary>
    internal ValueTask<TreeEntry?> BaseEntryAsync(BytePath path, CancellationToken cancellationToken) => Trees.GetAsync(Base!.Ref, path, cancellationToken);

    /// <summary>A change's entry in the base.</summary>
    internal async ValueTask<TreeEntry> BaseEntryAsync(FileChange change, BytePath path, CancellationToken cancellationToken)
        => change.BaseEntry is { } known && known.Path == path ? known : await BaseEntryAsync(path, cancellationToken) ?? throw Inconsistent(path, Base!);

    /// <summary>Whether nothing is under the change's path any more.</summary>
    internal static bool IsGone(FileChange change)
        => change.Kind.HasFlag(FileChangeKind.Removed) && (change.Kind & (FileChangeKind.Added | FileChangeKind.Renamed)) == 0;

    /// <summary>Opens a file of the target.</summary>
    internal ValueTask<Stream> OpenAsync(BytePath path, CancellationToken cancellationToken) => _data.OpenReadAsync(Target.Ref, path, cancellationToken);

    /// <summary>What has to be written of a file that is in both trees.</summary>
    internal async IAsyncEnumerable<Extent> ChangedExtentsAsync(
        FileChange change, BytePath basePath, TreeEntry entry, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (change.Extents is { } known)
        {
            foreach (Extent extent in known)
            {
                yield return extent;
            }
        }
        else if (_blocks is null)
        {
            await foreach (Extent extent in WholeExtentsAsync(entry, cancellationToken))
            {
                yield return extent;
            }
        }
        else
        {
            var query = new DeltaQuery(Base!.ChangeToken!, Target.Ref) { Path = entry.Path, BasePath = basePath };
            await foreach (ExtentBatch batch in _blocks.DeltaAsync(query, cancellationToken))
            {
                foreach (Extent extent in batch.Extents)
                {
                    yield return extent;
                }
            }
        }
    }

    /// <summary>What has to be written of a file that is new: its data, without its holes where the engine knows them.</summary>
    internal async IAsyncEnumerable<Extent> WholeExtentsAsync(TreeEntry entry, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_blocks is not null && entry.SizeBytes >= AskForHolesFrom)
        {
            await foreach (ExtentBatch batch in _blocks.AllocatedAsync(new AllocatedQuery(Target.Ref) { Path = entry.Path }, cancellationToken))
            {
                foreach (Extent extent in batch.Extents)
                {
                    yield return extent;
                }
            }
        }
        else if (entry.SizeBytes > 0)
        {
            yield return new Extent(0, entry.SizeBytes);
        }
    }

    /// <summary>How many bytes of data the target's files hold, as far as the engine knows their holes.</summary>
    internal async Task<long> DataBytesAsync(CancellationToken cancellationToken)
    {
        long sum = 0;
        HashSet<ulong> seen = [];
        await foreach (TreeEntry entry in ListAsync(default, cancellationToken))
        {
            if (entry.Type != TreeEntryType.File || (entry.LinkCount > 1 && entry.FileId != 0 && !seen.Add(entry.FileId)))
            {
                continue;
            }

            await foreach (Extent extent in WholeExtentsAsync(entry, cancellationToken))
            {
                sum += extent.State == ExtentState.Data ? extent.Length : 0;
            }
        }

        return sum;
    }

    /// <summary>Fills a buffer from a file of the target.</summary>
    /// <exception cref="CorruptDataException">The file ends early.</exception>
    internal static async ValueTask ReadExactlyAsync(Stream data, Memory<byte> buffer, TreeEntry entry, long offset, CancellationToken cancellationToken)
    {
        if (await data.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) < buffer.Length)
        {
            throw new CorruptDataException($"file '{entry.Path}'", offset, $"it ends early; the snapshot says that it has {entry.SizeBytes} bytes.");
        }
    }

    /// <summary>Tells how far it is.</summary>
    internal void Report(long bytes, long items) => _progress?.Report(new OperationProgress("export", bytes, null, items));

    private static StorageEngineException Inconsistent(BytePath path, SnapshotInfo snapshot) => new(
        EngineStatus.Internal, EngineReason.None, Recovery.OperatorAction,
        $"The engine lists a change of '{path}', but snapshot '{snapshot.Ref}' does not have it; verify the snapshot.");

    private static T Require<T>(IStorageEngine engine, EngineCapability capability)
        where T : class, IEngineFeature
        => engine.Feature<T>() ?? throw new CapabilityNotSupportedException(capability, $"Engine '{engine.Name}' cannot export trees: it lacks {capability}.");
}
