namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Clones of format 1, which need a protected snapshot, as clusters make them that admit clients older than Mimic: the engine protects it, and takes that back when it deletes it and no clone needs it.</summary>
public sealed class CloneFormatTests
{
    private const string FormatOne = "rbd_default_clone_format = 1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_snapshot_is_protected_while_a_clone_needs_it_and_deleted_afterwards(bool byProgram)
    {
        await using Parent at = await Parent.MakeAsync(byProgram);
        Assert.False(await at.IsProtectedAsync());
        TestImage one = await at.CloneAsync("one"), two = await at.CloneAsync("two");
        Assert.DoesNotContain("clone-child", await at.Scene.RbdAsync("info", one.Path), StringComparison.Ordinal);
        Assert.Equal(await at.Image.Writer.ReadAsync(Cancel), await one.Writer.ReadAsync(Cancel));
        await at.RequireBusyAsync(one.Path, two.Path);

        await at.Scene.RbdAsync("flatten", "--no-progress", one.Path);
        await at.RequireBusyAsync(two.Path);
        await at.Scene.RbdAsync("rm", "--no-progress", two.Path);
        await at.RequireDeletableAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hold_that_ends_leaves_the_protection_that_a_clone_needs(bool byProgram)
    {
        await using Parent at = await Parent.MakeAsync(byProgram);
        await at.Scene.Snapshots.HoldAsync(at.Snapshot.Ref, "before", Cancel);
        TestImage clone = await at.CloneAsync("clone");
        await at.Scene.Snapshots.HoldAsync(at.Snapshot.Ref, "after", Cancel);
        await at.Scene.Snapshots.ReleaseAsync(at.Snapshot.Ref, "before", Cancel);
        SnapshotInUseException held = await Assert.ThrowsAsync<SnapshotInUseException>(() => at.DeleteAsync());
        Assert.Equal((EngineReason.HeldByOther, "after"), (held.Reason, Assert.Single(held.Blockers)));
        await at.Scene.Snapshots.ReleaseAsync(at.Snapshot.Ref, "after", Cancel);
        await at.RequireBusyAsync(clone.Path);

        await at.Scene.RbdAsync("flatten", "--no-progress", clone.Path);
        await at.RequireDeletableAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hold_that_outlives_the_clone_ends_the_protection(bool byProgram)
    {
        await using Parent at = await Parent.MakeAsync(byProgram);
        TestImage clone = await at.CloneAsync("clone");
        await at.Scene.Snapshots.HoldAsync(at.Snapshot.Ref, "owner", Cancel);
        await at.Scene.RbdAsync("flatten", "--no-progress", clone.Path);
        Assert.True(await at.IsProtectedAsync());
        await at.Scene.Snapshots.ReleaseAsync(at.Snapshot.Ref, "owner", Cancel);
        Assert.False(await at.IsProtectedAsync());
        await at.RequireDeletableAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_somebody_else_protected_stays_protected(bool byProgram)
    {
        await using Parent at = await Parent.MakeAsync(byProgram);
        await at.Scene.RbdAsync("snap", "protect", at.Name);
        TestImage clone = await at.CloneAsync("clone");
        await at.RequireBusyAsync(clone.Path);
        await at.Scene.RbdAsync("flatten", "--no-progress", clone.Path);
        await at.RequireBusyAsync();
        await at.Scene.RbdAsync("snap", "unprotect", at.Name);
        await at.RequireDeletableAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_clone_that_fails_leaves_no_protection(bool byProgram)
    {
        await using Parent at = await Parent.MakeAsync(byProgram);
        TestImage other = await at.Scene.CreateAsync(1 << 20);
        (byte[], string) before = await at.Scene.StateAsync(at.Image);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(
            () => at.Scene.Snapshots.CloneAsync(at.Snapshot.Ref, BytePath.FromString(other.Path), null, Cancel));
        Assert.Equal(EngineReason.NameTaken, error.Reason);
        await at.Scene.RequireAsync(before, at.Image, "The image after a clone that failed");

        // One that another clone needs stays.
        await at.CloneAsync("clone");
        await Assert.ThrowsAnyAsync<StorageEngineException>(() => at.Scene.Snapshots.CloneAsync(at.Snapshot.Ref, BytePath.FromString(other.Path), null, Cancel));
        Assert.True(await at.IsProtectedAsync());
    }

    /// <summary>An image with a snapshot, on a cluster that prefers format 1.</summary>
    private sealed record Parent(DifferenceScene Scene, TestImage Image, SnapshotInfo Snapshot) : IAsyncDisposable
    {
        internal string Name => $"{Image.Path}@a";

        internal static async Task<Parent> MakeAsync(bool byProgram)
        {
            DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram, FormatOne);
            TestImage image = await scene.CreateAsync(8 << 20);
            await image.Writer.WriteAsync(5_000_000, new byte[] { 1, 2, 3 }, Cancel);
            return new Parent(scene, image, await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, "a"), Cancel));
        }

        internal async Task<TestImage> CloneAsync(string name)
        {
            string path = $"{Image.Path}-{name}";
            await Scene.Snapshots.CloneAsync(Snapshot.Ref, BytePath.FromString(path), null, Cancel);
            Assert.True(await IsProtectedAsync());
            return await Scene.OpenAsync(path);
        }

        internal Task DeleteAsync() => Scene.Snapshots.DeleteAsync(Snapshot.Ref, DeleteMode.Everything, Cancel);

        internal async Task<bool> IsProtectedAsync()
            => (await Scene.RbdAsync("snap", "ls", "--format", "json", Image.Path)).Contains("\"protected\":\"true\"", StringComparison.Ordinal);

        /// <summary>Requires that a deletion is refused, which names the clones, and changes nothing.</summary>
        internal async Task RequireBusyAsync(params string[] clones)
        {
            (byte[], string) before = await Scene.StateAsync(Image);
            SnapshotInUseException error = await Assert.ThrowsAsync<SnapshotInUseException>(DeleteAsync);
            Assert.Equal(EngineReason.SnapshotBusy, error.Reason);
            Assert.Equal(clones, error.Blockers.Order());
            await Scene.RequireAsync(before, Image, "The image after a deletion that was refused");
            Assert.True(await IsProtectedAsync());
        }

        /// <summary>Requires that it goes, and that nothing is noted of it any more.</summary>
        internal async Task RequireDeletableAsync()
        {
            await DeleteAsync();
            Assert.Equal("[]", (await Scene.RbdAsync("snap", "ls", "--all", "--format", "json", Image.Path)).Trim());
            Assert.DoesNotContain("seng.", await Scene.RbdAsync("image-meta", "ls", Image.Path), StringComparison.Ordinal);
        }

        public ValueTask DisposeAsync() => Scene.DisposeAsync();
    }
}
