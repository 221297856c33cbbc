namespace StorageEngines;

/// <summary>What happened to a path; several at once are possible.</summary>
[Flags]
public enum FileChangeKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The path is new, or something else than before is under it (together with <see cref="Removed"/>).</summary>
    Added = 1,

    /// <summary>The path is gone.</summary>
    Removed = 2,

    /// <summary>Bytes or size of a regular file, or the target of a symbolic link.</summary>
    Content = 4,

    /// <summary>Mode, owner, times or extended attributes.</summary>
    Metadata = 8,

    /// <summary>What is under the path was under <see cref="FileChange.OldPath"/> before.</summary>
    Renamed = 16,

    /// <summary>The number of the file's names changed.</summary>
    LinkCount = 32,

    /// <summary>Another type is under the path now, e.g. a directory instead of a file (together with <see cref="Removed"/> and <see cref="Added"/>).</summary>
    Type = 64,
}
