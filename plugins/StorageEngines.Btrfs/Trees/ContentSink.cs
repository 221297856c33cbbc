using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Trees;

/// <summary>Puts the ranges to what is said of one file among many.</summary>
internal sealed class ContentSink(FileContent content) : ISegmentSink
{
    /// <inheritdoc/>
    public bool IsEnough(long at) => content.Segments.TooMany;

    /// <inheritdoc/>
    public void Paint(long start, long end, SegmentState state) => content.Segments.Paint(start, end, state);
}
