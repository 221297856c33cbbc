namespace StorageEngines.Cli.Volumes;

/// <summary>A volume and the engine that has it.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Info">The volume.</param>
/// <param name="Owner">What to dispose to let go of both.</param>
internal sealed record OpenVolume(IStorageEngine Engine, VolumeInfo Info, IAsyncDisposable Owner) : IAsyncDisposable
{
    /// <summary>What a person should know of how it was found.</summary>
    internal IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Gets a feature, or fails in words that name the engine.</summary>
    internal T Feature<T>(EngineCapability capability)
        where T : class, IEngineFeature
        => Engine.Feature<T>()
            ?? throw new CapabilityNotSupportedException(capability, $"The engine '{Engine.Name}' does not support {capability}.") { Engine = Engine.Name };

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Owner.DisposeAsync();
}
