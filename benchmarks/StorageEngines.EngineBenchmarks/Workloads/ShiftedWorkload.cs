using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>W3: a file of 1 GiB, the same with 7 insertions of 71,087 B in all, and an unrelated one of 256 MiB.</summary>
internal sealed class ShiftedWorkload(int scale)
{
    private const ulong Seed = 20261121;
    private const int Step = 1 << 20;

    private static readonly int[] _insertions = [1, 13, 511, 4096, 8191, 16_384, 41_891];

    public long Bytes => (1L << 30) / scale / Step * Step;

    public long UnrelatedBytes => Bytes / 4;

    public int InsertedBytes => _insertions.Sum();

    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{Bytes:N0} incompressible bytes; the new file has {_insertions.Length} insertions of {InsertedBytes:N0} B in all; an unrelated file has {UnrelatedBytes:N0} B.");

    /// <summary>The insertions: offsets in the new file.</summary>
    public IReadOnlyList<Extent> Truth
    {
        get
        {
            var random = new Random((int)Seed);
            List<long> at = [.. _insertions.Select(_ => random.NextInt64(Bytes)).Order()];
            long shift = 0;
            var truth = new List<Extent>();
            for (int i = 0; i < _insertions.Length; i++)
            {
                truth.Add(new Extent(at[i] + shift, _insertions[i]));
                shift += _insertions[i];
            }

            return truth;
        }
    }

    public void CreateOld(string path) => Create(path, Bytes, 1);

    public void CreateUnrelated(string path) => Create(path, UnrelatedBytes, 2);

    public void CreateNew(string old, string path)
    {
        using FileStream from = File.OpenRead(old);
        using FileStream to = File.Create(path);
        foreach (Extent insertion in Truth)
        {
            Copy(from, to, insertion.Offset - to.Position);
            var content = new byte[insertion.Length];
            SeededBytes.Fill(content, SeededBytes.Seed(Seed, (ulong)insertion.Length, 3));
            to.Write(content);
        }

        from.CopyTo(to, Step);
    }

    private static void Copy(FileStream from, FileStream to, long count)
    {
        var buffer = new byte[Step];
        while (count > 0)
        {
            int read = from.Read(buffer, 0, (int)Math.Min(count, buffer.Length));
            to.Write(buffer, 0, read);
            count -= read;
        }
    }

    private static void Create(string path, long bytes, ulong which)
    {
        var content = new byte[Step];
        using FileStream file = File.Create(path, bufferSize: 1);
        for (long at = 0; at < bytes; at += Step)
        {
            SeededBytes.Fill(content, SeededBytes.Seed(Seed, (ulong)at, which));
            file.Write(content);
        }
    }
}
