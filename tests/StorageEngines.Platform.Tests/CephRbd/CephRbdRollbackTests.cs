using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>What a roll back changed is told, whatever the object maps say: that an object is as it was does not always show that there was none.</summary>
public sealed class CephRbdRollbackTests
{
    private const int Object = 4 << 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>One object changed and one was given back; in the snapshot that is rolled back to, the one was otherwise, and the other not there yet.</summary>
    [Fact]
    public async Task A_roll_back_is_seen_by_what_was_written_not_by_what_was_given_back()
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        TestImage image = await scene.CreateAsync(4 * Object);
        await image.Writer.WriteAsync(0, new byte[] { 1 }, Cancel);
        await CutAsync(scene, image, "first");
        SnapshotInfo old = await CutAsync(scene, image, "old"); // Its map says that nothing changed.
        await image.Writer.WriteAsync(0, new byte[] { 2 }, Cancel);
        await image.Writer.WriteAsync(Object, new byte[] { 3 }, Cancel);
        await CutAsync(scene, image, "between");
        await image.Writer.DiscardAsync(Object, Object, Cancel);
        SnapshotInfo from = await CutAsync(scene, image, "base");
        byte[] before = await image.Writer.ReadAsync(Cancel);
        await scene.Snapshots.RollbackAsync(old.Ref, new RollbackOptions(), Cancel);
        SnapshotInfo to = await CutAsync(scene, image, "target");
        ExtentAnswer answer = await ExtentAnswer.CollectAsync(scene.Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref), Cancel));
        ExtentOracle.AssertRebuilds(before, await image.Writer.ReadAsync(Cancel), answer, answer.Batches[0].Mode!);
    }

    private static Task<SnapshotInfo> CutAsync(DifferenceScene scene, TestImage image, string name) => scene.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, name), Cancel);
}
