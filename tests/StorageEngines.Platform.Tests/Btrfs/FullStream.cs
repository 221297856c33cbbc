namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>A receiver that takes nothing more: waits in its first write until it is cancelled.</summary>
internal sealed class FullStream : MemoryStream
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the writer waits.</summary>
    internal Task Reached => _reached.Task;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reached.TrySetResult();
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
