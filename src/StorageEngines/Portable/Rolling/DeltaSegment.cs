namespace StorageEngines.Portable.Rolling;

/// <summary>A part of the target that one thread works on.</summary>
internal sealed class DeltaSegment
{
    private readonly List<DeltaRange> _ranges = [];

    internal IReadOnlyList<DeltaRange> Ranges => _ranges;

    /// <summary>Bytes that have to be read and looked for.</summary>
    internal long BytesToRead { get; private set; }

    /// <summary>The segment's pieces, when it is done.</summary>
    internal TaskCompletionSource<List<DeltaPiece>> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Add(DeltaRange range)
    {
        _ranges.Add(range);
        BytesToRead += range.IsEqual ? 0 : range.End - range.Start;
    }
}
