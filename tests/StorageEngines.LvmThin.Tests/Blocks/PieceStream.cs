namespace StorageEngines.LvmThin.Tests.Blocks;

/// <summary>Bytes that come in pieces.</summary>
internal sealed class PieceStream(byte[] bytes, int piece) : MemoryStream(bytes, writable: false)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, piece)], cancellationToken);
}
