namespace StorageEngines.EngineBenchmarks;

/// <summary>A seeded image of incompressible bytes. A change writes new bytes to 1 % of its blocks of 64 KiB, anywhere.</summary>
internal sealed class ImageWorkload(int mebibytes)
{
    private const int BlockBytes = 65_536;
    private const int Seed = 20261121;

    public long Bytes => (long)mebibytes << 20;

    private long Blocks => Bytes / BlockBytes;

    /// <summary>Blocks that a change touches.</summary>
    public int ChangedBlocks => (int)Math.Max(1, Blocks / 100);

    public void Create(string path)
    {
        var random = new Random(Seed);
        var content = new byte[1 << 20];
        using FileStream image = File.Create(path, bufferSize: 1);
        for (int i = 0; i < mebibytes; i++)
        {
            random.NextBytes(content);
            image.Write(content);
        }
    }

    /// <summary>Makes the changes of one round; each round touches other blocks, and the same round the same blocks in the same way.</summary>
    public void Change(string path, int round)
    {
        var random = new Random(Seed + 1 + round);
        var content = new byte[BlockBytes];
        var chosen = new SortedSet<long>();
        while (chosen.Count < ChangedBlocks)
        {
            chosen.Add(random.NextInt64(Blocks));
        }

        using FileStream image = File.OpenWrite(path);
        foreach (long block in chosen)
        {
            random.NextBytes(content);
            image.Position = block * BlockBytes;
            image.Write(content);
        }
    }
}
