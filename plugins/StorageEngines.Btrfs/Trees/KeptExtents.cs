namespace StorageEngines.Btrfs.Trees;

/// <summary>The extents that were read with their inode.</summary>
internal sealed class KeptExtents : ExtentCursor
{
    private InodeFacts? _facts;
    private int _next;

    /// <inheritdoc/>
    internal override ReadOnlySpan<byte> InlineData => _facts!.InlineData;

    /// <summary>Begins.</summary>
    internal KeptExtents Of(InodeFacts facts)
    {
        (_facts, _next) = (facts, 0);
        return this;
    }

    /// <inheritdoc/>
    internal override bool MoveNext()
    {
        if (_next == _facts!.Extents.Count)
        {
            return false;
        }

        Current = _facts.Extents[_next++];
        return true;
    }
}
