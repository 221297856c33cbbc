namespace StorageEngines;

/// <summary>One changed path. <see cref="FileChangeKind"/> says which kinds go together and what they mean.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Path">The path in the target; for a removed one, in the base. Relative to the volume's root.</param>
public sealed record FileChange(FileChangeKind Kind, BytePath Path)
{
    /// <summary>The path in the base with <see cref="FileChangeKind.Renamed"/>, else null. Each path of the base is the old one of at most one change. Default: null.</summary>
    public BytePath? OldPath { get; init; }

    /// <summary>
    /// The changed extents of a regular file with <see cref="FileChangeKind.Content"/> or <see cref="FileChangeKind.Added"/>; null if there are more
    /// than was asked for, or if they do not apply. Default: null.
    /// </summary>
    public IReadOnlyList<Extent>? Extents { get; init; }

    /// <summary>The entry in the base under <see cref="OldPath"/> or, without one, under the path; null if there is none or the engine does not have it at hand. Default: null.</summary>
    public TreeEntry? BaseEntry { get; init; }

    /// <summary>The entry in the target, if the engine has it at hand. Default: null.</summary>
    public TreeEntry? TargetEntry { get; init; }
}
