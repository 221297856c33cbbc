using System.Text;
using StorageEngines.LvmThin.Blocks;
using StorageEngines.LvmThin.Tests.Streams;

namespace StorageEngines.LvmThin.Tests.Blocks;

/// <summary>What is read of the difference of two thin volumes. The memory of all tests is measured: nobody else may run meanwhile.</summary>
[Collection(nameof(ThinDeltaReaderTests))]
public sealed class ThinDeltaReaderTests
{
    private const long Chunk = 65536;

    private static async Task<List<MappingRun>> ReadAsync(byte[] text, int piece = int.MaxValue, long left = 2, long right = 3)
    {
        var runs = new List<MappingRun>();
        await foreach (MappingRun run in new ThinDeltaReader(new PieceStream(text, piece), left, right, Chunk).ReadAsync(TestContext.Current.CancellationToken))
        {
            runs.Add(run);
        }

        return runs;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public async Task The_recorded_output_is_read_however_it_comes(int piece)
    {
        List<MappingRun> runs = await ReadAsync(Encoding.ASCII.GetBytes(Recorded.Delta), piece);
        Assert.Equal(
            [
                new(MappingKind.Same, 0, 16), new(MappingKind.Different, 16, 1), new(MappingKind.Same, 17, 15), new(MappingKind.LeftOnly, 32, 2), new(MappingKind.Same, 34, 478),
                new(MappingKind.RightOnly, 1600, 3),
            ],
            runs);
    }

    [Fact]
    public async Task Lines_of_same_may_be_left_out()
    {
        string filtered = string.Join('\n', Recorded.Delta.Split('\n').Where(line => !line.Contains("<same ", StringComparison.Ordinal)));
        Assert.Equal(3, (await ReadAsync(Encoding.ASCII.GetBytes(filtered))).Count);
    }

    [Fact]
    public async Task Every_truncation_is_an_error_with_an_offset()
    {
        byte[] whole = Encoding.ASCII.GetBytes(Recorded.Delta);
        for (int length = 0; length < whole.Length; length++)
        {
            CorruptDataException error = await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(whole[..length]));
            Assert.InRange(error.Offset!.Value, 0, length);
        }
    }

    [Fact]
    public async Task Mutations_are_read_or_are_an_error()
    {
        var random = new Random(11);
        int errors = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] mutant = Encoding.ASCII.GetBytes(Recorded.Delta);
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            }

            Exception? failure = await Record.ExceptionAsync(() => ReadAsync(mutant));
            Assert.True(failure is null or CorruptDataException, $"mutant {i}: {failure}");
            errors += failure is null ? 0 : 1;
        }

        Assert.InRange(errors, 5_000, 9_999);
    }

    [Theory]
    [InlineData("left=\"2\"", "left=\"4\"")]
    [InlineData("data_block_size=\"128\"", "data_block_size=\"256\"")]
    [InlineData("begin=\"17\"", "begin=\"16\"")]
    [InlineData("length=\"15\"", "length=\"0\"")]
    [InlineData("length=\"15\"", "length=\"-15\"")]
    [InlineData("length=\"15\"", "length=\"99999999999999999999\"")]
    [InlineData("length=\"3\"", "length=\"9223372036854775807\"")]
    [InlineData("begin=\"1600\"", "begin=\"140737488355328\"")]
    [InlineData("<right_only", "<sideways")]
    [InlineData("</diff>", "</diff>x")]
    [InlineData("</diff>", "</diff><diff left=\"2\" right=\"3\">")]
    [InlineData("</superblock>", "</superblock><superblock>")]
    [InlineData("<diff ", "<!DOCTYPE x [<!ENTITY a \"b\">]><diff ")]
    [InlineData("<same begin=\"0\" length=\"16\"/>", "<same><range begin=\"0\" data_begin=\"0\" length=\"16\"/></same>")]
    public async Task What_is_not_right_is_an_error(string was, string now)
    {
        string text = Recorded.Delta.Replace(was, now, StringComparison.Ordinal);
        Assert.NotEqual(Recorded.Delta, text);
        await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public async Task An_element_without_end_is_an_error_and_not_a_buffer_without_end()
        => await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync([.. "<superblock "u8, .. Enumerable.Repeat((byte)'x', 1 << 20)]));

    [Fact]
    public async Task A_million_runs_are_read_in_little_memory()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true), count = 0, most = 0;
        await foreach (MappingRun run in new ThinDeltaReader(new TextStream(Many(1_000_000)), 2, 3, Chunk).ReadAsync(TestContext.Current.CancellationToken))
        {
            count += run.Length;
            most = count % 200_000 == 0 ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: true)) : most;
        }

        Assert.Equal(1_000_000, count);
        Assert.InRange(most - before, long.MinValue, 8 << 20);
    }

    private static IEnumerable<string> Many(int count)
        => Enumerable.Range(0, count).Select(i => $"<different begin=\"{2L * i}\" length=\"1\"/>\n")
            .Prepend("<superblock uuid=\"\" time=\"2\" transaction=\"3\" data_block_size=\"128\" nr_data_blocks=\"0\"><diff left=\"2\" right=\"3\">").Append("</diff></superblock>");

    [CollectionDefinition(nameof(ThinDeltaReaderTests), DisableParallelization = true)]
    public sealed class Alone;
}
