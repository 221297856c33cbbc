using System.Buffers.Binary;
using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class StreamDamageTests
{
    public static TheoryData<string> Damaged()
        => new(Vectors.Json("negative", "negative.json").GetProperty("vectors").EnumerateArray().Select(vector => vector.GetProperty("file").GetString()!));

    public static TheoryData<string, string> Streams() => new(Vectors.Streams().Select(d => new TheoryDataRow<string, string>(d.Case, d.File)));

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_damaged_stream_is_refused_and_says_where(string file)
    {
        StorageEngineException error = Assert.ThrowsAny<StorageEngineException>(() => Vectors.Reduce(Vectors.Read("negative", file), new ReducerOptions()));
        Assert.Contains("byte ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two-with-headers.data-v1.send")]
    public void Several_snapshots_in_one_stream_are_refused(string file)
    {
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => Vectors.Reduce(Vectors.Read("multi", file), new ReducerOptions()));
        Assert.Contains("second", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_snapshot_in_a_stream_made_for_several_is_read()
    {
        List<FileChange> changes = Vectors.Reduce(Vectors.Read("multi", "base-parent-e.nodata.send"), new ReducerOptions());
        Assert.NotEmpty(changes);
        Assert.All(changes, change => Assert.True(change.Path.IsSafeRelative));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Every_truncation_is_an_error_with_its_offset(string name, string file)
    {
        byte[] stream = Vectors.Read(name, file);
        foreach (int length in Lengths(stream))
        {
            CorruptDataException error = Assert.Throws<CorruptDataException>(() => Vectors.Reduce(stream[..length], new ReducerOptions()));
            Assert.Equal(length, error.Offset);
        }
    }

    [Fact]
    public void Nothing_is_listed_before_the_end_was_seen()
    {
        using var reducer = new ChangeReducer(new ReducerOptions());
        Assert.Throws<InvalidOperationException>(() => reducer.Changes(CancellationToken.None));
    }

    // Every length of the short ones (with SENG_EVERY_TRUNCATION=1 of all); of the long ones every boundary of a command, the header, and every 997th.
    private static IEnumerable<int> Lengths(byte[] stream)
    {
        if (stream.Length < 2048 || Environment.GetEnvironmentVariable("SENG_EVERY_TRUNCATION") == "1")
        {
            return Enumerable.Range(0, stream.Length);
        }

        var lengths = new SortedSet<int>(Enumerable.Range(0, stream.Length / 997).Select(i => i * 997));
        for (int at = 17; at < stream.Length; at += 10 + BinaryPrimitives.ReadInt32LittleEndian(stream.AsSpan(at)))
        {
            lengths.UnionWith([at, at + 1, at + 10]);
        }

        return lengths.Where(length => length < stream.Length);
    }
}
