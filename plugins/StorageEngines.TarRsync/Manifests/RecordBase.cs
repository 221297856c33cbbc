namespace StorageEngines.TarRsync.Manifests;

/// <summary>What a record refers to of the one before it in its frame, besides the path.</summary>
internal readonly struct RecordBase
{
    internal RecordBase(in ManifestEntry entry)
    {
        (Mode, UserId, GroupId, DeviceMajor, DeviceMinor) = (entry.Mode, entry.UserId, entry.GroupId, entry.DeviceMajor, entry.DeviceMinor);
        (ModifiedSeconds, Inode) = (entry.ModifiedAt.Seconds, entry.Inode);
    }

    internal uint Mode { get; }

    internal uint UserId { get; }

    internal uint GroupId { get; }

    internal uint DeviceMajor { get; }

    internal uint DeviceMinor { get; }

    internal long ModifiedSeconds { get; }

    internal ulong Inode { get; }
}
