namespace StorageEngines.Tests.Portable;

public sealed class SnapshotIdentityTests
{
    private static readonly VolumeRef Volume = new("zfs", "42", "tank/vm");

    [Fact]
    public void Identity_is_the_hash_of_the_ids_and_nothing_else()
    {
        Guid identity = SnapshotIdentity.Of(new SnapshotRef(Volume, "7", "monday"));
        Assert.Equal(identity, SnapshotIdentity.Of(new SnapshotRef(Volume with { Name = "renamed" }, "7", "tuesday")));
        Assert.NotEqual(identity, SnapshotIdentity.Of(new SnapshotRef(Volume, "8", "monday")));
        Assert.NotEqual(identity, SnapshotIdentity.Of(new SnapshotRef(new VolumeRef("zfs", "4"), "27")));
    }

    [Fact]
    public void Identity_stays_what_it_was_in_the_first_release()
    {
        // SHA-256 of seng-snapshot NUL zfs NUL 42 NUL 7, version and variant bits set by hand
        Assert.Equal(Guid.Parse("1a47afb3-2256-8d5e-936c-009ac3f3a5af"), SnapshotIdentity.Of(new SnapshotRef(Volume, "7")));
    }

    [Fact]
    public void Identity_is_a_uuid_of_version_8() => Assert.Equal(8, SnapshotIdentity.Of(new SnapshotRef(Volume, "7")).Version);
}
