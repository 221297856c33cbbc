namespace StorageEngines.Posix;

/// <summary>FIEMAP_EXTENT_* of linux/fiemap.h.</summary>
[Flags]
internal enum FileExtentFlags : uint
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>The last extent of the file.</summary>
    Last = 0x1,

    /// <summary>It is not known where it is.</summary>
    Unknown = 0x2,

    /// <summary>Not written to the device yet.</summary>
    Delayed = 0x4,

    /// <summary>Compressed or otherwise encoded: what is at the physical place is not the file's bytes.</summary>
    Encoded = 0x8,

    /// <summary>Encrypted by the file system.</summary>
    Encrypted = 0x80,

    /// <summary>Does not begin or end at a block.</summary>
    NotAligned = 0x100,

    /// <summary>Kept among the metadata.</summary>
    Inline = 0x200,

    /// <summary>Packed together with other files' data.</summary>
    Tail = 0x400,

    /// <summary>Set aside, but not written: reads as zeroes.</summary>
    Unwritten = 0x800,

    /// <summary>Put together from several ones for the answer.</summary>
    Merged = 0x1000,

    /// <summary>Other files use the same space.</summary>
    Shared = 0x2000,
}
