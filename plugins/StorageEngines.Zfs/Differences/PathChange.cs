namespace StorageEngines.Zfs.Differences;

/// <summary>A change of a path, without its extents.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Path">The path in the target; of what was removed, in the base.</param>
/// <param name="OldPath">The path in the base, if it was renamed.</param>
/// <param name="Number">The object that has it in the target; of what was removed, in the base.</param>
internal sealed record PathChange(FileChangeKind Kind, BytePath Path, BytePath? OldPath, ulong Number)
{
    /// <summary>With <see cref="FileChangeKind.Added"/>, whether the object was not in the base, so that what the stream says of it is all there is of it.</summary>
    internal bool IsNewObject { get; init; }
}
