namespace StorageEngines.Hosting;

/// <summary>A volume with an open engine for it. Dispose it to close the engine.</summary>
public sealed class ResolvedVolume : IAsyncDisposable
{
    internal ResolvedVolume(IStorageEngine engine, VolumeInfo volume, IReadOnlyList<string> notes)
    {
        Engine = engine;
        Volume = volume;
        Notes = notes;
    }

    /// <summary>The engine; closed when this object is disposed.</summary>
    public IStorageEngine Engine { get; }

    /// <summary>The volume.</summary>
    public VolumeInfo Volume { get; }

    /// <summary>What a person should know, e.g. that an engine could not say whether the path is its own. May be empty.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
