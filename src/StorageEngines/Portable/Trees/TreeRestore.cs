using StorageEngines.Portable.Trees;

namespace StorageEngines;

/// <summary>Restores a snapshot of a tree volume to a new directory of this machine. Stateless; safe for use by several threads with different destinations.</summary>
public static class TreeRestore
{
    /// <summary>
    /// Writes the tree under <c>NAME.seng-applying</c> beside the destination, makes it durable and gives it its name; then notes which snapshot it
    /// holds, so that differences can be applied to it. Content, holes, hard links, modes, owners (as root), extended attributes and times come back.
    /// </summary>
    /// <param name="engine">The snapshot's engine; it has to have <see cref="ITreeReader"/> and <see cref="ISnapshotReader"/>.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="destination">A directory that is not there yet, or is empty; absolute or relative to the current one.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ArgumentException">The options name one file.</exception>
    /// <exception cref="CapabilityNotSupportedException">The engine lacks a feature.</exception>
    /// <exception cref="CorruptDataException">The snapshot's data is damaged.</exception>
    /// <exception cref="StorageEngineException">The destination is taken, full or may not be written.</exception>
    public static Task<DifferentialSummary> RestoreAsync(
        IStorageEngine engine, SnapshotInfo snapshot, BytePath destination, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(snapshot);
        options ??= new RestoreOptions();
        if (options.Path is { } path)
        {
            throw new ArgumentException($"A tree is restored whole, not only '{path}'; one file is restored by BlockRestore.", nameof(options));
        }

        var source = TreeSource.Open(engine, null, snapshot, options.Progress);
        return Task.Run(() => new TreeRestorer(source, options).RunAsync(destination, cancellationToken), cancellationToken);
    }
}
