namespace StorageEngines.TarRsync.Capture;

/// <summary>How the files of a tree are cut; images and devices are always cut into fixed blocks.</summary>
internal enum FileChunking
{
    /// <summary>By content, but files that look like images into fixed blocks; a file keeps the way it was cut in the snapshot before.</summary>
    Auto,

    /// <summary>All into fixed blocks.</summary>
    Fixed,

    /// <summary>All by content.</summary>
    ByContent,
}
