using StorageEngines.Zfs.Blocks;
using StorageEngines.Zfs.Streams;
using StorageEngines.Zfs.Tests.Streams;

namespace StorageEngines.Zfs.Tests.Blocks;

public sealed class ZfsChangedDataTests
{
    private const int MiB = 1 << 20;
    private static readonly ExtentBatch Head = new(ExtentStyle.VariableLength, 8 * MiB, 8 * MiB, ChangeSource.NativeDelta, Exactness.Superset, []);

    [Theory]
    [InlineData("zvol-inc-1-2", 8, 8)]
    [InlineData("zvol-inc-2-3-resized", 8, 16)]
    public void Extents_and_bytes_written_over_the_base_are_the_target(string name, int baseSize, int size)
    {
        byte[] stream = Vector.Bytes(name);
        var whole = new Replay().Apply(Vector.Bytes("zvol-full-1"));
        whole = name == "zvol-inc-1-2" ? whole : whole.Apply(Vector.Bytes("zvol-inc-1-2"));
        byte[] copy = whole.Object(1, size * MiB);
        (ZfsObjectChanges changes, ZfsChangeQuestion question) = Open(stream, baseSize * MiB, size * MiB);
        List<Extent> extents = Write(ZfsChangedData.Batches(changes, question, Head), copy);
        Assert.Equal(whole.Apply(stream).Object(1, size * MiB), copy);
        (changes, question) = Open(stream, baseSize * MiB, size * MiB);
        Assert.Equal(ZfsExtents.Of(changes, question), extents.Coalesce());
    }

    [Fact]
    public void Without_a_base_only_what_is_allocated_is_given()
    {
        byte[] stream = Vector.Bytes("zvol-full-1"), copy = new byte[8 * MiB];
        (ZfsObjectChanges changes, ZfsChangeQuestion question) = Open(stream, 0, 8 * MiB);
        List<Extent> extents = Write(ZfsChangedData.Batches(changes, question, Head), copy);
        Assert.Equal([new Extent(0, 262144)], extents);
        Assert.Equal(new Replay().Apply(stream).Object(1, 8 * MiB), copy);
    }

    [Fact]
    public void An_empty_difference_is_one_batch()
    {
        (ZfsObjectChanges changes, ZfsChangeQuestion question) = Open(new StreamBuilder().Begin().End().ToArray(), 5000, 5000);
        ChangedData only = Assert.Single(ZfsChangedData.Batches(changes, question, Head));
        Assert.Empty(only.Map.Extents);
        Assert.True(only.Data.IsEmpty);
    }

    [Fact]
    public void A_block_larger_than_a_batch_comes_in_parts()
    {
        byte[] block = new byte[9 * MiB];
        new Random(1).NextBytes(block);
        byte[] stream = new StreamBuilder().Begin(ZfsStreamFeatures.LargeBlocks).Write(1, 0, block).End().ToArray(), copy = new byte[block.Length];
        (ZfsObjectChanges changes, ZfsChangeQuestion question) = Open(stream, block.Length, block.Length);
        Assert.Equal(3, Write(ZfsChangedData.Batches(changes, question, Head), copy).Count);
        Assert.Equal(block, copy);
    }

    private static (ZfsObjectChanges Changes, ZfsChangeQuestion Question) Open(byte[] stream, long baseSize, long size)
    {
        ZfsSendReader reader = Vector.Open(stream);
        Assert.True(reader.Read());
        var question = new ZfsChangeQuestion(reader.Begin.FromGuid, reader.Begin.ToGuid, 1, baseSize, size);
        return (new ZfsObjectChanges(Vector.Open(stream), question), question);
    }

    private static List<Extent> Write(IEnumerable<ChangedData> batches, byte[] copy)
    {
        var all = new List<Extent>();
        foreach (ChangedData batch in batches)
        {
            int at = 0;
            Assert.InRange(batch.Data.Length, 0, 4 * MiB);
            foreach (Extent extent in batch.Map.Extents)
            {
                Span<byte> place = copy.AsSpan((int)extent.Offset, (int)extent.Length);
                if (extent.State == ExtentState.Zero)
                {
                    place.Clear();
                    continue;
                }

                batch.Data.Span.Slice(at, place.Length).CopyTo(place);
                at += place.Length;
            }

            Assert.Equal(batch.Data.Length, at);
            all.AddRange(batch.Map.Extents);
        }

        return all;
    }
}
