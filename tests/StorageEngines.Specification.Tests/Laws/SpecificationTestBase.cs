namespace StorageEngines.Specification;

/// <summary>What all test bases share. Derive from the topics' bases, not from this one.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class SpecificationTestBase<TFixture>(TFixture fixture) : IClassFixture<TFixture>, IAsyncLifetime
    where TFixture : EngineFixture
{
    /// <summary>The seed of all content that the laws write; a run is repeatable.</summary>
    private const int Seed = 20_261_121;

    /// <summary>The engine's fixture.</summary>
    protected TFixture Fixture { get; } = fixture;

    /// <summary>The engine under test.</summary>
    protected IStorageEngine Engine => Fixture.Engine;

    /// <summary>Ends the test.</summary>
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Content that a law writes; no zero bytes and none of the oracle's filling.</summary>
    protected Random Noise { get; } = new(Seed);

    /// <summary>The snapshots feature.</summary>
    protected ISnapshots Snapshots => Require<ISnapshots>();

    /// <summary>Skips the law that is about to run if the fixture waives it.</summary>
    /// <returns>A task that ends at once.</returns>
    public virtual ValueTask InitializeAsync()
    {
        Fixture.SkipIfMissing();
        string? law = TestContext.Current.TestMethod?.MethodName;
        LawWaiver? waiver = Fixture.Waivers.FirstOrDefault(waiver => waiver.BaseOrLaw == law);
        Assert.SkipWhen(waiver is not null, $"waived: {waiver?.Reason}");
        return default;
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    /// <summary>Gets a feature whose capability is declared.</summary>
    /// <typeparam name="T">The feature.</typeparam>
    /// <returns>The feature.</returns>
    protected T Require<T>()
        where T : class, IEngineFeature
    {
        T? feature = Engine.Feature<T>();
        Assert.True(feature is not null, $"The engine declares the capability but has no {typeof(T).Name}.");
        return feature;
    }

    /// <summary>Makes a volume of a kind, or skips the law.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="units">Its capacity, in units of the engine's granularity. Default: 16.</param>
    /// <returns>The volume.</returns>
    protected async Task<TestVolume> VolumeAsync(VolumeKind kind, int units = 16)
    {
        Assert.SkipUnless(Fixture.VolumeKinds.Contains(kind), $"not declared: {kind} volumes");
        return await Fixture.CreateVolumeAsync(kind, units * await UnitAsync(), Cancel);
    }

    /// <summary>Makes a subject for the block laws with capabilities, or skips the law.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <param name="needed">The capabilities that the law needs.</param>
    /// <param name="units">Its capacity, in units of the engine's granularity. Default: 16.</param>
    /// <returns>The subject, all zeroes.</returns>
    protected async Task<BlockSubject> SubjectAsync(VolumeKind kind, EngineCapability needed, int units = 16)
    {
        TestVolume volume = await VolumeAsync(kind, units);
        EngineCapabilities capabilities = await RequireAsync(volume, needed | EngineCapability.Snapshot);
        if (kind == VolumeKind.Block)
        {
            return new BlockSubject(Fixture, volume, null, capabilities);
        }

        BytePath path = BytePath.FromString("disk 1.img");
        await volume.Tree.WriteAsync(path, 0, default, Cancel);
        await volume.Tree.TruncateAsync(path, units * await UnitAsync(), Cancel);
        return new BlockSubject(Fixture, volume, path, capabilities);
    }

    /// <summary>Skips the law unless the engine declares all capabilities for the volume.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="needed">What the law needs.</param>
    /// <returns>What the engine can do with the volume.</returns>
    protected async Task<EngineCapabilities> RequireAsync(TestVolume volume, EngineCapability needed)
    {
        ArgumentNullException.ThrowIfNull(volume);
        EngineCapabilities capabilities = await Engine.GetCapabilitiesAsync(volume.Ref, Cancel);
        Assert.SkipUnless(capabilities.Has(needed), $"not declared: {needed & ~capabilities.Flags}");
        return capabilities;
    }

    /// <summary>Skips the law because the fixture does not offer what it needs.</summary>
    /// <param name="offered">Whether it does.</param>
    /// <param name="what">What is needed.</param>
    protected static void Offered(bool offered, string what) => Assert.SkipUnless(offered, $"not offered by the fixture: {what}");

    /// <summary>The engine's granularity, at least 4096 bytes, so that what the laws write is whole pages.</summary>
    /// <returns>Bytes.</returns>
    protected async Task<int> UnitAsync()
    {
        EngineCapabilities capabilities = await Engine.GetCapabilitiesAsync(null, Cancel);
        return (int)Math.Max(4096, capabilities.Delta?.GranularityBytes ?? 4096);
    }

    /// <summary>New content, different each time.</summary>
    /// <param name="length">How many bytes.</param>
    /// <returns>The bytes, from 1 to 200.</returns>
    protected byte[] Content(long length)
    {
        var bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)Noise.Next(1, 201);
        }

        return bytes;
    }

    /// <summary>Takes a snapshot of a volume.</summary>
    /// <param name="volume">The volume.</param>
    /// <returns>The snapshot.</returns>
    protected Task<SnapshotInfo> SnapshotAsync(TestVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, Fixture.NextName()), Cancel);
    }

    /// <summary>Lists snapshots.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="namePrefix">Only names that begin so.</param>
    /// <returns>All of them.</returns>
    protected async Task<List<SnapshotInfo>> ListAsync(VolumeRef volume, string? namePrefix = null)
    {
        var list = new List<SnapshotInfo>();
        await foreach (SnapshotInfo snapshot in Snapshots.ListAsync(volume, namePrefix, Cancel))
        {
            list.Add(snapshot);
        }

        return list;
    }

    /// <summary>Asserts that a call fails as an engine's call has to, never with a guess.</summary>
    /// <param name="call">The call.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <returns>The failure.</returns>
    protected static async Task<StorageEngineException> FailsAsync(Func<Task> call, string what)
    {
        ArgumentNullException.ThrowIfNull(call);
        Exception? failure = await Record.ExceptionAsync(call);
        Assert.True(failure is not null, $"{what} has to fail; it returned instead.");
        Assert.True(failure is StorageEngineException, $"{what} has to fail with a StorageEngineException; it failed with {failure.GetType().Name}: {failure.Message}");
        var known = (StorageEngineException)failure;
        Assert.True(known.Message.Length > 10, $"{what} failed without saying what to do: '{known.Message}'");
        return known;
    }
}
