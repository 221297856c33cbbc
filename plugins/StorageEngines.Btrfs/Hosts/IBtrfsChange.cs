using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>
/// The snapshot directories of one or more volumes, open for changes and locked until this is disposed. Each step is carried through once it has begun, and leaves after a failure, a crash
/// or a lost connection only what <see cref="Sweep"/> removes. One caller at a time.
/// </summary>
internal interface IBtrfsChange : IDisposable
{
    /// <summary>The directories, in the order in which they were asked for.</summary>
    IReadOnlyList<BytePath> Directories { get; }

    /// <summary>Removes what is left of snapshots that were begun or deleted halfway: directories without <c>data</c>, and halves of groups.</summary>
    void Sweep();

    /// <summary>Cuts a snapshot into a directory of its own. Where it fails nothing remains.</summary>
    /// <param name="place">The volume of the first directory; it is checked that it is still that one.</param>
    /// <param name="name">The name of the snapshot's directory. What a crash left there is removed.</param>
    /// <param name="info">What is noted of it.</param>
    /// <param name="cancellationToken">Gives up before it is cut.</param>
    void Cut(VolumePlace place, byte[] name, byte[] info, CancellationToken cancellationToken);

    /// <summary>Cuts a read-only snapshot into the first directory, under a name that <see cref="Sweep"/> removes; it is in no list. Who is done with it destroys it.</summary>
    /// <param name="place">The volume of the first directory; it is checked that it is still that one.</param>
    /// <param name="path">Where to; its name begins with <see cref="SnapshotStore.Unfinished"/>.</param>
    SubvolumeDetails Freeze(VolumePlace place, BytePath path);

    /// <summary>Deletes a snapshot and its directory.</summary>
    void Remove(SnapshotEntry snapshot);

    /// <summary>Writes what is noted of a snapshot, whole and durably.</summary>
    void WriteInfo(BytePath home, byte[] info);

    /// <summary>Writes which subvolumes have been the volume of the first directory, whole and durably.</summary>
    void WriteVolumeFile(byte[] content);

    /// <summary>Makes a writable snapshot of a snapshot.</summary>
    /// <returns>Its uuid.</returns>
    Guid MakeWritable(SnapshotEntry snapshot, BytePath path);

    /// <summary>Exchanges two subvolumes in one directory: the first gets the name of the second.</summary>
    void Exchange(BytePath fresh, BytePath live);

    /// <summary>Deletes a subvolume, if it is the one that is meant.</summary>
    void Destroy(BytePath path, Guid uuid);

    /// <summary>
    /// Receives a stream in the first directory, under an unfinished name in the snapshot's directory; <see cref="Publish"/> gives it its name, <see cref="Undo"/> removes it. When it
    /// returns it is whole, read-only, marked as received and on the device.
    /// </summary>
    /// <param name="request">The stream, and the snapshot's directory, which is there.</param>
    /// <param name="cancellationToken">Gives up soon, also where the sender is silent.</param>
    void Receive(ReceiveRequest request, CancellationToken cancellationToken);

    /// <summary>Makes the directories of a group's members, one in each directory, and notes the same in each.</summary>
    void MakeHomes(byte[] name, byte[] info);

    /// <summary>Cuts all volumes at once, under an unfinished name.</summary>
    /// <returns>The transaction that each was cut in.</returns>
    IReadOnlyList<ulong> CutTogether(IReadOnlyList<VolumePlace> places, byte[] name);

    /// <summary>Deletes what <see cref="CutTogether"/> made, and waits until all is on the device.</summary>
    void DropHalves(byte[] name);

    /// <summary>Gives what <see cref="CutTogether"/> made its name, durably.</summary>
    void Publish(byte[] name);

    /// <summary>Removes all of a group that did not come about.</summary>
    void Undo(byte[] name);
}
