namespace StorageEngines.Zfs.Differences;

/// <summary>How an object that is in both snapshots differs.</summary>
/// <param name="Kind">Content, metadata and number of names; none if it does not differ.</param>
/// <param name="IsOther">Whether it is another object under a number that was used again.</param>
internal sealed record ObjectDifference(FileChangeKind Kind, bool IsOther)
{
    /// <summary>The changed extents of a regular file; null if they are too many, or for what is none.</summary>
    internal IReadOnlyList<Extent>? Extents { get; init; }

    /// <summary>Compares both states of an object.</summary>
    /// <param name="before">In the base, with its birth.</param>
    /// <param name="after">In the target, with its birth.</param>
    /// <param name="changed">What the stream says of it; null if nothing.</param>
    /// <param name="mostExtents">The most extents that are wanted.</param>
    internal static ObjectDifference Compare((TreeEntry Entry, string? Born) before, (TreeEntry Entry, string? Born) after, ChangedObject? changed, int mostExtents)
    {
        TreeEntry old = before.Entry, now = after.Entry;
        bool isOther = old.Type != now.Type || old.DeviceMajor != now.DeviceMajor || old.DeviceMinor != now.DeviceMinor
            || (before.Born is { } wasBorn && after.Born is { } born && wasBorn != born);
        if (isOther)
        {
            return new ObjectDifference(FileChangeKind.None, true);
        }

        IReadOnlyList<Extent>? extents = now.Type != TreeEntryType.File || changed is null ? []
            : before.Born is null || after.Born is null ? Whole(now.SizeBytes) // It may be another one; then nothing of the old one is in it.
            : changed.Extents(old.SizeBytes, now.SizeBytes, mostExtents);
        bool sameContent = extents is { Count: 0 } && old.SizeBytes == now.SizeBytes && old.LinkTarget.Span.SequenceEqual(now.LinkTarget.Span);
        bool sameMetadata = old.Mode == now.Mode && old.UserId == now.UserId && old.GroupId == now.GroupId && old.ModifiedAt == now.ModifiedAt && old.Attributes.SequenceEqual(now.Attributes);
        bool sameLinks = now.Type == TreeEntryType.Directory || old.LinkCount == now.LinkCount;
        return new ObjectDifference(
            (sameContent ? 0 : FileChangeKind.Content) | (sameMetadata ? 0 : FileChangeKind.Metadata) | (sameLinks ? 0 : FileChangeKind.LinkCount), false) { Extents = extents };
    }

    /// <summary>All of a file.</summary>
    internal static IReadOnlyList<Extent> Whole(long size) => size == 0 ? [] : [new Extent(0, size)];
}
