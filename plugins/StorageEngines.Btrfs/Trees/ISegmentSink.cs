using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Trees;

/// <summary>Takes the ranges in which two files differ, in ascending order.</summary>
internal interface ISegmentSink
{
    /// <summary>Whether to stop.</summary>
    /// <param name="at">The byte up to which all was compared.</param>
    bool IsEnough(long at);

    /// <summary>A range differs.</summary>
    void Paint(long start, long end, SegmentState state);
}
