namespace StorageEngines.Zfs.Differences;

/// <summary>A line of <c>zfs diff</c>.</summary>
/// <param name="Change">What happened: <c>M</c>, <c>+</c>, <c>-</c> or <c>R</c>.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="Path">The path where the file system is mounted; with <c>R</c> the old one.</param>
/// <param name="NewPath">The new path with <c>R</c>, else null.</param>
internal readonly record struct DiffLine(char Change, bool IsDirectory, BytePath Path, BytePath? NewPath);
