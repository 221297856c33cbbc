namespace StorageEngines.Portable.Tar;

/// <summary>A member of an archive.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="HardLinkTo">An earlier name of the same file, or null.</param>
/// <param name="Names">What a directory holds, see <see cref="TarNames"/>; null if that is not said.</param>
internal readonly record struct TarItem(TreeEntry Entry, BytePath? HardLinkTo, byte[]? Names)
{
    /// <summary>Bytes of data that follow the headers.</summary>
    internal long DataBytes => Entry.Type == TreeEntryType.File && HardLinkTo is null ? Entry.SizeBytes : 0;
}
