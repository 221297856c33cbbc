using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>A snapshot as it was found.</summary>
/// <param name="Volume">Whose it is.</param>
/// <param name="Details">What the file system knows of it.</param>
/// <param name="Path">Where it is.</param>
/// <param name="File">What was noted of it; null for a snapshot that others made.</param>
internal sealed record SnapshotEntry(VolumeKey Volume, SubvolumeDetails Details, BytePath Path, SnapshotFile? File)
{
    /// <summary>Its id: the subvolume's uuid.</summary>
    internal string Id => SubvolumeTable.Text(Details.Uuid);

    /// <summary>Its label. That of a snapshot that others made is its directory's name: <c>/.snapshots/12/snapshot</c> is 12.</summary>
    internal string Name => File?.Name ?? (Path.Name.Span.SequenceEqual("snapshot"u8) || Path.Name.Span.SequenceEqual(SnapshotCatalog.DataName) ? Path.Parent.Name : Path.Name).ToString();

    /// <summary>What a delta is computed from; null if somebody wrote to the snapshot, which makes it no base.</summary>
    internal ChangeToken? Token => Details.IsPristine
        ? new ChangeToken(BtrfsEngineFactory.SchemeName, Volume.Id, SubvolumeTable.Text(Volume.Origin), Id) : null;

    /// <summary>The reference.</summary>
    internal SnapshotRef Ref(VolumeRef volume) => new(volume, Id, Name);

    /// <summary>The description.</summary>
    /// <param name="volume">The volume's reference.</param>
    /// <param name="table">All subvolumes; null if they may not be listed.</param>
    internal SnapshotInfo ToInfo(VolumeRef volume, SubvolumeTable? table)
    {
        long ticks = Math.Clamp(Details.CreatedAt.Seconds, -62_135_596_800, 253_402_300_799) * TimeSpan.TicksPerSecond;
        return new SnapshotInfo(
            Ref(volume), DateTimeOffset.UnixEpoch.AddTicks(ticks + (Details.CreatedAt.Nanoseconds / 100)), 0, SnapshotState.Ready, Consistency.Crash)
        {
            ChangeToken = Token,
            ParentId = table is null ? null : ParentId(table),
            GroupId = File?.GroupId,
            Labels = File?.Labels ?? new Dictionary<string, string>(),
            Holds = File?.Holds ?? [],
            Warnings = Details.IsPristine ? File?.Warnings ?? [] : [.. File?.Warnings ?? [], "It was made writable and changed after it was cut, so that nothing can be compared with it."],
        };
    }

    private string? ParentId(SubvolumeTable table)
    {
        SubvolumeDetails? before = table.All
            .Where(each => each.IsReadOnly && each.ParentUuid == Details.ParentUuid && each.OriginTransaction < Details.OriginTransaction)
            .MaxBy(each => each.OriginTransaction);
        // The first one after a roll back or of a clone descends from what that was made of.
        before ??= table.Find(Details.ParentUuid) is { } source ? table.All.FirstOrDefault(each => each.IsReadOnly && each.Uuid == source.ParentUuid) : null;
        return before is null || before.Uuid == Guid.Empty ? null : SubvolumeTable.Text(before.Uuid);
    }
}
