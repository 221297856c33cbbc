namespace StorageEngines;

/// <summary>One name in a tree with everything that a restore has to bring back, but the data.</summary>
/// <param name="Path">Path relative to the volume's root; empty for the root itself.</param>
/// <param name="Type">The type.</param>
/// <param name="Mode">Permission bits, 0 to 4095 (octal 7777).</param>
/// <param name="UserId">The owner's numeric id.</param>
/// <param name="GroupId">The group's numeric id.</param>
/// <param name="SizeBytes">The size of a regular file in bytes, the length of a link's target; 0 for others.</param>
/// <param name="ModifiedAt">When the content last changed.</param>
public sealed record TreeEntry(
    BytePath Path, TreeEntryType Type, int Mode, uint UserId, uint GroupId, long SizeBytes, UnixTime ModifiedAt)
{
    /// <summary>The target of a symbolic link; empty for others. Default: empty.</summary>
    public ReadOnlyMemory<byte> LinkTarget { get; init; }

    /// <summary>Major number of a device; 0 for others. Default: 0.</summary>
    public uint DeviceMajor { get; init; }

    /// <summary>Minor number of a device; 0 for others. Default: 0.</summary>
    public uint DeviceMinor { get; init; }

    /// <summary>Identifies the file behind the name within this snapshot: names with the same id are hard links of one file. 0 if not known. Default: 0.</summary>
    public ulong FileId { get; init; }

    /// <summary>How many names the file has, 1 or more; names outside the volume count too. Default: 1.</summary>
    public uint LinkCount { get; init; } = 1;

    /// <summary>When anything about the file last changed; not restorable, for comparison only. Default: the epoch.</summary>
    public UnixTime ChangedAt { get; init; }

    /// <summary>Extended attributes, ACLs among them, ordered by name. Default: none.</summary>
    public IReadOnlyList<ExtendedAttribute> Attributes { get; init; } = [];

    /// <summary>True if the file did not hold still while it was read, so that its content may be a mixture. Default: false.</summary>
    public bool ChangedWhileRead { get; init; }
}
