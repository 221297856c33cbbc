namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Bytes that come as from a pipe: they cannot be sought, and a read gives a part of what is asked for.</summary>
internal sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes, writable: false)
{
    private const int Most = 100_000;

    public override bool CanSeek => false;

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, Most)]);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, Most)], cancellationToken);
}
