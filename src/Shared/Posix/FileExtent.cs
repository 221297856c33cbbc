namespace StorageEngines.Posix;

/// <summary>Where a part of a file is on its device.</summary>
/// <param name="Offset">First byte, in the file.</param>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="Physical">First byte, in the file system's own addresses; means nothing with some of the flags.</param>
/// <param name="Flags">The kernel's flags of the extent.</param>
internal readonly record struct FileExtent(long Offset, long Length, ulong Physical, FileExtentFlags Flags)
{
    /// <summary>The byte after the last one.</summary>
    internal long End => Offset + Length;

    /// <summary>Reads as zeroes, though space is set aside.</summary>
    internal bool IsUnwritten => (Flags & FileExtentFlags.Unwritten) != 0;
}
