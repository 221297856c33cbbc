using System.Runtime.CompilerServices;
using StorageEngines;

namespace Acme;

internal sealed partial class AcmeEngine : IBlockMap, ISnapshotReader
{
    private const int ExtentsPerBatch = 1000;

    public IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, CancellationToken cancellationToken = default)
        => CompareAsync(() => null, () => _store.Find(query.Snapshot), query.StartingOffset, query.MaxResults, cancellationToken);

    public IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, CancellationToken cancellationToken = default)
        => CompareAsync(() => FindBase(query), () => _store.Find(query.Target), query.StartingOffset, query.MaxResults, cancellationToken);

    public ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(File.OpenRead(_store.Find(snapshot).File));
    }

    private ImageCopy FindBase(DeltaQuery query)
    {
        VolumeRef volume = query.Target.Volume;
        if (query.Base.Engine != Name)
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"The token {query.Base} is not one of acme's.");
        }

        if (query.Base.VolumeId != volume.Id)
        {
            throw new LineageBrokenException(EngineReason.UnrelatedSnapshots, "Base and target are of two volumes; take a full copy.");
        }

        ImageCopy found = _store.List(volume).FirstOrDefault(copy => copy.Id == query.Base.Value)
            ?? throw new ChangeTrackingUnavailableException(EngineReason.BaseMissing, $"The base of {query.Target} is gone; take a full copy.");
        return found.Number <= _store.Find(query.Target).Number ? found : throw new LineageBrokenException(EngineReason.WrongOrder, "The base is newer than the target; swap them.");
    }

    private static async IAsyncEnumerable<ExtentBatch> CompareAsync(
        Func<ImageCopy?> findBase, Func<ImageCopy> findTarget, long from, int maxResults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using FileStream target = File.OpenRead(findTarget().File);
        await using FileStream? older = findBase() is { } copy ? File.OpenRead(copy.File) : null;
        if (from < 0 || from > target.Length)
        {
            throw new StorageEngineException(EngineStatus.OutOfRange, EngineReason.None, Recovery.FixRequest, $"The offset {from} is not within 0 to {target.Length}.");
        }

        var batch = new List<Extent>();
        int most = maxResults == 0 ? ExtentsPerBatch : maxResults;
        ExtentBatch Batch(List<Extent> extents) => new(ExtentStyle.VariableLength, target.Length, older?.Length, older is null ? ChangeSource.NativeAllocated : ChangeSource.HashCompare, Exactness.Exact, extents);
        bool any = false;
        foreach (Extent extent in Runs(target, older, from, cancellationToken))
        {
            if (batch.Count == most)
            {
                yield return Batch(batch);
                cancellationToken.ThrowIfCancellationRequested();
                (batch, any) = ([], true);
            }

            batch.Add(extent);
        }

        if (batch.Count > 0 || !any)
        {
            yield return Batch(batch);
        }
    }

    private static IEnumerable<Extent> Runs(FileStream target, FileStream? older, long from, CancellationToken cancellationToken)
    {
        var (ours, theirs) = (new byte[BlockBytes], new byte[BlockBytes]);
        long start = -1;
        for (long at = from == target.Length ? target.Length : from / BlockBytes * BlockBytes; at < target.Length; at += BlockBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = ReadAt(target, at, ours);
            int known = older is null ? length : ReadAt(older, at, theirs);
            bool differs = known < length || !ours.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length));
            if (differs && start < 0)
            {
                start = at;
            }
            else if (!differs && start >= 0)
            {
                yield return Extent.FromBounds(start, at);
                start = -1;
            }
        }

        if (start >= 0)
        {
            yield return Extent.FromBounds(start, target.Length);
        }
    }

    private static int ReadAt(FileStream file, long at, byte[] buffer)
    {
        file.Position = Math.Min(at, file.Length);
        return file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
    }
}
