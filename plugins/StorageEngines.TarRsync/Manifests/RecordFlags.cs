namespace StorageEngines.TarRsync.Manifests;

/// <summary>The first number of a record; the lowest four bits are the type.</summary>
[Flags]
internal enum RecordFlags
{
    /// <summary>The bits of the type.</summary>
    TypeMask = 15,

    /// <summary>Mode, user and group are those of the record before, in the same frame.</summary>
    SameOwner = 16,

    /// <summary>The device is that of the record before, in the same frame.</summary>
    SameDevice = 32,

    /// <summary>Extended attributes follow.</summary>
    HasAttributes = 64,

    /// <summary>The file did not hold still.</summary>
    ChangedWhileRead = 128,

    /// <summary>ctime equals mtime.</summary>
    SameTimes = 256,

    /// <summary>btime follows.</summary>
    HasBirthTime = 512,

    /// <summary>A number of names other than 1 follows.</summary>
    HasLinkCount = 1024,

    /// <summary>A list of blocks follows.</summary>
    HasContent = 2048,

    /// <summary>The numbers of a device node follow.</summary>
    HasNode = 4096,

    /// <summary>The target of a link follows.</summary>
    HasTarget = 8192,

    /// <summary>Everything that format 1 knows.</summary>
    Known = 16383,
}
