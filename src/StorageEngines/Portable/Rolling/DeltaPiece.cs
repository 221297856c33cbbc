namespace StorageEngines.Portable.Rolling;

/// <summary>A run of the target, in order: it lies in the base, or is new.</summary>
/// <param name="BaseOffset">Where it is in the base, or <see cref="New"/>.</param>
/// <param name="Length">Its length in bytes, more than 0.</param>
internal readonly record struct DeltaPiece(long BaseOffset, long Length)
{
    /// <summary>It is not in the base.</summary>
    internal const long New = -1;

    internal bool IsNew => BaseOffset == New;
}
