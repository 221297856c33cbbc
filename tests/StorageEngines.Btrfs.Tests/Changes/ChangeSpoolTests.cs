using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class ChangeSpoolTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(64)]
    [InlineData(1000)]
    [InlineData(20_000)]
    public void What_was_written_is_read_wherever_it_lies(int length)
    {
        using var spool = new ChangeSpool(Path.GetTempPath(), 64);
        var random = new Random(length);
        byte[] all = new byte[length];
        random.NextBytes(all);
        for (int at = 0; at < length;)
        {
            int part = Math.Min(length - at, random.Next(1, 200));
            spool.Write(all.AsSpan(at, part));
            at += part;
        }

        Assert.Equal(length, spool.Length);
        Assert.Equal(length > 64, spool.IsOnDisk);
        var buffer = new byte[length + 10];
        for (int i = 0; i < 200; i++)
        {
            int at = random.Next(length + 1), wanted = random.Next(buffer.Length);
            int got = spool.Read(at, buffer.AsSpan(0, wanted));
            Assert.Equal(Math.Min(wanted, length - at), got);
            Assert.True(buffer.AsSpan(0, got).SequenceEqual(all.AsSpan(at, got)));
        }
    }

    [Fact]
    public void It_can_be_cut_and_written_on()
    {
        using var spool = new ChangeSpool(Path.GetTempPath(), 16);
        spool.Write(new byte[100]);
        spool.Truncate(50);
        spool.Write("abc"u8);
        var buffer = new byte[200];
        Assert.Equal(53, spool.Read(0, buffer));
        Assert.True(buffer.AsSpan(50, 3).SequenceEqual("abc"u8));
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_named()
    {
        using var spool = new ChangeSpool("/proc/seng-no-such-place", 16);
        StorageEngineException error = Assert.Throws<StorageEngineException>(() => spool.Write(new byte[100]));
        Assert.Equal(EngineReason.NoSpace, error.Reason);
        Assert.Contains("/proc/seng-no-such-place", error.Message, StringComparison.Ordinal);
    }
}
