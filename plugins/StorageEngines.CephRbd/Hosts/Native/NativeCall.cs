namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Runs calls that block, each on a thread of its own: a cluster that does not answer holds none of the pool's threads.</summary>
internal static class NativeCall
{
    /// <summary>
    /// Runs a call. If the caller gives up, it goes on without him until the cluster answers or the time-out ends it, and what it brings then is given back.
    /// </summary>
    /// <param name="work">What blocks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        Task<T> task = Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        try
        {
            return await task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!task.IsCompleted)
        {
            _ = task.ContinueWith(Abandon, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    // Whoever asked has gone; a failure tells nobody anything, and what was opened is closed.
    private static void Abandon<T>(Task<T> task)
    {
        if (task.Exception is null && task.Result is IDisposable opened)
        {
            opened.Dispose();
        }
    }
}
