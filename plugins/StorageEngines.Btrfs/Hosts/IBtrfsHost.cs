using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>
/// How the engine asks and changes a host: this machine by system calls, or another one by programs over SSH. What to ask, and what follows from it, is the engine's; nothing here decides.
/// Questions that belong together are one call, because each may be a way to another machine. Calls block; those of another machine end soon after the token is cancelled.
/// Errors of the host are <see cref="PosixException"/>s on both; a lost connection is a <see cref="StorageCommandException"/>. Safe for use by several threads.
/// </summary>
internal interface IBtrfsHost : IAsyncDisposable
{
    /// <summary>Whether it is this machine.</summary>
    bool IsLocal { get; }

    /// <summary>Says what the host can do.</summary>
    HostFacts Probe(CancellationToken cancellationToken);

    /// <summary>Where Btrfs is mounted.</summary>
    IReadOnlyList<BytePath> Mounts(CancellationToken cancellationToken);

    /// <summary>Looks at paths that may be volumes.</summary>
    /// <param name="paths">Absolute paths.</param>
    /// <param name="snapshotRoot">Where snapshots are kept; null for the default places.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One answer for each path, in the same order. What cannot be looked at has an error.</returns>
    IReadOnlyList<PathFacts> Look(BytePath[] paths, BytePath? snapshotRoot, CancellationToken cancellationToken);

    /// <summary>Reads the table of a file system's subvolumes.</summary>
    /// <param name="at">A directory on it.</param>
    /// <param name="only">The file system that it has to be; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The table, which the caller disposes; null if it may not be read, or the path is not on that file system.</returns>
    SubvolumeTable? TryReadTable(BytePath at, Guid? only, CancellationToken cancellationToken);

    /// <summary>Looks into directories of snapshots.</summary>
    /// <param name="homes">The directories.</param>
    /// <param name="table">What is known of the subvolumes already; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One answer for each, in the same order.</returns>
    IReadOnlyList<HomeFacts> ReadHomes(BytePath[] homes, SubvolumeTable? table, CancellationToken cancellationToken);

    /// <summary>Adds what the table did not tell of snapshots that others made.</summary>
    IReadOnlyList<SnapshotEntry> Complete(IReadOnlyList<SnapshotEntry> snapshots, CancellationToken cancellationToken);

    /// <summary>Reads the <c>.volume.json</c> of a snapshot directory; null if there is none.</summary>
    byte[]? TryReadVolumeFile(BytePath snapshotDirectory, CancellationToken cancellationToken);

    /// <summary>The names of the directories in a directory; none if it is not there.</summary>
    IReadOnlyList<byte[]> Directories(BytePath path, CancellationToken cancellationToken);

    /// <summary>Opens the snapshot directories of volumes for changes, and locks them against other writers. They are made if they are not there.</summary>
    /// <param name="places">The volumes, in an order that is the same for every caller.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageEngineException">Locked: another process changes one of them.</exception>
    IBtrfsChange Begin(IReadOnlyList<VolumePlace> places, CancellationToken cancellationToken);

    /// <summary>Opens a snapshot directory that is there.</summary>
    /// <exception cref="StorageEngineException">Locked: another process changes it.</exception>
    IBtrfsChange Begin(BytePath snapshotDirectory, CancellationToken cancellationToken);

    /// <summary>Makes a writable snapshot of a snapshot.</summary>
    /// <param name="snapshot">The snapshot; it is checked that it is still that one.</param>
    /// <param name="location">Where nothing is yet.</param>
    /// <param name="cancellationToken">Gives up before it is made.</param>
    void Clone(SnapshotEntry snapshot, BytePath location, CancellationToken cancellationToken);

    /// <summary>Deletes the subvolume of a snapshot, and nothing beside it. What is gone already is no fault.</summary>
    /// <exception cref="SnapshotInUseException">It is mounted, or being sent.</exception>
    void Destroy(SnapshotEntry snapshot, CancellationToken cancellationToken);

    /// <summary>Opens two snapshots to be compared.</summary>
    /// <param name="from">The base.</param>
    /// <param name="to">The target.</param>
    /// <param name="asked">How the target was asked for.</param>
    /// <param name="cancellationToken">Ends whatever the pair does.</param>
    /// <exception cref="ChangeTrackingUnavailableException">The base is gone.</exception>
    /// <exception cref="SnapshotNotFoundException">The target is gone.</exception>
    SnapshotPair Compare(SnapshotEntry from, SnapshotEntry to, SnapshotRef asked, CancellationToken cancellationToken);

    /// <summary>Finds the data of a file in a snapshot. What was preallocated and not written counts as a hole.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="path">The file.</param>
    /// <param name="asked">How the snapshot was asked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    IFileData OpenData(SnapshotEntry snapshot, BytePath path, SnapshotRef asked, CancellationToken cancellationToken);

    /// <summary>What lists a snapshot's files.</summary>
    ITreeReader TreeReader(SnapshotCatalog catalog);

    /// <summary>What reads a snapshot's files.</summary>
    ISnapshotReader SnapshotReader(SnapshotCatalog catalog);

    /// <summary>Opens a snapshot to be sent.</summary>
    /// <param name="from">The base; null for a full stream.</param>
    /// <param name="to">The target.</param>
    /// <param name="asked">How the target was asked for.</param>
    /// <param name="cancellationToken">Ends whatever it does.</param>
    ISendSource OpenSource(SnapshotEntry? from, SnapshotEntry to, SnapshotRef asked, CancellationToken cancellationToken);

    /// <summary>Adds what the table does not tell of a snapshot: its last change, and what its sender told. Null if another one is there.</summary>
    SubvolumeDetails? Precise(SubvolumeDetails snapshot, BytePath path, CancellationToken cancellationToken);

    /// <summary>Writes a volume back, and says then what the file system knows of it.</summary>
    /// <exception cref="VolumeNotFoundException">Another one is in its place.</exception>
    SubvolumeDetails WrittenBack(VolumePlace place, CancellationToken cancellationToken);

    /// <summary>Says whether a volume holds nothing, the place of snapshots aside.</summary>
    bool IsEmpty(VolumePlace place);

    /// <summary>The warning for those who have files of a volume open while it is rolled back; null if there is nobody. A host that cannot look says it always.</summary>
    string? WarnOfOpenFiles(VolumePlace place)
        => $"who has files or directories of '{place.Location}' open goes on with its old state, and what is written there is lost: restart them";
}
