namespace StorageEngines.Btrfs.Hosts;

/// <summary>Runs calls that block, away from the caller's thread unless the caller chose otherwise.</summary>
internal static class Offload
{
    /// <summary>
    /// Runs it on the thread pool; or by the task scheduler that the caller runs under: a program of one command has nothing else to do, and a scheduler that runs
    /// tasks at once saves it the threads and the making of everything that waits for them. That of a user interface is never taken.
    /// </summary>
    /// <param name="work">What blocks.</param>
    /// <param name="cancellationToken">Keeps it from beginning.</param>
    internal static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
        => Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, SynchronizationContext.Current is null ? TaskScheduler.Current : TaskScheduler.Default);
}
