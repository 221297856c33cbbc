using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>Large files of a tree that change while they are cloned, clones that are damaged or gone, full disks, and ends in the middle.</summary>
public sealed class TreeCloneFaultTests
{
    private const int Large = TreeCloneScratch.Large;

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task A_file_that_changes_while_it_is_cloned_is_taken_again_and_looked_at_the_next_time(int changes)
    {
        await using var scratch = new TreeCloneScratch("xfs");
        scratch.Write("disk", 1 << 20, 1);
        int clones = 0;
        string id = scratch.Snapshot(step =>
        {
            if (step == "publish .clone" && clones++ < changes)
            {
                scratch.Patch("disk", 4096 * clones, [(byte)clones]);
            }
        }).Id;
        Assert.Equal(changes == 1 ? 2 : 3, clones);
        Assert.Single(scratch.Clones);
        SnapshotInfo first = await scratch.Snapshots.ListAsync(await scratch.VolumeAsync()).SingleAsync(snapshot => snapshot.Ref.Id == id);
        Assert.Equal((Consistency.PerFile, 1, 0), (first.Consistency, first.Statistics!.FilesCloned, first.Warnings.Count));
        SnapshotInfo second = await scratch.SnapshotAsync();
        Assert.Equal(changes == 1 ? 0 : 1, second.Statistics!.FilesCloned);
        await scratch.AssertHoldsAsync(second, "disk", File.ReadAllBytes(scratch.At("disk")));
        List<ExtentBatch> answer = await scratch.AssertRebuildsAsync(first, second, "disk");
        Assert.Equal(changes == 1 ? [] : [new Extent(4096 * 3, 4096)], answer.SelectMany(batch => batch.Extents));
    }

    [Fact]
    public async Task A_file_that_is_emptied_while_it_is_cloned_leaves_no_clone()
    {
        await using var scratch = new TreeCloneScratch("xfs");
        scratch.Write("disk", 1 << 20, 1);
        scratch.Snapshot(step =>
        {
            if (step == "publish .clone")
            {
                File.WriteAllBytes(scratch.At("disk"), []);
            }
        });
        Assert.Empty(scratch.Clones);
        SnapshotInfo second = await scratch.SnapshotAsync();
        Assert.Empty(await scratch.ReadAsync(second, "disk"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_or_missing_clone_is_named_told_by_the_check_and_taken_anew(bool missing)
    {
        await using var scratch = new TreeCloneScratch("xfs");
        byte[] bytes = scratch.Write("disk", 1 << 20, 1);
        scratch.Write("small", 1000, 2);
        SnapshotInfo first = await scratch.SnapshotAsync();
        string clone = Assert.Single(scratch.Clones);
        if (missing)
        {
            File.Delete(clone);
        }
        else
        {
            EngineScratch.Run("xfs_io", "-c", "pwrite -q 0 1", clone);
        }

        CorruptDataException error = await Assert.ThrowsAsync<CorruptDataException>(() => scratch.ReadAsync(first, "disk"));
        Assert.Equal(clone, error.DamagedObject);
        List<StoreDamage> damages = [];
        await scratch.Engine.Feature<IStoreMaintenance>()!.CheckAsync(new StoreCheckOptions { Damage = new Told(damages) });
        StoreDamage damage = Assert.Single(damages);
        Assert.Equal((clone, "disk", first.Ref.Id), (damage.Object, damage.Path.ToString(), damage.Snapshot?.Id));
        SnapshotInfo second = await scratch.SnapshotAsync();
        Assert.Contains("'disk'", Assert.Single(second.Warnings), StringComparison.Ordinal);
        Assert.Equal(1, second.Statistics!.FilesCloned);
        await scratch.AssertHoldsAsync(second, "disk", bytes);
        Assert.Equal(1000, (await scratch.ReadAsync(first, "small")).Length);
    }

    [Fact]
    public async Task Paranoid_compares_a_file_with_its_clone()
    {
        await using var scratch = new TreeCloneScratch("xfs");
        scratch.Write("disk", (1 << 20) + 5, 1);
        EngineScratch.Run("fallocate", "-p", "-o", "65536", "-l", "65536", scratch.At("disk"));
        SnapshotInfo first = await scratch.SnapshotAsync();
        SnapshotInfo second = await scratch.SnapshotAsync(recheckPercent: 100);
        Assert.Equal((1, 0), (second.Statistics!.Recheck!.Files, second.Statistics.Recheck.Changed));
        Assert.Equal(0, second.Statistics.FilesCloned);
        Assert.Empty(await scratch.DiffAsync(first, second));
        // What differs is the clone: whoever wrote to it put its mtime back.
        string clone = scratch.Clones[0];
        string time = EngineScratch.Run("stat", "-c", "%y", clone).Trim();
        EngineScratch.Run("xfs_io", "-c", "pwrite -q 1048576 1", clone);
        EngineScratch.Run("touch", "-m", "-d", time, clone);
        SnapshotInfo third = await scratch.SnapshotAsync(recheckPercent: 100);
        Assert.Equal((1, 1, 1), (third.Statistics!.Recheck!.Files, third.Statistics.Recheck.Changed, third.Statistics.FilesCloned));
        await scratch.AssertHoldsAsync(third, "disk", File.ReadAllBytes(scratch.At("disk")));
    }

    [Fact]
    public async Task An_end_at_any_step_leaves_no_clone_that_nobody_needs()
    {
        await using var scratch = new TreeCloneScratch("xfs");
        byte[] kept = scratch.Write("kept", Large, 1);
        scratch.Write("disk", Large, 2);
        SnapshotInfo first = await scratch.SnapshotAsync();
        bool ended = true;
        int last = 0;
        while (ended)
        {
            last++;
            scratch.Patch("disk", last % 60 * 4096, [(byte)last]);
            int step = 0;
            Exception? end = Record.Exception(() => scratch.Snapshot(_ =>
            {
                // After the end no further step happens, as in a process that was killed.
                if (++step >= last)
                {
                    throw new OperationCanceledException();
                }
            }));
            ended = end is OperationCanceledException;
            Assert.True(ended || end is null, end?.ToString());
            // The next writer removes what is left, and its own snapshot is whole.
            SnapshotInfo next = await scratch.SnapshotAsync();
            await scratch.AssertNoStrayClonesAsync();
            await scratch.AssertHoldsAsync(next, "kept", kept);
            await scratch.AssertHoldsAsync(next, "disk", File.ReadAllBytes(scratch.At("disk")));
            await scratch.AssertRebuildsAsync(first, next, "disk");
        }

        Assert.InRange(last, 8, 60);
        Assert.Equal(0, (await scratch.Engine.Feature<IStoreMaintenance>()!.CheckAsync(new StoreCheckOptions())).Damages);
    }

    [Fact]
    public async Task A_full_disk_ends_the_snapshot_and_leaves_nothing()
    {
        await using var scratch = new TreeCloneScratch("xfs", 320L << 20);
        for (int i = 0; i < 40; i++)
        {
            scratch.Write($"disk{i}", Large, i);
        }

        SnapshotInfo first = await scratch.SnapshotAsync();
        scratch.Patch("disk0", 0, [1]);
        EngineScratch.Run("sync", "-f", scratch.Mount);
        // Eats what is left, to the last block, and what is set aside for the file system's own records.
        for (long size = 256L << 20; size >= 4096; size /= 2)
        {
            while (LoopFileSystem.Run("fallocate", "-l", $"{size}", Path.Combine(scratch.Mount, $"fill{size}-{Guid.NewGuid():N}")).Exit == 0)
            {
            }
        }

        StorageEngineException full = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scratch.SnapshotAsync());
        Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (full.Status, full.Reason));
        Assert.Contains("'disk0' cannot be cloned", full.Message, StringComparison.Ordinal);
        foreach (string file in Directory.GetFiles(scratch.Mount, "fill*"))
        {
            File.Delete(file);
        }

        await scratch.AssertNoStrayClonesAsync();
        SnapshotInfo second = await scratch.SnapshotAsync();
        await scratch.AssertRebuildsAsync(first, second, "disk0");
        await scratch.AssertNoStrayClonesAsync();
    }

    private sealed class Told(List<StoreDamage> all) : IProgress<StoreDamage>
    {
        public void Report(StoreDamage value) => all.Add(value);
    }
}
