using System.Text;
using StorageEngines.Zfs.Differences;
using StorageEngines.Zfs.Tests.Streams;

namespace StorageEngines.Zfs.Tests.Differences;

/// <summary>What <c>zfs diff -FHt</c> of OpenZFS 2.3.9 wrote.</summary>
public sealed class DiffReaderTests
{
    // zfs diff -FHt tank/fs@a tank/fs@b, and from @b to @c
    private const string Recorded =
        "1795220767.592000000\tM\tF\t/tank/fs/f1\t(+1)\n1795220767.520000000\t+\tF\t/tank/fs/new\\0040file\n1795220767.924000000\t+\tF\t/tank/fs/tab\\0011here\\0012nl\n" +
        "1795220767.996000000\t+\tF\t/tank/fs/\\0303\\0274n\\0303\\0257\n1795220767.996000000\tM\t/\t/tank/fs/\n1795220767.712000000\t+\t/\t/tank/fs/d\n1795220767.864000000\t+\t@\t/tank/fs/sl\n" +
        "1795220767.988000000\t+\t|\t/tank/fs/fifo\n1795220768.884000000\tM\tF\t/tank/fs/f1\t(-1)\n1795220768.724000000\tR\tF\t/tank/fs/new\\0040file\t/tank/fs/renamed\n";

    [Fact]
    public void Lines_are_taken_apart()
    {
        List<DiffLine> lines = Read(Encoding.ASCII.GetBytes(Recorded));
        Assert.Equal(10, lines.Count);
        Assert.Equal(new DiffLine('M', false, BytePath.FromString("/tank/fs/f1"), null), lines[0]);
        Assert.Equal(new DiffLine('+', false, BytePath.FromString("/tank/fs/tab\there\nnl"), null), lines[2]);
        Assert.Equal(BytePath.FromString("/tank/fs/ünï"), lines[3].Path);
        Assert.Equal(new DiffLine('M', true, BytePath.FromString("/tank/fs/"), null), lines[4]);
        Assert.Equal(new DiffLine('R', false, BytePath.FromString("/tank/fs/new file"), BytePath.FromString("/tank/fs/renamed")), lines[9]);
    }

    [Fact]
    public void Paths_below_the_mount_point_are_where_to_look()
    {
        var hints = DiffHints.Read(new MemoryStream(Vector.FileBytes("fs-1-2.diff")), BytePath.FromString("/tank/v"), CancellationToken.None);
        Assert.Contains(BytePath.FromString("d/renamed.txt"), hints.InTarget);
        Assert.Contains(BytePath.Root, hints.InBase);
        Assert.Contains(BytePath.FromString("gone"), hints.InBase);
        Assert.Contains(BytePath.FromString("gone/x"), hints.Gone);
        Assert.DoesNotContain(BytePath.FromString("gone"), hints.InTarget);
        Assert.Empty(DiffHints.Read(new MemoryStream(Encoding.ASCII.GetBytes(Recorded)), BytePath.FromString("/tank/f"), CancellationToken.None).InTarget);
    }

    [Theory]
    [InlineData("1.0\tM\tF\n")]
    [InlineData("1.0\tM\tF\trelative\n")]
    [InlineData("1.0\tX\tF\t/a\n")]
    [InlineData("1.0\tM\tFF\t/a\n")]
    [InlineData("x\tM\tF\t/a\n")]
    [InlineData("1.0\tR\tF\t/a\n")]
    [InlineData("1.0\tR\tF\t/a\t(+1)\n")]
    [InlineData("1.0\tM\tF\t/a\t/b\n")]
    [InlineData("1.0\tM\tF\t/a\t(+1)\tx\n")]
    [InlineData("1.0\tM\tF\t/a\\\n")]
    [InlineData("1.0\tM\tF\t/a\\040\n")]
    [InlineData("1.0\tM\tF\t/a\\1040\n")]
    [InlineData("1.0\tM\tF\t/a\\0400\n")]
    [InlineData("1.0\tM\tF\t/a\\0000\n")]
    [InlineData("1.0\tM\tF\t/a")]
    [InlineData("\n")]
    public void What_is_no_change_is_refused_with_its_place(string line)
    {
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => Read(Encoding.ASCII.GetBytes("1.0\tM\tF\t/a\n" + line)));
        Assert.Equal(11, error.Offset);
    }

    [Fact]
    public void A_line_without_end_is_refused()
        => Assert.Throws<CorruptDataException>(() => Read([.. "1.0\tM\tF\t/"u8, .. Enumerable.Repeat((byte)'a', 300_000)]));

    [Fact]
    public void Truncations_and_mutations_are_refused_or_make_sense()
    {
        byte[] whole = Encoding.ASCII.GetBytes(Recorded);
        var random = new Random(21);
        for (int i = 0; i < whole.Length; i++)
        {
            bool isWhole = i == 0 || whole[i - 1] == '\n';
            Assert.Equal(isWhole, Survives(whole[..i]));
        }

        int refused = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] mutated = [.. whole];
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            refused += Survives(mutated) ? 0 : 1;
        }

        Assert.InRange(refused, 2_000, 10_000);
    }

    private static bool Survives(byte[] output)
    {
        try
        {
            _ = Read(output);
            return true;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    private static List<DiffLine> Read(byte[] output)
    {
        var reader = new DiffReader(new MemoryStream(output));
        var lines = new List<DiffLine>();
        while (reader.Read())
        {
            lines.Add(reader.Line);
        }

        return lines;
    }
}
