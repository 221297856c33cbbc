using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Has the system write a tree to the disk while more of it is still being made, so that less is left for the end. Proves nothing: whoever needs the tree
/// durable syncs once more when it is whole, and is told of failures then. Safe for several threads.
/// </summary>
/// <param name="tree">The tree's root.</param>
internal sealed class EarlySync(BytePath tree) : IAsyncDisposable
{
    private const long Step = 128 << 20;

    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;
    private long _next = Step;

    /// <summary>Told how many bytes are there; begins to sync now and then, unless it is still at it.</summary>
    internal void Consider(long bytes)
    {
        lock (_gate)
        {
            if (bytes >= _next && _running.IsCompleted)
            {
                _next = bytes + Step;
                _running = Task.Run(Sync);
            }
        }
    }

    /// <summary>Waits for what was begun.</summary>
    public async ValueTask DisposeAsync() => await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Sync()
    {
        using BeneathRoot root = BeneathRoot.Open(tree.Span);
        root.SyncAll();
    }
}
