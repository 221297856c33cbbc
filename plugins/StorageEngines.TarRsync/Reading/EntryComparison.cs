using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Reading;

/// <summary>How two entries differ, and whether they are one file.</summary>
internal static class EntryComparison
{
    /// <summary>Whether both are the same file of the file system: same inode and, where known, same birth.</summary>
    internal static bool IsSameFile(in ManifestEntry a, in ManifestEntry b) =>
        a.Inode == b.Inode && a.DeviceMajor == b.DeviceMajor && a.DeviceMinor == b.DeviceMinor && a.Type == b.Type
        && (a.BirthTime is null || b.BirthTime is null || a.BirthTime == b.BirthTime);

    /// <summary>
    /// Whether a name that went and a name that came are one file that was renamed. An inode number is used again after a file is deleted; where
    /// the time of birth cannot tell, the content or, for a directory, the numbers alone have to.
    /// </summary>
    internal static bool IsRename(in ManifestEntry before, in ManifestEntry after)
    {
        if (before.Inode == 0 || !IsSameFile(in before, in after))
            return false;
        if (before.BirthTime is not null && after.BirthTime is not null)
            return true;
        return before.Type == TreeEntryType.Directory || (!after.IsLive && before.ModifiedAt == after.ModifiedAt && !ContentDiffers(in before, in after));
    }

    /// <summary>Says what differs between two entries of one type.</summary>
    /// <param name="before">The older one.</param>
    /// <param name="after">The newer one; if it is live, its attributes are not known, and a ctime that moved says that they may differ.</param>
    /// <param name="renamed">The name changed, which moves the ctime by itself.</param>
    internal static FileChangeKind Compare(in ManifestEntry before, in ManifestEntry after, bool renamed = false)
    {
        FileChangeKind kind = ContentDiffers(in before, in after) ? FileChangeKind.Content : FileChangeKind.None;
        bool sameMetadata = before.Mode == after.Mode && before.UserId == after.UserId && before.GroupId == after.GroupId
            && before.ModifiedAt == after.ModifiedAt && (after.IsLive || SameAttributes(before.Attributes, after.Attributes));
        bool sameNames = after.Type == TreeEntryType.Directory || before.LinkCount == after.LinkCount;
        sameMetadata &= !after.IsLive || before.ChangedAt == after.ChangedAt || renamed || !sameNames;
        kind |= sameMetadata ? FileChangeKind.None : FileChangeKind.Metadata;
        return kind | (sameNames ? FileChangeKind.None : FileChangeKind.LinkCount);
    }

    /// <summary>Whether one path now holds something that cannot be made from what was there.</summary>
    internal static bool TypeDiffers(in ManifestEntry before, in ManifestEntry after)
        => before.Type != after.Type || before.NodeMajor != after.NodeMajor || before.NodeMinor != after.NodeMinor;

    /// <summary>The changed extents of a regular file, or null if there are more than <paramref name="most"/>.</summary>
    internal static IReadOnlyList<Extent>? Extents(in ManifestEntry before, in ManifestEntry after, int most)
    {
        if (after.Type != TreeEntryType.File || after.IsLive)
            return null;
        List<Extent> extents = [.. ContentDelta.Changed(before.Content, before.Size, after.Content, after.Size, 0).Take(most == int.MaxValue ? most : most + 1)];
        return extents.Count > most ? null : extents;
    }

    private static bool ContentDiffers(in ManifestEntry before, in ManifestEntry after)
    {
        if (after.Type == TreeEntryType.SymbolicLink)
            return !before.LinkTarget.Span.SequenceEqual(after.LinkTarget.Span);
        if (after.Type != TreeEntryType.File)
            return false;
        if (before.Size != after.Size)
            return true;
        if (after.IsLive)
            return before.ModifiedAt != after.ModifiedAt || before.ChangedWhileRead || before.ChangedAt == default;
        if (!before.Content.IsFramed && before.Content.Encoded.Span.SequenceEqual(after.Content.Encoded.Span))
            return false;
        return ContentDelta.Changed(before.Content, before.Size, after.Content, after.Size, 0).Any();
    }

    private static bool SameAttributes(IReadOnlyList<ExtendedAttribute>? a, IReadOnlyList<ExtendedAttribute>? b)
    {
        if ((a?.Count ?? 0) != (b?.Count ?? 0))
            return false;
        for (int i = 0; i < (a?.Count ?? 0); i++)
        {
            if (!a![i].Equals(b![i]))
                return false;
        }
        return true;
    }
}
