using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class KnownEntryTests
{
    [Fact]
    public void Entries_are_equal_by_what_they_hold()
    {
        var entry = new KnownEntry(TreeEntryType.File, 257, 1, 4096, 0x1A4, 0, 0, default, 0);
        Assert.NotEqual(entry, entry with { Links = 2 });
    }
}
