namespace StorageEngines;

/// <summary>Reads the bytes of a snapshot.</summary>
/// <remarks>Safe for use by several threads; a stream it returns is not.</remarks>
public interface ISnapshotReader : IEngineFeature
{
    /// <summary>Opens a block volume's snapshot, or one file of a tree's.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="path">Null for a block volume; the regular file's path on a tree.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A stream that can be read and sought, of the snapshot's or file's length. Holes read as zeroes.</returns>
    /// <exception cref="SnapshotNotFoundException">The snapshot is not there, or its data is gone.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.NotFound"/>: no such file; <see cref="EngineStatus.InvalidArgument"/>: not a regular file.</exception>
    /// <exception cref="CorruptDataException">On a read: the stored data is damaged.</exception>
    ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default);
}
