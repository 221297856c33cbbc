using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class KnownEntryTests
{
    [Fact]
    public void Entries_are_equal_by_what_they_hold()
        => Assert.NotEqual(new KnownEntry(TreeEntryType.File, 1, 1, 257, 0), new KnownEntry(TreeEntryType.File, 2, 1, 257, 0));
}
