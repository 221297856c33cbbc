using System.Runtime.ExceptionServices;

namespace StorageEngines.Portable;

/// <summary>Runs parts of one work side by side.</summary>
internal static class WorkGroup
{
    /// <summary>How many workers are worth while where each works on both processor and disk.</summary>
    internal static int Workers => Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>Runs all parts to their end. The first failure stops the others and is what the caller gets.</summary>
    /// <param name="parts">The parts; each is given a token that tells it to stop.</param>
    /// <param name="cancellationToken">Stops all.</param>
    internal static async Task RunAsync(IEnumerable<Func<CancellationToken, Task>> parts, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken stopped = stop.Token;
        // A part that never has to wait would run to its end before the next one is even begun, unless each is begun on a thread of its own.
        List<Task> tasks = [.. parts.Select(part => Task.Run(() => part(stopped), CancellationToken.None))];
        Exception? first = null;
        while (tasks.Count > 0)
        {
            Task done = await Task.WhenAny(tasks).ConfigureAwait(false);
            tasks.Remove(done);
            try
            {
                await done.ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The first failure is the cause; what the others say after they were stopped is not.
                first ??= e;
                await stop.CancelAsync().ConfigureAwait(false);
            }
        }

        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
