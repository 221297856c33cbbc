namespace StorageEngines.Btrfs.Changes;

/// <summary>A name in a directory: which object it stood for in the base, and which one now. -1 is none.</summary>
internal struct NameEntry()
{
    /// <summary>The directory, an object; -1 for the root's own entry.</summary>
    internal int Directory = -1;

    /// <summary>Where the name's bytes are.</summary>
    internal int Name;

    /// <summary>How many they are.</summary>
    internal byte Length;

    /// <summary>A name of the base was given to another path: it is not gone, it was renamed.</summary>
    internal bool RenamedAway;

    /// <summary>That it is gone was said by the change that lists what has its path now.</summary>
    internal bool GoneListed;

    internal int Base = -1;

    internal int Now = -1;

    /// <summary>The next entry with the same hash.</summary>
    internal int Next = -1;

    /// <summary>The next name that the same object lost.</summary>
    internal int NextLost = -1;

    /// <summary>The next name that the same object has in the target.</summary>
    internal int NextNow = -1;

    /// <summary>The entry of the base that was renamed to this one.</summary>
    internal int RenamedFrom = -1;
}
