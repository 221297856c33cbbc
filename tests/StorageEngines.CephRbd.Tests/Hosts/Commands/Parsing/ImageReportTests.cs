using System.Text;
using StorageEngines.CephRbd.Hosts.Commands.Parsing;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands.Parsing;

public sealed class ImageReportTests
{
    private const RbdFeatures Usual = RbdFeatures.Layering | RbdFeatures.ExclusiveLock | RbdFeatures.ObjectMap | RbdFeatures.FastDiff;

    private static ImageReport Parse(string text) => ImageReport.Parse(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void An_image_is_read()
    {
        ImageReport report = ImageReport.Parse(Recorded.Bytes("info.json"));
        Assert.Equal(("v", 64 << 20, 4 << 20, 1, Usual, "rbd/golden/-g"), (report.Name, report.SizeBytes, report.ObjectBytes, report.StripeCount, report.Features, report.Group));
        Assert.Matches("^[0-9a-f]{6,}$", report.Id);
    }

    [Fact]
    public void A_clone_has_its_own_id_and_not_its_parents()
    {
        ImageReport report = ImageReport.Parse(Recorded.Bytes("info-clone.json"));
        Assert.Equal("child", report.Name);
        Assert.Null(report.Group);
        Assert.NotEqual(ImageReport.Parse(Recorded.Bytes("info.json")).Id, report.Id);
    }

    [Fact]
    public void Stripes_are_read()
    {
        ImageReport report = ImageReport.Parse(Recorded.Bytes("info-striped.json"));
        Assert.Equal((4, Usual | RbdFeatures.Striping), (report.StripeCount, report.Features));
        var key = new ImageKey("fsid", Recorded.Pool, "golden", report.Id);
        Assert.Equal((16 << 20, "rbd/golden/striped"), (report.ToImage(key, "rbd").PeriodBytes, report.ToImage(key, "rbd").Path.ToString()));
    }

    [Fact]
    public void A_hostile_name_is_read() => Assert.Equal($"-{Recorded.Hostile}", ImageReport.Parse(Recorded.Bytes("info-hostile.json")).Name);

    [Fact]
    public void An_image_of_the_old_format_has_no_id() => Assert.Equal("", Parse("""{"name":"a","size":1,"object_size":4194304,"format":1}""").Id);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"name":7,"id":"1","size":1,"object_size":1}""")]
    [InlineData("""{"name":"a","id":7,"size":1,"object_size":1}""")]
    [InlineData("""{"name":"a","id":"1","size":-1,"object_size":1}""")]
    [InlineData("""{"name":"a","id":"1","size":9223372036854775808,"object_size":1}""")]
    [InlineData("""{"name":"a","id":"1","size":"1","object_size":1}""")]
    [InlineData("""{"name":"a","id":"1","size":1.5,"object_size":1}""")]
    [InlineData("""{"name":"a","id":"1","size":1,"object_size":0}""")]
    [InlineData("""{"name":"a","id":"1","size":1,"object_size":1099511627777}""")]
    [InlineData("""{"name":"a","id":"1","size":1,"object_size":1,"stripe_count":0}""")]
    [InlineData("""{"name":"a","id":"1","size":1,"object_size":1,"stripe_count":1048577}""")]
    [InlineData("""{"name":"a","id":"1","size":1,"object_size":1,"features":"layering"}""")]
    [InlineData("""{"name":"a","id":"1","size":1,"object_size":1,"features":[1]}""")]
    [InlineData("""{"name":"\ud800","id":"1","size":1,"object_size":1}""")]
    [InlineData("""{"name":"a","id":"1","size":1,"object_size":1,"group":[]}""")]
    [InlineData("""{"name":"a","id":"1","size":1,"object_size":1} x""")]
    public void What_is_no_image_is_an_error(string text) => Assert.Throws<CorruptDataException>(() => Parse(text));
}
