using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Tests.Store;

namespace StorageEngines.TarRsync.Tests.Reading;

public sealed class BlockMapTests
{
    private const int Block = StoreScratch.Block;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Base_plus_delta_is_the_target_for_random_changes(int seed)
    {
        using var scratch = new ReadingScratch(VolumeKind.Block);
        var random = new Random(seed);
        byte[] before = StoreScratch.Random(random.Next(1, 300 * Block), seed);
        SnapshotInfo from = scratch.Take("s0", ("", before));
        for (int round = 1; round <= 12; round++)
        {
            byte[] after = Mutate(before, random);
            SnapshotInfo to = scratch.Take($"s{round}", ("", after));
            List<Extent> extents = await scratch.DeltaAsync(from, to, max: random.Next(0, 4));
            AssertRebuilds(before, after, extents);
            long start = random.NextInt64(0, after.Length + 1L);
            Assert.Equal(Bytes(extents, start), Bytes(await scratch.DeltaAsync(from, to, start: start), start));
            Assert.Equal(after, await scratch.ReadAsync(to, null));
            (before, from) = (after, to);
        }
    }

    [Fact]
    public async Task A_hole_that_was_punched_is_a_zero_extent_and_a_grown_hole_too()
    {
        using var scratch = new ReadingScratch(VolumeKind.Block);
        byte[] before = StoreScratch.Random(10 * Block, 1);
        byte[] after = new byte[(12 * Block) + 5];
        before.CopyTo(after, 0);
        after.AsSpan(4 * Block, 2 * Block).Clear();
        SnapshotInfo from = scratch.Take("a", ("", before));
        SnapshotInfo to = scratch.Take("b", ("", after));
        Extent[] expected = [new(4 * Block, 2 * Block, ExtentState.Zero), new(10 * Block, (2 * Block) + 5, ExtentState.Zero)];
        Assert.Equal(expected, await scratch.DeltaAsync(from, to));
    }

    [Fact]
    public async Task A_delta_and_a_diff_load_no_index_and_outlive_the_bases_data()
    {
        using var scratch = new ReadingScratch(VolumeKind.Tree);
        SnapshotInfo from = scratch.Take("a", ("image", StoreScratch.Random(300 * Block, 1)));
        byte[] changed = StoreScratch.Random(300 * Block, 1);
        changed[200 * Block] ^= 1;
        SnapshotInfo to = scratch.Take("b", ("image", changed));
        scratch.With(store =>
        {
            store.DeleteSnapshot(scratch.VolumeId, from.Ref.Id, DeleteMode.DataOnly);
            return 0;
        });
        Assert.Equal([new Extent(200L * Block, Block)], await scratch.DeltaAsync(from, to, "image"));
        Assert.False(scratch.View.Require(to.Ref).Store.IndexLoaded);
        Assert.Equal(changed, await scratch.ReadAsync(to, "image"));
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => scratch.ReadAsync(from, "image"));
    }

    [Fact]
    public async Task Unrelated_reversed_and_deleted_bases_have_their_errors()
    {
        using var scratch = new ReadingScratch(VolumeKind.Block);
        SnapshotInfo one = scratch.Take("one", ("", [1]));
        SnapshotInfo two = scratch.Take("two", ("", [2]));
        scratch.With(store =>
        {
            VolumeRecord volume = store.FindVolume(scratch.VolumeId)!;
            store.UpdateVolume(volume with { HeadSnapshotId = one.Ref.Id, LineageId = Guid.NewGuid().ToString("N") });
            return 0;
        });
        SnapshotInfo fork = scratch.Take("fork", ("", [3]));
        Assert.Equal(one.Ref.Id, fork.ParentId);
        Assert.Single(await scratch.DeltaAsync(one, fork));
        Assert.Empty(await scratch.DeltaAsync(fork, fork));
        Assert.Equal(EngineReason.WrongOrder, (await Assert.ThrowsAsync<LineageBrokenException>(() => scratch.DeltaAsync(two, one))).Reason);
        Assert.Equal(EngineReason.UnrelatedSnapshots, (await Assert.ThrowsAsync<LineageBrokenException>(() => scratch.DeltaAsync(two, fork))).Reason);
        scratch.With(store =>
        {
            store.DeleteSnapshot(scratch.VolumeId, one.Ref.Id, DeleteMode.Everything);
            return 0;
        });
        var gone = await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => scratch.DeltaAsync(one, fork));
        Assert.Equal(EngineReason.BaseMissing, gone.Reason);
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => scratch.DeltaAsync(two, one));
    }

    [Fact]
    public async Task A_deleted_link_of_the_chain_does_not_break_it()
    {
        using var scratch = new ReadingScratch(VolumeKind.Block);
        SnapshotInfo one = scratch.Take("one", ("", [1]));
        SnapshotInfo two = scratch.Take("two", ("", [2]));
        SnapshotInfo three = scratch.Take("three", ("", [3]));
        scratch.With(store =>
        {
            store.DeleteSnapshot(scratch.VolumeId, two.Ref.Id, DeleteMode.Everything);
            return 0;
        });
        Assert.Equal([new Extent(0, 1)], await scratch.DeltaAsync(one, three));
    }

    [Fact]
    public async Task Offsets_outside_of_the_capacity_are_refused()
    {
        using var scratch = new ReadingScratch(VolumeKind.Block);
        SnapshotInfo one = scratch.Take("one", ("", [1, 2, 3]));
        Assert.Empty(await scratch.DeltaAsync(one, one, start: 3));
        foreach (long offset in new long[] { -1, 4 })
            Assert.Equal(EngineStatus.OutOfRange, (await Assert.ThrowsAsync<StorageEngineException>(() => scratch.DeltaAsync(one, one, start: offset))).Status);
    }

    private static byte[] Mutate(byte[] before, Random random)
    {
        byte[] after = [.. before];
        if (random.Next(2) == 0)
            Array.Resize(ref after, Math.Max(1, before.Length + random.Next(-3 * Block, 3 * Block)));
        for (int i = 0; i < 5; i++)
        {
            int at = random.Next(after.Length);
            int length = Math.Min(after.Length - at, random.Next(1, 4 * Block));
            if (random.Next(2) == 0)
                after.AsSpan(at, length).Clear();
            else
                random.NextBytes(after.AsSpan(at, length));
        }
        return after;
    }

    private static void AssertRebuilds(byte[] before, byte[] after, List<Extent> extents)
    {
        byte[] copy = [.. before];
        Array.Resize(ref copy, after.Length);
        long end = 0;
        foreach (Extent extent in extents)
        {
            Assert.True(extent.Offset >= end && extent.End <= after.Length, $"{extent} after {end} in {after.Length}");
            end = extent.End;
            Span<byte> range = copy.AsSpan((int)extent.Offset, (int)extent.Length);
            if (extent.State == ExtentState.Zero)
                range.Clear();
            else
                after.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(range);
        }
        Assert.True(copy.AsSpan().SequenceEqual(after), "base plus delta is not the target");
    }

    private static List<(long From, long To, ExtentState State)> Bytes(List<Extent> extents, long start)
        => [.. extents.Where(e => e.End > start).Select(e => (Math.Max(start, e.Offset), e.End, e.State))];
}
