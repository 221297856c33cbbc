namespace StorageEngines.LvmThin.Tests.Streams;

/// <summary>Bytes that come in pieces, and maybe a failure at their end.</summary>
internal sealed class PieceStream(byte[] bytes, int piece, Exception? end = null) : MemoryStream(bytes, writable: false)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await base.ReadAsync(buffer[..Math.Min(buffer.Length, piece)], cancellationToken);
        return count == 0 && end is not null ? throw end : count;
    }
}
