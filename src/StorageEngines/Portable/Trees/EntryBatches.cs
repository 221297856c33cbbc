using System.Threading.Channels;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Hands entries to workers in batches. Neighbours in one directory go together: two threads that create names in one directory wait for each other.
/// Not thread-safe.
/// </summary>
internal sealed class EntryBatches(ChannelWriter<IReadOnlyList<TreeEntry>> workers)
{
    private const int MostEntries = 256;
    private const long MostBytes = 4 << 20;

    private List<TreeEntry> _batch = [];
    private long _bytes;

    /// <summary>Adds an entry, and hands on what is complete; waits if the workers have enough.</summary>
    internal async ValueTask AddAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        if (_batch.Count > 0 && (_batch.Count == MostEntries || _bytes >= MostBytes || !AreNeighbours(_batch[^1].Path, entry.Path)))
        {
            await FlushAsync(cancellationToken);
        }

        _batch.Add(entry);
        _bytes += entry.SizeBytes;
    }

    /// <summary>Hands the last ones on; nothing may follow.</summary>
    internal async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        workers.Complete();
    }

    private static bool AreNeighbours(BytePath one, BytePath other) => one.Span[..(one.Span.LastIndexOf((byte)'/') + 1)].SequenceEqual(other.Span[..(other.Span.LastIndexOf((byte)'/') + 1)]);

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count > 0)
        {
            await workers.WriteAsync(_batch, cancellationToken);
            (_batch, _bytes) = (new List<TreeEntry>(MostEntries), 0);
        }
    }
}
