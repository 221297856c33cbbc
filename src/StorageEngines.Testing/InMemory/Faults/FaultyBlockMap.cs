using System.Runtime.CompilerServices;

namespace StorageEngines.Testing.Faults;

/// <summary>A block map with one mistake in it.</summary>
internal sealed class FaultyBlockMap(MemoryStore store, InMemoryFault fault, FaultMemory memory, IBlockMap inner) : IBlockMap
{
    private readonly WrongDelta _wrong = new(store, fault, memory, inner);

    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        CancellationToken seen = fault == InMemoryFault.IgnoresCancellation ? CancellationToken.None : cancellationToken;
        AllocatedQuery asked = fault == InMemoryFault.IgnoresMaxResults ? query with { MaxResults = 0 } : query;
        await foreach (ExtentBatch batch in SpoilAsync(inner.AllocatedAsync(asked, seen), query.Snapshot, query.StartingOffset, false, seen).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        CancellationToken seen = fault == InMemoryFault.IgnoresCancellation ? CancellationToken.None : cancellationToken;
        DeltaQuery asked = fault == InMemoryFault.IgnoresMaxResults ? query with { MaxResults = 0 } : query;
        bool self = query.Base.Value == query.Target.Id;
        await foreach (ExtentBatch batch in SpoilAsync(AnswerAsync(asked, seen), query.Target, query.StartingOffset, self, seen).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <summary>The inner answer; where that is a refusal that the fault does not make, an answer that should not be given.</summary>
    private async IAsyncEnumerable<ExtentBatch> AnswerAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<ExtentBatch> batches = _wrong.DeltaAsync(query, cancellationToken).GetAsyncEnumerator(cancellationToken);
        IAsyncEnumerable<ExtentBatch>? instead = null;
        bool more = false;
        try
        {
            more = await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (StorageEngineException refusal) when (Overlooks(refusal.Reason))
        {
            instead = Instead(query, cancellationToken);
        }

        while (more)
        {
            yield return batches.Current;
            more = await batches.MoveNextAsync().ConfigureAwait(false);
        }

        if (instead is not null)
        {
            await foreach (ExtentBatch batch in instead.ConfigureAwait(false))
            {
                yield return batch;
            }
        }
    }

    private bool Overlooks(EngineReason reason) => fault switch
    {
        InMemoryFault.AnswersEmptyWhenItCannotKnow
            => reason is EngineReason.BaseMissing or EngineReason.ChangeTrackingLost or EngineReason.ChangeTrackingOff or EngineReason.VolumeReplaced,
        InMemoryFault.AcceptsUnrelated => reason == EngineReason.UnrelatedSnapshots,
        InMemoryFault.AcceptsReversed => reason == EngineReason.WrongOrder,
        InMemoryFault.AcceptsReplacedVolume => reason == EngineReason.VolumeReplaced,
        InMemoryFault.StaleLineageAfterRollback => reason is EngineReason.UnrelatedSnapshots or EngineReason.BaseMissing,
        _ => false,
    };

    /// <summary>What changed since the branch, for a stale lineage; else nothing.</summary>
    private IAsyncEnumerable<ExtentBatch> Instead(DeltaQuery query, CancellationToken cancellationToken)
    {
        lock (store.Gate)
        {
            StoredSnapshot target = store.RequireSnapshot(query.Target);
            StoredSnapshot from = target;
            while (fault == InMemoryFault.StaleLineageAfterRollback && from.ParentId is { } parent
                && store.FindSnapshot(target.VolumeId, parent) is { DataGone: false } older && !store.IsAncestorOrSelf(from.Id, query.Base.Value))
            {
                from = older;
            }

            return inner.DeltaAsync(query with { Base = from.Token }, cancellationToken);
        }
    }

    private async IAsyncEnumerable<ExtentBatch> SpoilAsync(
        IAsyncEnumerable<ExtentBatch> batches, SnapshotRef target, long start, bool self, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var spoiler = new BatchSpoiler(fault, store.Options.BlockSizeBytes, start, self);
        bool complete = false;
        try
        {
            await foreach (ExtentBatch batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                ReadVolume(target);
                if (spoiler.Spoil(batch) is { } spoilt)
                {
                    yield return spoilt;
                }
            }

            complete = true;
        }
        finally
        {
            if (!complete && fault == InMemoryFault.LeaksHold)
            {
                Leak(target);
            }
        }
    }

    private void ReadVolume(SnapshotRef target)
    {
        if (fault == InMemoryFault.ReadsVolumeForDelta)
        {
            lock (store.Gate)
            {
                store.Counters.AddVolumeBytes(store.RequireVolume(target.Volume).Content.SizeBytes);
            }
        }
    }

    private void Leak(SnapshotRef target)
    {
        lock (store.Gate)
        {
            store.Counters.TemporarySnapshot();
            if (store.FindSnapshot(target.Volume.Id, target.Id) is { } snapshot)
            {
                store.Put(snapshot with { Holds = snapshot.Holds.Add("delta") });
            }
        }
    }
}
