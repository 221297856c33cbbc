using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>W1: an incompressible image of 4 GiB; the change writes 655 blocks of 64 KiB and 1048 of 4 KiB anew, anywhere, none of them twice.</summary>
internal sealed class ImageWorkload
{
    private const int Large = 65_536;
    private const int Small = 4096;
    private const ulong Seed = 20261121;

    // With this one 9 of the 1703 blocks touch another one, so that they are 1694 ranges.
    private const int PlaceSeed = 2;

    private readonly List<Extent> _writes = [];

    /// <param name="scale">Divides all numbers.</param>
    public ImageWorkload(int scale)
    {
        Bytes = (4L << 30) / scale / Large * Large;
        var random = new Random(PlaceSeed);
        IReadOnlyList<int> large = SeededBytes.Draw(random, Math.Max(1, 655 / scale), (int)(Bytes / Large));
        HashSet<int> taken = [.. large];
        _writes.AddRange(large.Select(i => new Extent((long)i * Large, Large)));
        int small = Math.Max(1, 1048 / scale);
        _writes.AddRange(SeededBytes.Draw(random, 2 * small, (int)(Bytes / Small)).Where(i => !taken.Contains(i / (Large / Small))).Take(small).Select(i => new Extent((long)i * Small, Small)));
        Truth = ExtentAlgebra.Normalize(_writes);
    }

    public long Bytes { get; }

    /// <summary>What the change touches, merged.</summary>
    public IReadOnlyList<Extent> Truth { get; }

    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{Bytes:N0} incompressible bytes in one file; {_writes.Count(w => w.Length == Large)} blocks of 64 KiB and {_writes.Count(w => w.Length == Small)} of 4 KiB, anywhere, are written anew: {Truth.Count} ranges, {Truth.Sum(e => e.Length):N0} B.");

    public void Create(string path)
    {
        var content = new byte[1 << 20];
        using FileStream image = File.Create(path, bufferSize: 1);
        for (long at = 0; at < Bytes; at += Large)
        {
            int inBuffer = (int)(at % content.Length);
            SeededBytes.Fill(content.AsSpan(inBuffer, Large), SeededBytes.Seed(Seed, (ulong)at));
            if (inBuffer + Large == content.Length || at + Large == Bytes)
            {
                image.Write(content, 0, inBuffer + Large);
            }
        }
    }

    /// <summary>Makes the change.</summary>
    public void Change(string path)
    {
        using FileStream image = File.OpenWrite(path);
        var content = new byte[Large];
        foreach (Extent write in _writes)
        {
            Span<byte> block = content.AsSpan(0, (int)write.Length);
            SeededBytes.Fill(block, SeededBytes.Seed(Seed, (ulong)write.Offset, (ulong)write.Length));
            image.Position = write.Offset;
            image.Write(block);
        }
    }

    /// <summary>Takes the change back.</summary>
    public void Revert(string path)
    {
        using FileStream image = File.OpenWrite(path);
        var content = new byte[Large];
        foreach (long block in _writes.Select(w => w.Offset / Large * Large).Distinct())
        {
            SeededBytes.Fill(content, SeededBytes.Seed(Seed, (ulong)block));
            image.Position = block;
            image.Write(content);
        }
    }
}
