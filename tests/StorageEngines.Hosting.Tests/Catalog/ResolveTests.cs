using Microsoft.Extensions.DependencyInjection;

namespace StorageEngines.Hosting.Tests;

public sealed class ResolveTests
{
    [Fact]
    public async Task Scheme_decides_the_engine()
    {
        await using ServiceProvider services = Host.With(new StubFactory("one", _ => VolumeClaim.Native), new StubFactory("two"));
        await using ResolvedVolume resolved = await services.Catalog().ResolveAsync(VolumeAddress.Parse("two:/srv"));
        Assert.Equal("two", resolved.Engine.Name);
        Assert.Equal("/srv", resolved.Volume.Location.ToString());
    }

    [Fact]
    public async Task Strongest_claim_wins_and_the_fallback_comes_last()
    {
        await using ServiceProvider services = Host.With(
            new StubFactory("a-fallback", _ => VolumeClaim.Fallback), new StubFactory("b-inside", _ => VolumeClaim.Inside), new StubFactory("c-none"));
        await using ResolvedVolume resolved = await services.Catalog().ResolveAsync(VolumeAddress.Parse("/srv"));
        Assert.Equal("b-inside", resolved.Engine.Name);
    }

    [Fact]
    public async Task Equal_claims_go_to_the_first_by_name()
    {
        await using ServiceProvider services = Host.With(new StubFactory("zeta", _ => VolumeClaim.Native), new StubFactory("alpha", _ => VolumeClaim.Native));
        await using ResolvedVolume resolved = await services.Catalog().ResolveAsync(VolumeAddress.Parse("/srv"));
        Assert.Equal("alpha", resolved.Engine.Name);
    }

    [Fact]
    public async Task Engine_that_cannot_say_is_noted_and_the_others_work()
    {
        await using ServiceProvider services = Host.With(
            new StubFactory("broken", _ => throw new IOException("no /dev/zfs")), new StubFactory("works", _ => VolumeClaim.Fallback));
        await using ResolvedVolume resolved = await services.Catalog().ResolveAsync(VolumeAddress.Parse("/srv"));
        Assert.Equal("works", resolved.Engine.Name);
        Assert.Contains("no /dev/zfs", Assert.Single(resolved.Notes));
    }

    [Fact]
    public async Task Relative_path_is_made_absolute()
    {
        await using ServiceProvider services = Host.With(new StubFactory("any", _ => VolumeClaim.Fallback));
        await using ResolvedVolume plain = await services.Catalog().ResolveAsync(VolumeAddress.Parse("./a//b/"));
        await using ResolvedVolume schemed = await services.Catalog().ResolveAsync(VolumeAddress.Parse("any:./a/b"));
        await using ResolvedVolume ownTerms = await services.Catalog().ResolveAsync(VolumeAddress.Parse("any:tank/vm"));
        Assert.Equal(Environment.CurrentDirectory + "/a/b", plain.Volume.Location.ToString());
        Assert.Equal(plain.Volume.Location, schemed.Volume.Location);
        Assert.Equal("tank/vm", ownTerms.Volume.Location.ToString());
    }

    [Fact]
    public async Task Engine_of_an_address_is_opened_without_its_volume()
    {
        await using ServiceProvider services = Host.With(new StubFactory("one"), new StubFactory("two"));
        await using IStorageEngine engine = services.Catalog().OpenEngine(VolumeAddress.Parse("two:/missing"));
        Assert.Equal("two", engine.Name);
        Assert.Throws<ArgumentException>(() => services.Catalog().OpenEngine(VolumeAddress.Parse("/srv")));
        Assert.Equal(EngineStatus.NotFound, Assert.Throws<StorageEngineException>(() => services.Catalog().OpenEngine(VolumeAddress.Parse("zfs:/srv"))).Status);
        Assert.Contains("'telnet'", Assert.Throws<StorageEngineException>(() => services.Catalog().OpenEngine(VolumeAddress.Parse("two+telnet://host/tank"))).Message);
    }

    [Fact]
    public async Task Unclaimed_path_lists_what_is_available()
    {
        await using ServiceProvider services = Host.With(new StubFactory("one"), new StubFactory("two"));
        StorageEngineException e = await Assert.ThrowsAsync<StorageEngineException>(async () => await services.Catalog().ResolveAsync(VolumeAddress.Parse("/tmp")));
        Assert.Equal(EngineStatus.NotFound, e.Status);
        Assert.Contains("one ", e.Message);
        Assert.Contains("two ", e.Message);
    }

    [Fact]
    public async Task Missing_path_says_so()
    {
        await using ServiceProvider services = Host.With(new StubFactory("one"));
        await Assert.ThrowsAsync<VolumeNotFoundException>(async () => await services.Catalog().ResolveAsync(VolumeAddress.Parse("/nowhere/at/all")));
    }

    [Fact]
    public async Task Unknown_scheme_lists_what_is_available()
    {
        await using ServiceProvider services = Host.With(new StubFactory("one"));
        StorageEngineException e = Assert.Throws<StorageEngineException>(() => services.Catalog().OpenEngine("zfs"));
        Assert.Equal(EngineStatus.NotFound, e.Status);
        Assert.Contains("no engine 'zfs'", e.Message);
        Assert.Contains("one ", e.Message);
    }

    [Fact]
    public async Task Engine_is_closed_if_the_volume_is_not_found()
    {
        var factory = new StubFactory("one");
        await using ServiceProvider services = Host.With(factory);
        await Assert.ThrowsAsync<VolumeNotFoundException>(async () => await services.Catalog().ResolveAsync(VolumeAddress.Parse("one:/missing")));
        Assert.True(Assert.Single(factory.Made).IsDisposed);
    }

    [Fact]
    public async Task Unknown_transport_lists_what_is_known()
    {
        await using ServiceProvider services = Host.With(new StubFactory("one"));
        StorageEngineException e = await Assert.ThrowsAsync<StorageEngineException>(
            async () => await services.Catalog().ResolveAsync(VolumeAddress.Parse("one+carrier-pigeon://host/tank")));
        Assert.Equal(EngineStatus.InvalidArgument, e.Status);
        Assert.Contains("'carrier-pigeon'", e.Message);
    }
}
