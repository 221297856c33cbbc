namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>Opens the store for the upkeep: for reading as long as that takes, for writing in short whiles, and waits for other writers.</summary>
/// <param name="directory">The store.</param>
/// <param name="time">The clock.</param>
/// <param name="lockTimeout">How long to wait for other writers.</param>
/// <param name="turn">Writers of this process take turns by it, or null.</param>
/// <param name="step">Called at each step that changes the store; for tests.</param>
internal sealed class StoreSession(string directory, TimeProvider time, TimeSpan lockTimeout, SemaphoreSlim? turn = null, Action<string>? step = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The clock.</summary>
    internal TimeProvider Time => time;

    /// <summary>Opens it for reading.</summary>
    /// <exception cref="StorageEngineException">There is none, or it cannot be read.</exception>
    internal SnapshotStore Read() => SnapshotStore.Open(directory, StoreAccess.Read, create: false, time, step);

    /// <summary>Holds the writer's lock while something is done.</summary>
    /// <exception cref="StorageEngineException">Locked: somebody else held it for longer than is waited.</exception>
    internal void Write(Action<SnapshotStore> action, CancellationToken cancellationToken)
    {
        turn?.Wait(cancellationToken);
        try
        {
            using SnapshotStore store = Open(cancellationToken);
            action(store);
        }
        finally
        {
            turn?.Release();
        }
    }

    private SnapshotStore Open(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return SnapshotStore.Open(directory, StoreAccess.Write, create: false, time, step);
            }
            catch (StorageEngineException error) when (error.Reason == EngineReason.Locked && time.GetElapsedTime(start) < lockTimeout)
            {
                cancellationToken.WaitHandle.WaitOne(Pause);
            }
        }
    }
}
