namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>A stream that does something after some of its bytes, and stays silent then.</summary>
internal sealed class InterruptedStream(byte[] bytes, int until, Func<Task> then) : MemoryStream(bytes, 0, until)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int got = await base.ReadAsync(buffer, cancellationToken);
        if (got == 0)
        {
            await then();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        return got;
    }
}
