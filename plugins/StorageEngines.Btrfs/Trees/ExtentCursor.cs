namespace StorageEngines.Btrfs.Trees;

/// <summary>Goes over the extents of one file in one tree, ascending.</summary>
internal abstract class ExtentCursor
{
    /// <summary>The extent; after <see cref="MoveNext"/> said that there is one.</summary>
    internal ExtentItem Current { get; private protected set; }

    /// <summary>Its bytes, if they are in the item.</summary>
    internal abstract ReadOnlySpan<byte> InlineData { get; }

    /// <summary>Goes to the next extent.</summary>
    /// <returns>False at the end.</returns>
    internal abstract bool MoveNext();
}
