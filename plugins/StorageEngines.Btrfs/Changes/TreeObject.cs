namespace StorageEngines.Btrfs.Changes;

/// <summary>A file or directory that the stream speaks of, or that lies above one. Names are numbers of entries; -1 is none.</summary>
internal struct TreeObject()
{
    internal ObjectFlags Flags;

    /// <summary>The type; 0 if it is not known yet.</summary>
    internal TreeEntryType Type;

    /// <summary>The name it has in the base, the first one that was seen.</summary>
    internal int BaseName = -1;

    /// <summary>The name it has now; of a file of several names, the last one it got.</summary>
    internal int NowName = -1;

    /// <summary>How many names it has now, as far as the stream says.</summary>
    internal int Names = 1;

    /// <summary>The first of the names that it had in the base and has no longer.</summary>
    internal int FirstLost = -1;

    /// <summary>The first of the names that it has in the target, as far as they were seen.</summary>
    internal int FirstNow = -1;

    /// <summary>Another object that turned out to be the same file, or -1.</summary>
    internal int SameAs = -1;

    /// <summary>The number of its last record in the spool, from 1; 0 for none.</summary>
    internal int LastRecord;

    internal readonly bool Is(ObjectFlags flag) => (Flags & flag) != 0;
}
