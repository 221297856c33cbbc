namespace StorageEngines.TarRsync.Tests.Remote;

/// <summary>The host goes away for good, so it has a class of its own.</summary>
public sealed class HostAwayTests(RsyncOnlyHost host) : IClassFixture<RsyncOnlyHost>
{
    [Fact]
    public async Task Snapshots_are_there_when_the_host_is_not()
    {
        await using var scratch = new RemoteScratch(host);
        scratch.Write("a", "old", RemoteScratch.Long);
        SnapshotInfo first = await scratch.SnapshotAsync("s1");
        scratch.Write("a", "newer", RemoteScratch.Long);
        SnapshotInfo second = await scratch.SnapshotAsync("s2");
        host.Kill();

        VolumeInfo volume = await scratch.VolumeAsync();
        Assert.Equal(first.Ref.Volume, volume.Ref);
        Assert.Equal(2, await scratch.Snapshots.ListAsync(volume.Ref).CountAsync());
        Assert.Contains(await scratch.ChangesAsync(first, second), change => change.EndsWith(" a", StringComparison.Ordinal));
        StorageCommandException error = await Assert.ThrowsAsync<StorageCommandException>(
            () => scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "s3")));
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost), (error.Status, error.Reason));
        await Assert.ThrowsAsync<StorageCommandException>(() => scratch.VolumeAsync(scratch.At("unknown")));
    }
}
