namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>Counts the bytes that commands of another host bring over.</summary>
internal sealed class MeteredRunner(ICommandRunner inner) : ICommandRunner
{
    private long _bytes;

    public string Host => inner.Host;

    public bool IsLocal => inner.IsLocal;

    /// <summary>Bytes of standard output that were read since the last reset.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    public async ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
        => new Metered(this, await inner.StartAsync(request, cancellationToken));

    internal void Reset() => Interlocked.Exchange(ref _bytes, 0);

    private sealed class Metered(MeteredRunner owner, ICommandExecution inner) : ICommandExecution
    {
        public Stream StandardOutput { get; } = new MeteredStream(owner, inner.StandardOutput);

        public Task<CommandExit> Completion => inner.Completion;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class MeteredStream(MeteredRunner owner, Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

        public override int Read(Span<byte> buffer) => Count(inner.Read(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Count(await inner.ReadAsync(buffer, cancellationToken));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Count(int bytes)
        {
            Interlocked.Add(ref owner._bytes, bytes);
            return bytes;
        }
    }
}
