using StorageEngines.Specification;

namespace StorageEngines.Testing.Tests.Specification;

internal sealed class InMemoryBlockWriter(InMemoryBlockVolume volume) : IBlockVolumeWriter
{
    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        volume.Write(offset, bytes.Span);
        return default;
    }

    public ValueTask<bool> DiscardAsync(long offset, long length, CancellationToken cancellationToken)
    {
        volume.Discard(offset, length);
        return new(true);
    }

    public ValueTask<bool> ResizeAsync(long capacityBytes, CancellationToken cancellationToken)
    {
        volume.Resize(capacityBytes);
        return new(true);
    }

    public ValueTask<byte[]> ReadAsync(CancellationToken cancellationToken) => new(volume.ReadAll());
}
