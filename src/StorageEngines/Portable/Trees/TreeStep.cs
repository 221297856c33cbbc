namespace StorageEngines.Portable.Trees;

/// <summary>One name that goes, comes or moves; or one name of a file with several.</summary>
internal sealed class TreeStep
{
    /// <summary>Where it is in the base, or null.</summary>
    internal BytePath? BasePath { get; set; }

    /// <summary>Where it is in the target, or null.</summary>
    internal BytePath? TargetPath { get; init; }

    internal TreeEntryType BaseType { get; set; }

    internal TreeEntryType TargetType { get; init; }

    internal ulong BaseFileId { get; set; }

    internal ulong TargetFileId { get; init; }

    internal uint TargetLinks { get; init; }

    /// <summary>The base has nothing for it.</summary>
    internal bool IsNew { get; set; }

    /// <summary>It has to be moved itself; it does not come along with a directory above it.</summary>
    internal bool Moves { get; set; }

    /// <summary>What is in the base goes, and something new comes in its place.</summary>
    internal bool Recreate { get; set; }

    /// <summary>The name it has while everything is moved about, or null.</summary>
    internal BytePath? Orphan { get; set; }

    /// <summary>It is in the base and not kept.</summary>
    internal bool Removes => BasePath is not null && (TargetPath is null || Recreate);

    /// <summary>It is in the target and not in the base.</summary>
    internal bool Creates => TargetPath is not null && (BasePath is null || Recreate);

    /// <summary>It stays the same file, under this name or another.</summary>
    internal bool Survives => BasePath is not null && TargetPath is not null && !Recreate;

    internal bool IsTargetDirectory => TargetPath is not null && TargetType == TreeEntryType.Directory;
}
