namespace StorageEngines;

/// <summary>One path of a volume that differs now from a snapshot.</summary>
/// <param name="Kind">
/// What happened. <see cref="FileChangeKind.Content"/>: size or modification time of a file, or the target of a symbolic link, are others.
/// <see cref="FileChangeKind.Metadata"/> without it: mode, owner, extended attributes, or something that moved only the change time; that is also the case of a
/// file that was written to and got its modification time back, so that a snapshot reads it.
/// </param>
/// <param name="Path">The path now; for a removed one, in the base. Relative to the volume's root.</param>
public sealed record PendingChange(FileChangeKind Kind, BytePath Path)
{
    /// <summary>The path in the base with <see cref="FileChangeKind.Renamed"/>, else null. Default: null.</summary>
    public BytePath? OldPath { get; init; }

    /// <summary>The entry in the base; null if there is none or the engine does not have it at hand. Default: null.</summary>
    public TreeEntry? BaseEntry { get; init; }

    /// <summary>What the system says of it now; null if it is gone or the engine does not have it at hand. Its extended attributes are not read. Default: null.</summary>
    public TreeEntry? LiveEntry { get; init; }
}
