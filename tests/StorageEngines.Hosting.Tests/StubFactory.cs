namespace StorageEngines.Hosting.Tests;

/// <summary>A factory that a test tells what to be.</summary>
internal sealed class StubFactory(string scheme, Func<BytePath, VolumeClaim>? claim = null, params EngineSetting[] settings) : IStorageEngineFactory
{
    public string Scheme => scheme;

    public IReadOnlyList<EngineSetting> Settings => settings;

    public List<StubEngine> Made { get; } = [];

    public IStorageEngine Create(EngineContext context)
    {
        Made.Add(new StubEngine(scheme, context));
        return Made[^1];
    }

    public ValueTask<VolumeClaim> ClaimAsync(BytePath path, EngineContext context, CancellationToken cancellationToken = default)
        => new(claim?.Invoke(path) ?? VolumeClaim.None);
}
