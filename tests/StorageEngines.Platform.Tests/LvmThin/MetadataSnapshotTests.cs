using System.Diagnostics;

namespace StorageEngines.Platform.Tests.LvmThin;

/// <summary>The pool's only metadata snapshot is given back whatever happens, and one of somebody else is left alone.</summary>
[Collection(LvmThinTests.Name)]
public sealed class MetadataSnapshotTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_released_when_the_query_is_cancelled_or_the_connection_is_cut(bool cut)
    {
        string held = $"/tmp/{ThinPool.NextName()}";
        await using LvmScene scene = await LvmScene.OpenAsync(programs: held);
        (SnapshotInfo before, SnapshotInfo after) = await ChangedAsync(scene);
        await scene.Shell.RunAsync($"mkdir {held}; printf '#!/bin/sh\\n>{held}/reached\\nwhile [ -e {held} ]; do sleep 0.1; done\\nexec /usr/sbin/thin_delta \"$@\"\\n' >{held}/thin_delta; chmod 755 {held}/thin_delta", Token);
        using var source = new CancellationTokenSource();
        Task<string> query = scene.DeltaAsync(before, after, source.Token);
        await ReachedAsync(scene, held, query);
        Assert.NotEqual("-", await scene.HeldAsync());
        await (cut ? scene.CutAsync() : source.CancelAsync());
        Exception? failure = await Record.ExceptionAsync(() => query);
        Assert.True(cut ? failure is StorageCommandException { Reason: EngineReason.ConnectionLost } : failure is OperationCanceledException, failure?.ToString() ?? "it succeeded");
        await scene.Shell.RunAsync($"rm -r {held}", Token);
        Assert.Equal(0, await scene.LeftoversAsync());
        Assert.Equal("-", await scene.HeldAsync());
        await using LvmScene other = await LvmScene.OpenAsync();
        Assert.Equal("1+1 Data", await other.DeltaAsync(before, after));
    }

    [Fact]
    public async Task One_of_somebody_else_is_refused_and_stays_and_one_that_was_left_is_taken_over()
    {
        await using LvmScene scene = await LvmScene.OpenAsync();
        (SnapshotInfo before, SnapshotInfo after) = await ChangedAsync(scene);
        await scene.Shell.RunAsync($"dmsetup message {ThinPool.Device} 0 reserve_metadata_snap", Token);
        string root = await scene.HeldAsync();
        StorageEngineException refused = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.DeltaAsync(before, after));
        Assert.Equal((EngineStatus.Aborted, EngineReason.Locked), (refused.Status, refused.Reason));
        Assert.Contains("release_metadata_snap", refused.Message, StringComparison.Ordinal);
        Assert.Equal(root, await scene.HeldAsync());

        // As a loss of power leaves it: noted, and not given back.
        string note = $"/var/lib/storage-engines/lvm-thin-$(lvs --noheadings -o lv_uuid {ThinPool.Group}/{ThinPool.Pool} | tr -d ' ')";
        await scene.Shell.RunAsync($"printf %s {root} >{note}", Token);
        Assert.Equal("1+1 Data", await scene.DeltaAsync(before, after));
        Assert.Equal("-", await scene.HeldAsync());
    }

    private static async Task<(SnapshotInfo Before, SnapshotInfo After)> ChangedAsync(LvmScene scene)
    {
        VolumeInfo volume = await scene.VolumeAsync();
        SnapshotInfo before = await scene.SnapshotAsync(volume, "before");
        await scene.FillAsync(volume, 1, 'a');
        return (before, await scene.SnapshotAsync(volume, "after"));
    }

    private static async Task ReachedAsync(LvmScene scene, string directory, Task running)
    {
        for (var clock = Stopwatch.StartNew(); (await scene.Shell.TryAsync($"[ -e {directory}/reached ]", Token)).Code != 0; await Task.Delay(20, Token))
        {
            Assert.False(running.IsCompleted, $"It ended without that call: {running.Exception?.InnerException?.Message}");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(120), "the call does not come");
        }
    }
}
