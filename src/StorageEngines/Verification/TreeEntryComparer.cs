namespace StorageEngines;

/// <summary>Says whether what a file diff leaves unsaid is the same in base and target.</summary>
internal static class TreeEntryComparer
{
    /// <summary>The first attribute that differs without being listed, or null.</summary>
    internal static string? Difference(TreeEntry before, TreeEntry after, FileChangeKind listed)
    {
        bool content = listed.HasFlag(FileChangeKind.Content);
        bool metadata = listed.HasFlag(FileChangeKind.Metadata);
        return before.Type != after.Type ? Unsaid($"type ({before.Type}, now {after.Type})")
            : !content && before.SizeBytes != after.SizeBytes && after.Type == TreeEntryType.File ? Unsaid($"size ({before.SizeBytes}, now {after.SizeBytes} bytes)")
            : !content && !before.LinkTarget.Span.SequenceEqual(after.LinkTarget.Span) ? Unsaid("link target")
            : !metadata && before.Mode != after.Mode ? Unsaid($"mode ({Convert.ToString(before.Mode, 8)}, now {Convert.ToString(after.Mode, 8)})")
            : !metadata && (before.UserId, before.GroupId) != (after.UserId, after.GroupId) ? Unsaid("owner")
            : !metadata && !content && before.ModifiedAt != after.ModifiedAt ? Unsaid($"modification time ({before.ModifiedAt}, now {after.ModifiedAt})")
            : !metadata && !before.Attributes.SequenceEqual(after.Attributes) ? Unsaid("extended attributes")
            : (before.DeviceMajor, before.DeviceMinor) != (after.DeviceMajor, after.DeviceMinor) && !metadata && !content ? Unsaid("device number")
            : after.Type != TreeEntryType.Directory && before.LinkCount != after.LinkCount && !listed.HasFlag(FileChangeKind.LinkCount) ? Unsaid("number of links")
            : null;
    }

    private static string Unsaid(string what) => $"{what} differs, but is not reported as changed";
}
