using StorageEngines;

[assembly: StorageEnginePlugin("1.0", typeof(TinyPlugin.Factory))]

namespace TinyPlugin;

/// <summary>The plug-in's entry.</summary>
public sealed class Factory : IStorageEngineFactory
{
    public string Scheme => "good";

    public IReadOnlyList<EngineSetting> Settings { get; } = [new("color", "Any color. Default: none."), new("password", "Where the password is.", IsSecret: true)];

    public IStorageEngine Create(EngineContext context) => new TinyEngine(Scheme, $"2.0.0 with SharedDep {SharedDep.Marker.Version} {SharedDep.OnlyInTwo.Text}");
}
