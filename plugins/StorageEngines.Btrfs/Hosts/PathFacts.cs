using StorageEngines.Btrfs.Native;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>What is at a path that may be a volume, and what the places around it say of it.</summary>
/// <param name="Path">The path.</param>
internal sealed record PathFacts(BytePath Path)
{
    /// <summary>Why it cannot be looked at; null if it was.</summary>
    internal PosixException? Error { get; init; }

    /// <summary>Whether it is on Btrfs.</summary>
    internal bool IsBtrfs { get; init; }

    /// <summary>The kind of file system, for people.</summary>
    internal string FileSystemName { get; init; } = "";

    /// <summary>Whether something is mounted there.</summary>
    internal bool IsMountRoot { get; init; }

    /// <summary>The file system's id; only of a subvolume.</summary>
    internal Guid FileSystem { get; init; }

    /// <summary>The subvolume that it is the root of; null if it is none.</summary>
    internal SubvolumeDetails? Subvolume { get; init; }

    /// <summary>The directory that snapshots of it go to, whether or not it is there; not of a directory that is no subvolume.</summary>
    internal BytePath SnapshotRoot { get; init; }

    /// <summary>What volumes that were rolled back have noted there: the name of each one's directory, and its <c>.volume.json</c>.</summary>
    internal IReadOnlyList<Note> VolumeFiles { get; init; } = [];

    /// <summary>What a volume has noted.</summary>
    /// <param name="Origin">The first subvolume's uuid, which is the directory's name.</param>
    /// <param name="Content">The bytes of the file.</param>
    internal sealed record Note(Guid Origin, byte[] Content);
}
