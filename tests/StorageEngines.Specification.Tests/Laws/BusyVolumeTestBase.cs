using System.Buffers.Binary;

namespace StorageEngines.Specification;

/// <summary>Laws 10 and 25: a volume under heavy write has snapshots and deltas like any other.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class BusyVolumeTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const int Cuts = 5;
    private const int Slots = 64;

    /// <summary>Snapshots under I/O corrupted an object map for good; the oracle holds for them too.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law10_Base_plus_delta_rebuilds_target_under_heavy_write(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta | EngineCapability.ReadSnapshot);
        var snapshots = new List<SnapshotInfo>();
        await using (BusyWriter writer = await StartAsync(subject))
        {
            for (int cut = 0; cut < Cuts; cut++)
            {
                await writer.WaitForAsync(Slots / 2);
                snapshots.Add(await subject.SnapshotAsync());
            }
        }

        for (int cut = 1; cut < Cuts; cut++)
        {
            byte[] before = await subject.ReadAsync(snapshots[cut - 1]);
            byte[] after = await subject.ReadAsync(snapshots[cut]);
            ExtentAnswer answer = await subject.DeltaAsync(snapshots[cut - 1], snapshots[cut]);
            ExtentOracle.AssertRebuilds(before, after, answer, $"cut {cut} under write");
        }
    }

    /// <summary>A snapshot that says it is worth a loss of power shows one instant: every write before it and none after.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law10_A_snapshot_that_says_crash_consistent_is_one_instant(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.ReadSnapshot);
        int unit = await UnitAsync();
        await using BusyWriter writer = await StartAsync(subject);
        for (int cut = 0; cut < Cuts; cut++)
        {
            await writer.WaitForAsync(Slots / 2);
            SnapshotInfo snapshot = await subject.SnapshotAsync();
            Assert.SkipUnless(snapshot.Consistency >= Consistency.Crash, $"not declared: Crash (the snapshot says {snapshot.Consistency})");
            AssertOneInstant(await subject.ReadAsync(snapshot), 16 * (long)unit / Slots);
        }
    }

    /// <summary>An image opened read-write just to compare fought with its user for the lock; a delta disturbs nobody and is disturbed by nobody.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law25_A_delta_while_the_volume_is_busy_is_the_delta_at_rest(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        await subject.WriteAsync(5 * unit, Content(3 * unit));
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        ExtentAnswer atRest = await subject.DeltaAsync(before, after);
        await using BusyWriter writer = await StartAsync(subject);
        for (int cut = 0; cut < Cuts; cut++)
        {
            await writer.WaitForAsync(Slots / 4);
            ExtentAnswer busy = await subject.DeltaAsync(before, after);
            Assert.Equal(atRest.Extents, busy.Extents);
            ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, busy, "while busy");
        }
    }

    private async Task<BusyWriter> StartAsync(BlockSubject subject)
    {
        long stride = 16 * (long)await UnitAsync() / Slots;
        return new BusyWriter(number =>
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            return subject.WriteAsync(number % Slots * stride, bytes);
        });
    }

    private static void AssertOneInstant(byte[] bytes, long stride)
    {
        long[] numbers = [.. Enumerable.Range(0, Slots).Select(slot => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan((int)(slot * stride))))];
        long last = numbers.Max();
        for (int slot = 0; slot < Slots; slot++)
        {
            long expected = Math.Max(0, last - ((((last - slot) % Slots) + Slots) % Slots));
            Assert.True(numbers[slot] == expected, $"Write {last} is in the snapshot, and slot {slot} holds write {numbers[slot]} instead of {expected}.");
        }
    }
}
