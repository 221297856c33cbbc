namespace StorageEngines.Zfs.Streams;

/// <summary>The records of a send stream; the values are the format's (<c>drr_type</c>).</summary>
internal enum ZfsRecordType
{
    /// <summary>A stream or a package of streams begins.</summary>
    Begin = 0,

    /// <summary>An object is there: a file, a directory, the data of a volume.</summary>
    Object = 1,

    /// <summary>A range of objects is gone.</summary>
    FreeObjects = 2,

    /// <summary>A block of an object.</summary>
    Write = 3,

    /// <summary>A range of an object is a hole.</summary>
    Free = 4,

    /// <summary>The stream or the package ends.</summary>
    End = 5,

    /// <summary>A block that is equal to one sent before; no longer written since OpenZFS 2.0.</summary>
    WriteByRef = 6,

    /// <summary>The attributes of an object that do not fit beside it.</summary>
    Spill = 7,

    /// <summary>A block so small that it was stored in its pointer.</summary>
    WriteEmbedded = 8,

    /// <summary>In raw streams: a range of objects and how they are encrypted.</summary>
    ObjectRange = 9,

    /// <summary>A range that was left out of a redacted stream.</summary>
    Redact = 10,
}
