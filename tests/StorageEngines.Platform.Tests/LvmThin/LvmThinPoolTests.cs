namespace StorageEngines.Platform.Tests.LvmThin;

/// <summary>A pool that is full, and a host that lacks a program.</summary>
[Collection(LvmThinTests.Name)]
public sealed class LvmThinPoolTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_pool_is_told_and_what_was_cut_before_is_compared_read_and_kept()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        string pool = $"{ThinPool.Group}/{ThinPool.NextName()}", name = ThinPool.NextName();
        await scene.Shell.RunAsync($"lvcreate -qq -y --type thin-pool -L 4M -c 64k -n {pool.Split('/')[1]} {ThinPool.Group} >/dev/null; lvchange -qq --errorwhenfull y {pool} >/dev/null", Token);
        try
        {
            await scene.Shell.RunAsync($"lvcreate -qq -y -Wn --type thin -V 64M --thinpool {pool} -n {name} >/dev/null 2>&1", Token);
            VolumeInfo volume = await scene.Engine.ResolveVolumeAsync(ThinPool.Path(name), Token);
            await scene.FillAsync(volume, 0, 'a');
            SnapshotInfo before = await scene.SnapshotAsync(volume, "before");
            await scene.FillAsync(volume, 1, 'b');
            SnapshotInfo after = await scene.SnapshotAsync(volume, "after");
            await scene.Shell.RunAsync($"! dd if=/dev/urandom of={volume.Location} bs=64k seek=2 count=100 conv=notrunc oflag=direct status=none 2>/dev/null", Token);
            foreach (Func<Task> change in new Func<Task>[] { () => scene.SnapshotAsync(volume, "more"), () => scene.Snapshots.RollbackAsync(before.Ref, new RollbackOptions(), Token) })
            {
                StorageEngineException full = await Assert.ThrowsAnyAsync<StorageEngineException>(change);
                Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (full.Status, full.Reason));
            }

            Assert.Equal("1+1 Data", await scene.DeltaAsync(before, after));
            await using (Stream stream = await scene.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(after.Ref, null, Token))
            {
                byte[] bytes = new byte[ThinPool.Chunk + 1];
                await stream.ReadExactlyAsync(bytes, Token);
                Assert.Equal(((byte)'a', (byte)'b'), (bytes[0], bytes[^1]));
            }

            Assert.StartsWith("ab", await scene.SeenAsync(volume.Location.ToString()), StringComparison.Ordinal); // which is there, and switched on
            await scene.Shell.RunAsync($"lvextend -qq -L +16M {pool} >/dev/null 2>&1", Token);
            Assert.Equal("after", (await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "after"), Token)).Ref.Name);
            await scene.Snapshots.RollbackAsync(before.Ref, new RollbackOptions(), Token);
            Assert.StartsWith("a..", await scene.SeenAsync(volume.Location.ToString()), StringComparison.Ordinal);
            Assert.Equal(0, await scene.LeftoversAsync());
        }
        finally
        {
            await scene.Shell.RunAsync($"lvremove -qq -f -y {pool} >/dev/null 2>&1", CancellationToken.None);
        }
    }

    [Fact]
    public async Task Without_thin_delta_the_package_is_named_and_all_else_works()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        await scene.Shell.RunAsync("mv /usr/sbin/thin_delta /usr/sbin/thin_delta.away", Token);
        try
        {
            VolumeInfo volume = await scene.VolumeAsync();
            SnapshotInfo before = await scene.SnapshotAsync(volume, "before"), after = await scene.SnapshotAsync(volume, "after");
            StorageEngineException missing = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.DeltaAsync(before, after));
            Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.ToolMissing), (missing.Status, missing.Reason));
            Assert.Contains("thin-provisioning-tools", missing.Message, StringComparison.Ordinal);
            Assert.Equal(0, await scene.LeftoversAsync());
            await scene.Snapshots.DeleteAsync(before.Ref, cancellationToken: Token);
        }
        finally
        {
            await scene.Shell.RunAsync("mv /usr/sbin/thin_delta.away /usr/sbin/thin_delta", CancellationToken.None);
        }
    }
}
