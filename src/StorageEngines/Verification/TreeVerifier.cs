namespace StorageEngines;

/// <summary>The oracle on trees: the file diff, replayed on the base, gives the target. Used once, by one thread.</summary>
internal sealed class TreeVerifier
{
    private readonly ISnapshotReader _reader;
    private readonly ITreeReader _trees;
    private readonly IFileDiff _diff;
    private readonly IBlockMap? _map;
    private readonly SnapshotRef _base;
    private readonly SnapshotRef _target;
    private readonly ChangeToken _token;
    private readonly VerificationCounters _counters;
    private readonly CompareBuffers _buffers = new();
    private readonly HashSet<ulong> _linkedFilesSeen = [];

    internal TreeVerifier(IStorageEngine engine, SnapshotRef baseSnapshot, ChangeToken token, SnapshotRef target, VerificationCounters counters)
    {
        _reader = Need<ISnapshotReader>(engine, EngineCapability.ReadSnapshot);
        _trees = Need<ITreeReader>(engine, EngineCapability.ReadTree);
        _diff = Need<IFileDiff>(engine, EngineCapability.FileDiff);
        _map = engine.Feature<IBlockMap>();
        _base = baseSnapshot;
        _target = target;
        _token = token;
        _counters = counters;
    }

    internal async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        TreeReplay replay = await TreeReplay.ReadAsync(
            _diff.DiffAsync(new FileDiffQuery(_token, _target) { MaxExtentsPerFile = 64 }, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await CompareTargetAsync(replay, cancellationToken).ConfigureAwait(false)
            ?? await FindLostAsync(replay, cancellationToken).ConfigureAwait(false);
    }

    internal static T Need<T>(IStorageEngine engine, EngineCapability capability)
        where T : class, IEngineFeature
        => engine.Feature<T>() ?? throw new CapabilityNotSupportedException(capability, $"Engine '{engine.Name}' lacks {capability}, without which nothing can be verified.");

    /// <summary>Each name of the target has to come from the base or from the diff.</summary>
    private async Task<string?> CompareTargetAsync(TreeReplay replay, CancellationToken cancellationToken)
    {
        await using var bases = new TreeCursor(_trees, _base, cancellationToken);
        await foreach (TreeEntry after in _trees.ListAsync(_target, default, cancellationToken).ConfigureAwait(false))
        {
            FileChange? change = replay.ChangeAt(after.Path);
            if (replay.IsGone(after.Path))
            {
                return Name(after.Path, "is in the target, but is reported as removed");
            }

            if (change is not null && change.Kind.HasFlag(FileChangeKind.Added) && !change.Kind.HasFlag(FileChangeKind.Renamed))
            {
                CountAdded(after);
                continue;
            }

            TreeEntry? before = replay.BaseOf(after.Path) is { } old ? await bases.FindAsync(old).ConfigureAwait(false) : null;
            if (before is null)
            {
                return Name(after.Path, "is not in the base, but is not reported as added");
            }

            string? difference = TreeEntryComparer.Difference(before, after, change?.Kind ?? FileChangeKind.None)
                ?? (after.Type == TreeEntryType.File ? await CompareContentAsync(before, after, change, cancellationToken).ConfigureAwait(false) : null);
            if (difference is not null)
            {
                return Name(after.Path, difference);
            }
        }

        return null;
    }

    /// <summary>Each name of the base has to be in the target or among the removed.</summary>
    private async Task<string?> FindLostAsync(TreeReplay replay, CancellationToken cancellationToken)
    {
        await using var targets = new TreeCursor(_trees, _target, cancellationToken);
        await foreach (TreeEntry before in _trees.ListAsync(_base, default, cancellationToken).ConfigureAwait(false))
        {
            if (replay.TargetOf(before.Path) is { } path && await targets.FindAsync(path).ConfigureAwait(false) is null)
            {
                return Name(before.Path, "is not in the target, but is not reported as removed");
            }
        }

        return null;
    }

    private async Task<string?> CompareContentAsync(TreeEntry before, TreeEntry after, FileChange? change, CancellationToken cancellationToken)
    {
        bool changed = change is not null && change.Kind.HasFlag(FileChangeKind.Content);
        if (after is { LinkCount: > 1, FileId: not 0 } && !changed && !_linkedFilesSeen.Add(after.FileId))
        {
            return null; // compared under another of its names
        }

        _counters.File();
        await using Stream from = await _reader.OpenReadAsync(_base, before.Path, cancellationToken).ConfigureAwait(false);
        await using Stream to = await _reader.OpenReadAsync(_target, after.Path, cancellationToken).ConfigureAwait(false);
        var comparer = new BlockComparer(from, to, _counters, _buffers);
        return changed
            ? await comparer.RunAsync(Extents(before, after, change!, cancellationToken), cancellationToken).ConfigureAwait(false)
            : await comparer.UnchangedAsync(0, to.Length, cancellationToken).ConfigureAwait(false);
    }

    private IAsyncEnumerable<ExtentBatch> Extents(TreeEntry before, TreeEntry after, FileChange change, CancellationToken cancellationToken)
    {
        if (change.Extents is null && _map is not null)
        {
            return _map.DeltaAsync(new DeltaQuery(_token, _target) { Path = after.Path, BasePath = before.Path }, cancellationToken);
        }

        IReadOnlyList<Extent> extents = change.Extents ?? (after.SizeBytes > 0 ? [new Extent(0, after.SizeBytes)] : []);
        var batch = new ExtentBatch(
            ExtentStyle.VariableLength, after.SizeBytes, before.SizeBytes, ChangeSource.NativeDelta, Exactness.Superset, extents);
        return new[] { batch }.ToAsyncEnumerable();
    }

    private void CountAdded(TreeEntry entry)
    {
        if (entry.Type == TreeEntryType.File)
        {
            _counters.File();
            _counters.Changed(entry.SizeBytes);
        }
    }

    private static string Name(BytePath path, string what) => $"{(path.IsRoot ? "." : path.ToString())}: {what}";
}
