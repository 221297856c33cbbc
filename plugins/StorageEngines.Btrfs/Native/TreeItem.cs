namespace StorageEngines.Btrfs.Native;

/// <summary>An item of a tree; good until its reader goes on.</summary>
/// <param name="key">Its key.</param>
/// <param name="data">Its bytes.</param>
internal readonly ref struct TreeItem(TreeKey key, ReadOnlySpan<byte> data)
{
    /// <summary>The key.</summary>
    internal TreeKey Key { get; } = key;

    /// <summary>The bytes.</summary>
    internal ReadOnlySpan<byte> Data { get; } = data;
}
