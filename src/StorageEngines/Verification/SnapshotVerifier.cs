namespace StorageEngines;

/// <summary>
/// The one promise, checked: a copy of the base with the reported changes written over it equals the target. Nothing is written; base and target are read
/// in full, next to each other.
/// </summary>
/// <remarks>Stateless; safe for use by several threads. Memory: a few MiB, and for a tree what the list of changed files takes.</remarks>
public static class SnapshotVerifier
{
    /// <summary>Verifies the changes that an engine reports between two snapshots of a block or tree volume.</summary>
    /// <param name="engine">Their engine.</param>
    /// <param name="baseSnapshot">The older one; its data has to be there.</param>
    /// <param name="targetSnapshot">The newer one.</param>
    /// <param name="progress">Told how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was found, with the first difference by name.</returns>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know what changed, so that there is nothing to verify.</exception>
    /// <exception cref="LineageBrokenException">The snapshots are unrelated, or the base is the newer one.</exception>
    /// <exception cref="CapabilityNotSupportedException">The engine cannot read snapshots or compare them.</exception>
    /// <exception cref="SnapshotNotFoundException">A snapshot, or its data, is not there.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.Internal"/>: the engine's answer is not a valid list of extents.</exception>
    public static async Task<VerificationReport> VerifyAsync(
        IStorageEngine engine,
        SnapshotInfo baseSnapshot,
        SnapshotInfo targetSnapshot,
        IProgress<OperationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(baseSnapshot);
        ArgumentNullException.ThrowIfNull(targetSnapshot);
        ChangeToken token = baseSnapshot.ChangeToken ?? throw new ChangeTrackingUnavailableException(
            EngineReason.BaseMissing, $"Snapshot '{baseSnapshot.Ref}' cannot be the base of a difference, so that there is nothing to verify.");
        var counters = new VerificationCounters(progress, targetSnapshot.SizeBytes);
        EngineCapabilities capabilities = await engine.GetCapabilitiesAsync(targetSnapshot.Ref.Volume, cancellationToken).ConfigureAwait(false);
        string? difference = capabilities.Has(EngineCapability.ReadTree)
            ? await new TreeVerifier(engine, baseSnapshot.Ref, token, targetSnapshot.Ref, counters).RunAsync(cancellationToken).ConfigureAwait(false)
            : await VerifyBlocksAsync(engine, baseSnapshot.Ref, token, targetSnapshot.Ref, counters, cancellationToken).ConfigureAwait(false);
        return counters.ToReport(difference);
    }

    private static async Task<string?> VerifyBlocksAsync(
        IStorageEngine engine, SnapshotRef baseSnapshot, ChangeToken token, SnapshotRef target, VerificationCounters counters, CancellationToken cancellationToken)
    {
        ISnapshotReader reader = TreeVerifier.Need<ISnapshotReader>(engine, EngineCapability.ReadSnapshot);
        IBlockMap map = TreeVerifier.Need<IBlockMap>(engine, EngineCapability.Delta);
        counters.File();
        await using Stream from = await reader.OpenReadAsync(baseSnapshot, null, cancellationToken).ConfigureAwait(false);
        await using Stream to = await reader.OpenReadAsync(target, null, cancellationToken).ConfigureAwait(false);
        var comparer = new BlockComparer(from, to, counters, new CompareBuffers());
        return await comparer.RunAsync(map.DeltaAsync(new DeltaQuery(token, target), cancellationToken), cancellationToken).ConfigureAwait(false);
    }
}
