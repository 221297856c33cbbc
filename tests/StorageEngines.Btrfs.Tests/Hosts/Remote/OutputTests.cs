using System.Text;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Tests.Hosts.Remote;

/// <summary>What the other programs write: filefrag, getfattr, find, stat, and the shell's own answers.</summary>
public class OutputTests
{
    // e2fsprogs 1.47.0: filefrag -v -b4096 /proc/self/fd/0 < a preallocated file with one written block
    private const string Fragments =
        "Filesystem type is: 9123683e\nFile size of /proc/self/fd/0 is 262144 (64 blocks of 4096 bytes)\n ext:     logical_offset:        physical_offset: length:   expected: flags:\n" +
        "   0:        0..      16:       3328..      3344:     17:             unwritten\n   1:       17..      17:       3345..      3345:      1:            \n" +
        "   2:       18..      63:       3346..      3391:     46:             last,unwritten,eof\n/proc/self/fd/0: 1 extent found\n";

    // attr 2.5.1: getfattr -h -d -m - -e hex -- ./small './d/l<line break>k'
    private const string Attributes = "# file: small\nuser.x=0x612062\n\n# file: d/l\\012k\nuser.z=0x\nuser.a\\075b=0x00ff\n\n";

    [Fact]
    public void Preallocated_space_is_a_hole() => Assert.Equal([new Extent(17 * 4096, 4096)], FragmentList.Parse(Encoding.ASCII.GetBytes(Fragments), 262144));

    [Theory]
    [InlineData("   0:        0..    4095:          0..      4095:   4096:             last,not_aligned,inline,eof\n", 3, 0, 3)]
    [InlineData("   0:      122..     122:      20528..     20528:      1:        122: last\n", 1 << 20, 122 * 4096, 4096)]
    public void Extents_are_cut_to_the_file(string line, long size, long offset, long length)
        => Assert.Equal([new Extent(offset, length)], FragmentList.Parse(Encoding.ASCII.GetBytes(line), size));

    [Fact]
    public void Extents_that_touch_are_one_and_disorder_is_refused()
    {
        const string First = "   0:        0..       1:         10..        11:      2:            \n", Second = "   1:        2..       2:         90..        90:      1:         12: \n";
        Assert.Equal([new Extent(0, 3 * 4096)], FragmentList.Parse(Encoding.ASCII.GetBytes(First + Second), 1 << 20));
        Assert.Throws<CorruptDataException>(() => FragmentList.Parse(Encoding.ASCII.GetBytes(Second + First), 1 << 20));
        Assert.Throws<CorruptDataException>(() => FragmentList.Parse(
            "   0:        0..  9223372036854775807:         10..        11:      2: x\n"u8, 1 << 20));
    }

    [Fact]
    public void Attributes_of_odd_names_are_understood()
    {
        Dictionary<BytePath, IReadOnlyList<ExtendedAttribute>> files = AttributeDump.Parse(Encoding.ASCII.GetBytes(Attributes), "btrfs");
        Assert.Equal([new ExtendedAttribute("user.x"u8.ToArray(), "a b"u8.ToArray())], files[BytePath.FromString("small")]);
        Assert.Equal(
            [new ExtendedAttribute("user.a=b"u8.ToArray(), new byte[] { 0, 255 }), new ExtendedAttribute("user.z"u8.ToArray(), Array.Empty<byte>())],
            files[BytePath.FromString("d/l\nk")]);
    }

    [Theory]
    [InlineData("user.x=0x61\n")]
    [InlineData("# file: a\nuser.x=0x6\n")]
    [InlineData("# file: a\nuser.x=plain\n")]
    public void What_are_no_attributes_is_refused(string output) => Assert.Throws<CorruptDataException>(() => AttributeDump.Parse(Encoding.ASCII.GetBytes(output), "btrfs"));

    [Fact]
    public void Sorted_records_come_back_and_are_in_the_order_of_a_walk()
    {
        string[] paths = ["", "a", "a/b", "a/b/c", "a\u0001", "a\u0001/x", "a-b", "a.b", "b", "b/\u0001/q", "b/\u0002"];
        List<byte[]> sorted = [.. paths.Select(path => Sortable($"{path}//f")).OrderBy(Convert.ToHexString, StringComparer.Ordinal)];
        Assert.Equal(paths, sorted.Select(record => Encoding.Latin1.GetString(FindRecord.Unsort(record))[..^3]));
    }

    [Fact]
    public void A_record_of_find_is_an_entry()
    {
        TreeEntry entry = FindRecord.Parse("d/s\ny//l 777 261 1 4 1000 100 -0.5000000000 1795271528.7335172680///etc//x"u8, BytePath.FromString("top"), "btrfs");
        Assert.Equal(("top/d/s\ny", TreeEntryType.SymbolicLink, 511, 1000u, 100u, 4L), (Encoding.UTF8.GetString(entry.Path.Span), entry.Type, entry.Mode, entry.UserId, entry.GroupId, entry.SizeBytes));
        Assert.Equal("/etc//x"u8.ToArray(), entry.LinkTarget.ToArray());
        Assert.Equal((new UnixTime(-1, 500_000_000), new UnixTime(1_795_271_528, 733_517_268)), (entry.ModifiedAt, entry.ChangedAt));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a//f 644 1 1 0 0 0 0.0")]
    [InlineData("a//x 644 1 1 0 0 0 0.0 0.0//")]
    [InlineData("a//f 644 1 1 -5 0 0 0.0 0.0//")]
    [InlineData("a//f 644 1 1 0 0 0 0.x 0.0//")]
    public void What_is_no_record_is_refused(string record) => Assert.Throws<CorruptDataException>(() => FindRecord.Parse(Encoding.ASCII.GetBytes(record), default, "btrfs"));

    [Fact]
    public void A_record_of_stat_is_an_entry()
    {
        Assert.Equal(new StatEntry(TreeEntryType.File, 257, 2, 3, 0x1A4, 0, 7, new UnixTime(1_795_271_528, 706_019_829), 0), StatRecord.Parse("81a4 257 2 3 0 7 1795271528.706019829 0 0", "btrfs"));
        Assert.Equal((5ul << 32) | 16, StatRecord.Parse("61b0 300 1 0 0 6 0.000000000 5 10", "btrfs").Device);
        Assert.Throws<CorruptDataException>(() => StatRecord.Parse("81a4 257 2 3 0 0 1795271528.706019829 0", "btrfs"));
    }

    [Fact]
    public void An_answer_that_is_cut_off_is_refused()
    {
        var fields = new Fields("12\0x"u8.ToArray(), "an answer", "btrfs");
        Assert.Equal(12, fields.Number());
        Assert.Contains("byte 3", Assert.Throws<CorruptDataException>(() => fields.Next()).Message, StringComparison.Ordinal);
        Assert.Throws<CorruptDataException>(() => new Fields("1x\0"u8.ToArray(), "an answer", "btrfs").Number());
    }

    [Theory]
    [InlineData("0\u00001\u00001\u00001\u00009123683e\u0000100\0", false, 0)]
    [InlineData("0\u00000\u00001\u00001\u00009123683e\u0000100\0", false, Errno.ENOENT)]
    [InlineData("0\u00001\u00001\u00001\u00009123683e\u0000100\0", true, Errno.EEXIST)]
    [InlineData("0\u00000\u00001\u00001\u00009123683e\u0000100\0", true, 0)]
    [InlineData("0\u00000\u00001\u00000\u00009123683e\u0000100\0", true, Errno.EROFS)]
    [InlineData("1000\u00001\u00001\u00001\u00009123683e\u0000100\0", false, Errno.EPERM)]
    [InlineData("0\u00000\u00001\u00001\0ef53\u0000100\0", true, Errno.ENOTTY)]
    [InlineData("0\u00000\u00001\u00001\u00009123683e\u00000\0", true, Errno.ENOSPC)]
    [InlineData("0\u00000\u00000\u00000\0\0\0", true, Errno.ENOENT)]
    public void Why_something_failed_is_asked_of_the_host(string answer, bool made, int errno)
        => Assert.Equal(errno, RemoteErrors.Number(new ShellReply(0, Encoding.ASCII.GetBytes(answer), ""), made));

    [Fact]
    public void The_beginning_of_a_stream_tells_the_transaction_of_the_last_change()
    {
        // btrfs-progs v6.2, kernel 6.18: btrfs send -q --no-data s1 | head -c 96 | od -A n -v -t x1
        const string Digits = """
             62 74 72 66 73 2d 73 74 72 65 61 6d 00 01 00 00
             00 26 00 00 00 01 00 43 dd 87 86 0f 00 02 00 73
             31 01 00 10 00 d4 d6 81 5d dc 80 7a 48 b1 5f d0
             80 ab 5f e7 05 02 00 08 00 07 00 00 00 00 00 00
             00 1c 00 00 00 13 00 02 37 2d 8c 0f 00 00 00 06
             00 08 00 00 00 00 00 00 00 00 00 07 00 08 00 00
            """;
        var uuid = new Guid("d4d6815d-dc80-7a48-b15f-d080ab5fe705");
        Assert.Equal(7ul, StreamStart.Transaction(Encoding.ASCII.GetBytes(Digits), uuid));
        Assert.Null(StreamStart.Transaction(Encoding.ASCII.GetBytes(Digits), Guid.Empty));
        Assert.Null(StreamStart.Transaction(Encoding.ASCII.GetBytes(Digits[..120]), uuid));
        Assert.Null(StreamStart.Transaction("zz"u8, uuid));
    }

    private static byte[] Sortable(string record)
        => Encoding.Latin1.GetBytes(record.Replace("\u0001", "\u0001\u0003", StringComparison.Ordinal).Replace("/", "\u0001\u0002", StringComparison.Ordinal));
}
