namespace StorageEngines.Specification;

/// <summary>Laws 26 and 28: what the engine says it costs is what it costs: commands for a list, bytes read for a delta.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class EconomyTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    /// <summary>One remote call per snapshot made a list of a thousand take minutes.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law26_Listing_a_thousand_snapshots_keeps_the_command_budget()
    {
        TestVolume volume = await VolumeAsync(Fixture.VolumeKinds[0]);
        EngineCapabilities capabilities = await RequireAsync(volume, EngineCapability.Snapshot);
        int most = capabilities.MaxSnapshotsPerVolume;
        int count = most == 0 ? Fixture.ManySnapshots : Math.Min(most, Fixture.ManySnapshots);
        var made = new List<SnapshotRef>(count);
        for (int number = 0; number < count; number++)
        {
            made.Add((await SnapshotAsync(volume)).Ref);
        }

        long? before = Fixture.CommandCount;
        List<SnapshotInfo> listed = await ListAsync(volume.Ref);
        long? commands = Fixture.CommandCount - before;
        Assert.Equal(made, listed.Select(snapshot => snapshot.Ref));
        Offered(commands is not null, "a count of commands");
        Assert.True(commands <= Fixture.ListCommandBudget, $"Listing {count} snapshots took {commands} commands; the budget is {Fixture.ListCommandBudget}.");
    }

    /// <summary>"Without reading everything again" is the promise; it is measured.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law28_A_delta_reads_nothing_from_the_volume(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        Offered(Fixture.BytesReadFrom(subject.Volume) is not null, "a count of bytes read");
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(8 * unit));
        SnapshotInfo before = await subject.SnapshotAsync();
        await subject.WriteAsync(unit, Content(unit));
        SnapshotInfo after = await subject.SnapshotAsync();
        long? start = Fixture.BytesReadFrom(subject.Volume);
        ExtentAnswer answer = await subject.DeltaAsync(before, after);
        Assert.NotEmpty(answer.Extents);
        if (kind == VolumeKind.Tree && subject.Capabilities.Has(EngineCapability.FileDiff))
        {
            await foreach (FileChange change in Require<IFileDiff>().DiffAsync(new FileDiffQuery(BlockSubject.TokenOf(before), after.Ref), Cancel))
            {
                Assert.NotEqual(FileChangeKind.None, change.Kind);
            }
        }

        long? read = Fixture.BytesReadFrom(subject.Volume) - start;
        Assert.True(read == 0, $"A delta by {answer.Batches[0].Source} read {read} bytes from the volume.");
    }

    /// <summary>What the creation of a snapshot says that it read is what it read; a storage that keeps its own snapshots reads nothing.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law28_A_snapshot_reads_no_more_than_it_declares(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Snapshot);
        Offered(Fixture.BytesReadFrom(subject.Volume) is not null, "a count of bytes read");
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(8 * unit));
        for (int cut = 0; cut < 3; cut++)
        {
            long? start = Fixture.BytesReadFrom(subject.Volume);
            SnapshotInfo snapshot = await subject.SnapshotAsync();
            long? read = Fixture.BytesReadFrom(subject.Volume) - start;
            long declared = snapshot.Statistics?.BytesRead ?? 0;
            Assert.True(read <= declared, $"Snapshot {cut} read {read} bytes from the volume and declares {declared}.");
            if (cut == 0)
            {
                await subject.WriteAsync(2 * unit, Content(100));
            }
        }
    }
}
