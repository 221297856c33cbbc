using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>Holes as the file system tells them.</summary>
internal sealed class SegmentStates(DataSegments segments) : IExtentStates
{
    /// <inheritdoc/>
    public bool TryReadData(BytePath path, Extent range, List<Extent> data)
    {
        segments.Read(path, range, data);
        return true;
    }
}
