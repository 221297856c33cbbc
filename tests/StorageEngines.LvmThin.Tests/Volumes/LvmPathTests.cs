using StorageEngines.LvmThin.Volumes;

namespace StorageEngines.LvmThin.Tests.Volumes;

public sealed class LvmPathTests
{
    [Theory]
    [InlineData("vg0/vm1", "vg0", "vm1")]
    [InlineData("/vg0/vm1", "vg0", "vm1")]
    [InlineData("/dev/vg0/vm1", "vg0", "vm1")]
    [InlineData("/dev/mapper/vg0-vm1", "vg0", "vm1")]
    [InlineData("/dev/mapper/my--group-disk--1", "my-group", "disk-1")]
    [InlineData("/dev/my-group/disk-1+x_y.z", "my-group", "disk-1+x_y.z")]
    public void All_ways_to_write_a_volume_are_read(string location, string group, string name)
    {
        Assert.True(LvmPath.TryParse(BytePath.FromString(location), out string? readGroup, out string? readName));
        Assert.Equal((group, name), (readGroup, readName));
    }

    [Theory]
    [InlineData("vm1")]
    [InlineData("/dev/sda")]
    [InlineData("/srv/data/x")]
    [InlineData("/dev/mapper/control")]
    [InlineData("vg0/-rf")]
    [InlineData("vg0/..")]
    [InlineData("vg0/a b")]
    [InlineData("vg0/a;b")]
    [InlineData("vg0/é")]
    [InlineData("")]
    public void What_is_none_is_refused(string location) => Assert.False(LvmPath.TryParse(BytePath.FromString(location), out _, out _));

    [Theory]
    [InlineData("vg0", "tp", "-tpool", "vg0-tp-tpool")]
    [InlineData("my-group", "thin-pool_tmeta", "", "my--group-thin--pool_tmeta")]
    public void Device_names_double_their_hyphens(string group, string name, string layer, string device) => Assert.Equal(device, LvmPath.Device(group, name, layer));
}
