namespace StorageEngines.Tests.Portable.Rolling;

public sealed class RollingDeltaTests
{
    [Theory]
    [InlineData(16 << 20)]
    [InlineData(100_000)]
    [InlineData(5_000)]
    public async Task Random_edits_come_back_byte_for_byte(int segmentBytes)
    {
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            byte[] from = RandomEdits.Make(random, random.Next(random.Next(2) == 0 ? 2000 : 300_000));
            await DeltaRounds.CheckAsync(from, RandomEdits.Edit(random, from), segmentBytes);
        }
    }

    [Fact]
    public async Task What_is_new_is_exactly_what_was_inserted()
    {
        var random = new Random(3);
        byte[] from = RandomEdits.Bytes(random, 20 << 20);
        List<byte> to = [.. from];
        int[] lengths = [1, 4096, 777, 60_000, 5_000, 213, 1_000];
        for (int i = 0; i < lengths.Length; i++)
        {
            // The inserted bytes differ from their neighbours at both ends, so that no byte can be taken for one of the base.
            int at = (i + 1) * (to.Count / 9);
            byte[] inserted = RandomEdits.Bytes(random, lengths[i]);
            inserted[0] = (byte)(to[at] ^ 1);
            inserted[^1] = (byte)(lengths[i] == 1 ? to[at] ^ to[at - 1] ^ 0xFF : to[at - 1] ^ 1);
            to.InsertRange(at, inserted);
        }

        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(from, [.. to], 1 << 20);
        Assert.InRange(summary.NewBytes, lengths.Sum() - 2, lengths.Sum());
        Assert.Equal(15, summary.Commands);
        Assert.InRange(summary.DeltaBytes, summary.NewBytes, summary.NewBytes + 400);
    }

    [Fact]
    public async Task Overwritten_blocks_cost_no_more_than_their_bytes()
    {
        var random = new Random(4);
        byte[] from = RandomEdits.Bytes(random, 8 << 20);
        byte[] to = [.. from];
        for (int i = 0; i < 40; i++)
        {
            random.NextBytes(to.AsSpan((i * 200_000) + 777, 4096));
        }

        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(from, to);
        Assert.InRange(summary.NewBytes, 40 * 4000, 40 * 4096);
    }

    [Fact]
    public async Task Moved_and_swapped_parts_are_copied()
    {
        byte[] from = RandomEdits.Bytes(new Random(5), 12 << 20);
        const int Third = 4 << 20;
        byte[] to = [.. from.AsSpan(2 * Third), .. from.AsSpan(Third, Third), .. from.AsSpan(0, Third), .. from.AsSpan(12345, 3 << 20)];
        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(from, to, 1 << 20);
        Assert.Equal(0, summary.NewBytes);
    }

    [Fact]
    public async Task Shuffled_parts_are_found_wherever_they_are()
    {
        var random = new Random(9);
        byte[] from = RandomEdits.Bytes(random, 10_000_000);
        byte[][] parts = [.. from.Chunk(50_000)];
        random.Shuffle(parts);
        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(from, [.. parts.SelectMany(part => part)], 1 << 20);
        Assert.InRange(summary.NewBytes, 0, 20_000);
    }

    [Fact]
    public async Task Many_small_removals_leave_no_new_data()
    {
        var random = new Random(10);
        List<string> lines = [.. Enumerable.Range(0, 60_000).Select(i => $"2026-11-21 {i:d6} request {random.Next():x8} took {random.Next(5000)} ms\n")];
        byte[] from = System.Text.Encoding.ASCII.GetBytes(string.Concat(lines));
        byte[] to = System.Text.Encoding.ASCII.GetBytes(string.Concat(lines.Where(_ => random.Next(100) > 0)));
        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(from, to, 1 << 20);
        Assert.InRange(summary.NewBytes, 0, 5_000);
    }

    [Fact]
    public async Task One_byte_in_64_changed_costs_neither_long_nor_much()
    {
        byte[] from = RandomEdits.Bytes(new Random(11), 2 << 20);
        byte[] to = [.. from.Select((value, i) => i % 64 == 0 ? (byte)(value ^ 1) : value)];
        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(from, to, 1 << 20).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal((2 << 20) / 64, summary.NewBytes);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1000)]
    [InlineData(1000, 0)]
    [InlineData(1, 1)]
    [InlineData(100, 100)]
    public async Task Empty_and_tiny_files_are_no_special_case(int fromLength, int toLength)
    {
        var random = new Random(6);
        byte[] from = RandomEdits.Bytes(random, fromLength);
        await DeltaRounds.CheckAsync(from, RandomEdits.Bytes(random, toLength));
        RollingDeltaSummary same = await DeltaRounds.CheckAsync(from, from);
        Assert.Equal(0, same.NewBytes);
    }

    [Fact]
    public async Task Equal_bytes_all_over_are_copied()
    {
        byte[] from = [.. Enumerable.Repeat((byte)'a', 6 << 20)];
        byte[] to = [.. Enumerable.Repeat((byte)'a', 5 << 20), .. Enumerable.Repeat((byte)'b', 100), .. Enumerable.Repeat((byte)'a', 7 << 20)];
        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(from, to, 1 << 20);
        Assert.InRange(summary.NewBytes, 100, 100_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(512)]
    [InlineData(1000)]
    [InlineData(4096)]
    public async Task Periodic_data_is_found_in_its_phase(int period)
    {
        byte[] pattern = RandomEdits.Bytes(new Random(period), period);
        byte[] from = [.. Enumerable.Range(0, 4 << 20).Select(i => pattern[i % period])];
        byte[] to = [1, 2, 3, .. from.AsSpan(period / 2), 4, 5, 6, .. from.AsSpan(0, 1 << 20)];
        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(from, to, 1 << 20);
        Assert.InRange(summary.NewBytes, 0, 20_000);
    }

    [Fact]
    public async Task Unrelated_files_cost_their_own_bytes_and_a_few()
    {
        var random = new Random(8);
        byte[] to = RandomEdits.Bytes(random, 5 << 20);
        RollingDeltaSummary summary = await DeltaRounds.CheckAsync(RandomEdits.Bytes(random, 20 << 20), to, 1 << 20);
        Assert.Equal(to.Length, summary.NewBytes);
        Assert.InRange(summary.DeltaBytes, to.Length, to.Length + 300);
    }

    [Fact]
    public async Task Blocks_made_to_have_equal_sums_do_not_stop_the_work()
    {
        // Moving 1 from the second byte to both its neighbours, and back, leaves both sums as they were.
        byte[] block = [.. Enumerable.Repeat((byte)100, 8192)];
        byte[] from = [.. Enumerable.Range(0, 600).SelectMany(i => Same(block, i))];
        byte[] to = [.. Enumerable.Range(600, 600).SelectMany(i => Same(block, i))];
        await DeltaRounds.CheckAsync(from, to, 1 << 20).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private static byte[] Same(byte[] block, int number)
    {
        byte[] same = [.. block];
        for (int bit = 0; bit < 12; bit++)
        {
            int at = 4000 + (bit * 3);
            if ((number >> bit & 1) != 0)
            {
                (same[at], same[at + 1], same[at + 2]) = ((byte)101, (byte)98, (byte)101);
            }
        }

        return same;
    }
}
