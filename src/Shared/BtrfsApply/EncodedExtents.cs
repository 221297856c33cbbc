using System.IO.Compression;
using System.Runtime.InteropServices;
using StorageEngines.Zstd;
using static StorageEngines.BtrfsStreams.BtrfsAttribute;

namespace StorageEngines.BtrfsStreams;

/// <summary>
/// Decodes the data of ENCODED_WRITE commands: zlib, Zstandard by the system's libzstd, LZO. Memory is two buffers of 128 KiB, whatever a stream says. Not thread-safe.
/// </summary>
internal sealed class EncodedExtents
{
    /// <summary>The most bytes that one extent decodes to: BTRFS_MAX_UNCOMPRESSED.</summary>
    internal const int MostBytes = 128 << 10;

    private const uint None = 0;
    private const uint Zlib = 1;
    private const uint Zstandard = 2;
    private const uint FirstLzo = 3;
    private const uint LastLzo = 7;

    private readonly byte[] _plain = new byte[MostBytes];
    private int _start;
    private int _length;
    private long _decodedAt = -1;

    /// <summary>The bytes of the file that the command read last writes; good until the next call.</summary>
    /// <param name="reader">The stream, after an ENCODED_WRITE.</param>
    /// <exception cref="CorruptDataException">The data does not decode to what the command says.</exception>
    /// <exception cref="StorageEngineException">It is encrypted, of an unknown kind, or libzstd is missing.</exception>
    internal ReadOnlySpan<byte> Decode(BtrfsSendReader reader)
    {
        if (_decodedAt != reader.CommandOffset)
        {
            _decodedAt = -1;
            Fill(reader);
            _decodedAt = reader.CommandOffset;
        }

        return _plain.AsSpan(_start, _length);
    }

    private void Fill(BtrfsSendReader reader)
    {
        long plain = reader.Size(UnencodedLength), start = reader.Size(UnencodedOffset), length = reader.Size(UnencodedFileLength);
        if (plain > MostBytes || start > plain || length > plain - start)
        {
            throw reader.Damaged($"bytes {start} to {start}+{length} of {plain} decoded ones are wanted; an extent has at most {MostBytes}");
        }

        if (reader.Has(Encryption) && reader.Number32(Encryption) != 0)
        {
            throw BtrfsCommandDispatcher.Unsupported(reader, $"the data is encrypted (kind {reader.Number32(Encryption)}); send it without '--compressed-data'");
        }

        (_start, _length) = ((int)start, (int)length);
        Span<byte> target = _plain.AsSpan(0, (int)plain);
        int got = DecodeInto(reader, reader.Has(Compression) ? reader.Number32(Compression) : None, reader.Bytes(Data), target);
        target[got..].Clear(); // An extent may decode to less: the rest is zeroes.
    }

    private int DecodeInto(BtrfsSendReader reader, uint kind, ReadOnlySpan<byte> data, Span<byte> target) => kind switch
    {
        None when data.Length <= target.Length => Copy(data, target),
        Zlib => Inflate(reader, data, target),
        Zstandard => Expand(reader, data, target),
        >= FirstLzo and <= LastLzo => LzoExtent.TryDecode(data, target, 4096 << (int)(kind - FirstLzo), out int got) ? got : throw Bad(reader, "LZO"),
        None => throw Bad(reader, "plain"),
        _ => throw BtrfsCommandDispatcher.Unsupported(reader, $"the data is compressed in a way that is not known (kind {kind}); send it without '--compressed-data'"),
    };

    private static int Copy(ReadOnlySpan<byte> data, Span<byte> target)
    {
        data.CopyTo(target);
        return data.Length;
    }

    private static unsafe int Inflate(BtrfsSendReader reader, ReadOnlySpan<byte> data, Span<byte> target)
    {
        try
        {
            fixed (byte* first = data)
            {
                using var source = new UnmanagedMemoryStream(first, data.Length);
                using var stream = new ZLibStream(source, CompressionMode.Decompress);
                int got = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
                return got < target.Length || stream.ReadByte() < 0 ? got : throw Bad(reader, "zlib");
            }
        }
        catch (InvalidDataException e)
        {
            throw Bad(reader, "zlib", e);
        }
    }

    private static int Expand(BtrfsSendReader reader, ReadOnlySpan<byte> data, Span<byte> target)
    {
        if (!ZstdLibrary.IsAvailable)
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"Btrfs send stream: byte {reader.CommandOffset}: the data is compressed by Zstandard, and {ZstdLibrary.Name} is not on this machine; install it (libzstd1 on Debian and Ubuntu), or send without '--compressed-data'.");
        }

        ref byte source = ref MemoryMarshal.GetReference(data);
        nuint frame = ZstdLibrary.FrameLength(ref source, (nuint)data.Length); // zeroes follow the frame up to the sector's end
        if (ZstdLibrary.IsError(frame) != 0)
        {
            throw Bad(reader, "Zstandard");
        }

        ZstdContext context = ZstdContext.Rent(compresses: false);
        try
        {
            nuint got = ZstdLibrary.Decompress(context, ref MemoryMarshal.GetReference(target), (nuint)target.Length, ref source, frame);
            return ZstdLibrary.IsError(got) == 0 ? (int)got : throw Bad(reader, "Zstandard");
        }
        finally
        {
            context.Return();
        }
    }

    private static CorruptDataException Bad(BtrfsSendReader reader, string kind, Exception? cause = null)
    {
        string detail = $"command {reader.Command}: its {kind} data does not decode to what the command says";
        return new CorruptDataException("Btrfs send stream", reader.CommandOffset, detail, cause);
    }
}
