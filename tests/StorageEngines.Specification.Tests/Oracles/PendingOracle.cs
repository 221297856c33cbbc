namespace StorageEngines.Specification;

/// <summary>What an engine tells of a volume before a snapshot, against the file difference to that snapshot: never too little, and no name too many.</summary>
internal static class PendingOracle
{
    private const FileChangeKind Names = FileChangeKind.Added | FileChangeKind.Removed | FileChangeKind.Renamed | FileChangeKind.Type;
    private const FileChangeKind Small = FileChangeKind.Content | FileChangeKind.Metadata | FileChangeKind.LinkCount;

    /// <summary>Asks how a volume differs from the last snapshot; null if the engine does not say that it can tell.</summary>
    internal static async Task<List<PendingChange>?> ListAsync(IStorageEngine engine, EngineCapabilities capabilities, VolumeRef volume, CancellationToken cancellationToken)
    {
        if (!capabilities.Has(EngineCapability.PendingChanges))
        {
            return null;
        }

        var totals = new Told();
        var pending = new List<PendingChange>();
        await foreach (PendingChange change in engine.Feature<IPendingChanges>()!.ListAsync(new PendingChangesQuery(volume) { Totals = totals }, cancellationToken))
        {
            Assert.Equal(0, totals.Times);
            pending.Add(change);
        }

        Assert.Equal(1, totals.Times);
        return pending;
    }

    /// <summary>Compares with the file difference to the snapshot that was taken right after.</summary>
    internal static void AssertCovers(List<PendingChange>? pending, IReadOnlyList<FileChange> changes)
    {
        if (pending is null)
        {
            return;
        }

        Dictionary<BytePath, PendingChange> told = pending.ToDictionary(change => change.Path);
        foreach (FileChange change in changes)
        {
            Assert.True(told.Remove(change.Path, out PendingChange? before), $"'{change.Path}' has changed ({change.Kind}), and was not told before.");
            Assert.True((before.Kind & Names) == (change.Kind & Names) && before.OldPath == change.OldPath,
                $"'{change.Path}' was told to be {before.Kind} from '{before.OldPath}', and is {change.Kind} from '{change.OldPath}'.");
            Assert.True((change.Kind & Small) == 0 || (before.Kind & (Small | FileChangeKind.Renamed)) != 0, $"'{change.Path}' has changed ({change.Kind}), and was told to be {before.Kind}.");
            Assert.True((change.Kind & FileChangeKind.LinkCount & ~before.Kind) == 0, $"'{change.Path}' has another number of names, and was told to be {before.Kind}.");
        }

        Assert.All(told.Values, change => Assert.True((change.Kind & Names) == 0, $"'{change.Path}' was told to be {change.Kind}, and did not change."));
    }

    private sealed class Told : IProgress<PendingTotals>
    {
        internal int Times { get; private set; }

        public void Report(PendingTotals value) => Times++;
    }
}
