using System.Text;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts.Commands.Parsing;
using StorageEngines.LvmThin.Tests.Streams;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands.Parsing;

[Collection(nameof(DiffReaderTests))]
public sealed class DiffReaderTests
{
    private const string One = """[{"offset":4194304,"length":65536,"exists":"false"}]""";

    private static async Task<List<RawExtent>> ReadAsync(byte[] text, int piece = int.MaxValue, long startingOffset = 0, Exception? end = null)
    {
        var extents = new List<RawExtent>();
        await foreach (IReadOnlyList<RawExtent> batch in new DiffReader(new PieceStream(text, piece, end), startingOffset).ReadAsync(TestContext.Current.CancellationToken))
        {
            Assert.InRange(batch.Count, 1, 1024);
            extents.AddRange(batch);
        }

        return extents;
    }

    private static Task<List<RawExtent>> ReadAsync(string text) => ReadAsync(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public async Task The_recorded_output_is_read_however_it_comes(int piece)
        => Assert.Equal([new(1048576, 4096, true), new(4194304, 65536, false), new(29360128, 512, true)], await ReadAsync(Recorded.Bytes("diff.json"), piece));

    [Theory]
    [InlineData("diff-whole-object.json", 3)]
    [InlineData("diff-striped.json", 2)]
    [InlineData("diff-empty.json", 0)]
    public async Task The_others_are_read_too(string name, int count) => Assert.Equal(count, (await ReadAsync(Recorded.Bytes(name))).Count);

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1052671, 3)]
    [InlineData(1052672, 2)]
    [InlineData(29360640, 0)]
    public async Task What_ends_before_the_offset_is_left_out(long offset, int count) => Assert.Equal(count, (await ReadAsync(Recorded.Bytes("diff.json"), startingOffset: offset)).Count);

    [Theory]
    [InlineData(" [ ] \r\n\t ")]
    [InlineData("[]")]
    public async Task Nothing_is_nothing(string text) => Assert.Empty(await ReadAsync(text));

    [Fact]
    public async Task Members_come_in_any_order_and_true_and_false_need_no_quotes()
        => Assert.Equal([new(0, 5, true), new(5, 1, false)], await ReadAsync("""[{"exists":true,"length":5,"offset":0},{"offset":5,"exists":false,"length":1}]"""));

    [Fact]
    public async Task Extents_up_to_the_largest_number_are_read()
        => Assert.Equal([new(long.MaxValue - 1, 1, true)], await ReadAsync("""[{"offset":9223372036854775806,"length":1,"exists":"true"}]"""));

    [Fact]
    public async Task An_array_that_is_whole_counts_for_nothing_when_the_program_failed()
    {
        var failure = new StorageCommandException(EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, "rbd: diff error");
        Assert.Same(failure, await Assert.ThrowsAsync<StorageCommandException>(() => ReadAsync(Recorded.Bytes("diff-empty.json"), end: failure)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]]")]
    [InlineData("[][]")]
    [InlineData("[]x")]
    [InlineData("[]\0")]
    [InlineData("[7]")]
    [InlineData("[[]]")]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("[//\n]")]
    [InlineData("""[{"offset":0,"length":1,"exists":"true"},]""")]
    [InlineData("""[{"offset":0,"length":1}]""")]
    [InlineData("""[{"length":1,"exists":"true"}]""")]
    [InlineData("""[{"offset":0,"length":1,"exists":"true","more":1}]""")]
    [InlineData("""[{"offset":0,"offset":0,"length":1,"exists":"true"}]""")]
    public async Task What_is_no_list_of_extents_is_an_error(string text) => await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(text));

    [Theory]
    [InlineData("4194304", "-1")]
    [InlineData("4194304", "1.5")]
    [InlineData("4194304", "1e3")]
    [InlineData("4194304", "\"4194304\"")]
    [InlineData("4194304", "9223372036854775808")]
    [InlineData("4194304", "99999999999999999999999")]
    [InlineData("4194304", "9223372036854775807")]
    [InlineData("4194304", "null")]
    [InlineData("4194304", "{}")]
    [InlineData("65536", "0")]
    [InlineData("65536", "-65536")]
    [InlineData("\"false\"", "\"no\"")]
    [InlineData("\"false\"", "0")]
    [InlineData("\"false\"", "null")]
    [InlineData("\"false\"", "[]")]
    [InlineData("offset", "OFFSET")]
    public async Task What_is_no_size_is_an_error_that_names_the_byte(string was, string now)
    {
        string text = One.Replace(was, now, StringComparison.Ordinal);
        Assert.NotEqual(One, text);
        CorruptDataException error = await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(text));
        Assert.InRange(error.Offset!.Value, 1, text.Length);
    }

    [Fact]
    public async Task Every_truncation_is_an_error_with_an_offset()
    {
        byte[] whole = Encoding.ASCII.GetBytes(Recorded.Text("diff.json").TrimEnd());
        for (int length = 0; length < whole.Length; length++)
        {
            CorruptDataException error = await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(whole[..length], 1 + (length % 13)));
            Assert.InRange(error.Offset!.Value, 0, length);
        }
    }

    [Fact]
    public async Task Mutations_are_read_or_are_an_error()
    {
        var random = new Random(5);
        int errors = 0;
        byte[] whole = Recorded.Bytes("diff.json");
        for (int i = 0; i < 5_000; i++)
        {
            byte[] mutant = [.. whole];
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            }

            Exception? failure = await Record.ExceptionAsync(() => ReadAsync(mutant, random.Next(1, 200)));
            Assert.True(failure is null or CorruptDataException, $"mutant {i}: {failure}");
            errors += failure is null ? 0 : 1;
        }

        Assert.InRange(errors, 2_500, 4_999);
    }

    [Theory]
    [InlineData("[{\"")]
    [InlineData("[{\"offset\":")]
    public async Task A_word_without_end_is_an_error_and_not_a_buffer_without_end(string start)
        => await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync([.. Encoding.ASCII.GetBytes(start), .. Enumerable.Repeat((byte)'7', 1 << 20)]));

    [Fact]
    public async Task A_million_extents_are_read_in_little_memory()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true), count = 0, holes = 0, most = 0;
        await foreach (IReadOnlyList<RawExtent> batch in new DiffReader(new TextStream(Many(1_000_000)), 0).ReadAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(8192 * count, batch[0].Offset);
            count += batch.Count;
            holes += batch.Count(extent => !extent.Exists);
            most = count % (1024 * 200) == 0 ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: true)) : most;
        }

        Assert.Equal((1_000_000, 333_334), (count, holes));
        Assert.InRange(most - before, long.MinValue, 8 << 20);
    }

    /// <summary>By itself: what the tests beside it hold would be counted too.</summary>
    [CollectionDefinition(nameof(DiffReaderTests), DisableParallelization = true)]
    public sealed class Alone;

    private static IEnumerable<string> Many(int count)
        => Enumerable.Range(0, count).Select(i => $"{(i == 0 ? '[' : ',')}{{\"offset\":{8192L * i},\"length\":4096,\"exists\":\"{(i % 3 == 0 ? "false" : "true")}\"}}").Append("]\n");
}
