namespace StorageEngines.Testing;

/// <summary>The engine's own serialized difference: see <see cref="DifferentialWriter"/> for its form.</summary>
internal sealed class MemoryDifferentials(MemoryStore store, bool checksBase) : IDifferentials
{
    public const string Format = "memory-diff";

    public async Task<TransferPlan> PlanAsync(
        ChangeToken? baseSnapshot, SnapshotRef targetSnapshot, string? resumeToken = null, CancellationToken cancellationToken = default)
    {
        Require(EngineCapability.ExportDiff);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("plan:begin", cancellationToken).ConfigureAwait(false);
        (StoredSnapshot? from, StoredSnapshot to) = Resolve(baseSnapshot, targetSnapshot);
        List<string> steps = resumeToken is null ? [] : ["The export cannot be resumed: it begins anew."];
        steps.Add(from is null ? $"Write all of '{to.Name}'." : $"Write what changed from '{from.Name}' to '{to.Name}'.");
        long? estimate = to.Content.Block is { } block
            ? ContentExtents.Differing(from?.Content.Block, block, 0).Where(extent => extent.State == ExtentState.Data).Sum(extent => extent.Length)
            : null;
        return new TransferPlan(Format, DifferentialWriter.Version, baseSnapshot, targetSnapshot, estimate, null, steps);
    }

    public async Task ExportAsync(
        TransferPlan plan, Stream output, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Require(EngineCapability.ExportDiff);
        if (plan.Format != Format || plan.FormatVersion != DifferentialWriter.Version)
        {
            throw new ArgumentException($"A plan of format '{plan.Format}' version {plan.FormatVersion} was not made by this engine.", nameof(plan));
        }

        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("export:begin", cancellationToken).ConfigureAwait(false);
        (StoredSnapshot? from, StoredSnapshot to) = Resolve(plan.Base, plan.Target);
        await new DifferentialWriter(store, output, progress).WriteAsync(from, to, cancellationToken).ConfigureAwait(false);
    }

    public async Task<SnapshotInfo> ApplyAsync(
        Stream input, VolumeRef target, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Require(EngineCapability.ApplyDiff);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("apply:begin", cancellationToken).ConfigureAwait(false);
        var reader = new DifferentialReader(store, input, progress);
        DifferentialHeader header = await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        VolumeContent start;
        lock (store.Gate)
        {
            start = RequireBase(header, store.RequireVolume(target));
        }

        VolumeContent content = await reader.ReadContentAsync(header, start, cancellationToken).ConfigureAwait(false);
        await store.StepAsync("apply:publish", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            VolumeState volume = store.RequireVolume(target);
            RequireBase(header, volume);
            if (store.SnapshotsOf(volume.Id).Any(snapshot => snapshot.Name == header.Name))
            {
                throw new StorageEngineException(
                    EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"Volume '{volume.Name}' has a snapshot '{header.Name}' already; delete or rename it. Nothing was written.")
                { Engine = InMemoryStorageEngine.Scheme };
            }

            volume.Content = content;
            return store.Cut(volume, header.Name, stateId: header.Target).Info(volume);
        }
    }

    /// <summary>The content to begin from, after a check that the volume is what the stream was made from.</summary>
    private VolumeContent RequireBase(DifferentialHeader header, VolumeState volume)
    {
        if (header.Kind != volume.Content.Kind)
        {
            throw new BaseMismatchException(
                $"a {header.Kind} volume", $"a {volume.Content.Kind} volume", $"The stream is of a {header.Kind} volume and '{volume.Name}' is a {volume.Content.Kind} volume; choose another target.")
            { Engine = InMemoryStorageEngine.Scheme };
        }

        if (!checksBase)
        {
            return volume.Content;
        }

        bool unchanged = volume.HeadContent is { } head && ContentEquality.AreEqual(head, volume.Content);
        if (header.Base is { } wanted && (volume.HeadState != wanted || !unchanged))
        {
            string found = volume.HeadState is null ? "a volume without a snapshot" : volume.HeadState == wanted ? "the base, changed since" : $"state {volume.HeadState}";
            throw new BaseMismatchException(
                wanted.ToString(), found, $"Volume '{volume.Name}' is not at the state that the stream was made from ({found}); roll it back to that, or apply a full stream. Nothing was written.")
            { Engine = InMemoryStorageEngine.Scheme };
        }

        return volume.Content;
    }

    private (StoredSnapshot? Base, StoredSnapshot Target) Resolve(ChangeToken? baseToken, SnapshotRef target)
    {
        lock (store.Gate)
        {
            return baseToken is null ? (null, store.RequireSnapshot(target, withData: true)) : LineageCheck.Require(store, baseToken, target);
        }
    }

    private void Require(EngineCapability capability) => new EngineCapabilities(~store.Options.Disabled, null).Require(capability, "The in-memory engine");
}
