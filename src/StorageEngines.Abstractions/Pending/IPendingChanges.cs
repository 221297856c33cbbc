namespace StorageEngines;

/// <summary>
/// How a volume differs now from a snapshot of it, and what the next snapshot would read. Nothing is kept: an engine whose snapshots cost nothing may take one, which is in no
/// list, and delete it before the query ends.
/// </summary>
/// <remarks>Safe for use by several threads; works while the volume is busy, and then tells of each file how it was when it was looked at.</remarks>
public interface IPendingChanges : IEngineFeature
{
    /// <summary>
    /// Lists every path that a snapshot taken now would not take over as it was, by what the system says of it and without reading its content. Kinds, renames and
    /// what is left out below a renamed directory are as in <see cref="IFileDiff.DiffAsync"/>, and every path that the file diff to a snapshot taken at this moment
    /// would list is listed. It may list more: what has another time but the same content is seen only by the snapshot, which reads it.
    /// </summary>
    /// <param name="query">What is asked.</param>
    /// <param name="cancellationToken">Ends the query; nothing is left behind.</param>
    /// <returns>
    /// The changes; none if nothing changed. A block volume has one path, the root, which is listed if the image may have changed, and always for a device. The
    /// normal end means that all were listed.
    /// </returns>
    /// <exception cref="VolumeNotFoundException">The volume is not there, or another one is in its place.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">There is no such snapshot to compare with, or none at all: the next snapshot reads everything.</exception>
    /// <exception cref="LineageBrokenException">The base is a snapshot of another volume.</exception>
    /// <exception cref="CorruptDataException">What is kept of the base is damaged.</exception>
    IAsyncEnumerable<PendingChange> ListAsync(PendingChangesQuery query, CancellationToken cancellationToken = default);
}
