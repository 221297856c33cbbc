using System.Text;
using StorageEngines.Btrfs.Native;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Native;

/// <summary>Long searches on a real Btrfs, where the kernel fills the next buffers while one is looked at.</summary>
public sealed class TreeReaderTests
{
    private const int Files = 6000;

    [Fact]
    public void A_reader_that_reads_ahead_gives_the_same_items()
    {
        using BtrfsLoop loop = BtrfsLoop.MakeOrSkip();
        using DirectoryHandle subvolume = Fill(loop);
        List<string> plain = Items(subvolume, ahead: false);
        Assert.True(plain.Count > 4 * Files);
        Assert.Equal(plain, Items(subvolume, ahead: true));
    }

    [Fact]
    public void A_reader_begins_anew_or_ends_in_the_midst_of_a_search()
    {
        using BtrfsLoop loop = BtrfsLoop.MakeOrSkip();
        using DirectoryHandle subvolume = Fill(loop);
        for (int read = 1; read < 5 * Files; read += 997)
        {
            using var reader = new TreeReader(subvolume, readsAhead: true);
            Everything(reader);
            for (int i = 0; i < read && reader.MoveNext(out _); i++)
            {
            }

            Everything(reader);
            Assert.True(reader.MoveNext(out TreeItem first));
            Assert.Equal(new TreeKey(BtrfsRequests.FirstFree, 1, 0), first.Key);
        }
    }

    [Fact]
    public void What_fails_while_it_reads_ahead_is_an_error_of_the_reader()
    {
        using BtrfsLoop loop = BtrfsLoop.MakeOrSkip();
        using DirectoryHandle directory = DirectoryHandle.Open("/proc"u8);
        using var ahead = new TreeReadAhead(directory, new TreeRange(0, new TreeKey(ulong.MaxValue, 255, ulong.MaxValue), 0, uint.MaxValue), default, TreeReader.ForLookups);
        var mine = new TreeBuffer(TreeReader.ForLookups);
        try
        {
            Assert.Equal(Errno.ENOTTY, Assert.Throws<PosixException>(() => ahead.TryTake(ref mine)).Errno);
        }
        finally
        {
            mine.Dispose();
        }
    }

    private static DirectoryHandle Fill(BtrfsLoop loop)
    {
        string directory = Path.Combine(loop.Mount, "long");
        Directory.CreateDirectory(directory);
        for (int i = 0; i < Files; i++)
        {
            File.WriteAllBytes(Path.Combine(directory, $"a file with a long name, number {i}"), new byte[i % 1500]);
        }

        DirectoryHandle opened = DirectoryHandle.Open(Encoding.UTF8.GetBytes(loop.Mount));
        BtrfsControl.Sync(opened);
        return opened;
    }

    private static List<string> Items(DirectoryHandle subvolume, bool ahead)
    {
        using var reader = new TreeReader(subvolume, readsAhead: ahead);
        Everything(reader);
        List<string> items = [];
        while (reader.MoveNext(out TreeItem item))
        {
            items.Add($"{item.Key} {Convert.ToHexString(item.Data)}");
        }

        Assert.Equal(items.Count, reader.Items);
        return items;
    }

    private static void Everything(TreeReader reader) => reader.Seek(new TreeKey(BtrfsRequests.FirstFree, 0, 0), new TreeKey(BtrfsRequests.LastFree, byte.MaxValue, ulong.MaxValue));
}
