using BenchmarkDotNet.Attributes;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.KernelBenchmarks;

/// <summary>What is done with each block that the fallback engine reads: the fast hash, the strong one, the search for cuts, compression. 64 MiB in pieces of 64 KiB.</summary>
[MemoryDiagnoser]
public class ChunkBenchmarks
{
    private const int Length = 64 << 20;
    private const int Block = 64 << 10;

    private readonly byte[] _noise = new byte[Length];
    private readonly byte[] _text = new byte[Length];
    private readonly byte[] _packed = new byte[Block];
    private readonly byte[] _plain = new byte[Block];
    private readonly byte[] _scratch = new byte[Block];
    private readonly KeyedXxh3 _hash = new(new byte[KeyedXxh3.SecretLength]);
    private readonly ChunkCutter _cutter = new(ChunkParameters.Default, new GearScanner(ChunkParameters.Default.GearSeed));
    private int _packedLength;
    private byte _codec;

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        random.NextBytes(_noise);
        for (int i = 0; i < Length; i++)
        {
            _text[i] = (byte)('a' + (Math.Min(random.Next(26), random.Next(26))));
        }

        _codec = BlockCodecs.Pack(_text.AsSpan(0, Block), _scratch, out ReadOnlySpan<byte> stored);
        stored.CopyTo(_packed);
        _packedLength = stored.Length;
    }

    [Benchmark]
    public int FastHash()
    {
        int all = 0;
        for (int at = 0; at < Length; at += Block)
        {
            all ^= _hash.Hash(_noise.AsSpan(at, Block)).GetHashCode();
        }

        return all;
    }

    [Benchmark]
    public ulong StrongHash()
    {
        ulong all = 0;
        for (int at = 0; at < Length; at += Block)
        {
            all ^= BlockId.Of(_noise.AsSpan(at, Block)).A;
        }

        return all;
    }

    [Benchmark]
    public int Cut()
    {
        int chunks = 0;
        _cutter.Reset();
        for (int at = 0; at < Length; chunks++)
        {
            at = _cutter.Cut(_noise, at);
        }

        return chunks;
    }

    [Benchmark]
    public long PackNoise() => Pack(_noise);

    [Benchmark]
    public long PackText() => Pack(_text);

    [Benchmark]
    public bool UnpackText()
    {
        bool whole = true;
        for (int at = 0; at < Length; at += Block)
        {
            whole &= BlockCodecs.Unpack(_codec, _packed.AsSpan(0, _packedLength), _plain);
        }

        return whole;
    }

    private long Pack(byte[] data)
    {
        long stored = 0;
        for (int at = 0; at < Length; at += Block)
        {
            BlockCodecs.Pack(data.AsSpan(at, Block), _scratch, out ReadOnlySpan<byte> some);
            stored += some.Length;
        }

        return stored;
    }
}
