using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

public sealed class ChunkCutterTests
{
    private static readonly ChunkParameters Lengths = ChunkParameters.Default;
    private static readonly GearScanner Scanner = new(Lengths.GearSeed);

    [Fact]
    public void The_table_is_what_the_format_says()
    {
        ulong[] table = GearTable.Make(ChunkParameters.Default.GearSeed);
        Assert.Equal([0xBEB02B516520DD6D, 0x2AB077A12D417999], table[..2]);
        Assert.Equal(0xB302DFEECB11C51F, table[255]);
        // A run of one byte must not be cut everywhere: its hash, the sum of all shifts, is the negative of the byte's number.
        Assert.All(table, word => Assert.True(unchecked(0 - word) >= 1UL << 50));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 14)]
    [InlineData((1 << 14) + 1)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public void Cuts_are_those_of_the_plain_definition(int length)
    {
        byte[] data = StoreScratch.Random(length, length + 5);
        Assert.Equal(Plain(data), Cut(data));
    }

    [Fact]
    public void Lengths_keep_to_their_limits_and_average()
    {
        List<int> ends = Cut(StoreScratch.Random(64 << 20, 3));
        int[] lengths = [.. ends.Zip(ends.Prepend(0), (end, start) => end - start)];
        Assert.All(lengths[..^1], one => Assert.InRange(one, Lengths.Min, Lengths.Max));
        Assert.InRange(lengths.Average(), 60_000, 85_000);
        Assert.True(lengths.Count(one => one == Lengths.Max) < lengths.Length / 100);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x41)]
    [InlineData(0xFF)]
    public void A_run_of_one_byte_is_cut_at_the_greatest_length(byte value)
    {
        var data = new byte[1_000_000];
        data.AsSpan().Fill(value);
        Assert.Equal([Lengths.Max, 2 * Lengths.Max, 3 * Lengths.Max, 1_000_000], Cut(data));
    }

    [Fact]
    public void An_insertion_moves_the_cuts_behind_it_and_changes_few()
    {
        byte[] data = StoreScratch.Random(8 << 20, 4);
        byte[] longer = [.. data.AsSpan(0, 3_000_000), 1, 2, 3, 4, 5, .. data.AsSpan(3_000_000)];
        HashSet<int> before = [.. Cut(data)], after = [.. Cut(longer)];
        Assert.True(before.Where(end => end < 3_000_000).All(after.Contains));
        int lost = before.Count(end => end > 3_000_000 && !after.Contains(end + 5));
        Assert.InRange(lost, 0, 4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_buffer_that_moves_along_gives_the_same_cuts(int seed)
    {
        byte[] data = StoreScratch.Random(5_000_000, seed);
        var random = new Random(seed);
        var cutter = new ChunkCutter(Lengths, Scanner);
        var ends = new List<int>();
        int from = 0, to = 0, start = 0;
        while (start < data.Length)
        {
            if (to < data.Length && to - start < Lengths.Max)
            {
                cutter.Moved(start - from);
                from = start;
                to = Math.Min(data.Length, start + Lengths.Max + random.Next(1, 1 << 20));
            }
            start = from + cutter.Cut(data.AsSpan(from..to), start - from);
            ends.Add(start);
        }
        Assert.Equal(Plain(data), ends);
    }

    private static List<int> Cut(ReadOnlySpan<byte> data)
    {
        var cutter = new ChunkCutter(Lengths, Scanner);
        var ends = new List<int>();
        for (int start = 0; start < data.Length;)
            ends.Add(start = cutter.Cut(data, start));
        return ends;
    }

    // As docs/store-format.md has it, byte by byte.
    private static List<int> Plain(byte[] data)
    {
        ulong[] table = GearTable.Make(Lengths.GearSeed);
        var ends = new List<int>();
        for (int start = 0; start < data.Length;)
        {
            int end = Math.Min(start + Lengths.Min, data.Length);
            while (end < data.Length && end - start < Lengths.Max)
            {
                ulong hash = 0;
                for (int i = end - 64; i < end; i++)
                    hash = unchecked((hash << 1) + table[data[i]]);
                if (hash >> (64 - (end - start < Lengths.Average ? 18 : 14)) == 0)
                    break;
                end++;
            }
            ends.Add(start = end);
        }
        return ends;
    }
}
