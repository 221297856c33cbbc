namespace StorageEngines.Zfs.Transfer;

/// <summary>How a stream is sent that a <see cref="ResumeToken"/> begins.</summary>
[Flags]
internal enum ResumeFlags
{
    /// <summary>Plain.</summary>
    None = 0,

    /// <summary>Small blocks within their records (<c>-e</c>).</summary>
    Embedded = 1,

    /// <summary>Blocks as they are compressed (<c>-c</c>).</summary>
    Compressed = 2,

    /// <summary>Blocks above 128 KiB in one piece (<c>-L</c>).</summary>
    LargeBlocks = 4,

    /// <summary>Blocks as they are encrypted (<c>-w</c>).</summary>
    Raw = 8,
}
