using System.Diagnostics;
using StorageEngines.Zfs.Differences;
using StorageEngines.Zfs.Streams;
using StorageEngines.Zfs.Tests.Streams;

namespace StorageEngines.Zfs.Tests.Differences;

/// <summary>The files and directories that a recorded stream speaks of; what really happened is in Vectors/TRUTH.txt.</summary>
public sealed class ChangedObjectsTests
{
    [Fact]
    public void All_that_changed_is_there()
    {
        ChangedObjects changed = Read("fs-inc-1-2", 1024);
        ulong[] really = [2, 3, 4, 6, 9, 10, 11, 128, 131, 132, 134, 136];
        Assert.Empty(really.Except(changed.All.Select(each => each.Number)));
        Assert.True(changed.IsFreed(5) && changed.IsFreed(7) && changed.IsFreed(129) && changed.IsFreed(130));
        Assert.False(changed.IsFreed(6) || changed.IsFreed(128) || changed.IsFreed(131) || changed.IsFreed(1));
        Assert.All(changed.All, each => Assert.NotNull(each.Node));
        Assert.Equal(34ul, Assert.Single(changed.All, each => each.IsRoot).Number);
        Assert.All(changed.All, each => Assert.False(each.IsInvisible));
    }

    [Fact]
    public void What_lies_beside_what_changed_has_an_old_time_and_nothing_written()
    {
        ChangedObjects changed = Read("fs-inc-1-2", 1024);
        Assert.Equal(1795220998, changed.Find(2)!.Node!.Value.ChangedSeconds);
        Assert.Equal(2ul, changed.Find(2)!.Node!.Value.Links);
        Assert.True(changed.Find(2)!.IsWritten);
        Assert.Equal(4ul, changed.Find(132)!.Node!.Value.Parent);
        Assert.False(changed.Find(8)!.IsWritten);
        Assert.InRange(changed.Find(8)!.Node!.Value.ChangedSeconds, 1795220980, 1795220990);
        Assert.True(changed.Find(134)!.IsWritten); // its attributes have a block of their own
    }

    [Fact]
    public void Attributes_that_come_as_an_embedded_block_are_no_data_of_the_file()
    {
        ChangedObjects changed = Read("more-spill", 1024);
        Assert.True(changed.Find(2)!.IsWritten);
        Assert.Empty(changed.Find(2)!.Extents(6, 6, 1024)!);
        Assert.Equal([new Extent(0, 11)], changed.Find(3)!.Extents(6, 11, 1024));
        ZfsSendReader first = Vector.Open("more-spill");
        Assert.True(first.Read());
        foreach (long file in (long[])[2, 3])
        {
            var question = new ZfsChangeQuestion(first.Begin.FromGuid, first.Begin.ToGuid, (ulong)file, 6, 6);
            Assert.Equal(file == 2 ? [] : [new Extent(0, 6)], ZfsExtents.Of(Vector.Open("more-spill"), question));
            using var dump = new MemoryStream(Vector.FileBytes("more-spill.dump"));
            Assert.Equal(ZfsExtents.Of(Vector.Open("more-spill"), question), ZfsExtents.Of(new ZstreamDumpChanges(dump, "the text", question), question));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-512)]
    [InlineData(-1025)]
    [InlineData(-1536)]
    public void Other_blocks_before_the_beginning_are_damage(long offset)
    {
        byte[] stream = new StreamBuilder().Begin(ZfsStreamFeatures.EmbeddedData).Embedded(2, unchecked((ulong)offset), 512, [1, 2, 3], ZfsCompression.Lz4).End().ToArray();
        Assert.Contains("an offset of", Assert.Throws<CorruptDataException>(() => Vector.Records(Vector.Open(stream))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extents_of_files_are_clipped_to_their_sizes()
    {
        ChangedObjects changed = Read("fs-inc-1-2", 1024);
        Assert.Equal([new Extent(49152, 16384), new Extent(114688, 16384)], changed.Find(2)!.Extents(163840, 163840, 1024));
        Assert.Equal([new Extent(0, 5010)], changed.Find(3)!.Extents(10, 5010, 1024));
        Assert.Equal([new Extent(16384, 3616)], changed.Find(131)!.Extents(65536, 20000, 1024));
        Assert.Equal([new Extent(0, 32768)], changed.Find(9)!.Extents(0, 32768, 1024));
        Assert.Empty(changed.Find(6)!.Extents(7, 7, 1024)!);
        Assert.Null(changed.Find(2)!.Extents(163840, 163840, 1));
        Assert.Null(Read("fs-inc-1-2", 1).Find(2)!.Extents(163840, 163840, 1024));
    }

    [Fact]
    public void A_stream_of_other_snapshots_is_refused()
    {
        ZfsSendReader reader = Vector.Open("fs-inc-1-2");
        Assert.Throws<BaseMismatchException>(() => ChangedObjects.Read(reader, 1, 2, 10, CancellationToken.None));
    }

    [Theory]
    [InlineData("fs-inc-1-2")]
    [InlineData("fsc-inc-Lec")]
    [InlineData("fsc-inc-e")]
    [InlineData("more-large")]
    public async Task A_stream_whose_data_was_left_out_says_the_same(string name)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/perl"), "backend missing: perl: /usr/bin/perl is not there");
        byte[] whole = Vector.Bytes(name);
        byte[] bare = await StripAsync(whole);
        Assert.InRange(bare.Length, 1, whole.Length - 1);
        using var refilled = new StreamStrip.Refilled(new MemoryStream(bare));
        ZfsSendReader expected = Vector.Open(whole, verify: false), reader = new(refilled, "the stream", verify: false);
        while (expected.Read())
        {
            Assert.True(reader.Read());
            Assert.Equal((expected.Type, expected.RecordOffset, expected.PayloadBytes), (reader.Type, reader.RecordOffset, reader.PayloadBytes));
            Assert.True(expected.Record.Bytes.SequenceEqual(reader.Record.Bytes));
            Assert.True(expected.Type != ZfsRecordType.Object || expected.Payload.SequenceEqual(reader.Payload));
        }

        Assert.False(reader.Read());
        for (int length = 0; length < bare.Length; length += 101)
        {
            using var cut = new StreamStrip.Refilled(new MemoryStream(bare, 0, length));
            Assert.Throws<CorruptDataException>(() => Vector.Records(new ZfsSendReader(cut, "the stream", verify: false)));
        }
    }

    private static ChangedObjects Read(string name, int most)
    {
        ZfsSendReader first = Vector.Open(name);
        Assert.True(first.Read());
        return ChangedObjects.Read(Vector.Open(name), first.Begin.FromGuid, first.Begin.ToGuid, most, CancellationToken.None);
    }

    private static async Task<byte[]> StripAsync(byte[] stream)
    {
        using var perl = Process.Start(new ProcessStartInfo("/usr/bin/perl", ["-e", StreamStrip.Perl]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using var bare = new MemoryStream();
        Task reading = perl.StandardOutput.BaseStream.CopyToAsync(bare, TestContext.Current.CancellationToken);
        await perl.StandardInput.BaseStream.WriteAsync(stream, TestContext.Current.CancellationToken);
        perl.StandardInput.Close();
        await reading;
        await perl.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, perl.ExitCode);
        return bare.ToArray();
    }
}
