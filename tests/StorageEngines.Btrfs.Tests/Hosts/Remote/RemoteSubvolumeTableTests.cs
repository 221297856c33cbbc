using System.Text;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Tests.Hosts.Remote;

public class RemoteSubvolumeTableTests
{
    private const string Uuid = "d4d6815d-dc80-7a48-b15f-d080ab5fe705";

    [Fact]
    public void A_subvolume_is_seen_through_the_mount_that_shows_it()
    {
        using RemoteSubvolumeTable table = Table(
            "36 35 0:45 / /mnt rw - btrfs /dev/loop0 rw\n37 35 0:45 /vol /srv\\040x rw - btrfs /dev/loop0 rw\n38 35 0:46 / /other rw - btrfs /dev/loop1 rw\n", "/mnt/here", "vol/data");
        SubvolumeDetails found = table.Find(300ul)!;
        Assert.Equal("/vol/data", table.TopLevelPath(found).ToString());
        Assert.Equal("/mnt/vol/data", table.VisiblePath(found).ToString());
        Assert.Equal(found, table.At(BytePath.FromString("/mnt/vol/data")));
        Assert.Empty(table.MountsOf(found));
    }

    [Fact]
    public void What_another_mount_hides_is_not_seen()
    {
        using RemoteSubvolumeTable table = Table(
            "36 35 0:45 / /mnt rw - btrfs /dev/loop0 rw\n37 36 0:50 / /mnt/vol rw - tmpfs tmpfs rw\n38 35 0:45 /vol /srv rw - btrfs /dev/loop0 rw\n", "/mnt", "vol/data");
        Assert.Equal("/srv/data", table.VisiblePath(table.Find(300ul)!).ToString());
    }

    [Fact]
    public void A_subvolume_that_is_mounted_by_itself_is_told()
    {
        using RemoteSubvolumeTable table = Table("36 35 0:45 / /mnt rw - btrfs /dev/loop0 rw\n38 35 0:45 /vol/data /srv rw - btrfs /dev/loop0 rw\n", "/mnt", "vol/data");
        Assert.Equal(["/srv"], table.MountsOf(table.Find(300ul)!).Select(each => each.ToString()));
    }

    [Fact]
    public void A_table_that_is_cut_off_is_refused()
    {
        byte[] answer = Answer("36 35 0:45 / /mnt rw - btrfs /dev/loop0 rw\n", "/mnt", "vol");
        for (int length = 0; length < answer.Length; length++)
        {
            Assert.Throws<CorruptDataException>(() => RemoteSubvolumeTable.Parse(answer[..length]));
        }
    }

    private static RemoteSubvolumeTable Table(string mounts, string at, string path) => RemoteSubvolumeTable.Parse(Answer(mounts, at, path));

    private static byte[] Answer(string mounts, string at, string path) => Encoding.ASCII.GetBytes(
        $"40d11b0b-afe7-41c1-9ef4-105a5dd4cc84\0{at}\0{mounts}\0ID 300 gen 7 cgen 7 parent 5 top level 5 parent_uuid - received_uuid - uuid {Uuid} path {path}\n\0\0\0\0");
}
