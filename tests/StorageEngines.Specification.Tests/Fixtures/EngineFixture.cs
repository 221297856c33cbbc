using System.Globalization;

namespace StorageEngines.Specification;

/// <summary>
/// What the laws need to know of an engine under test. The abstract members are required; the virtual ones are abilities that a fixture may offer:
/// where it does not, the laws that need them are skipped with the reason <c>not offered by the fixture: …</c>.
/// </summary>
/// <remarks>Made once per test class. The laws of a class run one after another; classes may run side by side, each with a fixture of its own.</remarks>
public abstract class EngineFixture : IAsyncLifetime
{
    private IStorageEngine? _engine;
    private string? _scratch;
    private string? _skipReason;
    private int _names;

    /// <summary>The engine under test.</summary>
    /// <exception cref="InvalidOperationException">The fixture is not initialised yet.</exception>
    public IStorageEngine Engine
    {
        get
        {
            SkipIfMissing();
            return _engine ?? throw new InvalidOperationException("The fixture is not initialised; call InitializeAsync first.");
        }
    }

    /// <summary>The kinds of volume that <see cref="CreateVolumeAsync"/> makes.</summary>
    public abstract IReadOnlyList<VolumeKind> VolumeKinds { get; }

    /// <summary>Makes an engine on the fixture's back end. Called for <see cref="Engine"/>, and by laws that dispose one.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>An engine that the caller disposes.</returns>
    public abstract ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken);

    /// <summary>Makes an empty volume, unrelated to every other one.</summary>
    /// <param name="kind">The kind of volume, one of <see cref="VolumeKinds"/>.</param>
    /// <param name="capacityBytes">Block volume: its capacity in bytes, a multiple of the granularity, all zeroes. Tree: about how much it will hold.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The volume, resolved by <see cref="Engine"/>.</returns>
    public abstract ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken);

    /// <summary>The bases and laws that do not hold for the engine, each with a reason. Waived laws are skipped visibly. Default: none.</summary>
    public virtual IReadOnlyList<LawWaiver> Waivers => [];

    /// <summary>The most snapshots of law 26. Default: 1000; lower it only where a snapshot takes seconds.</summary>
    public virtual int ManySnapshots => 1000;

    /// <summary>How many random histories are played where the environment does not say. Default: 20; lower it only where a snapshot takes seconds.</summary>
    public virtual int RandomHistories => 20;

    /// <summary>The most commands (processes, remote calls) that listing all snapshots of one volume may take. Default: 3.</summary>
    public virtual int ListCommandBudget => 3;

    /// <summary>How many commands the engine has run so far, or null if it runs none or the fixture cannot count. Default: null.</summary>
    public virtual long? CommandCount => null;

    /// <summary>A place for a clone, where nothing is yet, in the engine's terms; null if the fixture offers none. Default: null.</summary>
    /// <param name="kind">The kind of volume that will be there.</param>
    /// <returns>The location.</returns>
    public virtual BytePath? NewLocation(VolumeKind kind) => null;

    /// <summary>Gives a volume another name; its identity stays.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The volume, resolved under its new name, with a writer; null if not offered. Default: null.</returns>
    public virtual ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken) => new((TestVolume?)null);

    /// <summary>Gives a snapshot another name, past the engine; its identity stays.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="name">The new name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if not offered. Default: false.</returns>
    public virtual ValueTask<bool> RenameSnapshotAsync(SnapshotRef snapshot, string name, CancellationToken cancellationToken) => new(false);

    /// <summary>Removes a volume and makes another one under its name.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The new volume, resolved, with a writer; null if not offered. Default: null.</returns>
    public virtual ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken) => new((TestVolume?)null);

    /// <summary>Changes how the storage keeps what is written to a volume from now on, e.g. its record size or compression; the content stays. Histories do it in between.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="number">Which of the ways, 0 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is done. Default: nothing.</returns>
    public virtual ValueTask ChangeLayoutAsync(TestVolume volume, int number, CancellationToken cancellationToken) => default;

    /// <summary>
    /// Puts a clone of a snapshot in the place of its volume: the clone takes over that snapshot and the older ones, which keep their ids, and the volume is removed with the newer ones.
    /// </summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The clone, resolved, with a writer; null if not offered. Default: null.</returns>
    public virtual ValueTask<TestVolume?> PromoteCloneAsync(SnapshotRef snapshot, CancellationToken cancellationToken) => new((TestVolume?)null);

    /// <summary>Makes the storage lose what it knows of a volume's changes so far, as a crash does where tracking does not survive one.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if not offered. Default: false.</returns>
    public virtual ValueTask<bool> LoseChangeTrackingAsync(TestVolume volume, CancellationToken cancellationToken) => new(false);

    /// <summary>How many bytes of data have been read from a volume so far, or null if the fixture cannot count. Default: null.</summary>
    /// <param name="volume">The volume.</param>
    /// <returns>The bytes.</returns>
    public virtual long? BytesReadFrom(TestVolume volume) => null;

    /// <summary>Counts what an operation may leave behind: processes, mounts, holds, temporary snapshots, temporary files, frozen file systems.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many there are, or null if the fixture cannot count. Default: null.</returns>
    public virtual ValueTask<long?> CountLeftoversAsync(CancellationToken cancellationToken) => new((long?)null);

    /// <summary>
    /// Watches the engine at work: the observer is called at each point where the engine waits for its back end (before each command, each system
    /// call, each item), so that a law can cancel or fail it there. An exception of the observer is a failure of the back end.
    /// </summary>
    /// <param name="observer">Told the name of the step, any text; null to end.</param>
    /// <returns>False if not offered. Default: false.</returns>
    public virtual bool ObserveSteps(Func<string, ValueTask>? observer) => false;

    /// <summary>Begins to create a group and kills whatever does it half way, as a loss of power would.</summary>
    /// <param name="volumes">The members.</param>
    /// <param name="name">The group's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if not offered. Default: false.</returns>
    public virtual ValueTask<bool> CrashDuringGroupCreateAsync(IReadOnlyList<VolumeRef> volumes, string name, CancellationToken cancellationToken) => new(false);

    /// <summary>A new name for a snapshot, different each time.</summary>
    /// <returns>A name that follows <see cref="SnapshotName"/>.</returns>
    public string NextName() => string.Create(CultureInfo.InvariantCulture, $"seng-test-{Interlocked.Increment(ref _names):D5}");

    /// <summary>A directory of this fixture, removed with it. Made when first asked for.</summary>
    /// <returns>Its absolute path.</returns>
    public string ScratchDirectory() => _scratch ??= Directory.CreateTempSubdirectory("seng-test-").FullName;

    /// <summary>Prepares the back end, before the first engine is made. Default: nothing.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is ready. Call <c>Assert.Skip</c> in it to skip a whole class.</returns>
    protected virtual ValueTask SetUpAsync(CancellationToken cancellationToken) => default;

    /// <summary>Removes what the fixture made, after the engine is disposed. Default: nothing.</summary>
    /// <returns>A task that ends when it is gone.</returns>
    protected virtual ValueTask CleanUpAsync() => default;

    /// <summary>Skips the law that runs if the back end is missing.</summary>
    internal void SkipIfMissing()
    {
        if (_skipReason is { } reason)
        {
            Assert.Skip(reason);
        }
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        try
        {
            await SetUpAsync(cancellationToken);
        }
        catch (Xunit.Sdk.SkipException e)
        {
            _skipReason = e.Message.Replace("$XunitDynamicSkip$", "", StringComparison.Ordinal); // Thrown on, xunit would take it for a failure of every law.
            return;
        }

        _engine = await CreateEngineAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        await CleanUpAsync();
        if (_scratch is not null)
        {
            Directory.Delete(_scratch, recursive: true);
        }

        GC.SuppressFinalize(this);
    }
}
