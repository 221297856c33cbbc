using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync;

/// <summary>Opens the engine's store for one operation at a time. Safe for use by several threads.</summary>
internal sealed class StoreAccessor(string directory, TimeProvider time) : IDisposable
{
    /// <summary>The store's lock refuses a second writer at once; writers of this engine take turns before they come to it.</summary>
    internal SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The store's directory.</summary>
    internal string Directory => directory;

    /// <summary>The clock.</summary>
    internal TimeProvider Time => time;

    /// <summary>Opens it for reading; null if there is none yet.</summary>
    /// <exception cref="StorageEngineException">It may not be read, or is damaged or too new.</exception>
    internal SnapshotStore? TryOpenForReading()
    {
        try
        {
            return SnapshotStore.Open(directory, StoreAccess.Read, create: false, time);
        }
        catch (StorageEngineException e) when (e.Status == EngineStatus.NotFound)
        {
            return null;
        }
    }

    /// <summary>Opens it for writing.</summary>
    /// <param name="create">Make it if there is none.</param>
    /// <exception cref="StorageEngineException">Somebody else writes (Locked), or it may not be written.</exception>
    internal SnapshotStore OpenForWriting(bool create) => SnapshotStore.Open(directory, StoreAccess.Write, create, time);

    /// <summary>Opens it for writing; null if there is none yet.</summary>
    /// <exception cref="StorageEngineException">Somebody else writes (Locked), or it may not be written.</exception>
    internal SnapshotStore? TryOpenForWriting()
    {
        try
        {
            return OpenForWriting(create: false);
        }
        catch (StorageEngineException e) when (e.Status == EngineStatus.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Turn.Dispose();
}
