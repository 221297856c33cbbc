using System.Runtime.CompilerServices;

namespace StorageEngines.Testing.Faults;

/// <summary>A block map that computes the wrong difference, well-formed as it is.</summary>
internal sealed class WrongDelta(MemoryStore store, InMemoryFault fault, FaultMemory memory, IBlockMap inner)
{
    /// <summary>The difference, wrong if the fault applies.</summary>
    public IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, CancellationToken cancellationToken) => fault switch
    {
        InMemoryFault.ComparesWithLive => LiveAsync(query, cancellationToken),
        InMemoryFault.ForgetsWritesDuringCut => WithoutAsync(query, cancellationToken),
        _ => inner.DeltaAsync(query with { Base = Instead(query) }, cancellationToken),
    };

    private ChangeToken Instead(DeltaQuery query)
    {
        lock (store.Gate)
        {
            StoredSnapshot? target = store.FindSnapshot(query.Target.Volume.Id, query.Target.Id);
            StoredSnapshot? older = store.FindSnapshot(query.Target.Volume.Id, query.Base.Value);
            return fault switch
            {
                InMemoryFault.MissesOlderChanges when older is not null && older != target && target?.ParentId is { } parent
                    => store.FindSnapshot(target.VolumeId, parent)?.Token ?? query.Base,
                InMemoryFault.TracksByName when older is not null && memory.WasRenamed(older.Id) => target?.Token ?? query.Base,
                InMemoryFault.EmptyFromBaseWithoutData when older is { DataGone: true } => target?.Token ?? query.Base,
                _ => query.Base,
            };
        }
    }

    private async IAsyncEnumerable<ExtentBatch> LiveAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await store.StepAsync("delta:begin", cancellationToken).ConfigureAwait(false);
        SparseContent live;
        SparseContent? older;
        lock (store.Gate)
        {
            live = MemoryFiles.Require(store.RequireVolume(query.Target.Volume).Content, query.Path);
            VolumeContent content = LineageCheck.Require(store, query.Base, query.Target).Base.Content;
            older = content.Block ?? content.Tree!.Find(query.BasePath ?? query.Path!.Value)?.Content;
        }

        Extent[] extents = [.. ContentExtents.Differing(older, live, query.StartingOffset)];
        yield return new ExtentBatch(ExtentStyle.VariableLength, live.Length, older?.Length ?? 0, ChangeSource.NativeDelta, Exactness.Exact, extents);
    }

    private async IAsyncEnumerable<ExtentBatch> WithoutAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<Extent> late = [];
        lock (store.Gate)
        {
            if (memory.EarlyContent(query.Target.Id) is { } early && store.FindSnapshot(query.Target.Volume.Id, query.Target.Id) is { } target)
            {
                late.AddRange(ContentExtents.Differing(MemoryFiles.Require(early, query.Path), MemoryFiles.Require(target.Content, query.Path), 0));
            }
        }

        await foreach (ExtentBatch batch in inner.DeltaAsync(query, cancellationToken).ConfigureAwait(false))
        {
            yield return batch with { Extents = [.. batch.Extents.Where(extent => !late.Exists(one => one.Offset < extent.End && extent.Offset < one.End))] };
        }
    }
}
