using System.Text;
using StorageEngines.Btrfs.Hosts.Remote;

namespace StorageEngines.Btrfs.Tests.Hosts.Remote;

public class SubvolumeListTests
{
    // btrfs-progs v6.2: btrfs subvolume list -p -c -u -q -R, list -r, list -s
    private const string All =
        "ID 256 gen 7 cgen 7 parent 5 top level 5 parent_uuid -                                    received_uuid -                                    uuid 2868b13b-0641-294e-a41c-9bbe97df65c8 path a\n" +
        "ID 258 gen 7 cgen 7 parent 257 top level 257 parent_uuid -                                    received_uuid -                                    uuid 2671c617-739e-0641-8080-99bd1eee9f1c path d/b b/n\nl\n" +
        "ID 259 gen 7 cgen 7 parent 5 top level 5 parent_uuid 2868b13b-0641-294e-a41c-9bbe97df65c8 received_uuid -                                    uuid d4d6815d-dc80-7a48-b15f-d080ab5fe705 path s1\n";

    private const string ReadOnly = "ID 259 gen 7 top level 5 path s1\n";
    private const string Snapshots = "ID 259 gen 7 cgen 7 top level 5 otime 2026-11-21 13:52:45 path s1\n";

    [Fact]
    public void Recorded_lists_are_put_together()
    {
        IReadOnlyList<SubvolumeList.Entry> entries = Parse(All, ReadOnly, Snapshots);
        Assert.Equal([256ul, 258ul, 259ul], entries.Select(each => each.Details.Id));
        Assert.Equal([false, false, true], entries.Select(each => each.Details.IsReadOnly));
        Assert.Equal("d/b b/n\nl"u8.ToArray(), entries[1].Path.Span.ToArray());
        Assert.Equal("n\nl"u8.ToArray(), entries[1].Details.Name);
        Assert.Equal(257ul, entries[1].Details.ParentId);
        Assert.Equal(1_795_269_165, entries[2].Details.CreatedAt.Seconds);
        Assert.True(entries[2].Details.IsPristine);
    }

    [Fact]
    public void A_list_may_be_empty() => Assert.Empty(Parse("", "", ""));

    [Fact]
    public void The_last_name_may_end_with_a_line_break()
        => Assert.Equal("s1\n"u8.ToArray(), Parse(All[..^1] + "\n\n", ReadOnly, Snapshots)[^1].Path.Span.ToArray());

    [Fact]
    public void Damage_takes_entries_away_and_nothing_more()
    {
        var random = new Random(20261122);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(All);
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Assert.InRange(SubvolumeList.Parse(bytes, bytes, bytes).Count, 0, 4);
        }

        for (int length = 0; length < All.Length; length++)
        {
            Assert.InRange(Parse(All[..length], ReadOnly, Snapshots).Count, 0, 3);
        }
    }

    private static IReadOnlyList<SubvolumeList.Entry> Parse(string all, string readOnly, string snapshots)
        => SubvolumeList.Parse(Encoding.Latin1.GetBytes(all), Encoding.Latin1.GetBytes(readOnly), Encoding.Latin1.GetBytes(snapshots));
}
