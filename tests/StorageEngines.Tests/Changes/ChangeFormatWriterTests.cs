using System.Text;
using System.Text.Json;

namespace StorageEngines.Tests.Changes;

public sealed class ChangeFormatWriterTests
{
    private static readonly ExtentBatch Like = new(ExtentStyle.VariableLength, 100, 90, ChangeSource.NativeDelta, Exactness.Exact, []);

    private static readonly ExtentBatch[] Sample =
    [
        Like with { Extents = [new Extent(10, 5), new Extent(15, 5, ExtentState.Zero)] },
        Like with { Extents = [new Extent(90, 10)] },
    ];

    [Fact]
    public async Task Csi_mirrors_the_fields_of_the_response()
        => Assert.Equal(
            """
            {"block_metadata_type":"VARIABLE_LENGTH","volume_capacity_bytes":100,"block_metadata":[{"byte_offset":10,"size_bytes":5},{"byte_offset":15,"size_bytes":5}]}
            {"block_metadata_type":"VARIABLE_LENGTH","volume_capacity_bytes":100,"block_metadata":[{"byte_offset":90,"size_bytes":10}]}

            """,
            await Write(ChangeFormat.Csi, Sample));

    [Fact]
    public async Task Rbd_says_exists_as_text()
        => Assert.Equal(
            """
            [{"offset":10,"length":5,"exists":"true"},{"offset":15,"length":5,"exists":"false"},{"offset":90,"length":10,"exists":"true"}]

            """,
            await Write(ChangeFormat.Rbd, Sample));

    [Fact]
    public async Task Borg_map_has_no_gap()
        => Assert.Equal("0 10 same\n10 5 data\n15 5 zero\n20 70 same\n90 10 data\n", await Write(ChangeFormat.Borg, Sample));

    [Fact]
    public async Task Gaps_of_an_allocated_map_are_zero()
        => Assert.Equal(
            "0 10 zero\n10 5 data\n15 85 zero\n",
            await Write(ChangeFormat.Borg, Like with { Source = ChangeSource.NativeAllocated, BaseCapacityBytes = null, Extents = [new Extent(10, 5)] }));

    [Theory]
    [InlineData(ChangeFormat.Csi, "{\"block_metadata_type\":\"VARIABLE_LENGTH\",\"volume_capacity_bytes\":100,\"block_metadata\":[]}\n")]
    [InlineData(ChangeFormat.Rbd, "[]\n")]
    [InlineData(ChangeFormat.Borg, "0 100 same\n")]
    public async Task Empty_difference_is_written_as_one(ChangeFormat format, string expected) => Assert.Equal(expected, await Write(format, Like));

    [Theory]
    [InlineData(ChangeFormat.Csi)]
    [InlineData(ChangeFormat.Rbd)]
    [InlineData(ChangeFormat.Borg)]
    public async Task List_that_breaks_the_contract_is_refused(ChangeFormat format)
    {
        await Assert.ThrowsAsync<StorageEngineException>(() => Write(format));
        await Assert.ThrowsAsync<StorageEngineException>(() => Write(format, Like with { Extents = [new Extent(10, 5), new Extent(14, 1)] }));
        await Assert.ThrowsAsync<StorageEngineException>(() => Write(format, Sample[1], Sample[0]));
        await Assert.ThrowsAsync<StorageEngineException>(() => Write(format, Like with { Extents = [new Extent(99, 2)] }));
    }

    [Theory]
    [InlineData(ChangeFormat.Csi)]
    [InlineData(ChangeFormat.Rbd)]
    [InlineData(ChangeFormat.Borg)]
    public async Task Million_extents_stream_in_bounded_memory(ChangeFormat format)
    {
        const int count = 1_000_000;
        var output = new CountingStream();
        await ChangeFormatWriter.WriteAsync(format, Generate(output), output);
        Assert.InRange(output.Largest, 1, 512 << 10);
        Assert.True(output.Total > 10L * count);

        static async IAsyncEnumerable<ExtentBatch> Generate(CountingStream output)
        {
            for (int batch = 0; batch < count / 1000; batch++)
            {
                await Task.Yield();
                Assert.True(output.Total + (512 << 10) > 10_000L * batch, "what was given is not written but kept");
                yield return Like with
                {
                    CapacityBytes = 8192L * count,
                    Extents = [.. Enumerable.Range(batch * 1000, 1000).Select(i => new Extent(8192L * i, 4096))],
                };
            }
        }
    }

    [Fact]
    public async Task Json_formats_are_json()
    {
        using JsonDocument rbd = JsonDocument.Parse(await Write(ChangeFormat.Rbd, Sample));
        Assert.Equal(3, rbd.RootElement.GetArrayLength());
        foreach (string line in (await Write(ChangeFormat.Csi, Sample)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            JsonDocument.Parse(line).Dispose();
        }
    }

    private static async Task<string> Write(ChangeFormat format, params ExtentBatch[] batches)
    {
        var output = new MemoryStream();
        await ChangeFormatWriter.WriteAsync(format, batches.ToAsyncEnumerable(), output);
        return Encoding.ASCII.GetString(output.ToArray());
    }

    private sealed class CountingStream : MemoryStream
    {
        internal long Total { get; private set; }

        internal int Largest { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Total += buffer.Length;
            Largest = Math.Max(Largest, buffer.Length);
            return default;
        }
    }
}
