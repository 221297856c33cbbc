using System.Text;
using StorageEngines.CephRbd.Hosts.Commands.Parsing;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands.Parsing;

public sealed class RbdJsonTests
{
    private static readonly Action<byte[]>[] Readers =
    [
        text => ImageReport.Parse(text), text => SnapshotReport.Parse(text, Recorded.PoolNumber), text => Lists.Watchers(text), text => Lists.Children(text), text => Lists.Groups(text),
        text => Lists.GroupImages(text), text => Lists.GroupSnapshots(text),
    ];

    [Fact]
    public void A_name_is_written_as_rbd_does()
    {
        Assert.Contains($"\"name\":\"{RbdJson.Escape(Recorded.Hostile)}\",\"size\"", Recorded.Text("snap-ls.json"), StringComparison.Ordinal);
        Assert.StartsWith($"{{\"name\":\"{RbdJson.Escape("-" + Recorded.Hostile)}\",\"id\":\"", Recorded.Text("info-hostile.json"), StringComparison.Ordinal);
        Assert.Equal("""\u0008\u000c\u000d\u001b/'<&>😀""", RbdJson.Escape("\b\f\r\u001b/'<&>😀"));
    }

    [Fact]
    public void Every_truncation_is_an_error()
    {
        foreach (string name in Recorded.Names.Where(name => !name.StartsWith("diff", StringComparison.Ordinal)))
        {
            byte[] whole = Encoding.UTF8.GetBytes(Recorded.Text(name).TrimEnd());
            for (int length = 0; length < whole.Length; length++)
            {
                Assert.Throws<CorruptDataException>(() => RbdJson.Parse(whole.AsMemory(0, length), name));
            }
        }
    }

    [Fact]
    public void Mutations_are_read_or_are_an_error()
    {
        var random = new Random(3);
        int errors = 0, count = 0;
        byte[][] all = [.. Recorded.Names.Select(Recorded.Bytes)];
        for (int i = 0; i < 2_000; i++)
        {
            byte[] mutant = [.. all[random.Next(all.Length)]];
            for (int j = random.Next(0, 4); j > 0; j--)
            {
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            }

            foreach (Action<byte[]> read in Readers)
            {
                Exception? failure = Record.Exception(() => read(mutant));
                Assert.True(failure is null or CorruptDataException, $"mutant {i}: {failure}");
                errors += failure is null ? 0 : 1;
                count++;
            }
        }

        Assert.InRange(errors, 1, count - 1);
    }

    [Fact]
    public void What_is_nested_too_deep_is_an_error()
        => Assert.Throws<CorruptDataException>(() => RbdJson.Parse(Encoding.UTF8.GetBytes(new string('[', 5000) + new string(']', 5000)), "it"));
}
