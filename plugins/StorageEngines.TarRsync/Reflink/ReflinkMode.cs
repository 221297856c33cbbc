namespace StorageEngines.TarRsync.Reflink;

/// <summary>Whether image files are kept as clones, which share their blocks with the volume.</summary>
internal enum ReflinkMode
{
    /// <summary>Where the file system can; else their data is read into packs.</summary>
    Auto,

    /// <summary>A snapshot fails where that cannot be.</summary>
    Always,

    /// <summary>Their data is read into packs.</summary>
    Never,
}
