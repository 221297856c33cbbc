namespace StorageEngines;

/// <summary>The engine's own serialized difference: the fastest way between two storages of a kind. Portable formats are not the engine's business.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface IDifferentials : IEngineFeature
{
    /// <summary>Plans an export: a dry run that checks everything that can be checked beforehand.</summary>
    /// <param name="baseSnapshot">What the receiver has, or null for a full stream.</param>
    /// <param name="targetSnapshot">What it is to have.</param>
    /// <param name="resumeToken">Where an interrupted export ended; a stale one leads to a fresh plan that says so in its steps. Default: null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know the difference: plan a full stream.</exception>
    /// <exception cref="LineageBrokenException">Base and target are unrelated, or the base is the newer one.</exception>
    Task<TransferPlan> PlanAsync(
        ChangeToken? baseSnapshot, SnapshotRef targetSnapshot, string? resumeToken = null, CancellationToken cancellationToken = default);

    /// <summary>Writes the stream. It is whole only if the call returns.</summary>
    /// <param name="plan">A plan of this engine.</param>
    /// <param name="output">Where to write; not closed.</param>
    /// <param name="progress">Told how far it is; null for nobody. Default: null.</param>
    /// <param name="cancellationToken">Ends it; nothing is left behind.</param>
    /// <returns>A task that ends when everything is written.</returns>
    Task ExportAsync(
        TransferPlan plan, Stream output, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Applies a stream. The base's identity is checked before the first write; the new state appears only when it is whole.</summary>
    /// <param name="input">The stream.</param>
    /// <param name="target">The volume to bring to the stream's target.</param>
    /// <param name="progress">Told how far it is; null for nobody. Default: null.</param>
    /// <param name="cancellationToken">Ends it; the volume is as it was.</param>
    /// <returns>The snapshot that the stream brought.</returns>
    /// <exception cref="BaseMismatchException">The volume is not the base; nothing was written.</exception>
    /// <exception cref="CorruptDataException">The stream is damaged or cut short; the volume is as it was.</exception>
    Task<SnapshotInfo> ApplyAsync(
        Stream input, VolumeRef target, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default);
}
