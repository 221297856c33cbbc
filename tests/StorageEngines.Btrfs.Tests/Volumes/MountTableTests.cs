using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Tests.Volumes;

public sealed class MountTableTests
{
    private static readonly byte[] Table =
        """
        22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/vda rw
        41 22 0:44 / /mnt/a\040b rw,noatime shared:2 - btrfs /dev/loop0 rw,subvolid=5,subvol=/
        42 22 0:45 /home /home rw - btrfs /dev/loop0 rw,subvolid=256,subvol=/home
        broken line - btrfs
        43 22 0:46 /x/y\134z /mnt/\303\244 rw master:1 shared:7 - btrfs /dev/loop1 rw
        """u8.ToArray();

    [Fact]
    public void Only_btrfs_mounts_are_found_and_their_paths_are_bytes()
    {
        List<MountTable.Mount> mounts = MountTable.Parse(Table);
        Assert.Equal(["/mnt/a b", "/home", "/mnt/ä"], mounts.Select(mount => System.Text.Encoding.UTF8.GetString(mount.Point.Span)));
        Assert.Equal(["/", "/home", @"/x/y\z"], mounts.Select(mount => System.Text.Encoding.UTF8.GetString(mount.Root.Span)));
    }

    [Theory]
    [InlineData("/", "/mnt", "/", "/mnt")]
    [InlineData("/", "/mnt", "/a/b", "/mnt/a/b")]
    [InlineData("/", "/", "/a", "/a")]
    [InlineData("/home", "/h", "/home", "/h")]
    [InlineData("/home", "/h", "/home/x", "/h/x")]
    [InlineData("/home", "/", "/home/x", "/x")]
    [InlineData("/home", "/h", "/home2/x", null)]
    [InlineData("/home", "/h", "/", null)]
    public void A_directory_is_seen_through_a_mount_that_holds_it(string root, string point, string path, string? seen)
        => Assert.Equal(seen, MountTable.See(new MountTable.Mount(BytePath.FromString(point), BytePath.FromString(root)), BytePath.FromString(path))?.ToString());
}
