using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Trees;

/// <summary>The extents of a file, read from its tree as they are asked for.</summary>
internal sealed class StoredExtents(TreeReader reader) : ExtentCursor
{
    private readonly byte[] _inline = new byte[64 << 10];
    private int _inlineLength;

    /// <inheritdoc/>
    internal override ReadOnlySpan<byte> InlineData => _inline.AsSpan(0, _inlineLength);

    /// <summary>Begins.</summary>
    internal StoredExtents Of(ulong inode)
    {
        reader.Seek(new TreeKey(inode, ItemTypes.Extent, 0), new TreeKey(inode, ItemTypes.Extent, ulong.MaxValue));
        return this;
    }

    /// <inheritdoc/>
    internal override bool MoveNext()
    {
        if (!reader.MoveNext(out TreeItem item))
        {
            return false;
        }

        Current = ExtentItem.Parse(item.Key.Offset, item.Data);
        if (Current.IsInline)
        {
            ReadOnlySpan<byte> data = item.Data[ExtentItem.InlineStart..];
            data.CopyTo(_inline);
            _inlineLength = data.Length;
        }

        return true;
    }
}
