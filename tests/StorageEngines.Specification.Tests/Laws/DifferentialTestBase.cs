namespace StorageEngines.Specification;

/// <summary>Laws 21 and 22 for the engine's own streams: applied to the base and whole, or not at all.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class DifferentialTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const EngineCapability Needed = EngineCapability.ExportDiff | EngineCapability.ApplyDiff;

    private IDifferentials Differentials => Require<IDifferentials>();

    /// <summary>A full stream and an increment, applied to a fresh volume, bring the target.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law04_A_full_stream_and_an_increment_bring_the_target(VolumeKind kind)
    {
        (BlockSubject source, byte[] full, byte[] increment, byte[] baseBytes) = await StreamsAsync(kind);
        BlockSubject receiver = await ReceiverAsync(source);
        await ApplyAsync(full, receiver);
        byte[] received = await receiver.LiveAsync();
        ExtentOracle.AssertSame(baseBytes, received, "The volume after the full stream");
        SnapshotInfo brought = await ApplyAsync(increment, receiver);
        received = await receiver.LiveAsync();
        byte[] target = await source.LiveAsync();
        ExtentOracle.AssertSame(target, received, "The volume after the increment");
        Assert.Equal(receiver.Volume.Ref, brought.Ref.Volume);
    }

    /// <summary>A difference on the wrong base is garbage: it is refused before the first write.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law21_An_increment_on_the_wrong_base_is_refused_and_nothing_is_written(VolumeKind kind)
    {
        (_, _, byte[] increment, _) = await StreamsAsync(kind);
        BlockSubject other = await SubjectAsync(kind, Needed);
        await other.WriteAsync(10, Content(5000));
        SnapshotInfo only = await other.SnapshotAsync();
        byte[] before = await other.LiveAsync();
        StorageEngineException failure = await FailsAsync(() => ApplyAsync(increment, other), "Applying an increment to another volume");
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.BaseMismatch), (failure.Status, failure.Reason));
        byte[] after = await other.LiveAsync();
        ExtentOracle.AssertSame(before, after, "The volume that an increment was refused for");
        Assert.Equal(only.Ref, Assert.Single(await ListAsync(other.Volume.Ref)).Ref);
    }

    /// <summary>A stream that ends early changes nothing, and the whole one can be applied afterwards.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law22_A_truncated_stream_changes_nothing(VolumeKind kind)
    {
        (BlockSubject source, byte[] full, byte[] increment, byte[] baseBytes) = await StreamsAsync(kind);
        BlockSubject receiver = await ReceiverAsync(source);
        await ApplyAsync(full, receiver);
        List<SnapshotInfo> snapshots = await ListAsync(receiver.Volume.Ref);
        int stride = Math.Max(1, increment.Length / 50);
        foreach (int length in Enumerable.Range(0, 50).Select(part => part * stride).Append(increment.Length - 1).Where(length => length < increment.Length))
        {
            StorageEngineException failure = await FailsAsync(() => ApplyAsync(increment[..length], receiver), $"Applying {length} of {increment.Length} bytes");
            Assert.Equal(EngineStatus.DataLoss, failure.Status);
            byte[] after = await receiver.LiveAsync();
            ExtentOracle.AssertSame(baseBytes, after, $"The volume after {length} of {increment.Length} bytes of a stream");
            Assert.Equal(snapshots.Count, (await ListAsync(receiver.Volume.Ref)).Count);
        }

        await ApplyAsync(increment, receiver);
        byte[] target = await source.LiveAsync();
        byte[] received = await receiver.LiveAsync();
        ExtentOracle.AssertSame(target, received, "The volume after the whole stream");
    }

    // A full stream goes to a volume that is empty, in a tree also of files.
    private async Task<BlockSubject> ReceiverAsync(BlockSubject source)
        => new(Fixture, await VolumeAsync(source.Path is null ? VolumeKind.Block : VolumeKind.Tree), source.Path, source.Capabilities);

    private Task<SnapshotInfo> ApplyAsync(byte[] stream, BlockSubject receiver)
        => Differentials.ApplyAsync(new MemoryStream(stream), receiver.Volume.Ref, null, Cancel);

    private async Task<byte[]> ExportAsync(ChangeToken? token, SnapshotInfo target)
    {
        TransferPlan plan = await Differentials.PlanAsync(token, target.Ref, null, Cancel);
        using var output = new MemoryStream();
        await Differentials.ExportAsync(plan, output, null, Cancel);
        return output.ToArray();
    }

    private async Task<(BlockSubject Source, byte[] Full, byte[] Increment, byte[] BaseBytes)> StreamsAsync(VolumeKind kind)
    {
        BlockSubject source = await SubjectAsync(kind, Needed);
        int unit = await UnitAsync();
        await source.WriteAsync(unit, Content(4 * unit));
        (SnapshotInfo before, byte[] baseBytes) = await source.CutAsync();
        await source.WriteAsync(3 * unit, Content(unit));
        await source.WriteAsync(9 * unit, Content(100));
        SnapshotInfo after = await source.SnapshotAsync();
        return (source, await ExportAsync(null, before), await ExportAsync(before.ChangeToken, after), baseBytes);
    }
}
