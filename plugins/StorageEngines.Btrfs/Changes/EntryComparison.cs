namespace StorageEngines.Btrfs.Changes;

/// <summary>How an entry that both snapshots have differs.</summary>
/// <param name="Kind">Content, Metadata, LinkCount, or none.</param>
/// <param name="Extents">The changed extents with Content, unless there are too many or the base's size is not known.</param>
internal readonly record struct EntryComparison(FileChangeKind Kind, IReadOnlyList<Extent>? Extents)
{
    /// <summary>Compares.</summary>
    /// <param name="flags">What the stream said but for the content.</param>
    /// <param name="content">What it said of the content.</param>
    /// <param name="before">The entry in the base, if known.</param>
    /// <param name="after">The entry in the target, if known.</param>
    /// <param name="path">The path in the target.</param>
    /// <param name="maker">Makes the extents.</param>
    /// <param name="most">The most extents.</param>
    internal static EntryComparison Of(
        ObjectFlags flags, FileContent content, KnownEntry? before, KnownEntry? after, BytePath path, ExtentMaker maker, int most)
    {
        FileChangeKind kind = MetadataDiffers(flags, before, after) ? FileChangeKind.Metadata : 0;
        if (before is { Type: not TreeEntryType.Directory } old && after is { } now && old.Links != now.Links)
        {
            kind |= FileChangeKind.LinkCount;
        }

        if (content.IsEmpty && (before is null || after is null || before.Value.Type != TreeEntryType.File || before.Value.SizeBytes == after.Value.SizeBytes))
        {
            return new EntryComparison(kind, null);
        }

        long baseSize = before?.SizeBytes ?? -1;
        long targetSize = after?.SizeBytes ?? content.TargetSize(baseSize);
        if (baseSize < 0 || targetSize < 0)
        {
            return new EntryComparison(kind | FileChangeKind.Content, null);
        }

        IReadOnlyList<Extent>? extents = maker.Changed(content, baseSize, targetSize, path, most);
        return extents is { Count: 0 } && baseSize == targetSize
            ? new EntryComparison(kind, null)
            : new EntryComparison(kind | FileChangeKind.Content, extents);
    }

    /// <summary>Whether two entries are of different types, or devices of different numbers.</summary>
    internal static bool TypeDiffers(in KnownEntry a, in KnownEntry b) => a.Type != b.Type || a.Device != b.Device;

    private static bool MetadataDiffers(ObjectFlags flags, KnownEntry? before, KnownEntry? after)
    {
        if ((flags & ObjectFlags.Xattrs) != 0)
        {
            return true;
        }

        return (flags & ObjectFlags.Attributes) != 0
            && (before is not { } old || after is not { } now || (old.Mode, old.UserId, old.GroupId, old.ModifiedAt) != (now.Mode, now.UserId, now.GroupId, now.ModifiedAt));
    }
}
