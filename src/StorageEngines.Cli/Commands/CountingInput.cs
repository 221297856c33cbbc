using StorageEngines.Streams;

namespace StorageEngines.Cli.Commands;

/// <summary>Counts what is read of a stream, forward only. Disposing it leaves the stream open.</summary>
internal sealed class CountingInput(Stream inner) : ReadOnlyStream
{
    /// <summary>Bytes read so far.</summary>
    internal long BytesRead { get; private set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int got = inner.Read(buffer);
        BytesRead += got;
        return got;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int got = await inner.ReadAsync(buffer, cancellationToken);
        BytesRead += got;
        return got;
    }
}
