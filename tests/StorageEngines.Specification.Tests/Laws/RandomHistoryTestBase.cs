namespace StorageEngines.Specification;

/// <summary>
/// Laws 4 and 23 on random histories: writes, truncations, hole punches, renames, deletions, hard links, attributes, other layouts, snapshots, roll backs and promoted clones against a model, with
/// the oracle after each snapshot. <c>SENG_SPEC_HISTORIES</c> sets how many (default: <see cref="EngineFixture.RandomHistories"/>), <c>SENG_SPEC_SEED</c> repeats one.
/// </summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class RandomHistoryTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const int Units = 12;

    /// <summary>Whatever happened to the bytes, base + changed extents = target.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law04_Base_plus_delta_rebuilds_target_in_random_histories(VolumeKind kind)
    {
        int unit = await UnitAsync();
        _ = await SubjectAsync(kind, EngineCapability.Delta, Units);
        await Histories.PlayAsync(Fixture.RandomHistories, async steps =>
        {
            BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta, Units);
            await new BlockHistory(subject, Snapshots, unit, Units * (long)unit).PlayAsync(steps);
        });
    }

    /// <summary>Whatever happened to the names, the file difference replayed on the base's tree is the target's.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law23_File_diff_is_the_tree_walk_in_random_histories()
    {
        const EngineCapability Needed = EngineCapability.Snapshot | EngineCapability.FileDiff | EngineCapability.ReadTree | EngineCapability.ReadSnapshot;
        _ = await RequireAsync(await VolumeAsync(VolumeKind.Tree), Needed);
        await Histories.PlayAsync(Fixture.RandomHistories, async steps =>
        {
            TestVolume volume = await VolumeAsync(VolumeKind.Tree);
            EngineCapabilities capabilities = await RequireAsync(volume, Needed);
            await new TreeHistory(Fixture, volume, capabilities).PlayAsync(steps);
        });
    }
}
