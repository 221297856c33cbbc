using System.Text;
using StorageEngines.Hosting;

namespace StorageEngines.Cli.Tests;

/// <summary>Runs the tool within the test, on an engine that the test holds.</summary>
internal sealed class InProcessCli(IStorageEngine engine)
{
    internal bool OutputIsTerminal { get; init; }

    /// <summary>What a person types; null if there is none. Default: null.</summary>
    internal string? Answer { get; init; }

    /// <summary>What detection wants a person to know. Default: nothing.</summary>
    internal IReadOnlyList<string> Notes { get; init; } = [];

    internal async Task<CliResult> RunAsync(params string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        var environment = new CliEnvironment
        {
            OpenOutput = () => output,
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(Answer ?? "")),
            InputIsTerminal = Answer is not null,
            Error = error,
            OutputIsTerminal = OutputIsTerminal,
            ErrorIsTerminal = Answer is not null,
            TerminalWidth = 200,
            Variable = _ => null,
            Catalog = _ => new OneEngineCatalog(engine, Notes),
        };
        int exitCode = await new CliApplication(environment).RunAsync(arguments, TestContext.Current.CancellationToken);
        return new CliResult(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    private sealed class OneEngineCatalog(IStorageEngine engine, IReadOnlyList<string> notes) : IStorageEngineCatalog
    {
        public IReadOnlyList<PluginFailure> Failures => [];

        public ValueTask<IReadOnlyList<EngineDescriptor>> ListAsync(CancellationToken cancellationToken = default)
            => new([new EngineDescriptor(engine.Name, "1.0.0", "built in", "1.0", "for tests", [], true, 0)]);

        public IStorageEngine OpenEngine(string scheme, string? version = null, IReadOnlyDictionary<string, string>? settings = null) => new Borrowed(engine);

        public IStorageEngine OpenEngine(VolumeAddress address) => OpenEngine(address.Scheme!);

        public async ValueTask<ResolvedVolume> ResolveAsync(VolumeAddress address, CancellationToken cancellationToken = default)
            => new(new Borrowed(engine), await engine.ResolveVolumeAsync(address.Location, cancellationToken), notes);

        public ValueTask<IReadOnlyList<string>> CheckConfigurationAsync(CancellationToken cancellationToken = default) => new([]);

        public ValueTask<ReloadResult> ReloadAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task RetireAsync(string scheme, string version, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    // The command disposes what it opened; the test's engine has to live on.
    private sealed class Borrowed(IStorageEngine engine) : IStorageEngine
    {
        public string Name => engine.Name;

        public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => engine.ProbeAsync(cancellationToken);

        public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
            => engine.GetCapabilitiesAsync(volume, cancellationToken);

        public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default) => engine.ListVolumesAsync(cancellationToken);

        public IAsyncEnumerable<VolumeInfo> ListVolumesWithinAsync(BytePath place, CancellationToken cancellationToken = default) => engine.ListVolumesWithinAsync(place, cancellationToken);

        public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
            => engine.ResolveVolumeAsync(location, cancellationToken);

        public T? Feature<T>()
            where T : class, IEngineFeature
            => engine.Feature<T>();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
