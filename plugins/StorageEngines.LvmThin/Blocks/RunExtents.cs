using System.Runtime.CompilerServices;

namespace StorageEngines.LvmThin.Blocks;

/// <summary>Turns runs of chunks into extents: clipped to the target, with what grew filled in, and neighbours joined.</summary>
/// <remarks>
/// A volume that is cut keeps what it mapped behind its end, and shows it again when it grows: so behind the base's end, what both have is data that the copy of the base lacks.
/// </remarks>
/// <param name="chunkBytes">Bytes of a chunk.</param>
/// <param name="baseBytes">The base's size.</param>
/// <param name="targetBytes">The target's size.</param>
internal sealed class RunExtents(long chunkBytes, long baseBytes, long targetBytes)
{
    private Extent _held;

    /// <summary>The first byte of what grew, at the beginning of its chunk; the target's size if nothing did.</summary>
    private readonly long _grown = baseBytes < targetBytes ? baseBytes - (baseBytes % chunkBytes) : targetBytes;

    /// <summary>The changed extents.</summary>
    internal IAsyncEnumerable<Extent> ChangedAsync(IAsyncEnumerable<MappingRun> runs, CancellationToken cancellationToken) => ExtentsAsync(runs, allocated: false, cancellationToken);

    /// <summary>The allocated extents: all that the target maps.</summary>
    internal IAsyncEnumerable<Extent> AllocatedAsync(IAsyncEnumerable<MappingRun> runs, CancellationToken cancellationToken) => ExtentsAsync(runs, allocated: true, cancellationToken);

    private async IAsyncEnumerable<Extent> ExtentsAsync(IAsyncEnumerable<MappingRun> runs, bool allocated, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long filled = allocated ? targetBytes : _grown;
        var ready = new List<Extent>(4);
        await foreach (MappingRun run in runs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            long from = run.Begin * chunkBytes, to = Math.Min((run.Begin + run.Length) * chunkBytes, targetBytes);
            if (from >= to)
            {
                continue; // behind the target's end; what follows is read all the same, so that a damaged end is seen
            }

            // What is before the growth, and what is in it.
            Add(ready, from, Math.Min(to, _grown), StateOf(run.Kind, allocated));
            long grownFrom = Math.Max(from, _grown);
            if (grownFrom < to && !allocated)
            {
                Add(ready, filled, grownFrom, ExtentState.Zero);
                Add(ready, grownFrom, to, run.Kind == MappingKind.LeftOnly ? ExtentState.Zero : ExtentState.Data);
                filled = to;
            }

            foreach (Extent extent in ready)
            {
                yield return extent;
            }

            ready.Clear();
        }

        Add(ready, filled, targetBytes, ExtentState.Zero);
        foreach (Extent extent in ready)
        {
            yield return extent;
        }

        if (_held.Length > 0)
        {
            yield return _held;
        }
    }

    private static ExtentState? StateOf(MappingKind kind, bool allocated) => kind switch
    {
        MappingKind.Same => allocated ? ExtentState.Data : null,
        MappingKind.LeftOnly => ExtentState.Zero,
        _ => ExtentState.Data,
    };

    private void Add(List<Extent> ready, long from, long to, ExtentState? state)
    {
        if (state is not { } known || from >= to)
        {
            return;
        }

        if (_held.Length > 0 && _held.End == from && _held.State == known)
        {
            _held = Extent.FromBounds(_held.Offset, to, known);
            return;
        }

        if (_held.Length > 0)
        {
            ready.Add(_held);
        }

        _held = Extent.FromBounds(from, to, known);
    }
}
