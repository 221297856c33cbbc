using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>One step of a walk; good as long as its directory's listing is.</summary>
internal readonly ref struct WalkEntry(ReadOnlySpan<byte> path, ref readonly FileStatus status, WalkDirectory directory, bool isBoundary)
{
    /// <summary>What statx said.</summary>
    internal readonly ref readonly FileStatus Status = ref status;

    /// <summary>The path from the root; empty for the root.</summary>
    internal ReadOnlySpan<byte> Path { get; } = path;

    /// <summary>The name in <see cref="Directory"/>; <c>.</c> for the root.</summary>
    internal ReadOnlySpan<byte> Name => Path.IsEmpty ? "."u8 : Path[(Path.LastIndexOf((byte)'/') + 1)..];

    /// <summary>The open directory that holds the entry; for the root, the root itself.</summary>
    internal WalkDirectory Directory { get; } = directory;

    /// <summary>Something else is mounted here; it is not entered.</summary>
    internal bool IsBoundary { get; } = isBoundary;
}
