namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// The order of paths in a manifest: by components, a directory before what is below it, and all that is below it before its next sibling. It is the
/// order of bytes with '/' as the lowest one; NUL is in no path.
/// </summary>
internal static class TreeOrder
{
    /// <summary>Compares two relative paths; the root is the empty path and comes first.</summary>
    internal static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int common = left.CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
            return left.Length - right.Length;
        byte a = left[common];
        byte b = right[common];
        return (a == '/' ? 0 : a) - (b == '/' ? 0 : b);
    }
}
