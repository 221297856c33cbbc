using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

public sealed class ZfsExtentsTests
{
    private const int MiB = 1 << 20;
    private const ulong Guid1 = 0x80b13f1644f46afe, Guid2 = 0xdb5d0e771ebdf41d, Guid3 = 0x5ade43d99e0c1406;

    [Fact]
    public void A_volume_changed_where_it_was_written_and_discarded()
        => Assert.Equal(
            [
                new Extent(32768, 16384), new Extent(65536, 32768, ExtentState.Zero), new Extent(131072, 16384),
                new Extent(262144, 786432, ExtentState.Zero), new Extent(1048576, 16384), new Extent(1064960, 3129344, ExtentState.Zero),
                new Extent(4194304, 49152), Extent.FromBounds(4243456, 8 * MiB, ExtentState.Zero),
            ],
            Extents("zvol-inc-1-2", Volume(Guid1, Guid2, 8 * MiB, 8 * MiB)));

    [Fact]
    public void A_volume_that_grew_has_the_growth_among_its_changes()
    {
        List<Extent> extents = Extents("zvol-inc-2-3-resized", Volume(Guid2, Guid3, 8 * MiB, 16 * MiB));
        Assert.Equal([new Extent(12582912, 16384)], extents.Where(extent => extent.State == ExtentState.Data));
        Assert.Empty(new List<Extent> { Extent.FromBounds(8 * MiB, 16 * MiB) }.Subtract(extents));
        Assert.Equal(16 * MiB, extents[^1].End);
    }

    [Fact]
    public void Growth_that_no_record_tells_of_is_there_all_the_same()
    {
        byte[] silent = new StreamBuilder().Begin().Object(2).End().ToArray();
        Assert.Equal([new Extent(4096, 8192, ExtentState.Zero)], Extents(silent, Made(4096, 12288)));
        byte[] written = new StreamBuilder().Begin().Object(1).Free(1, 0, 4096).Write(1, 16384, new byte[4096]).End().ToArray();
        Assert.Equal(
            [new Extent(0, 4096, ExtentState.Zero), new Extent(8192, 8192, ExtentState.Zero), new Extent(16384, 4096), new Extent(20480, 4096, ExtentState.Zero)],
            Extents(written, Made(8192, 24576)));
    }

    [Fact]
    public void What_is_beyond_the_target_is_cut_off()
    {
        byte[] stream = new StreamBuilder().Begin().Object(1).Free(1, 65536).Write(1, 4096, new byte[4096]).Free(1, 8192, 1 << 20).Write(1, 2 << 20, new byte[4096]).End().ToArray();
        Assert.Equal([new Extent(4096, 1000)], Extents(stream, Made(65536, 5096)));
        Assert.Equal([new Extent(4096, 4096), new Extent(8192, 1808, ExtentState.Zero)], Extents(stream, Made(65536, 10000)));
    }

    [Fact]
    public void Touching_blocks_are_one_extent_and_an_untouched_object_has_none()
    {
        byte[] stream = new StreamBuilder().Begin().Object(1).Write(1, 0, new byte[4096]).Write(1, 4096, new byte[4096]).Free(1, 8192, 4096).Free(1, 12288, 4096).End().ToArray();
        Assert.Equal([new Extent(0, 8192), new Extent(8192, 8192, ExtentState.Zero)], Extents(stream, Made(65536, 65536)));
        Assert.Empty(Extents(stream, Made(65536, 65536) with { Number = 7 }));
    }

    [Fact]
    public void An_object_that_went_and_came_back_keeps_nothing_of_the_base()
    {
        byte[] stream = new StreamBuilder().Begin().Range(ZfsRecordType.FreeObjects, 5, 3).Object(6).Write(6, 4096, new byte[4096]).End().ToArray();
        Assert.Equal(
            [new Extent(0, 4096, ExtentState.Zero), new Extent(4096, 4096), new Extent(8192, 4096, ExtentState.Zero)],
            Extents(stream, Made(65536, 12288) with { Number = 6 }));
    }

    [Fact]
    public void The_base_with_the_extents_over_it_is_the_target_for_the_volume_and_for_every_file()
    {
        byte[] increment = Vector.Bytes("zvol-inc-1-2");
        var first = new Replay().Apply(Vector.Bytes("zvol-full-1"));
        var second = new Replay().Apply(Vector.Bytes("zvol-full-1")).Apply(increment);
        AssertLaw(first.Object(1, 8 * MiB), second.Object(1, 8 * MiB), Extents(increment, Volume(Guid1, Guid2, 8 * MiB, 8 * MiB)));

        var files = new Replay().Apply(Vector.Bytes("fs-full-1"));
        var target = new Replay().Apply(Vector.Bytes("fs-full-2-props"));
        (ulong from, ulong to) = Guids("fs-inc-1-2");
        Dictionary<ulong, long> before = TruthTree.Files("tank/v@1").DistinctBy(file => file.Inode).ToDictionary(file => file.Inode, file => file.Size);
        Assert.All(TruthTree.Files("tank/v@2"), file =>
        {
            long size = before.GetValueOrDefault(file.Inode);
            List<Extent> extents = Extents("fs-inc-1-2", new ZfsChangeQuestion(from, to, file.Inode, size, file.Size));
            AssertLaw(files.Object(file.Inode, size), target.Object(file.Inode, file.Size), extents);
        });
    }

    [Fact]
    public void A_stream_of_other_snapshots_is_refused()
    {
        BaseMismatchException error = Assert.Throws<BaseMismatchException>(() => Extents("zvol-inc-1-2", Volume(Guid2, Guid3, 8 * MiB, 8 * MiB)));
        Assert.Contains("ask again", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("more-resumed", 4 * MiB)]
    [InlineData("more-redacted", MiB)]
    public void A_stream_with_something_left_out_is_refused(string name, long capacity)
    {
        (ulong from, ulong to) = Guids(name);
        StorageEngineException error = Assert.Throws<StorageEngineException>(() => Extents(name, new ZfsChangeQuestion(from, to, 2, 0, capacity)));
        Assert.Equal((EngineReason.NotSupported, Recovery.TakeFull), (error.Reason, error.Recovery));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    public void A_block_that_is_not_in_the_stream_is_refused_in_the_object_asked_for_only(int type)
    {
        byte[] stream = new StreamBuilder().Begin().Object(1).Range((ZfsRecordType)type, 1, 0, 4096).End().ToArray();
        Assert.Equal(EngineReason.NotSupported, Assert.Throws<StorageEngineException>(() => Extents(stream, Made(4096, 4096))).Reason);
        Assert.Empty(Extents(stream, Made(4096, 4096) with { Number = 2 }));
    }

    [Fact]
    public void Several_streams_in_a_package_and_a_list_that_goes_back_are_refused()
    {
        ZfsChangeQuestion question = Made(4096, 4096);
        Assert.Throws<CorruptDataException>(() => Extents(ZfsSendReaderTests.Package(), question));
        byte[] back = new StreamBuilder().Begin().Object(1).Write(1, 4096, new byte[4096]).Write(1, 0, new byte[4096]).End().ToArray();
        Assert.Contains("in order", Assert.Throws<CorruptDataException>(() => Extents(back, Made(65536, 65536))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_without_its_END_is_never_a_whole_list()
    {
        byte[] stream = Vector.Bytes("zvol-inc-1-2");
        Assert.Throws<CorruptDataException>(() => Extents(stream[..^ZfsStreamFormat.RecordBytes], Volume(Guid1, Guid2, 8 * MiB, 8 * MiB)));
    }

    [Fact]
    public void A_raw_stream_tells_extents_but_no_data()
    {
        (ulong from, ulong to) = Guids("more-raw");
        ZfsChangeQuestion question = Volume(from, to, 4 * MiB, 4 * MiB);
        Assert.Equal([new Extent(3 * 16384, 16384), new Extent(77 * 16384, 16384)], Extents("more-raw", question).Where(extent => extent.State == ExtentState.Data));
        var changes = new ZfsObjectChanges(Vector.Open("more-raw"), question);
        while (changes.Read() && changes.State != ExtentState.Data)
        {
        }

        Assert.Equal(EngineReason.NotSupported, Assert.Throws<StorageEngineException>(() => changes.ReadData().Length).Reason);
    }

    private static void AssertLaw(byte[] source, byte[] target, List<Extent> extents)
    {
        Array.Resize(ref source, target.Length);
        foreach (Extent extent in extents)
        {
            Assert.InRange(extent.End, 1, target.Length);
            Span<byte> range = source.AsSpan((int)extent.Offset, (int)extent.Length);
            if (extent.State == ExtentState.Data)
            {
                target.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(range);
            }
            else
            {
                range.Clear();
            }
        }

        Assert.Equal(ReplayTests.Sha256(target), ReplayTests.Sha256(source));
    }

    private static ZfsChangeQuestion Volume(ulong from, ulong to, long baseCapacity, long capacity) => new(from, to, ZfsChangeQuestion.VolumeData, baseCapacity, capacity);

    private static ZfsChangeQuestion Made(long baseCapacity, long capacity) => Volume(StreamBuilder.FromGuid, StreamBuilder.ToGuid, baseCapacity, capacity);

    private static (ulong From, ulong To) Guids(string name)
    {
        ZfsSendReader reader = Vector.Open(name);
        reader.Read();
        return (reader.Begin.FromGuid, reader.Begin.ToGuid);
    }

    private static List<Extent> Extents(string name, ZfsChangeQuestion question) => Extents(Vector.Bytes(name), question);

    private static List<Extent> Extents(byte[] stream, ZfsChangeQuestion question)
    {
        List<Extent> kept = [.. ZfsExtents.Of(Vector.Open(stream), question)];
        Assert.Equal(kept, ZfsExtents.Of(Vector.Open(stream, keepPayloads: false), question));
        return kept;
    }
}
