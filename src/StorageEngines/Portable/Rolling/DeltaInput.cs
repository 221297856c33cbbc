namespace StorageEngines.Portable.Rolling;

/// <summary>What all threads that work on one difference share.</summary>
internal sealed class DeltaInput(IByteSource source, IByteSource target, int threads)
{
    private const int WorthIndex = 1024;
    private const int WorthIndexOfKnown = 16;
    private long _notFound;
    private long _distance;

    internal IByteSource Base { get; } = source;

    internal IByteSource Target { get; } = target;

    internal BaseIndex Index { get; } = new(source, threads);

    /// <summary>Whether it is known which ranges changed, so that the others need not be found.</summary>
    internal bool KnowsRanges { get; init; }

    /// <summary>How far the place in the base was last behind that in the target: where another part of the target looks first.</summary>
    internal long Distance
    {
        get => Volatile.Read(ref _distance);
        set => Volatile.Write(ref _distance, value);
    }

    /// <summary>
    /// Counts bytes that were not found near by, and says whether the whole base is to be looked at: when they are more than a thousandth of it, or it has
    /// been already. Below that the difference is larger than it had to be by a thousandth of the base at most, and the base needs not be read. Where it is
    /// known what changed, so that most of the base is not read at all, it has to be a sixteenth.
    /// </summary>
    internal bool IsWorthIndex(long bytes)
        => Index.IsMade || Interlocked.Add(ref _notFound, bytes) > Base.Length / (KnowsRanges ? WorthIndexOfKnown : WorthIndex);
}
