using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>A snapshot that an apply brought has the same proof with it as one that was cut: the next difference of the replica is found by the object map.</summary>
public sealed class CephRbdReplicaTests
{
    private const int ObjectBytes = 4 << 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_next_difference_of_a_replica_is_found_by_the_map(bool byProgram)
    {
        await using Replica at = await Replica.MakeAsync(byProgram);
        SnapshotInfo a = await at.BringAsync(), b = await at.BringAsync(), c = await at.BringAsync();
        await at.RequireAsync(a, b, "hybrid", [0, 1, 2, 3]);
        await at.RequireAsync(b, c, "hybrid", [1]);
        await at.RequireAsync(a, c, "hybrid", [0, 1, 2, 3]);
    }

    [Fact]
    public async Task A_roll_back_past_what_was_brought_takes_the_proof_away()
    {
        await using Replica at = await Replica.MakeAsync();
        await at.BringAsync();
        SnapshotInfo b = await at.BringAsync();
        await at.Scene.RbdAsync("snap", "rollback", "--no-progress", $"{at.Image.Path}@a");
        SnapshotInfo d = await at.Scene.Snapshots.CreateAsync(new CreateSnapshotRequest(at.Image.Ref, "d"), Cancel);
        await at.RequireAsync(b, d, "exact", [0, 1, 2, 3]);
    }

    [Theory]
    [InlineData("compare")]
    [InlineData("compare object")]
    [InlineData("note")]
    public async Task What_cannot_be_noted_for_it_does_not_undo_the_apply(string step)
    {
        await using Replica at = await Replica.MakeAsync();
        await at.BringAsync();
        bool isCut = false, hasFailed = false;
        int notes = 0;
        at.Scene.Observe(now =>
        {
            isCut |= now == "create snapshot";
            hasFailed |= isCut && now == step && (step != "note" || ++notes == 2); // The first one says where it came from.
            return hasFailed ? throw new StorageEngineException(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.Retry, $"No '{now}'.") : default;
        });
        SnapshotInfo b = await at.BringAsync(() => at.Scene.Observe(null));
        Assert.True(hasFailed);
        SnapshotInfo c = await at.BringAsync();
        await at.RequireAsync(b, c, "exact", [1]);
    }

    /// <summary>An image with the snapshots a, b and c, all of one size, and one that they are brought to.</summary>
    private sealed record Replica(DifferenceScene Scene, TestImage Image, SnapshotInfo[] From, byte[][] Contents) : IAsyncDisposable
    {
        private int _brought;

        internal static async Task<Replica> MakeAsync(bool byProgram = false)
        {
            DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
            TestImage source = await scene.CreateAsync(6 * ObjectBytes);
            var from = new SnapshotInfo[3];
            var contents = new byte[3][];
            int[][] writes = [[0, 1, 2, 3, 4], [0, 1, 2, 3], [1]];
            for (int i = 0; i < from.Length; i++)
            {
                foreach (int each in writes[i])
                {
                    await source.Writer.WriteAsync(((long)each * ObjectBytes) + 5000, Enumerable.Repeat((byte)(i + 1), 100_000).ToArray(), Cancel);
                }

                from[i] = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(source.Ref, $"{(char)('a' + i)}"), Cancel);
                contents[i] = await source.Writer.ReadAsync(Cancel);
            }

            return new Replica(scene, await scene.CreateAsync(6 * ObjectBytes), from, contents);
        }

        /// <summary>Brings the next one.</summary>
        /// <param name="then">Done when it was applied, before it is looked at.</param>
        internal async Task<SnapshotInfo> BringAsync(Action? then = null)
        {
            byte[] stream = await Scene.ExportAsync(_brought == 0 ? null : From[_brought - 1], From[_brought]);
            SnapshotInfo brought = await Scene.ApplyAsync(stream, Image);
            then?.Invoke();
            await Scene.RequireContentAsync(Contents[_brought], Image, brought.Ref.Name!);
            _brought++;
            return brought;
        }

        /// <summary>Requires that a difference was found in a mode, and touches just these objects.</summary>
        internal async Task RequireAsync(SnapshotInfo from, SnapshotInfo to, string mode, int[] objects)
        {
            ExtentAnswer answer = await ExtentAnswer.CollectAsync(Scene.Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref), Cancel));
            Assert.Equal(mode, answer.Batches[0].Mode);
            Assert.Equal(objects, answer.Extents.Select(each => (int)(each.Offset / ObjectBytes)).Distinct());
        }

        public ValueTask DisposeAsync() => Scene.DisposeAsync();
    }
}
