namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>A sender that falls silent: gives so many bytes, and then none until it is cancelled.</summary>
internal sealed class StallingStream(byte[] bytes, int after) : MemoryStream(bytes, 0, after, writable: false)
{
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the reader waits.</summary>
    internal Task Stalled => _stalled.Task;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position < Length)
        {
            return await base.ReadAsync(buffer, cancellationToken);
        }

        _stalled.TrySetResult();
        await new TaskCompletionSource().Task; // never, as a pipe that nobody writes to; the token does not reach it
        return 0;
    }
}
