namespace StorageEngines.Tests.Volumes;

public sealed class VolumeAddressTests
{
    [Theory]
    [InlineData("/srv/data", null, null, null, "/srv/data")]
    [InlineData("./data", null, null, null, "./data")]
    [InlineData("/srv/a:b@c", null, null, null, "/srv/a:b@c")]
    [InlineData("tarrsync:/srv/data", "tarrsync", null, null, "/srv/data")]
    [InlineData("TarRsync:/srv/a%40b", "tarrsync", null, null, "/srv/a@b")]
    [InlineData("zfs:tank/vm", "zfs", null, null, "tank/vm")]
    [InlineData("zfs+ssh://root@host/tank/vm", "zfs", "ssh", "host", "/tank/vm")]
    [InlineData("zfs+ssh://[::1]:2222/tank", "zfs", "ssh", "::1", "/tank")]
    public void Addresses_are_taken_apart_and_print_as_themselves(string text, string? scheme, string? transport, string? host, string location)
    {
        VolumeAddress address = VolumeAddress.Parse(text);
        Assert.Equal((scheme, transport, host, location), (address.Scheme, address.Transport, address.Host, address.Location.ToString()));
        Assert.Equal(address, VolumeAddress.Parse(address.ToString()));
    }

    [Fact]
    public void Settings_follow_the_question_mark()
    {
        VolumeAddress address = VolumeAddress.Parse("tarrsync:/srv/data?store=%2Fbackup%20here&x=1");
        Assert.Equal("/backup here", address.Settings["store"]);
        Assert.Equal("1", address.Settings["x"]);
        Assert.Equal(address, VolumeAddress.Parse(address.ToString()));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_can_be_written()
        => Assert.Equal([0x2F, 0xFF, 0x0A], VolumeAddress.Parse("tarrsync:/%ff%0A").Location.Bytes.ToArray());

    [Theory]
    [InlineData("", "empty")]
    [InlineData("zfs:", "nothing follows")]
    [InlineData("zfs+ssh:tank", "needs a host")]
    [InlineData("zfs+ssh://host", "no location")]
    [InlineData("zfs+ssh://host:99999/t", "not a port")]
    [InlineData("zfs+ssh://-oProxyCommand=x/t", "begins with '-'")]
    [InlineData("zfs+ssh://[::1/t", "']'")]
    [InlineData("tarrsync:/a%4", "two hex digits")]
    [InlineData("tarrsync:/a%00", "NUL")]
    [InlineData("tarrsync:/a?x", "name=value")]
    [InlineData("tarrsync:/a?x=1&x=2", "twice")]
    public void Malformed_addresses_say_what_is_wrong(string text, string because)
    {
        Assert.Contains(because, Assert.Throws<FormatException>(() => VolumeAddress.Parse(text)).Message);
        Assert.False(VolumeAddress.TryParse(text, out _));
    }

    [Fact]
    public void A_password_is_refused_and_not_repeated()
        => Assert.DoesNotContain("hunter2", Assert.Throws<FormatException>(() => VolumeAddress.Parse("zfs+ssh://root:hunter2@host/t")).Message);

    [Theory]
    [InlineData("/srv/data@monday", "/srv/data", "monday")]
    [InlineData("/srv/a@b@monday", "/srv/a@b", "monday")]
    [InlineData("zfs+ssh://root@host/tank@s:1", "zfs+ssh://root@host/tank", "s:1")]
    public void A_snapshot_is_a_volume_and_a_name(string text, string volume, string name)
    {
        SnapshotAddress address = SnapshotAddress.Parse(text);
        Assert.Equal((volume, name), (address.Volume.ToString(), address.SnapshotName));
    }

    [Theory]
    [InlineData("/srv/data")]
    [InlineData("@monday")]
    [InlineData("/srv/data@")]
    [InlineData("/srv/data@-x")]
    [InlineData("/srv/data@a b")]
    public void What_is_no_snapshot_address_is_refused(string text) => Assert.Throws<FormatException>(() => SnapshotAddress.Parse(text));
}
